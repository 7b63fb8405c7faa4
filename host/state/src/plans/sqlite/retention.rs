//! When plans and requests are forgotten.

use rusqlite::Connection;

use super::error::SqliteTaskError;

/// What [`super::PlanStore::purge`] removes: `?1` is for drafts, `?2` for plans that ended.
const OLD: &str = "((state = 'draft' AND created_ms < ?1)
  OR (state NOT IN ('draft', 'running') AND last_ms < ?2 AND NOT EXISTS (
    SELECT 1 FROM progress WHERE plan = plan.key AND progress.state IN ('sending', 'unknown'))))";

/// Plans to remove, by their keys. Each is then removed by itself, so that others may write
/// between one and the next.
pub(super) fn removable(
    connection: &Connection,
    drafts_before_ms: i64,
    ended_before_ms: i64,
) -> Result<Vec<i64>, SqliteTaskError> {
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
) -> Result<bool, SqliteTaskError> {
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
pub(super) fn forget(connection: &Connection, before_ms: i64) -> Result<(), SqliteTaskError> {
    connection.execute("DELETE FROM request WHERE until_ms < ?1", [before_ms])?;
    Ok(())
}
