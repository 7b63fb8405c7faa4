//! From the first item of a draft to a plan that is proposed.

use rusqlite::{Connection, ErrorCode, ffi, params};
use souk_model::plan::{ItemState, PlanHeader, PlanId, PlanItem, PlanState};

use super::error::SqliteTaskError;
use super::rows::{StateText, find, to_json};
use crate::plans::error::StoreError;

/// A header with what the tables ask for, ready to be written on another thread.
pub(super) struct HeaderRow {
    id: PlanId,
    principal: String,
    created_ms: i64,
    expires_ms: i64,
    json: String,
}

impl HeaderRow {
    pub(super) fn of(header: &PlanHeader) -> Result<Self, StoreError> {
        Ok(Self {
            id: header.id.clone(),
            principal: header.principal.clone(),
            created_ms: header.created_ms,
            expires_ms: header.expires_ms,
            json: to_json("a plan's header", header)?,
        })
    }
}

/// An item, as [`HeaderRow`] is.
pub(super) struct ItemRow {
    n: u32,
    kind: String,
    subject: String,
    json: String,
}

impl ItemRow {
    pub(super) fn of(item: &PlanItem) -> Result<Self, StoreError> {
        Ok(Self {
            n: item.n,
            kind: item.change.subject.kind.clone(),
            subject: item.change.subject.id.clone(),
            json: to_json("an item of a plan", item)?,
        })
    }
}

pub(super) fn begin(connection: &Connection, header: HeaderRow) -> Result<(), SqliteTaskError> {
    let HeaderRow { id, principal, created_ms, expires_ms, json } = header;
    let inserted = connection
        .prepare_cached(
            "INSERT INTO plan (id, state, principal, created_ms, last_ms, header)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id.as_str(),
            StateText(PlanState::Draft),
            principal,
            created_ms,
            expires_ms,
            json
        ]);
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is(&error, ffi::SQLITE_CONSTRAINT_UNIQUE) => {
            Err(StoreError::Exists(id).into())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn add(
    connection: &Connection,
    id: &PlanId,
    items: Vec<ItemRow>,
) -> Result<(), SqliteTaskError> {
    let plan = draft(connection, id)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO item (plan, n, kind, subject, item) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut begin =
        connection.prepare_cached("INSERT INTO progress (plan, n, state) VALUES (?1, ?2, ?3)")?;
    for ItemRow { n, kind, subject, json } in items {
        match insert.execute(params![plan, n, kind, subject, json]) {
            Ok(_) => {}
            Err(error) if is(&error, ffi::SQLITE_CONSTRAINT_UNIQUE) => {
                return Err(StoreError::Duplicate { kind, id: subject }.into());
            }
            Err(error) if is(&error, ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                return Err(StoreError::Numbered { plan: id.clone(), n }.into());
            }
            Err(error) => return Err(error.into()),
        }
        begin.execute(params![plan, n, StateText(ItemState::Pending)])?;
    }
    Ok(())
}

pub(super) fn seal(
    connection: &Connection,
    header: &HeaderRow,
    digest: &str,
    seal: &str,
) -> Result<(), SqliteTaskError> {
    let plan = draft(connection, &header.id)?;
    connection
        .prepare_cached(
            "UPDATE plan SET state = ?2, principal = ?3, created_ms = ?4, last_ms = ?5,
               header = ?6, digest = ?7, seal = ?8
             WHERE key = ?1",
        )?
        .execute(params![
            plan,
            StateText(PlanState::Proposed),
            header.principal,
            header.created_ms,
            header.expires_ms,
            header.json,
            digest,
            seal
        ])?;
    Ok(())
}

/// Removes it with its items, and forgets the keys that stand for it: nothing was sent.
pub(super) fn abandon(connection: &Connection, id: &PlanId) -> Result<(), SqliteTaskError> {
    let removed = connection
        .prepare_cached("DELETE FROM plan WHERE id = ?1 AND state = ?2")?
        .execute(params![id.as_str(), StateText(PlanState::Draft)])?;
    if removed > 0 {
        connection.prepare_cached("DELETE FROM request WHERE plan = ?1")?.execute([id.as_str()])?;
    }
    Ok(())
}

/// The key of a plan that is a draft.
fn draft(connection: &Connection, id: &PlanId) -> Result<i64, SqliteTaskError> {
    match find(connection, id)? {
        Some(found) if found.state == PlanState::Draft => Ok(found.key),
        Some(found) => Err(StoreError::NotADraft { plan: id.clone(), state: found.state }.into()),
        None => Err(StoreError::NoPlan(id.clone()).into()),
    }
}

/// Whether a constraint of this kind refused a row.
fn is(error: &rusqlite::Error, kind: i32) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|error| error.extended_code == kind)
}
