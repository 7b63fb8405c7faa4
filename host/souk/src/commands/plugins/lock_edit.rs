//! Changes `souk.lock`, one command at a time.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, anyhow};
use rustix::fs::{FlockOperation, flock};
use souk_policy::trust::LockFile;
use souk_runtime::{LOCK_FILE, read_lock};

/// The directory of plugins, while this command alone changes files of it and `souk.lock`. Whoever drops
/// files into it by hand does not wait.
pub(super) struct DirectoryTurn<'d> {
    directory: &'d Path,
    /// Locked for as long as it is open.
    _held: File,
}

impl<'d> DirectoryTurn<'d> {
    /// Waits for other commands, and takes the turn.
    ///
    /// # Errors
    /// There is no such directory.
    pub(super) fn take(directory: &'d Path) -> anyhow::Result<Self> {
        let held = File::open(directory)
            .with_context(|| format!("cannot open the directory `{}`", directory.display()))?;
        flock(&held, FlockOperation::LockExclusive)
            .with_context(|| format!("cannot lock the directory `{}`", directory.display()))?;
        Ok(Self { directory, _held: held })
    }

    /// What `souk.lock` says; nothing where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn lock(&self) -> anyhow::Result<LockFile> {
        read_lock(self.directory).map_err(|why| {
            anyhow!("{why}; put it right, or write it anew with `souk plugins lock`")
        })
    }

    /// Writes `souk.lock` where it says otherwise than that.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write_if_changed(&self, lock: &LockFile) -> anyhow::Result<()> {
        if read_lock(self.directory).is_ok_and(|before| before == *lock) {
            return Ok(());
        }
        self.write(lock)
    }

    /// Writes `souk.lock`, by a rename.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, lock: &LockFile) -> anyhow::Result<()> {
        let path = self.directory.join(LOCK_FILE);
        let text = lock.write()?;
        replace(&path, &text).with_context(|| format!("cannot write `{}`", path.display()))
    }
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("lock-{}", std::process::id()));
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
