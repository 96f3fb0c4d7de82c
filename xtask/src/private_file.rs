//! Files that hold secrets: their owner alone can read them.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::failure::{Context, Failure, Result};

pub fn write(path: &Path, text: &str) -> Result<()> {
    // Not before it is known what was opened.
    open_at(path, 0)?.write_all(text.as_bytes()).context(|| could_not(path))
}

pub fn append(path: &Path, text: &str) -> Result<()> {
    let mut file = open(OpenOptions::new().append(true), path)?;
    file.write_all(text.as_bytes()).context(|| could_not(path))
}

/// Opens a file to go on behind its first `length` bytes.
pub fn open_at(path: &Path, length: u64) -> Result<File> {
    let mut file = open(OpenOptions::new().write(true), path)?;
    file.set_len(length)
        .and_then(|()| file.seek(SeekFrom::Start(length)))
        .context(|| could_not(path))?;
    Ok(file)
}

/// Opens a file of its owner alone, also where it was readable by others before. A link may lead to where others read along.
fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
    let is_odd = || {
        Failure::new(format!("{} is a link, or no file at all.", path.display()))
            .advice("Secrets are written into plain files alone: name another one, or remove it.")
    };
    if fs::symlink_metadata(path).is_ok_and(|held| !held.is_file()) {
        return Err(is_odd());
    }
    // Somebody may put a link there in between.
    let options = options.create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    let file = options.open(path).context(|| could_not(path))?;
    if !file.metadata().context(|| could_not(path))?.is_file() {
        return Err(is_odd());
    }
    file.set_permissions(Permissions::from_mode(0o600))
        .context(|| could_not(path))?;
    Ok(file)
}

fn could_not(path: &Path) -> String {
    format!("Could not write {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_readable_is_not_any_more_and_a_link_is_not_followed() {
        let folder = std::env::temp_dir().join(format!("limen-private-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (file, link) = (folder.join("file"), folder.join("link"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        append(&file, " and behind").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&file).unwrap(), "before and behind");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for refused in [write(&link, "x"), append(&link, "x"), open_at(&link, 0).map(|_| ())] {
            assert!(refused.unwrap_err().to_string().contains("is a link"));
        }
        write(&folder.join("new"), "x").unwrap();
        assert_eq!(
            fs::metadata(folder.join("new")).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
