//! Which request made which plan, and when all of it is forgotten.

use rusqlite::{Connection, OptionalExtension, params};
use souk_model::plan::PlanId;

use super::fault::Fault;
use crate::plans::{Recalled, Remembered, StoreError};

/// A request that made a plan.
pub(super) struct Request {
    pub(super) principal: String,
    pub(super) key: String,
    pub(super) action: String,
    pub(super) content: String,
    pub(super) plan: PlanId,
    pub(super) made_ms: i64,
    pub(super) until_ms: i64,
}

pub(super) fn remember(connection: &Connection, new: &Request) -> Result<Remembered, Fault> {
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
            Ok(Remembered::Same(id(&plan)?))
        } else {
            Ok(Remembered::Conflict)
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
    Ok(Remembered::New)
}

/// A request as it is asked for again.
pub(super) struct Asked {
    pub(super) principal: String,
    pub(super) key: Option<String>,
    pub(super) action: String,
    pub(super) content: String,
}

impl Asked {
    pub(super) fn of(asked: &crate::plans::Asked<'_>) -> Self {
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
    asked: &Asked,
    now_ms: i64,
) -> Result<Option<Recalled>, Fault> {
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
    Ok(Some(Recalled { plan: id(&plan)?, answer }))
}

/// Keeps what the newest such request was answered.
pub(super) fn answer(connection: &Connection, asked: &Asked, answer: &str) -> Result<(), Fault> {
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

/// What [`super::PlanStore::purge`] removes: `?1` is for drafts, `?2` for plans that ended.
const OLD: &str = "((state = 'draft' AND created_ms < ?1)
  OR (state NOT IN ('draft', 'running') AND last_ms < ?2 AND NOT EXISTS (
    SELECT 1 FROM progress WHERE plan = plan.key AND progress.state IN ('sending', 'unknown'))))";

/// Plans to remove, by their keys. Each is then removed by itself, so that others may write
/// between one and the next.
pub(super) fn old(
    connection: &Connection,
    drafts_before_ms: i64,
    ended_before_ms: i64,
) -> Result<Vec<i64>, Fault> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT key FROM plan WHERE {OLD} ORDER BY key"))?;
    let keys = statement.query_map([drafts_before_ms, ended_before_ms], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Removes one of them, unless somebody took it up meanwhile.
pub(super) fn remove(
    connection: &Connection,
    plan: i64,
    drafts_before_ms: i64,
    ended_before_ms: i64,
) -> Result<bool, Fault> {
    let mut unsent = connection.prepare_cached(&format!(
        "DELETE FROM request WHERE plan IN
           (SELECT id FROM plan WHERE key = ?3 AND state = 'draft' AND {OLD})"
    ))?;
    unsent.execute([drafts_before_ms, ended_before_ms, plan])?;
    let mut plans =
        connection.prepare_cached(&format!("DELETE FROM plan WHERE key = ?3 AND {OLD}"))?;
    Ok(plans.execute([drafts_before_ms, ended_before_ms, plan])? > 0)
}

/// Forgets keys whose time was over before this.
pub(super) fn forget(connection: &Connection, before_ms: i64) -> Result<(), Fault> {
    connection.execute("DELETE FROM request WHERE until_ms < ?1", [before_ms])?;
    Ok(())
}
