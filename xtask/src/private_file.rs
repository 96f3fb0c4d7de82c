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
