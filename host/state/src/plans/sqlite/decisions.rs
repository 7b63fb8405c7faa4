//! What persons decided of plans, and whether anything may be written at all.

use rusqlite::{Connection, OptionalExtension, params};
use souk_model::plan::{
    DecisionVerdict, ItemState, PlanDecision, PlanId, PlanState, StoredFailure, WriteStop,
};
use souk_model::{Code, Failure};

use super::error::SqliteTaskError;
use super::rows::{PlanRow, RowLocation, StateText, find, has_work, item_state, to_json};
use crate::plans::error::StoreError;
use crate::plans::types::DecisionWrite;

/// Keeps what a person decided, in place of what they decided before. To reject a plan that nobody
/// has started throws it away, so that nothing can carry it out.
pub(super) fn decide(
    connection: &Connection,
    id: &PlanId,
    decision: &PlanDecision,
) -> Result<DecisionWrite, SqliteTaskError> {
    let found = find(connection, id)?
        .filter(|found| found.state != PlanState::Draft)
        .ok_or_else(|| StoreError::NoPlan(id.clone()))?;
    if found.is_forgotten {
        return Err(StoreError::Forgotten(id.clone()).into());
    }
    if !is_open(connection, &found, decision.at_ms)? {
        return Ok(DecisionWrite::Closed(found.state));
    }
    let same: bool = connection
        .prepare_cached("SELECT digest = ?2 FROM plan WHERE key = ?1")?
        .query_row(params![found.key, decision.digest], |row| row.get(0))?;
    if !same {
        return Ok(DecisionWrite::OtherDigest);
    }
    connection
        .prepare_cached(
            "INSERT INTO decision (plan, person, at_ms, decision) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (plan, person) DO UPDATE SET at_ms = ?3, decision = ?4",
        )?
        .execute(params![
            found.key,
            decision.by,
            decision.at_ms,
            to_json("a decision", decision)?
        ])?;
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

/// What persons decided of a plan, the earliest first.
pub(super) fn decisions(
    connection: &Connection,
    id: &PlanId,
) -> Result<Vec<PlanDecision>, SqliteTaskError> {
    let mut statement = connection.prepare_cached(
        "SELECT decision FROM decision WHERE plan = (SELECT key FROM plan WHERE id = ?1)
         ORDER BY at_ms, person",
    )?;
    let mut rows = statement.query([id.as_str()])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        let of = RowLocation { plan: id.as_str(), item: None };
        decisions.push(of.json("a decision", row.get_ref(0)?)?);
    }
    Ok(decisions)
}

/// Who wants that nothing is written; a row that cannot be read is an error, so that nothing is.
pub(super) fn write_stop(connection: &Connection) -> Result<Option<WriteStop>, SqliteTaskError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT stop FROM write_stop")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(text) = text else { return Ok(None) };
    let read = serde_json::from_str(&text).map_err(|source| StoreError::Damaged {
        plan: "-".to_owned(),
        item: None,
        what: "the stop of all writes",
        source: source.into(),
    })?;
    Ok(Some(read))
}

/// Keeps it, or takes it away. The first who stops is kept; whether this changed something.
pub(super) fn set_write_stop(
    connection: &Connection,
    stop: Option<&WriteStop>,
) -> Result<bool, SqliteTaskError> {
    let changed = match stop {
        Some(stop) => connection
            .prepare_cached("INSERT OR IGNORE INTO write_stop (only, stop) VALUES (1, ?1)")?
            .execute([to_json("the stop of all writes", stop)?])?,
        None => connection.execute("DELETE FROM write_stop", [])?,
    };
    Ok(changed > 0)
}
