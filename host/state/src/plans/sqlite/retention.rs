//! When plans and requests are forgotten.

use rusqlite::{Connection, params};

use super::error::SqliteTaskError;
use crate::plans::types::ForgottenPlans;

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
    let which = format!("key = ?3 AND {OLD}");
    forget_decisions(connection, &which, [drafts_before_ms, ended_before_ms, plan])?;
    let mut plans = connection.prepare_cached(&format!("DELETE FROM plan WHERE {which}"))?;
    Ok(plans.execute([drafts_before_ms, ended_before_ms, plan])? > 0)
}

/// Forgets keys whose time was over before this.
pub(super) fn forget(connection: &Connection, before_ms: i64) -> Result<(), SqliteTaskError> {
    connection.execute("DELETE FROM request WHERE until_ms < ?1", [before_ms])?;
    Ok(())
}

/// Pages that go back to the file system at once: a clean-up must not hold the file for long.
const PAGES_AT_ONCE: u32 = 4_096;

/// What stands where values of a plan were.
const GONE: &str = "its values are no longer kept";

/// Gives room that is free in the file back to the file system. Whether there may be more.
pub(super) fn shrink(connection: &Connection) -> Result<bool, SqliteTaskError> {
    let free = |connection: &Connection| {
        connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0))
    };
    let before = free(connection)?;
    connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
    let after = free(connection)?;
    Ok(after > 0 && after < before)
}

/// Plans that ended before this instant and still have their values, by their keys.
pub(super) fn with_old_values(
    connection: &Connection,
    ended_before_ms: i64,
) -> Result<Vec<i64>, SqliteTaskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key FROM plan WHERE {OLD} AND state <> 'draft' AND forgotten_ms IS NULL ORDER BY key"
    ))?;
    let keys = statement.query_map([i64::MIN, ended_before_ms], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Removes the values of a plan that is not being carried out: of what its items would change and
/// stood there, what the store answered, and the texts about it. How many items ended how stays, and
/// the digest. One that was only proposed is thrown away.
pub(super) fn forget_values(
    connection: &Connection,
    plan: i64,
    now_ms: i64,
) -> Result<bool, SqliteTaskError> {
    let forgotten = connection
        .prepare_cached(
            "UPDATE plan SET forgotten_ms = ?2, bytes = 0, reason = NULL, ended = NULL,
               state = CASE state WHEN 'proposed' THEN 'discarded' ELSE state END,
               header = json_set(header, '$.summary', ?3, '$.warnings', json_array(?3))
             WHERE key = ?1 AND state NOT IN ('draft', 'running')",
        )?
        .execute(params![plan, now_ms, GONE])?;
    if forgotten == 0 {
        return Ok(false);
    }
    connection.prepare_cached("DELETE FROM item WHERE plan = ?1")?.execute([plan])?;
    // Who decided, and why in their words, stands on the audit trail.
    forget_decisions(connection, "key = ?1", [plan])?;
    connection
        .prepare_cached("UPDATE progress SET failure = NULL, answered = NULL WHERE plan = ?1")?
        .execute([plan])?;
    connection
        .prepare_cached(
            "UPDATE request SET answer = NULL WHERE plan = (SELECT id FROM plan WHERE key = ?1)",
        )?
        .execute([plan])?;
    Ok(true)
}

/// Takes away what was decided of these plans; that something was stays, by its number and digest.
fn forget_decisions(
    connection: &Connection,
    which: &str,
    params: impl rusqlite::Params,
) -> Result<(), SqliteTaskError> {
    connection
        .prepare_cached(&format!(
            "UPDATE decision_log SET content = NULL
             WHERE plan IN (SELECT id FROM plan WHERE {which})"
        ))?
        .execute(params)?;
    Ok(())
}

/// Plans in which one of these texts stands, in whatever case, by their keys. `?` is each text.
pub(super) fn mentioning(
    connection: &Connection,
    texts: &[String],
) -> Result<Vec<i64>, SqliteTaskError> {
    let mut statement = connection.prepare_cached(
        "SELECT key FROM plan WHERE forgotten_ms IS NULL AND (
           instr(lower(header), ?1) > 0 OR instr(lower(coalesce(reason, '')), ?1) > 0
           OR EXISTS (SELECT 1 FROM item WHERE plan = key
             AND (instr(lower(item), ?1) > 0 OR instr(lower(subject), ?1) > 0))
           OR EXISTS (SELECT 1 FROM decision_log WHERE plan = plan.id
             AND instr(lower(coalesce(content, '')), ?1) > 0)
           OR EXISTS (SELECT 1 FROM progress WHERE plan = key
             AND (instr(lower(coalesce(failure, '')), ?1) > 0
               OR instr(lower(coalesce(answered, '')), ?1) > 0))
           OR EXISTS (SELECT 1 FROM request WHERE request.plan = plan.id
             AND instr(lower(coalesce(answer, '')), ?1) > 0))",
    )?;
    let mut found = std::collections::BTreeSet::new();
    for text in texts {
        for key in statement.query_map([text], |row| row.get(0))? {
            found.insert(key?);
        }
    }
    Ok(found.into_iter().collect())
}

/// Removes a plan's values, or its draft, where a person is to be forgotten.
pub(super) fn forget_person(
    connection: &Connection,
    plan: i64,
    now_ms: i64,
    forgotten: &mut ForgottenPlans,
) -> Result<(), SqliteTaskError> {
    let drafts = connection
        .prepare_cached("DELETE FROM plan WHERE key = ?1 AND state = 'draft'")?
        .execute([plan])?;
    if drafts > 0 || forget_values(connection, plan, now_ms)? {
        forgotten.plans += 1;
    } else {
        forgotten.running += 1;
    }
    Ok(())
}

/// Answers to requests in which the text stands, and whose plan is gone.
pub(super) fn forget_answers(
    connection: &Connection,
    texts: &[String],
) -> Result<(), SqliteTaskError> {
    for text in texts {
        connection.execute(
            "UPDATE request SET answer = NULL WHERE instr(lower(coalesce(answer, '')), ?1) > 0",
            [text],
        )?;
    }
    Ok(())
}
