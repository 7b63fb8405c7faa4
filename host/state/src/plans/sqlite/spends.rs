//! The account of money that left, beside the journal.

use rusqlite::{Connection, params};
use souk_model::Decimal;
use souk_model::plan::{ItemState, PlanId};

use super::error::SqliteTaskError;
use super::identity;
use crate::plans::error::StoreError;
use crate::plans::spend::{Reservation, SpendAccount};

/// Milliseconds in a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What an account has come to.
pub(super) fn sum(
    connection: &Connection,
    account: &SpendAccount,
) -> Result<Decimal, SqliteTaskError> {
    without(connection, account, "", 0)
}

/// What an account has come to without one item, whose earlier amount is replaced, not added to.
fn without(
    connection: &Connection,
    account: &SpendAccount,
    plan: &str,
    n: u32,
) -> Result<Decimal, SqliteTaskError> {
    let sum: i64 = connection
        .prepare_cached(
            "SELECT coalesce(sum(amount), 0) FROM spend
             WHERE day = ?1 AND store = ?2 AND kind = ?3 AND currency = ?4
               AND NOT (plan = ?5 AND n = ?6)",
        )?
        .query_row(
            params![account.day, account.store, account.kind.as_str(), account.currency, plan, n],
            |row| row.get(0),
        )?;
    Ok(Decimal::from_ten_thousandths(sum))
}

/// Sets an amount aside for an item that is about to be sent, or says that the cap is reached.
pub(super) fn reserve(
    connection: &Connection,
    plan: &PlanId,
    n: u32,
    wanted: &Reservation,
) -> Result<(), SqliteTaskError> {
    let Reservation { account, amount, cap } = wanted;
    identity::check_open(connection, account.day)?;
    let spent = without(connection, account, plan.as_str(), n)?;
    let count = amount.to_ten_thousandths().ok_or(StoreError::Uncountable(*amount))?;
    if Decimal::from_ten_thousandths(count) > (*cap - spent).max(Decimal::ZERO) {
        let (account, cap) = (account.clone(), *cap);
        return Err(StoreError::OverCap { n, account, spent, cap }.into());
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO spend (plan, n, day, store, kind, currency, amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            plan.as_str(),
            n,
            account.day,
            account.store,
            account.kind.as_str(),
            account.currency,
            count
        ])?;
    Ok(())
}

/// Gives back what was set aside for an item of which it is now known that nothing happened.
pub(super) fn release(
    connection: &Connection,
    plan: &PlanId,
    n: u32,
    state: ItemState,
) -> Result<(), SqliteTaskError> {
    match state {
        ItemState::Sending | ItemState::Done | ItemState::Unknown => return Ok(()),
        ItemState::Pending | ItemState::Failed | ItemState::Drifted | ItemState::Skipped => {}
    }
    connection
        .prepare_cached("DELETE FROM spend WHERE plan = ?1 AND n = ?2")?
        .execute(params![plan.as_str(), n])?;
    Ok(())
}

/// Forgets days that no cap looks at any more: two before the instant.
pub(super) fn forget(connection: &Connection, before_ms: i64) -> Result<(), SqliteTaskError> {
    connection.execute("DELETE FROM spend WHERE day < ?1", [before_ms.div_euclid(DAY_MS) - 2])?;
    Ok(())
}
