//! What is read: a plan, a page of plans, a page of items.

use rusqlite::{Connection, params_from_iter, types::Value as Column};
use souk_model::plan::{ItemProgress, ItemState, PlanId, PlanItem, PlanState};

use super::error::SqliteTaskError;
use super::rows::{self, ITEM, PLAN, find};
use crate::plans::error::StoreError;
use crate::plans::plan_page::{PlanOrder, PlanPage, PlanPageFilter};
use crate::plans::types::{PlanFilter, StoredPlan};

pub(super) fn plan(
    connection: &Connection,
    id: &PlanId,
) -> Result<Option<StoredPlan>, SqliteTaskError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {PLAN} FROM plan WHERE id = ?1 AND state <> 'draft'"))?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(|row| rows::stored(connection, row)).transpose()
}

pub(super) fn list(
    connection: &Connection,
    filter: &PlanFilter,
) -> Result<Vec<StoredPlan>, SqliteTaskError> {
    let states = PlanState::ALL.into_iter().filter(|state| {
        *state != PlanState::Draft && (filter.states.is_empty() || filter.states.contains(state))
    });
    let states = names(states.map(PlanState::as_str));
    let of_principal = if filter.principal.is_some() { "principal = ?3" } else { "?3 IS NULL" };
    let wanted = format!("state IN ({states}) AND created_ms < ?2 AND {of_principal}");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PLAN} FROM plan
         WHERE {wanted} AND created_ms >= (SELECT min(created_ms) FROM
           (SELECT created_ms FROM plan WHERE {wanted} ORDER BY created_ms DESC LIMIT ?1))
         ORDER BY created_ms DESC, key DESC"
    ))?;
    let before = filter.before_ms.unwrap_or(i64::MAX);
    let mut rows = statement.query((filter.limit, before, &filter.principal))?;
    let mut plans = Vec::new();
    while let Some(row) = rows.next()? {
        plans.push(rows::stored(connection, row)?);
    }
    Ok(plans)
}

pub(super) fn page(
    connection: &Connection,
    filter: &PlanPageFilter,
) -> Result<PlanPage, SqliteTaskError> {
    let states = filter.states.iter().filter(|state| **state != PlanState::Draft);
    let wanted = format!(
        "state IN ({}) AND last_ms >= ?1",
        names(states.map(|state| PlanState::as_str(*state)))
    );
    let after = filter.after_ms.unwrap_or(i64::MIN);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT principal, count(*) FROM plan WHERE {wanted} GROUP BY principal
         ORDER BY count(*) DESC, principal"
    ))?;
    let callers = statement
        .query_map([after], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    let callers = callers.collect::<Result<_, _>>()?;
    let order = match filter.order {
        PlanOrder::InTurns => "turn, made DESC, found DESC",
        PlanOrder::Newest => "made DESC, found DESC",
        PlanOrder::SoonestToExpire => "ends, found",
    };
    // Which plans, before what is large of them is read.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PLAN} FROM plan JOIN
           (SELECT found, row_number() OVER (ORDER BY {order}) AS place FROM
             (SELECT key AS found, created_ms AS made, last_ms AS ends, row_number() OVER
                (PARTITION BY principal ORDER BY created_ms DESC, key DESC) AS turn FROM plan
              WHERE {wanted} AND (?2 IS NULL OR principal = ?2))
            ORDER BY place LIMIT ?3 OFFSET ?4) ON key = found
         ORDER BY place"
    ))?;
    let mut rows = statement.query((after, &filter.principal, filter.limit, filter.offset))?;
    let mut plans = Vec::new();
    while let Some(row) = rows.next()? {
        plans.push(rows::stored(connection, row)?);
    }
    Ok(PlanPage { plans, callers })
}

pub(super) fn items(
    connection: &Connection,
    id: &PlanId,
    after: Option<u32>,
    limit: u32,
    states: &[ItemState],
) -> Result<Vec<(PlanItem, ItemProgress)>, SqliteTaskError> {
    let found = find(connection, id)?.ok_or_else(|| StoreError::NoPlan(id.clone()))?;
    if found.is_forgotten {
        return Ok(Vec::new());
    }
    let plan = found.key;
    // Whichever table leads has all the rows that are asked for; what the other lacks is an error.
    let (leads, follows, of_state) = if states.is_empty() {
        ("item i", "progress p", String::new())
    } else {
        let states = names(states.iter().map(|state| state.as_str()));
        ("progress p", "item i", format!("AND p.state IN ({states})"))
    };
    let lead = &leads[leads.len() - 1..];
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {lead}.n, {ITEM} FROM {leads} LEFT JOIN {follows} ON p.plan = i.plan AND p.n = i.n
         WHERE {lead}.plan = ?1 AND {lead}.n > ?2 {of_state} ORDER BY {lead}.n LIMIT ?3"
    ))?;
    let after = after.map_or(-1, i64::from);
    let asked = [plan, after, limit.into()].map(Column::from);
    let mut rows = statement.query(params_from_iter(asked))?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(rows::item(id, row.get(0)?, row)?);
    }
    Ok(items)
}

/// States as a list in SQL. Their names are this program's own.
fn names(states: impl Iterator<Item = &'static str>) -> String {
    states.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
