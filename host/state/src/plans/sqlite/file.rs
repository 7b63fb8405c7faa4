//! The file: made for its user alone, opened with the settings every connection needs.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::FileError;
use crate::files::{keeps_mapped_pages, permissions, sync_parent};
use crate::plans::error::StoreError;

/// How long to wait for another process that writes. Transactions take milliseconds, a
/// checkpoint on a slow disk perhaps a second.
const WAIT: Duration = Duration::from_secs(5);

/// How often to ask meanwhile. SQLite's own handler soon sleeps 100 ms, which lets a busy host
/// keep another one out.
const ASK_AGAIN: Duration = Duration::from_micros(500);

/// The log is cut back to this many bytes after a checkpoint; a large plan makes it grow.
const LOG_BYTES: u32 = 8 << 20;

/// Where the file is, and which one it was when it was opened.
#[derive(Debug, Clone)]
pub(super) struct PlanFile {
    pub(super) path: PathBuf,
    device: u64,
    inode: u64,
    /// The file's log, once it is open, where it has one.
    log: Option<(u64, u64)>,
}

impl PlanFile {
    /// Makes the file, 0600, if it is not there; SQLite gives its log the same mode. A looser mode
    /// is tightened and logged, as the audit trail's is.
    pub(super) fn prepare(path: PathBuf) -> Result<Self, StoreError> {
        let io = |doing| {
            let path = path.clone();
            move |source| StoreError::Io { doing, path, source }
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600).create_new(true);
        match options.open(&path) {
            Ok(_) => sync_parent(&path).map_err(io("flush the directory of"))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io("make")(error)),
        }
        // A link may have been planted by another user.
        let found = fs::symlink_metadata(&path).map_err(io("look at"))?;
        if !found.is_file() {
            return Err(StoreError::Foreign(path));
        }
        let journals = ["-wal", "-shm", "-journal"].map(|ending| beside(&path, ending));
        for path in journals.iter().chain([&path]) {
            close_to_others(path).map_err(io("close to others"))?;
        }
        Ok(Self { path, device: found.dev(), inode: found.ino(), log: None })
    }

    /// Whether the path still leads to the file that was opened: what is written to a removed one
    /// is lost with the process.
    pub(super) fn check_not_moved(&self) -> Result<(), FileError> {
        let is_at = |path: &Path, wanted: (u64, u64)| {
            fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == wanted)
        };
        let log_is_there = |log| is_at(&beside(&self.path, "-wal"), log);
        if is_at(&self.path, (self.device, self.inode)) && self.log.is_none_or(log_is_there) {
            return Ok(());
        }
        Err(FileError::Moved)
    }

    /// The same file, with the log that it has now that a connection is open: it stays as long as one
    /// is.
    pub(super) fn with_log(mut self) -> Self {
        let found = fs::symlink_metadata(beside(&self.path, "-wal"));
        self.log = found.ok().map(|found| (found.dev(), found.ino()));
        self
    }

    /// A connection that writes.
    pub(super) fn open_to_write(&self) -> Result<Connection, FileError> {
        let connection = self.open()?;
        // Only of a file that is new: room that is free goes back to the file system.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        self.set_journal(&connection)?;
        // What is removed is overwritten.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    /// A connection that only reads. Its cache is small: a page of items is read once.
    pub(super) fn open_to_read(&self) -> Result<Connection, FileError> {
        let connection = self.open()?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -512)?;
        Ok(connection)
    }

    /// Writes all that stands in the log into the file, and cuts the log back to nothing, unless
    /// somebody reads just now.
    pub(super) fn cut_log(&self) -> Result<(), FileError> {
        self.open()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// A write-ahead log, which lets others read beside whoever writes, but keeps its index in memory
    /// that is mapped from a file. Where that could end the process, what is changed is kept in a
    /// journal instead, and read and written in turns.
    fn set_journal(&self, connection: &Connection) -> Result<(), FileError> {
        let wanted = if keeps_mapped_pages(&self.path) { "wal" } else { "truncate" };
        set_journal_mode(connection, wanted)
    }

    fn open(&self) -> Result<Connection, FileError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        let mut begun = Instant::now();
        connection.busy_handler(Some(move |times| {
            if times == 0 {
                begun = Instant::now();
            }
            thread::sleep(ASK_AGAIN);
            begun.elapsed() < WAIT
        }))?;
        connection.pragma_update(None, "trusted_schema", false)?;
        // Souk has none of either: whoever else writes to the file adds nothing to what souk does in it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        // On macOS, where a flush otherwise stops at the drive's cache.
        connection.pragma_update(None, "fullfsync", true)?;
        Ok(connection)
    }
}

/// SQLite does not always wait by itself while another connection changes the mode, too.
fn set_journal_mode(connection: &Connection, wanted: &str) -> Result<(), FileError> {
    let begun = Instant::now();
    loop {
        let mode = connection
            .pragma_update_and_check(None, "journal_mode", wanted, |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == wanted => return Ok(()),
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
                return Err(error.into());
            }
            Err(error) if begun.elapsed() > WAIT => return Err(error.into()),
            Ok(_) if begun.elapsed() > WAIT => return Err(FileError::NoLog),
            Ok(_) | Err(_) => thread::sleep(ASK_AGAIN),
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn close_to_others(path: &Path) -> std::io::Result<()> {
    let mode = match fs::symlink_metadata(path) {
        Ok(found) => permissions(&found),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        tracing::warn!(
            path = %path.display(),
            mode = format_args!("{mode:03o}"),
            "others could open the plans; the file is 0600 now"
        );
    }
    Ok(())
}
