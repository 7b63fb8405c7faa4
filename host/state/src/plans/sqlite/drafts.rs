//! From the first item of a draft to a plan that is proposed.

use rusqlite::{Connection, ErrorCode, ffi, params};
use souk_model::plan::{ItemState, PlanHeader, PlanId, PlanItem, PlanState};

use super::error::SqliteTaskError;
use super::rows::{StateText, find, to_json};
use crate::plans::error::StoreError;
use crate::plans::types::PlanLimits;

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

pub(super) fn begin(
    connection: &Connection,
    header: HeaderRow,
    limits: &PlanLimits,
) -> Result<(), SqliteTaskError> {
    make_room_for_plan(connection, &header, limits)?;
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
    limits: &PlanLimits,
) -> Result<(), SqliteTaskError> {
    let plan = draft(connection, id)?;
    take_room(connection, plan, &items, limits)?;
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

/// Plans that ended, of which the values may go to make room: never started first, then the oldest.
const SPARE: &str =
    "principal = ?1 AND (state = 'discarded' OR (state = 'proposed' AND last_ms < ?2))";

/// Makes room for one plan more among those of its principal, by those that nobody will ask for again.
fn make_room_for_plan(
    connection: &Connection,
    header: &HeaderRow,
    limits: &PlanLimits,
) -> Result<(), SqliteTaskError> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM plan WHERE principal = ?1")?
        .query_row([&header.principal], |row| row.get(0))?;
    if (count as u64) < limits.principal_plans {
        return Ok(());
    }
    let removed = connection
        .prepare_cached(&format!(
            "DELETE FROM plan WHERE key IN (SELECT key FROM plan
               WHERE {SPARE} OR (principal = ?1 AND state IN ('done', 'failed', 'partly_done')
                 AND NOT EXISTS (SELECT 1 FROM progress WHERE plan = plan.key
                   AND progress.state IN ('sending', 'unknown')))
               ORDER BY state NOT IN ('discarded', 'proposed'), key LIMIT 16)"
        ))?
        .execute(params![header.principal, header.created_ms])?;
    if removed > 0 {
        return Ok(());
    }
    let most = limits.principal_plans;
    Err(StoreError::TooMany { principal: header.principal.clone(), most }.into())
}

/// Counts what items take, and refuses what is too large.
fn take_room(
    connection: &Connection,
    plan: i64,
    items: &[ItemRow],
    limits: &PlanLimits,
) -> Result<(), SqliteTaskError> {
    let too_large = |what: String, bytes, most, setting| -> SqliteTaskError {
        StoreError::TooLarge { what, bytes, most, setting }.into()
    };
    for item in items {
        let bytes = item.json.len() as u64;
        if bytes > limits.item_bytes {
            let what = format!("the change of the {} `{}`", item.kind, item.subject);
            return Err(too_large(what, bytes, limits.item_bytes, "state.item_bytes"));
        }
    }
    let more: u64 = items.iter().map(|item| item.json.len() as u64).sum();
    let (principal, now_ms, kept): (String, i64, i64) = connection
        .prepare_cached("SELECT principal, created_ms, bytes FROM plan WHERE key = ?1")?
        .query_row([plan], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let bytes = kept as u64 + more;
    if bytes > limits.draft_bytes {
        let what = "the draft".to_owned();
        return Err(too_large(what, bytes, limits.draft_bytes, "state.draft_bytes"));
    }
    let all = |connection: &Connection| -> Result<u64, SqliteTaskError> {
        let sum: i64 = connection
            .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM plan WHERE principal = ?1")?
            .query_row([&principal], |row| row.get(0))?;
        Ok(sum as u64)
    };
    if all(connection)? + more > limits.principal_bytes {
        let spare: Vec<i64> = connection
            .prepare_cached(&format!("SELECT key FROM plan WHERE {SPARE} ORDER BY key"))?
            .query_map(params![principal, now_ms], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for plan in spare {
            super::retention::forget_values(connection, plan, now_ms)?;
        }
    }
    let bytes = all(connection)? + more;
    if bytes > limits.principal_bytes {
        let what = format!("drafts and plans of `{principal}`");
        return Err(too_large(what, bytes, limits.principal_bytes, "state.principal_bytes"));
    }
    connection
        .prepare_cached("UPDATE plan SET bytes = bytes + ?2 WHERE key = ?1")?
        .execute(params![plan, more as i64])?;
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
