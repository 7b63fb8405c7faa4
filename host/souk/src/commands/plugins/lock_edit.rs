//! Changes `souk.lock`, one command at a time.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use rustix::fs::OFlags;
use souk_policy::trust::LockFile;
use souk_runtime::{LOCK_FILE, read_lock};
use souk_state::write_replacing;

/// Whose lock is the turn. The directory itself may be locked by whoever can read it.
const TURN_FILE: &str = ".souk.lock.turn";
/// How long a command waits for another, which needs a moment to put a file into place.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether the other has ended.
const LOOK: Duration = Duration::from_millis(50);

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
    /// There is no such directory, it cannot be written, or another command does not end.
    pub(super) fn take(directory: &'d Path) -> anyhow::Result<Self> {
        let path = directory.join(TURN_FILE);
        let held = open_turn(&path).with_context(|| {
            format!("cannot lock the directory `{}` by `{}`", directory.display(), path.display())
        })?;
        let end = Instant::now() + PATIENCE;
        loop {
            match held.try_lock() {
                Ok(()) => return Ok(Self { directory, _held: held }),
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
                }
                Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(LOOK),
                Err(TryLockError::WouldBlock) => bail!(
                    "another command has held `{}` for {} s; once none runs that changes plugins, \
                     remove that file",
                    path.display(),
                    PATIENCE.as_secs()
                ),
            }
        }
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
        // Everybody may read it, as the plugins beside it.
        let readable = Permissions::from_mode(0o644);
        write_replacing(&path, text.as_bytes(), readable)
            .with_context(|| format!("cannot write `{}`", path.display()))
    }
}

/// A file that nobody else may open, so that nobody else may lock it. No link is followed: who else can
/// write the directory can lay one there.
fn open_turn(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}
