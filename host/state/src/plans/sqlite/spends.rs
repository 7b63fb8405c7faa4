//! The account of money that left, beside the journal.

use rusqlite::{Connection, params};
use souk_model::Decimal;
use souk_model::plan::{ItemState, PlanId};

use super::error::SqliteTaskError;
use super::identity;
use super::spend_book::{self, ROW, SpendBook, SpendKey, SpendRow};
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
    book: &mut SpendBook<'_>,
    plan: &PlanId,
    n: u32,
    wanted: &Reservation,
) -> Result<(), SqliteTaskError> {
    let Reservation { account, amount, cap } = wanted;
    identity::check_open(connection, account.day)?;
    if !book.is_sound(account.day)? {
        return Err(StoreError::SpendsAltered.into());
    }
    let spent = without(connection, account, plan.as_str(), n)?;
    let count = amount.to_ten_thousandths().ok_or(StoreError::Uncountable(*amount))?;
    if Decimal::from_ten_thousandths(count) > (*cap - spent).max(Decimal::ZERO) {
        let (account, cap) = (account.clone(), *cap);
        return Err(StoreError::OverCap { n, account, spent, cap }.into());
    }
    let row = SpendRow {
        plan: plan.to_string(),
        n,
        day: account.day,
        store: account.store.clone(),
        kind: account.kind.as_str().to_owned(),
        currency: account.currency.clone(),
        amount: count,
    };
    let before = spend_book::row_of(connection, &row.plan, n)?;
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO spend ({ROW}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        ))?
        .execute(params![
            row.plan,
            row.n,
            row.day,
            row.store,
            row.kind,
            row.currency,
            row.amount
        ])?;
    book.replace(before.as_ref(), Some(&row));
    Ok(())
}

/// Gives back what was set aside for an item of which it is now known that nothing happened.
pub(super) fn release(
    connection: &Connection,
    book: &mut SpendBook<'_>,
    plan: &PlanId,
    n: u32,
    state: ItemState,
) -> Result<(), SqliteTaskError> {
    match state {
        ItemState::Sending | ItemState::Done | ItemState::Unknown => return Ok(()),
        ItemState::Pending | ItemState::Failed | ItemState::Drifted | ItemState::Skipped => {}
    }
    let Some(before) = spend_book::row_of(connection, plan.as_str(), n)? else { return Ok(()) };
    // One that was edited is no measure of what was set aside.
    if !book.is_sound(before.day)? {
        return Ok(());
    }
    connection
        .prepare_cached("DELETE FROM spend WHERE plan = ?1 AND n = ?2")?
        .execute(params![plan.as_str(), n])?;
    book.replace(Some(&before), None);
    Ok(())
}

/// Forgets days that no cap looks at any more: two before the instant.
pub(super) fn forget(
    connection: &Connection,
    key: &SpendKey,
    before_ms: i64,
) -> Result<(), SqliteTaskError> {
    let before = before_ms.div_euclid(DAY_MS) - 2;
    let mut book = SpendBook::open(connection, key)?;
    let old: Vec<SpendRow> = connection
        .prepare_cached(&format!("SELECT {ROW} FROM spend WHERE day < ?1"))?
        .query_map([before], SpendRow::read)?
        .collect::<Result<_, _>>()?;
    for row in &old {
        // Nor is one forgotten that tells of others: the operator looks at them first.
        if !book.is_sound(row.day)? {
            return Ok(());
        }
    }
    connection.execute("DELETE FROM spend WHERE day < ?1", [before])?;
    book.forget(before);
    book.seal()
}
