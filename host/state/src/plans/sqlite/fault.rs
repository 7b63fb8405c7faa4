//! What goes wrong below the store's own words.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rusqlite::ErrorCode;

use super::schema::KNOWN;
use crate::plans::StoreError;

/// What ends a whole transaction: it is told to everyone who took part.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// SQLite says so.
    Sqlite(Arc<rusqlite::Error>),
    /// The file is of this newer version.
    Newer(i64),
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
pub(super) enum Fault {
    /// The store refuses: only this piece is undone.
    Refused(StoreError),
    /// Something is wrong with the file.
    Trouble(Trouble),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Trouble(error.into())
    }
}

impl Fault {
    pub(super) fn told(self, doing: &'static str, path: &Path) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Trouble(trouble) => trouble.told(doing, path),
        }
    }
}

impl Trouble {
    pub(super) fn told(self, doing: &'static str, path: &Path) -> StoreError {
        let path = path.to_owned();
        let source = match self {
            Self::Sqlite(error) => error,
            Self::Newer(found) => return StoreError::Newer { path, found, known: KNOWN },
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
            _ => StoreError::Database { doing, path, source },
        }
    }
}

fn because(why: &str) -> Arc<dyn Error + Send + Sync> {
    Arc::from(Box::<dyn Error + Send + Sync>::from(why))
}
