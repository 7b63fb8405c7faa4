//! What goes wrong below the store's own words.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::files::check_room;
use crate::plans::error::StoreError;

/// What ends a whole transaction: it is told to everyone who took part.
#[derive(Debug, Clone)]
pub(super) enum FileError {
    /// SQLite says so.
    Sqlite(Arc<rusqlite::Error>),
    /// A newer program has written the file.
    Newer {
        /// The file's version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The file is something else.
    Foreign,
    /// The file is no longer where it was opened.
    Moved,
    /// The file system cannot share memory between processes, as a network's may not.
    NoLog,
    /// Another's failure took the transaction with it.
    RolledBack,
}

/// Why a piece of work was not done.
#[derive(Debug)]
pub(super) enum SqliteTaskError {
    /// The store refuses: only this piece is undone.
    Refused(StoreError),
    /// Something is wrong with the file.
    File(FileError),
}

impl From<StoreError> for SqliteTaskError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<FileError> for SqliteTaskError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<rusqlite::Error> for FileError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<rusqlite::Error> for SqliteTaskError {
    fn from(error: rusqlite::Error) -> Self {
        Self::File(error.into())
    }
}

impl SqliteTaskError {
    pub(super) fn into_store_error(self, doing: &'static str, path: &Path) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::File(error) => error.into_store_error(doing, path),
        }
    }
}

impl FileError {
    pub(super) fn into_store_error(self, doing: &'static str, path: &Path) -> StoreError {
        let path = path.to_owned();
        let source = match self {
            Self::Sqlite(error) => error,
            Self::Newer { found, known } => return StoreError::Newer { path, found, known },
            Self::Foreign => return StoreError::Foreign(path),
            Self::Moved => return StoreError::Moved(path),
            Self::NoLog => {
                let why = "the file system has no shared memory: name a local state directory";
                return StoreError::Database { doing, path, source: because(why) };
            }
            Self::RolledBack => {
                let why = "a write at the same time failed and took this one with it";
                return StoreError::Database { doing, path, source: because(why) };
            }
        };
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(path),
            Some(ErrorCode::DiskFull) => StoreError::Full(path),
            Some(ErrorCode::NotADatabase) => StoreError::Foreign(path),
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, source },
            // SQLite keeps to itself what the system said.
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                match path.parent().map(check_room) {
                    Some(Err(source)) => {
                        StoreError::Io { doing: "write to the directory of", path, source }
                    }
                    _ => StoreError::Database { doing, path, source },
                }
            }
            _ => StoreError::Database { doing, path, source },
        }
    }
}

fn because(why: &str) -> Arc<dyn Error + Send + Sync> {
    Arc::from(Box::<dyn Error + Send + Sync>::from(why))
}
