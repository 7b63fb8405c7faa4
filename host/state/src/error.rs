//! Why the state directory, or a key in it, cannot be used.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// Why a directory, or the key in it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file system refused.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was tried: `create the state directory`, …
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is something else of that name.
    #[error("`{}` is not a directory: move it away, or name another state directory", .0.display())]
    NotADirectory(PathBuf),
    /// Others could plant or remove plans and audit lines.
    #[error(
        "others can write the state directory `{}` (mode {mode:03o}): run `chmod go-w` on it, or name another",
        path.display()
    )]
    OthersCanWrite {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Its owner is somebody else, who could do the same.
    #[error(
        "the state directory `{}` belongs to user {owner}, but souk runs as user {user}: change its owner, or name another",
        path.display()
    )]
    NotYours {
        /// The directory.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// Our own number.
        user: u32,
    },
    /// Whoever has read the key can guess arguments from their digests.
    #[error(
        "others can read the key `{}` (mode {mode:03o}): remove it and a new one is made (digests before and after then differ), or run `chmod 600` on it if nobody has read it",
        path.display()
    )]
    KeyExposed {
        /// The key's file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key's file holds something else.
    #[error("`{}` is not a key of 32 bytes: restore it, or remove it and a new one is made", .0.display())]
    KeyDamaged(PathBuf),
}

impl StateError {
    /// Names what was tried and on what, for `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

/// The error with its causes, each after a colon: for the log.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
