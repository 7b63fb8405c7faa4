//! Who carries a plan out, and how far its items came.

use rusqlite::{Connection, params};
use souk_model::plan::{ItemState, PlanId, PlanState};

use super::fault::Fault;
use super::rows::{Found, Named, find, item_state, to_json};
use super::spends;
use crate::plans::{Claim, Lease, Mark, Reserve, StoreError};

pub(super) fn claim(
    connection: &Connection,
    id: &PlanId,
    wanted: &Lease,
    reason: Option<&str>,
    now_ms: i64,
) -> Result<Claim, Fault> {
    let found = plan(connection, id)?;
    match found.state {
        PlanState::Proposed => {}
        PlanState::Running => {
            if let Some(lease) = found.lease
                && lease.until_ms > now_ms
            {
                return Ok(Claim::Held(lease));
            }
        }
        PlanState::PartlyDone | PlanState::Failed if has_work(connection, found.key)? => {}
        state => return Ok(Claim::NotNow(state)),
    }
    connection
        .prepare_cached(
            "UPDATE plan SET state = ?2, lease_owner = ?3, lease_until_ms = ?4, last_ms = ?4,
               reason = coalesce(?5, reason)
             WHERE key = ?1",
        )?
        .execute(params![
            found.key,
            Named(PlanState::Running),
            wanted.owner,
            wanted.until_ms,
            reason
        ])?;
    Ok(Claim::Taken)
}

/// Whether an item is left that a run could bring further.
fn has_work(connection: &Connection, plan: i64) -> Result<bool, Fault> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM progress WHERE plan = ?1 AND state IN (?2, ?3, ?4, ?5))",
        )?
        .query_row(
            params![
                plan,
                Named(ItemState::Pending),
                Named(ItemState::Sending),
                Named(ItemState::Unknown),
                Named(ItemState::Failed)
            ],
            |row| row.get(0),
        )?)
}

pub(super) fn renew(
    connection: &Connection,
    id: &PlanId,
    owner: &str,
    until_ms: i64,
) -> Result<bool, Fault> {
    let changed = connection
        .prepare_cached(
            "UPDATE plan SET lease_until_ms = ?3, last_ms = ?3 WHERE id = ?1 AND lease_owner = ?2",
        )?
        .execute(params![id.as_str(), owner, until_ms])?;
    Ok(changed > 0)
}

pub(super) fn finish(
    connection: &Connection,
    id: &PlanId,
    owner: &str,
    state: PlanState,
) -> Result<bool, Fault> {
    let changed = connection
        .prepare_cached(
            "UPDATE plan SET state = ?3, lease_owner = NULL, lease_until_ms = NULL
             WHERE id = ?1 AND lease_owner = ?2",
        )?
        .execute(params![id.as_str(), owner, Named(state)])?;
    Ok(changed > 0)
}

pub(super) fn discard(connection: &Connection, id: &PlanId) -> Result<bool, Fault> {
    let changed = connection
        .prepare_cached("UPDATE plan SET state = ?3 WHERE id = ?1 AND state = ?2")?
        .execute(params![id.as_str(), Named(PlanState::Proposed), Named(PlanState::Discarded)])?;
    Ok(changed > 0)
}

/// A mark, ready to be written on another thread.
pub(super) struct NewMark {
    n: u32,
    state: ItemState,
    failure: Option<String>,
    answered: Option<String>,
    sent_ms: Option<i64>,
    reserve: Option<Reserve>,
}

impl NewMark {
    pub(super) fn of(mark: &Mark) -> Result<Self, StoreError> {
        let failure = mark
            .failure
            .as_ref()
            .map(|failure| to_json("an item's failure", failure))
            .transpose()?;
        let answered =
            mark.answered.as_ref().map(|answer| to_json("an item's answer", answer)).transpose()?;
        let reserve = mark.reserve.clone().filter(|_| mark.state == ItemState::Sending);
        let sent_ms = mark.sent_ms;
        Ok(Self { n: mark.n, state: mark.state, failure, answered, sent_ms, reserve })
    }
}

pub(super) fn journal(
    connection: &Connection,
    id: &PlanId,
    owner: &str,
    marks: &[NewMark],
) -> Result<(), Fault> {
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
    for NewMark { n, state, failure, answered, sent_ms, reserve } in marks {
        let (n, to) = (*n, *state);
        let from = item_state(connection, id, found.key, n)?
            .ok_or_else(|| StoreError::NoItem { plan: id.clone(), n })?;
        if !from.may_become(to) {
            return Err(StoreError::Transition { plan: id.clone(), n, from, to }.into());
        }
        update.execute(params![found.key, n, Named(to), failure, answered, sent_ms])?;
        match reserve {
            Some(wanted) => spends::reserve(connection, id, n, wanted)?,
            None => spends::settle(connection, id, n, to)?,
        }
    }
    Ok(())
}

/// A plan that is no draft.
fn plan(connection: &Connection, id: &PlanId) -> Result<Found, Fault> {
    find(connection, id)?
        .filter(|found| found.state != PlanState::Draft)
        .ok_or_else(|| StoreError::NoPlan(id.clone()).into())
}
