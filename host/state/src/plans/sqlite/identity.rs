//! Which file of plans this is, how far it has come, and what was lost before it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::error::{FileError, SqliteTaskError};
use super::schema;
use crate::audit::PlansMark;
use crate::plans::error::StoreError;

/// What a file of plans says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlansIdentity {
    /// Which file it is, and how far it has come.
    pub mark: PlansMark,
    /// Whether the audit trail vouches for it.
    pub is_known: bool,
    /// What was lost, if something was and the operator has not accepted it.
    pub lost: Option<String>,
    /// The last day on which no money moves, counted from 1970-01-01.
    pub shut_day: Option<i64>,
    /// Whether it may have been lost that somebody stopped all writes, or rejected a plan.
    pub lacks_decisions: bool,
}

pub(super) fn read(connection: &Connection) -> Result<PlansIdentity, SqliteTaskError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, generation, is_known, lost, shut_day, lacks_decisions,
               (SELECT coalesce(max(no), 0) FROM decision_log)
             FROM identity",
        )?
        .query_row([], |row| {
            let (id, generation) = (row.get(0)?, count(row.get(1)?));
            let mark = PlansMark { id, generation, decisions: count(row.get(6)?) };
            Ok(PlansIdentity {
                mark,
                is_known: row.get(2)?,
                lost: row.get(3)?,
                shut_day: row.get(4)?,
                lacks_decisions: row.get(5)?,
            })
        })?)
}

/// Counts that items are marked as sending.
pub(super) fn advance(connection: &Connection) -> Result<u64, SqliteTaskError> {
    Ok(connection
        .prepare_cached("UPDATE identity SET generation = generation + 1 RETURNING generation")?
        .query_row([], |row| Ok(count(row.get(0)?)))?)
}

/// The column's check is that it only grows, from 0.
fn count(column: i64) -> u64 {
    u64::try_from(column).unwrap_or_default()
}

pub(super) fn note_known(connection: &Connection) -> Result<(), SqliteTaskError> {
    connection.execute("UPDATE identity SET is_known = 1", [])?;
    Ok(())
}

pub(super) fn note_loss(
    connection: &Connection,
    what: &str,
    shut_day: Option<i64>,
    with_decisions: bool,
) -> Result<(), SqliteTaskError> {
    connection.execute(
        "UPDATE identity SET lost = coalesce(lost || '; ', '') || ?1,
           shut_day = coalesce(?2, shut_day), lacks_decisions = lacks_decisions OR ?3",
        params![what, shut_day, with_decisions],
    )?;
    Ok(())
}

pub(super) fn accept(connection: &Connection) -> Result<Option<String>, SqliteTaskError> {
    let lost = read(connection)?.lost;
    connection
        .execute("UPDATE identity SET lost = NULL, shut_day = NULL, lacks_decisions = 0", [])?;
    Ok(lost)
}

/// Refuses to set money aside on a day whose account may have been lost.
pub(super) fn check_open(connection: &Connection, day: i64) -> Result<(), SqliteTaskError> {
    let shut: Option<i64> = connection
        .prepare_cached("SELECT shut_day FROM identity")?
        .query_row([], |row| row.get(0))?;
    match shut {
        Some(shut) if day <= shut => Err(StoreError::Shut.into()),
        _ => Ok(()),
    }
}

/// What the file at this path says of itself; none where there is no file, or an empty one. Nothing
/// is written.
///
/// # Errors
/// It cannot be read, or holds something else.
pub fn read_identity(path: &Path) -> Result<Option<PlansIdentity>, StoreError> {
    if !std::fs::metadata(path).is_ok_and(|found| found.len() > 0) {
        return Ok(None);
    }
    let open = || -> Result<_, SqliteTaskError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "query_only", true)?;
        let is_there = |filter: &str| {
            let query = format!("SELECT 1 FROM sqlite_schema {filter} LIMIT 1");
            connection.query_row(&query, [], |_| Ok(())).optional()
        };
        // All of a new file may still be in its log; without that it is empty.
        if is_there("")?.is_none() {
            return Ok(None);
        }
        if is_there("WHERE name = 'identity'")?.is_none() {
            return Err(FileError::Foreign.into());
        }
        schema::check_version(&connection)?;
        read(&connection).map(Some)
    };
    open().map_err(|error| error.into_store_error("read", path))
}
