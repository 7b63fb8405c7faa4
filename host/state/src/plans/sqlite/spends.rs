//! The account of money that left, beside the journal.

use rusqlite::{Connection, params};
use souk_model::plan::{ItemState, PlanId};

use super::fault::Fault;
use crate::plans::{Account, Amount, Reserve, StoreError};

/// Milliseconds in a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What an account has come to.
pub(super) fn sum(connection: &Connection, account: &Account) -> Result<Amount, Fault> {
    without(connection, account, "", 0)
}

/// What an account has come to without one item, whose earlier amount is replaced, not added to.
fn without(
    connection: &Connection,
    account: &Account,
    plan: &str,
    n: u32,
) -> Result<Amount, Fault> {
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
    Ok(Amount::from_ten_thousandths(sum))
}

/// Sets an amount aside for an item that is about to be sent, or says that the cap is reached.
pub(super) fn reserve(
    connection: &Connection,
    plan: &PlanId,
    n: u32,
    wanted: &Reserve,
) -> Result<(), Fault> {
    let Reserve { account, amount, cap } = wanted;
    let spent = without(connection, account, plan.as_str(), n)?;
    if *amount > cap.less(spent) {
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
            amount.ten_thousandths()
        ])?;
    Ok(())
}

/// Gives back what was set aside for an item of which it is now known that nothing happened.
pub(super) fn settle(
    connection: &Connection,
    plan: &PlanId,
    n: u32,
    state: ItemState,
) -> Result<(), Fault> {
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
pub(super) fn forget(connection: &Connection, before_ms: i64) -> Result<(), Fault> {
    connection.execute("DELETE FROM spend WHERE day < ?1", [before_ms.div_euclid(DAY_MS) - 2])?;
    Ok(())
}
