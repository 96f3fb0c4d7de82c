//! Files that hold secrets: their owner alone can read them.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::failure::{Context, Result};

pub fn write(path: &Path, text: &str) -> Result<()> {
    open_and_write(OpenOptions::new().write(true).truncate(true), path, text)
}

pub fn append(path: &Path, text: &str) -> Result<()> {
    open_and_write(OpenOptions::new().append(true), path, text)
}

fn open_and_write(options: &mut OpenOptions, path: &Path, text: &str) -> Result<()> {
    let file = options.create(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .context(|| format!("Could not write {}", path.display()))
}

/// Opens a file to go on behind its first `length` bytes.
pub fn open_at(path: &Path, length: u64) -> Result<std::fs::File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| {
        file.set_len(length)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(length))?;
        Ok(file)
    })
    .context(|| format!("Could not write {}", path.display()))
}
