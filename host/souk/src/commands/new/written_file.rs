//! Files that are written for an author.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;

/// A file that is written for an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenFile {
    /// Where, below a directory; with `/` between names.
    pub(super) path: String,
    pub(super) text: String,
}

impl WrittenFile {
    /// Writes it below this directory, with the directories that it stands in. What is there already, a
    /// link among it, is neither written nor followed.
    ///
    /// # Errors
    /// It cannot be written, or is there.
    pub(super) fn write_below(&self, directory: &Path) -> anyhow::Result<()> {
        let path = directory.join(&self.path);
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            file.write_all(self.text.as_bytes())?;
            if self.text.starts_with("#!") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
            Ok::<(), std::io::Error>(())
        };
        write().with_context(|| format!("cannot write `{}`", path.display()))
    }
}
