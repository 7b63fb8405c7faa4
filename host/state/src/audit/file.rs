//! The trail's file: opened safely, told apart from others, locked for a bounded time.

use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::AuditError;
use crate::files::{permissions, sync_parent};

/// How long to wait for a lock that is otherwise held for microseconds. A process that was
/// stopped while it held the lock then costs the others an error, not their lives.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Which file a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// Opens a trail for appending, and makes it, 0600, if it is not there. A looser mode is tightened
/// and logged: refusing would stop every call over something that can be put right.
pub(super) fn open_to_append(path: &Path) -> Result<File, AuditError> {
    let io = |doing| AuditError::io(doing, path);
    let file = open_or_make(path)?;
    let found = file.metadata().map_err(io("look at"))?;
    if !found.is_file() {
        return Err(AuditError::NotRegular(path.to_owned()));
    }
    let mode = permissions(&found);
    if mode & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600)).map_err(io("close to others"))?;
        tracing::warn!(
            path = %path.display(),
            mode = format_args!("{mode:03o}"),
            "others could read the audit trail; it is 0600 now"
        );
    }
    Ok(file)
}

fn open_or_make(path: &Path) -> Result<File, AuditError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(0o600);
    loop {
        let is_there = regular_at(path)?;
        // Exclusively: what appears meanwhile, a link even, is looked at before it is opened.
        match options.create_new(!is_there).open(path) {
            // Another host was faster at making it, or moved it away.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && !is_there => {}
            Err(error) if error.kind() == ErrorKind::NotFound && is_there => {}
            Err(error) => return Err(AuditError::io("open", path)(error)),
            Ok(file) => {
                if !is_there && let Err(error) = sync_parent(path) {
                    tracing::warn!(path = %path.display(), %error, "cannot flush the directory of the audit trail");
                }
                return Ok(file);
            }
        }
    }
}

/// Opens a trail for reading.
pub(super) fn open_to_read(path: &Path) -> Result<File, AuditError> {
    // Opening a pipe would wait for its writer.
    regular_at(path)?;
    File::open(path).map_err(AuditError::io("open", path))
}

/// Whether a regular file is there. A link is refused, for another user may have planted it.
fn regular_at(path: &Path) -> Result<bool, AuditError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(AuditError::NotRegular(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(AuditError::io("look at", path)(error)),
    }
}

/// The file's lock, until dropped. It is gone with the process, too.
pub(super) struct FileLock(Arc<File>);

impl FileLock {
    /// Waits until nobody else appends.
    pub(super) fn to_append(file: &Arc<File>, path: &Path) -> Result<Self, AuditError> {
        wait_for(path, || file.try_lock())?;
        Ok(Self(Arc::clone(file)))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Cannot fail on a lock that is held; closing the file would release it all the same.
        let _ = self.0.unlock();
    }
}

/// The file's length when nobody was in the middle of a line.
pub(super) fn settled_length(file: &File, path: &Path) -> Result<u64, AuditError> {
    wait_for(path, || file.try_lock_shared())?;
    let found = file.metadata().and_then(|metadata| file.unlock().map(|()| metadata));
    Ok(found.map_err(AuditError::io("look at", path))?.len())
}

fn wait_for(
    path: &Path,
    mut attempt: impl FnMut() -> Result<(), TryLockError>,
) -> Result<(), AuditError> {
    let mut since = None;
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Interrupted => {
                return Err(AuditError::io("lock", path)(error));
            }
            Err(_) => {}
        }
        let waited = since.get_or_insert_with(Instant::now).elapsed();
        if waited > LOCK_WAIT {
            return Err(AuditError::Busy { path: path.to_owned(), waited: LOCK_WAIT });
        }
        // An append takes microseconds: look again at once, and only then give way.
        if waited < Duration::from_micros(50) {
            thread::yield_now();
        } else {
            thread::sleep(Duration::from_micros(50));
        }
    }
}

/// A file's bytes from one place to another, as a reader that never looks beyond: what follows may
/// be half a line, or taken back.
pub(super) struct FileRange {
    pub(super) file: File,
    pub(super) at: u64,
    pub(super) end: u64,
}

impl Read for FileRange {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let room = into.len().min(left);
        let read = self.file.read_at(&mut into[..room], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
