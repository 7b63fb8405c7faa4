//! Between rows and types. A row that cannot be read is an error that names it, never left out.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use souk_model::plan::{ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanState};

use super::error::SqliteTaskError;
use crate::plans::error::StoreError;
use crate::plans::types::{ItemCounts, Lease, RunRecord, StopRequest, StoredPlan};

/// A state as its column has it: its name.
pub(super) struct StateText<S>(pub(super) S);

impl ToSql for StateText<PlanState> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

impl ToSql for StateText<ItemState> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

/// A state as it was read, or what stood there instead.
struct ParsedState<S>(Result<S, String>);

impl FromSql for ParsedState<PlanState> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = String::from_utf8_lossy(value.as_bytes()?);
        let found = PlanState::ALL.into_iter().find(|state| state.as_str() == name);
        Ok(Self(found.ok_or_else(|| name.into_owned())))
    }
}

impl FromSql for ParsedState<ItemState> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = String::from_utf8_lossy(value.as_bytes()?);
        let found = ItemState::ALL.into_iter().find(|state| state.as_str() == name);
        Ok(Self(found.ok_or_else(|| name.into_owned())))
    }
}

/// Where a row belongs, for the error.
pub(super) struct RowLocation<'a> {
    pub(super) plan: &'a str,
    pub(super) item: Option<u32>,
}

impl RowLocation<'_> {
    fn damaged(
        &self,
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StoreError {
        StoreError::Damaged {
            plan: self.plan.to_owned(),
            item: self.item,
            what,
            source: source.into(),
        }
    }

    /// From the bytes, so that a text that is not even UTF-8 is named, too.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        value: ValueRef<'_>,
    ) -> Result<T, StoreError> {
        let bytes = value.as_bytes().map_err(|error| self.damaged(what, error))?;
        serde_json::from_slice(bytes).map_err(|error| self.damaged(what, error))
    }

    fn json_if_any<T: DeserializeOwned>(
        &self,
        what: &'static str,
        value: ValueRef<'_>,
    ) -> Result<Option<T>, StoreError> {
        if value == ValueRef::Null { Ok(None) } else { self.json(what, value).map(Some) }
    }

    fn state<S>(&self, read: ParsedState<S>) -> Result<S, StoreError> {
        read.0.map_err(|text| self.damaged("the state", format!("`{text}` is no state")))
    }
}

pub(super) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unwritable { what, source })
}

/// A plan's key in the tables, and what decides what may be done with it.
pub(super) struct PlanRow {
    pub(super) key: i64,
    pub(super) state: PlanState,
    pub(super) lease: Option<Lease>,
    pub(super) is_forgotten: bool,
}

pub(super) fn find(
    connection: &Connection,
    id: &PlanId,
) -> Result<Option<PlanRow>, SqliteTaskError> {
    let row = connection
        .prepare_cached(
            "SELECT key, state, lease_owner, lease_until_ms, lease_process, forgotten_ms IS NOT NULL
             FROM plan WHERE id = ?1",
        )?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?, lease(row, 2)?, row.get(5)?)))
        .optional()?;
    let Some((key, state, lease, is_forgotten)) = row else { return Ok(None) };
    let state = RowLocation { plan: id.as_str(), item: None }.state(state)?;
    Ok(Some(PlanRow { key, state, lease, is_forgotten }))
}

fn lease(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Lease>> {
    let owner: Option<String> = row.get(first)?;
    let until_ms: Option<i64> = row.get(first + 1)?;
    // A process that cannot be read is one that nobody can judge: its time decides.
    let process: Option<String> = row.get(first + 2)?;
    let process = process.and_then(|process| process.parse().ok());
    Ok(owner.zip(until_ms).map(|(owner, until_ms)| Lease { owner, until_ms, process }))
}

/// A plan's last run, from its six columns.
fn run(
    of: &RowLocation<'_>,
    row: &Row<'_>,
    first: usize,
) -> Result<Option<RunRecord>, SqliteTaskError> {
    let Some(started_ms) = row.get(first)? else { return Ok(None) };
    let by: Option<String> = row.get(first + 3)?;
    let at_ms: Option<i64> = row.get(first + 4)?;
    Ok(Some(RunRecord {
        started_ms,
        by: row.get(first + 1)?,
        answered: row.get(first + 2)?,
        stop: by.zip(at_ms).map(|(by, at_ms)| StopRequest { by, at_ms }),
        ended: of.json_if_any("the end of the run", row.get_ref(first + 5)?)?,
    }))
}

/// The columns that [`stored`] reads, in their order.
pub(super) const PLAN: &str = "key, id, state, header, digest, seal, reason, lease_owner, lease_until_ms, \
     lease_process, forgotten_ms IS NOT NULL, started_ms, started_by, answered, stop_by, stop_ms, ended";

pub(super) fn stored(
    connection: &Connection,
    row: &Row<'_>,
) -> Result<StoredPlan, SqliteTaskError> {
    let key: i64 = row.get(0)?;
    let id: String = row.get(1)?;
    let of = RowLocation { plan: &id, item: None };
    let state = of.state(row.get(2)?)?;
    let header: PlanHeader = of.json("the header", row.get_ref(3)?)?;
    if header.id.as_str() != id {
        return Err(of.damaged("the header", format!("it is of `{}`", header.id)).into());
    }
    Ok(StoredPlan {
        header,
        state,
        digest: row.get(4)?,
        seal: row.get(5)?,
        reason: row.get(6)?,
        lease: lease(row, 7)?,
        run: run(&of, row, 11)?,
        counts: counts(connection, key, &of)?,
        is_forgotten: row.get(10)?,
    })
}

fn counts(
    connection: &Connection,
    plan: i64,
    of: &RowLocation<'_>,
) -> Result<ItemCounts, SqliteTaskError> {
    let mut statement = connection
        .prepare_cached("SELECT state, count(*) FROM progress WHERE plan = ?1 GROUP BY state")?;
    let mut rows = statement.query([plan])?;
    let mut counts = ItemCounts::default();
    while let Some(row) = rows.next()? {
        counts.set(of.state(row.get(0)?)?, row.get(1)?);
    }
    Ok(counts)
}

/// The columns that [`item`] reads, in their order. `n` is the number of whichever is there.
pub(super) const ITEM: &str = "i.item, p.state, p.failure, p.answered, p.sent_ms";

pub(super) fn item(
    plan: &PlanId,
    n: u32,
    row: &Row<'_>,
) -> Result<(PlanItem, ItemProgress), SqliteTaskError> {
    let of = RowLocation { plan: plan.as_str(), item: Some(n) };
    let item: Option<PlanItem> = of.json_if_any("the change", row.get_ref(1)?)?;
    let item = item.ok_or_else(|| of.damaged("the change", "it is gone"))?;
    if item.n != n {
        return Err(of.damaged("the change", format!("it is of item {}", item.n)).into());
    }
    let state: Option<ParsedState<ItemState>> = row.get(2)?;
    let state = of.state(state.ok_or_else(|| of.damaged("the state", "it is gone"))?)?;
    let failure = of.json_if_any("the failure", row.get_ref(3)?)?;
    let response = of.json_if_any("the answer", row.get_ref(4)?)?;
    Ok((item, ItemProgress { state, failure, response, sent_ms: row.get(5)? }))
}

/// The state of one item, of which there may be none.
pub(super) fn item_state(
    connection: &Connection,
    id: &PlanId,
    plan: i64,
    n: u32,
) -> Result<Option<ItemState>, SqliteTaskError> {
    let read = connection
        .prepare_cached("SELECT state FROM progress WHERE plan = ?1 AND n = ?2")?
        .query_row((plan, n), |row| row.get(0))
        .optional()?;
    Ok(read.map(|read| RowLocation { plan: id.as_str(), item: Some(n) }.state(read)).transpose()?)
}

/// Whether an item is left that a run could bring further.
pub(super) fn has_work(connection: &Connection, plan: i64) -> Result<bool, SqliteTaskError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM progress WHERE plan = ?1 AND state IN (?2, ?3, ?4, ?5))",
        )?
        .query_row(
            params![
                plan,
                StateText(ItemState::Pending),
                StateText(ItemState::Sending),
                StateText(ItemState::Unknown),
                StateText(ItemState::Failed)
            ],
            |row| row.get(0),
        )?)
}
