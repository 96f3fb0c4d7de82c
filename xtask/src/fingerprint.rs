//! Fingerprints of files, and stamps that remember them: how a step knows that it has nothing to do.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::failure::{Context, Result};
use crate::project;

/// A hash over names (as seen from the project's root) and contents, in the order in which they were added.
#[derive(Default)]
pub struct Fingerprint(DefaultHasher);

impl Fingerprint {
    pub fn add_text(&mut self, text: &str) {
        text.hash(&mut self.0);
    }

    /// A file that is missing counts as such.
    pub fn add_file(&mut self, path: &Path) {
        path.strip_prefix(project::root()).unwrap_or(path).hash(&mut self.0);
        fs::read(path).ok().hash(&mut self.0);
    }

    /// The files directly in a folder.
    pub fn add_folder(&mut self, folder: &Path) {
        let mut files: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        files.iter().for_each(|file| self.add_file(file));
    }

    pub fn finish(self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

/// Whether the stamp file holds this fingerprint.
pub fn is_current(stamp: &Path, fingerprint: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|held| held == fingerprint)
}

/// Removes the stamp, where there is one.
pub fn forget(stamp: &Path) -> Result<()> {
    match fs::remove_file(stamp) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context(|| format!("Could not remove {}", stamp.display()))
        }
        _ => Ok(()),
    }
}

pub fn remember(stamp: &Path, fingerprint: &str) -> Result<()> {
    fs::write(stamp, fingerprint).context(|| format!("Could not write {}", stamp.display()))
}
