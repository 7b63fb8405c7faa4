//! Who carries a plan out, and how far its items came.

use rusqlite::{Connection, OptionalExtension, params};
use souk_model::plan::{ItemState, PlanId, PlanState, StoredFailure};

use super::decision_log;
use super::error::SqliteTaskError;
use super::identity;
use super::rows::{PlanRow, StateText, find, has_work, item_state, to_json};
use super::spend_book::{SpendBook, SpendKey};
use super::spends;
use crate::plans::error::StoreError;
use crate::plans::spend::Reservation;
use crate::plans::types::{JournalEntry, Lease, LeaseClaim, LeaseRenewal, RunStart, StopRequest};

pub(super) fn claim(
    connection: &Connection,
    id: &PlanId,
    wanted: &Lease,
    start: RunStart<'_>,
    now_ms: i64,
) -> Result<LeaseClaim, SqliteTaskError> {
    let RunStart { by, reason, only_settles, decisions } = start;
    if !only_settles && decision_log::last(connection)? != decisions {
        return Ok(LeaseClaim::Behind);
    }
    let found = plan(connection, id)?;
    if found.is_forgotten {
        return Err(StoreError::Forgotten(id.clone()).into());
    }
    match found.state {
        PlanState::Proposed => {}
        PlanState::Running => {
            if let Some(lease) = found.lease
                && !lease.is_over(now_ms)
            {
                return Ok(LeaseClaim::Held(lease));
            }
        }
        PlanState::PartlyDone | PlanState::Failed | PlanState::Stopped
            if has_work(connection, found.key)? => {}
        state => return Ok(LeaseClaim::NotRunnable(state)),
    }
    connection
        .prepare_cached(
            "UPDATE plan SET state = ?2, lease_owner = ?3, lease_until_ms = ?4, last_ms = ?4,
               reason = coalesce(?5, reason), lease_process = ?6, started_ms = ?7, started_by = ?8,
               answered = 0, stop_by = iif(?9, stop_by, NULL), stop_ms = iif(?9, stop_ms, NULL),
               ended = iif(?9, ended, NULL)
             WHERE key = ?1",
        )?
        .execute(params![
            found.key,
            StateText(PlanState::Running),
            wanted.owner,
            wanted.until_ms,
            reason,
            wanted.process.as_ref().map(ToString::to_string),
            now_ms,
            by,
            // Whoever only looks takes nothing back of why it ended.
            only_settles
        ])?;
    Ok(LeaseClaim::Granted)
}

pub(super) fn renew(
    connection: &Connection,
    id: &PlanId,
    owner: &str,
    until_ms: i64,
    answered: u32,
) -> Result<LeaseRenewal, SqliteTaskError> {
    let renewed = connection
        .prepare_cached(
            "UPDATE plan SET lease_until_ms = ?3, last_ms = ?3, answered = ?4
             WHERE id = ?1 AND lease_owner = ?2 RETURNING stop_by, stop_ms",
        )?
        .query_row(params![id.as_str(), owner, until_ms, answered], |row| {
            let (by, at_ms): (Option<String>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(by.zip(at_ms).map(|(by, at_ms)| StopRequest { by, at_ms }))
        })
        .optional()?;
    Ok(renewed.map_or(LeaseRenewal::Lost, LeaseRenewal::Renewed))
}

pub(super) fn note_reason(
    connection: &Connection,
    id: &PlanId,
    reason: &str,
) -> Result<(), SqliteTaskError> {
    connection
        .prepare_cached("UPDATE plan SET reason = ?3 WHERE id = ?1 AND state = ?2")?
        .execute(params![id.as_str(), StateText(PlanState::Proposed), reason])?;
    Ok(())
}

pub(super) fn finish(
    connection: &Connection,
    id: &PlanId,
    owner: &str,
    state: PlanState,
    early: Option<&StoredFailure>,
) -> Result<bool, SqliteTaskError> {
    let early = early.map(|early| to_json("the end of a run", early)).transpose()?;
    let changed = connection
        .prepare_cached(
            "UPDATE plan SET state = ?3, lease_owner = NULL, lease_until_ms = NULL,
               lease_process = NULL, ended = ?4
             WHERE id = ?1 AND lease_owner = ?2",
        )?
        .execute(params![id.as_str(), owner, StateText(state), early])?;
    Ok(changed > 0)
}

pub(super) fn discard(connection: &Connection, id: &PlanId) -> Result<bool, SqliteTaskError> {
    let changed = connection
        .prepare_cached("UPDATE plan SET state = ?3 WHERE id = ?1 AND state = ?2")?
        .execute(params![
            id.as_str(),
            StateText(PlanState::Proposed),
            StateText(PlanState::Discarded)
        ])?;
    Ok(changed > 0)
}

/// A mark, ready to be written on another thread.
pub(super) struct JournalRow {
    n: u32,
    state: ItemState,
    failure: Option<String>,
    response: Option<String>,
    sent_ms: Option<i64>,
    reserve: Option<Reservation>,
}

impl JournalRow {
    pub(super) fn of(entry: &JournalEntry) -> Result<Self, StoreError> {
        let failure = entry
            .failure
            .as_ref()
            .map(|failure| to_json("an item's failure", failure))
            .transpose()?;
        let response = entry
            .response
            .as_ref()
            .map(|answer| to_json("an item's answer", answer))
            .transpose()?;
        let reserve = entry.reserve.clone().filter(|_| entry.state == ItemState::Sending);
        let sent_ms = entry.sent_ms;
        Ok(Self { n: entry.n, state: entry.state, failure, response, sent_ms, reserve })
    }
}

/// Answers how far the file has come, where items are marked as sending.
pub(super) fn journal(
    connection: &Connection,
    id: &PlanId,
    owner: &str,
    entries: &[JournalRow],
    key: &SpendKey,
) -> Result<Option<u64>, SqliteTaskError> {
    let found = plan(connection, id)?;
    if found.lease.is_none_or(|lease| lease.owner != owner) {
        return Err(StoreError::LeaseLost { plan: id.clone(), owner: owner.to_owned() }.into());
    }
    // The count makes each `sending` a change. SQLite flushes nothing for a transaction that leaves
    // every page as it was, and what is kept may be of a host that died before its flush.
    let mut update = connection.prepare_cached(
        "UPDATE progress SET state = ?3, sent = sent + (?3 = 'sending'), failure = ?4,
           answered = coalesce(?5, answered), sent_ms = coalesce(?6, sent_ms)
         WHERE plan = ?1 AND n = ?2",
    )?;
    let sends = entries.iter().any(|entry| entry.state == ItemState::Sending);
    let frees = |entry: &JournalRow| !matches!(entry.state, ItemState::Done | ItemState::Unknown);
    let touches_account = sends || entries.iter().any(frees);
    let mut book = touches_account.then(|| SpendBook::open(connection, key)).transpose()?;
    for JournalRow { n, state, failure, response, sent_ms, reserve } in entries {
        let (n, to) = (*n, *state);
        let from = item_state(connection, id, found.key, n)?
            .ok_or_else(|| StoreError::NoItem { plan: id.clone(), n })?;
        if !from.may_become(to) {
            return Err(StoreError::Transition { plan: id.clone(), n, from, to }.into());
        }
        update.execute(params![found.key, n, StateText(to), failure, response, sent_ms])?;
        match (reserve, &mut book) {
            (Some(wanted), Some(book)) => spends::reserve(connection, book, id, n, wanted)?,
            (None, Some(book)) => spends::release(connection, book, id, n, to)?,
            (_, None) => {}
        }
    }
    let generation = if sends { Some(identity::advance(connection)?) } else { None };
    if let Some(book) = book {
        book.seal()?;
    }
    Ok(generation)
}

/// A plan that is no draft.
fn plan(connection: &Connection, id: &PlanId) -> Result<PlanRow, SqliteTaskError> {
    find(connection, id)?
        .filter(|found| found.state != PlanState::Draft)
        .ok_or_else(|| StoreError::NoPlan(id.clone()).into())
}
