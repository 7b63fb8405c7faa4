//! Files that are written for an author.

use std::fs;
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
    /// Writes it below this directory, with the directories that it stands in.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write_below(&self, directory: &Path) -> anyhow::Result<()> {
        let path = directory.join(&self.path);
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, &self.text)?;
            if self.text.starts_with("#!") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
            Ok::<(), std::io::Error>(())
        };
        write().with_context(|| format!("cannot write `{}`", path.display()))
    }
}
