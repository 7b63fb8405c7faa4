//! Why the trail cannot be used.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the trail cannot be written or read. Whoever appends must not answer the call, and must
/// not send the write, that the line was for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file system refused: the disk is full, the directory is gone, …
    #[error("cannot {doing} the audit trail `{}`", path.display())]
    Io {
        /// What was tried: `open`, `append to`, …
        doing: &'static str,
        /// The trail's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is a directory, a symbolic link, a pipe or a device.
    #[error("the audit trail `{}` is not a regular file: move it away, or name another", .0.display())]
    NotRegular(PathBuf),
    /// No line of the trail is near its end, so there is nothing to chain on.
    #[error(
        "`{}` does not end in lines of an audit trail: move it away and a new one is begun, or name another file",
        .0.display()
    )]
    Foreign(PathBuf),
    /// Its lines have no seal, so there is nothing to chain on that is known to be true.
    #[error(
        "the lines of the audit trail `{}` have no seal: an older souk wrote them, or somebody without the key. Move it away and a new one is begun; `souk audit verify --file` still reads it",
        .0.display()
    )]
    Unsealed(PathBuf),
    /// Its last line was sealed with another key, or forged.
    #[error(
        "the last line of the audit trail `{}` is not sealed with this host's key: it was written with another key, or by somebody without one. Put the key back (`audit.key` of the state directory, or `audit.key_file`), or find out who wrote to it and move it away",
        .0.display()
    )]
    OtherKey(PathBuf),
    /// Another process holds the lock and does not let go: it was stopped, most likely.
    #[error(
        "the audit trail `{}` is still locked by another process after {waited:?}: end it, or let it go on",
        path.display()
    )]
    Busy {
        /// The trail's file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The entry cannot be put as JSON: the host is at fault.
    #[error("cannot put an audit entry as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl AuditError {
    /// Names what was tried and on what, for `map_err`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
