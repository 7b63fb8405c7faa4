//! The log of what persons decide, and what a line does to its plan.

use rusqlite::{Connection, params};
use souk_model::plan::{
    DecisionVerdict, ItemState, PlanDecision, PlanId, PlanState, StoredFailure,
};
use souk_model::{Code, Failure};

use super::error::SqliteTaskError;
use super::rows::{PlanRow, StateText, find, has_work, item_state, to_json};
use crate::plans::error::StoreError;
use crate::plans::types::{DecisionEffect, DecisionEntry, DecisionWrite};

/// The lines from this number on.
pub(super) fn read(
    connection: &Connection,
    from: u64,
) -> Result<Vec<DecisionEntry>, SqliteTaskError> {
    let mut statement = connection.prepare_cached(
        "SELECT no, plan, digest, content, seal FROM decision_log WHERE no >= ?1 ORDER BY no",
    )?;
    let mut rows = statement.query([i64::try_from(from).unwrap_or(i64::MAX)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let plan: Option<String> = row.get(1)?;
        let plan = plan.map(|plan| plan.parse()).transpose().map_err(|_| damaged())?;
        entries.push(DecisionEntry {
            no: u64::try_from(row.get::<_, i64>(0)?).map_err(|_| damaged())?,
            plan,
            digest: row.get(2)?,
            content: row.get(3)?,
            seal: row.get(4)?,
        });
    }
    Ok(entries)
}

fn damaged() -> StoreError {
    StoreError::Damaged {
        plan: "-".to_owned(),
        item: None,
        what: "the log of decisions",
        source: "a line of it is none".into(),
    }
}

/// The number of the last line.
pub(super) fn last(connection: &Connection) -> Result<u64, SqliteTaskError> {
    let last: i64 = connection
        .prepare_cached("SELECT coalesce(max(no), 0) FROM decision_log")?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(last).map_err(|_| damaged())?)
}

/// Appends a line, with what it does.
pub(super) fn append(
    connection: &Connection,
    entry: &DecisionEntry,
    effect: &DecisionEffect,
    now_ms: i64,
) -> Result<DecisionWrite, SqliteTaskError> {
    let last = last(connection)?;
    // A log that begins anew may leave numbers out: those that the audit trail knows of.
    let is_next = match effect {
        DecisionEffect::Begin => entry.no > last,
        _ => entry.no == last + 1,
    };
    if !is_next {
        return Ok(DecisionWrite::Behind);
    }
    let done = match (effect, &entry.plan) {
        (DecisionEffect::Decide(decision), Some(plan)) => decide(connection, plan, decision)?,
        (DecisionEffect::Stop { by, at_ms }, Some(plan)) => {
            stop(connection, plan, by, *at_ms, now_ms)?
        }
        (DecisionEffect::Begin, _) => {
            connection.execute("DELETE FROM decision_log", [])?;
            DecisionWrite::Recorded
        }
        _ => DecisionWrite::Recorded,
    };
    if done == DecisionWrite::Recorded {
        let DecisionEntry { no, plan, digest, content, seal } = entry;
        let no = i64::try_from(*no).map_err(|_| damaged())?;
        let plan = plan.as_ref().map(PlanId::as_str);
        connection
            .prepare_cached(
                "INSERT INTO decision_log (no, plan, digest, content, seal)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![no, plan, digest, content, seal])?;
    }
    Ok(done)
}

/// To reject a plan that nobody has started throws it away, so that nothing can carry it out.
fn decide(
    connection: &Connection,
    id: &PlanId,
    decision: &PlanDecision,
) -> Result<DecisionWrite, SqliteTaskError> {
    let found = known(connection, id)?;
    if !is_open(connection, &found, decision.at_ms)? {
        return Ok(DecisionWrite::Closed(found.state));
    }
    let same: bool = connection
        .prepare_cached("SELECT digest = ?2 FROM plan WHERE key = ?1")?
        .query_row(params![found.key, decision.digest], |row| row.get(0))?;
    if !same {
        return Ok(DecisionWrite::OtherDigest);
    }
    match decision.verdict {
        DecisionVerdict::Approved => leave_out(connection, id, found.key, &decision.left_out)?,
        DecisionVerdict::Rejected => {
            connection
                .prepare_cached("UPDATE plan SET state = ?3 WHERE key = ?1 AND state = ?2")?
                .execute(params![
                    found.key,
                    StateText(PlanState::Proposed),
                    StateText(PlanState::Discarded)
                ])?;
        }
    }
    Ok(DecisionWrite::Recorded)
}

/// Asks a run to end, whichever process it is in; where none carries the plan out, it has ended. The first
/// who asks is kept.
fn stop(
    connection: &Connection,
    id: &PlanId,
    by: &str,
    at_ms: i64,
    now_ms: i64,
) -> Result<DecisionWrite, SqliteTaskError> {
    let found = known(connection, id)?;
    let runs = found.state == PlanState::Running
        && found.lease.as_ref().is_some_and(|lease| !lease.is_over(now_ms));
    // What nobody has started waits, and has nothing to stop.
    if !runs && (found.state == PlanState::Proposed || !is_open(connection, &found, now_ms)?) {
        return Ok(DecisionWrite::Closed(found.state));
    }
    connection
        .prepare_cached(
            "UPDATE plan SET stop_by = coalesce(stop_by, ?2), stop_ms = coalesce(stop_ms, ?3)
             WHERE key = ?1",
        )?
        .execute(params![found.key, by, at_ms])?;
    if !runs {
        connection
            .prepare_cached(
                "UPDATE plan SET state = ?2, lease_owner = NULL, lease_until_ms = NULL,
                   lease_process = NULL WHERE key = ?1",
            )?
            .execute(params![found.key, StateText(PlanState::Stopped)])?;
    }
    Ok(DecisionWrite::Recorded)
}

/// A plan of which something can be decided at all.
fn known(connection: &Connection, id: &PlanId) -> Result<PlanRow, SqliteTaskError> {
    let found = find(connection, id)?
        .filter(|found| found.state != PlanState::Draft)
        .ok_or_else(|| StoreError::NoPlan(id.clone()))?;
    if found.is_forgotten {
        return Err(StoreError::Forgotten(id.clone()).into());
    }
    Ok(found)
}

/// Whether a plan waits for somebody: it was never started, or its last run left something and is
/// over.
fn is_open(connection: &Connection, found: &PlanRow, now_ms: i64) -> Result<bool, SqliteTaskError> {
    Ok(match found.state {
        PlanState::Proposed => true,
        PlanState::Running => found.lease.as_ref().is_none_or(|lease| lease.is_over(now_ms)),
        PlanState::PartlyDone | PlanState::Failed | PlanState::Stopped => {
            has_work(connection, found.key)?
        }
        PlanState::Draft | PlanState::Done | PlanState::Discarded => false,
    })
}

fn leave_out(
    connection: &Connection,
    id: &PlanId,
    plan: i64,
    items: &[u32],
) -> Result<(), SqliteTaskError> {
    if items.is_empty() {
        return Ok(());
    }
    let why = StoredFailure::from(&Failure::new(
        Code::Rejected,
        "it was left out by the person who approved the plan",
    ));
    let why = to_json("an item's failure", &why)?;
    let to = ItemState::Skipped;
    let mut update = connection.prepare_cached(
        "UPDATE progress SET state = ?3, failure = ?4 WHERE plan = ?1 AND n = ?2",
    )?;
    for n in items {
        let from = item_state(connection, id, plan, *n)?
            .ok_or_else(|| StoreError::NoItem { plan: id.clone(), n: *n })?;
        // Another person may have left it out before.
        if from == to {
            continue;
        }
        if from != ItemState::Pending {
            return Err(StoreError::Transition { plan: id.clone(), n: *n, from, to }.into());
        }
        update.execute(params![plan, n, StateText(to), why])?;
    }
    Ok(())
}
