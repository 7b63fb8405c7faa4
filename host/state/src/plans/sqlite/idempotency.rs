//! Which request made which plan, and what it was answered.

use rusqlite::{Connection, OptionalExtension, params};
use souk_model::plan::PlanId;

use super::error::SqliteTaskError;
use crate::plans::error::StoreError;
use crate::plans::types::{IdempotencyHit, IdempotencyRecord};

/// A request that made a plan.
pub(super) struct IdempotencyRow {
    pub(super) principal: String,
    pub(super) key: String,
    pub(super) action: String,
    pub(super) content: String,
    pub(super) plan: PlanId,
    pub(super) made_ms: i64,
    pub(super) until_ms: i64,
}

pub(super) fn remember(
    connection: &Connection,
    new: &IdempotencyRow,
) -> Result<IdempotencyHit, SqliteTaskError> {
    let known = connection
        .prepare_cached(
            "SELECT action, content, plan FROM request
             WHERE principal = ?1 AND key = ?2 AND until_ms > ?3",
        )?
        .query_row(params![new.principal, new.key, new.made_ms], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })
        .optional()?;
    if let Some((action, content, plan)) = known {
        return if action == new.action && content == new.content {
            Ok(IdempotencyHit::Same(id(&plan)?))
        } else {
            Ok(IdempotencyHit::Conflict)
        };
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO request
               (principal, key, action, content, plan, made_ms, until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            new.principal,
            new.key,
            new.action,
            new.content,
            new.plan.as_str(),
            new.made_ms,
            new.until_ms
        ])?;
    Ok(IdempotencyHit::New)
}

/// A request as it is asked for again.
pub(super) struct OwnedIdempotencyKey {
    pub(super) principal: String,
    pub(super) key: Option<String>,
    pub(super) action: String,
    pub(super) content: String,
}

impl OwnedIdempotencyKey {
    pub(super) fn of(asked: &crate::plans::types::IdempotencyKey<'_>) -> Self {
        Self {
            principal: asked.principal.to_owned(),
            key: asked.key.map(str::to_owned),
            action: asked.action.to_owned(),
            content: asked.content.to_owned(),
        }
    }
}

/// Which requests are the same as the one asked: `?1` to `?4`. A key of the caller's own is its own
/// matter; without one, the newest counts.
const SAME: &str = "principal = ?1 AND action = ?2 AND content = ?3 AND (?4 IS NULL OR key = ?4)";

pub(super) fn recall(
    connection: &Connection,
    asked: &OwnedIdempotencyKey,
    now_ms: i64,
) -> Result<Option<IdempotencyRecord>, SqliteTaskError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT plan, answer FROM request WHERE {SAME} AND until_ms > ?5
             ORDER BY made_ms DESC LIMIT 1"
        ))?
        .query_row(
            params![asked.principal, asked.action, asked.content, asked.key, now_ms],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)),
        )
        .optional()?;
    let Some((plan, answer)) = found else { return Ok(None) };
    let answer = answer.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| {
        StoreError::Damaged {
            plan: plan.clone(),
            item: None,
            what: "the answer to its request",
            source: Box::new(error),
        }
    })?;
    Ok(Some(IdempotencyRecord { plan: id(&plan)?, answer }))
}

/// Keeps what the newest such request was answered.
pub(super) fn answer(
    connection: &Connection,
    asked: &OwnedIdempotencyKey,
    answer: &str,
) -> Result<(), SqliteTaskError> {
    connection
        .prepare_cached(&format!(
            "UPDATE request SET answer = ?5 WHERE (principal, key) IN
               (SELECT principal, key FROM request WHERE {SAME} ORDER BY made_ms DESC LIMIT 1)"
        ))?
        .execute(params![asked.principal, asked.action, asked.content, asked.key, answer])?;
    Ok(())
}

fn id(text: &str) -> Result<PlanId, StoreError> {
    text.parse().map_err(|error| StoreError::Damaged {
        plan: text.to_owned(),
        item: None,
        what: "the id",
        source: Box::new(error),
    })
}
