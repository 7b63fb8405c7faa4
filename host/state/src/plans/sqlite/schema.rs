//! The tables, and how older files come to have them.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{FileError, SqliteTaskError};
use super::spend_book::{self, SpendKey};

/// Every version's step from the one before, the first from an empty file. A step that has been
/// released is never changed, only followed by another.
const STEPS: [&str; 8] =
    [FIRST, ANSWERS, SPENDS, IDENTITY, RUNS, DECISIONS, SEALED_SPENDS, DECISION_LOG];

/// What changes often (`progress`) lies apart from what is large and never changes (`item`), so
/// that a mark rewrites a few bytes, and counting does not read the changes.
const FIRST: &str = "
CREATE TABLE plan (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN
    ('draft', 'proposed', 'running', 'done', 'partly_done', 'failed', 'discarded')),
  principal TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL, -- it has ended by then, if it has: it expires, or its last lease does
  header TEXT NOT NULL,
  digest TEXT,
  seal TEXT,
  reason TEXT,
  lease_owner TEXT,
  lease_until_ms INTEGER,
  CHECK ((state = 'draft') = (digest IS NULL) AND (digest IS NULL) = (seal IS NULL)),
  CHECK ((state = 'running') = (lease_owner IS NOT NULL)),
  CHECK ((lease_owner IS NULL) = (lease_until_ms IS NULL))
) STRICT;
CREATE INDEX plan_newest ON plan (created_ms);
CREATE INDEX plan_of_principal ON plan (principal, created_ms);

CREATE TABLE item (
  plan INTEGER NOT NULL REFERENCES plan (key) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY (plan, n)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX item_subject ON item (plan, kind, subject);

CREATE TABLE progress (
  plan INTEGER NOT NULL REFERENCES plan (key) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('pending', 'sending', 'done', 'failed', 'drifted', 'skipped', 'unknown')),
  sent INTEGER NOT NULL DEFAULT 0, -- how often it was marked as sending
  failure TEXT,
  answered TEXT,
  PRIMARY KEY (plan, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE request (
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  action TEXT NOT NULL,
  content TEXT NOT NULL,
  plan TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_content ON request (principal, action, content, made_ms);
CREATE INDEX request_plan ON request (plan);
";

/// What a request was answered, so that asking again can be; and when an item was last sent, since a
/// store may still be at work on what its caller gave up.
const ANSWERS: &str = "
ALTER TABLE request ADD COLUMN answer TEXT;
ALTER TABLE progress ADD COLUMN sent_ms INTEGER;
";

/// Money that left or may have, one row an item. Without a reference to the plan: an account outlives
/// plans that are removed.
const SPENDS: &str = "
CREATE TABLE spend (
  plan TEXT NOT NULL,
  n INTEGER NOT NULL,
  day INTEGER NOT NULL, -- UTC, counted from 1970-01-01
  store TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('refund', 'cancel')),
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0), -- ten-thousandths of the currency's unit
  PRIMARY KEY (plan, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX spend_account ON spend (day, store, kind, currency);
";

/// Which file this is, and how far it has come: the audit trail vouches for both, so that a file that
/// was replaced or set back is found out. And what was found so, until the operator accepts it.
const IDENTITY: &str = "
CREATE TABLE identity (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0, -- how often items were marked as sending
  is_known INTEGER NOT NULL DEFAULT 0, -- whether the trail vouches for it
  lost TEXT, -- what was lost, as nobody has accepted yet
  shut_day INTEGER -- no money moves until after this day, counted from 1970-01-01
) STRICT;
INSERT INTO identity (only, id) VALUES (1, lower(hex(randomblob(8))));
ALTER TABLE plan ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0; -- what its items take
ALTER TABLE plan ADD COLUMN forgotten_ms INTEGER; -- when its values were removed
";

/// Runs that can be stopped: which process has a lease, who began a run, how far it came, who wants it
/// to end and why it did. A plan may now be `stopped`. SQLite cannot change a check, and the table
/// cannot be made anew with rows of others hanging on it, so the check's text is replaced; what comes
/// after it makes every connection read the schema again.
const RUNS: &str = "
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
  SET sql = replace(sql, '''failed'', ''discarded''', '''failed'', ''stopped'', ''discarded''')
  WHERE type = 'table' AND name = 'plan';
PRAGMA writable_schema = RESET;
ALTER TABLE plan ADD COLUMN lease_process TEXT;
ALTER TABLE plan ADD COLUMN started_ms INTEGER;
ALTER TABLE plan ADD COLUMN started_by TEXT;
ALTER TABLE plan ADD COLUMN answered INTEGER NOT NULL DEFAULT 0; -- items, in its last run
ALTER TABLE plan ADD COLUMN stop_by TEXT;
ALTER TABLE plan ADD COLUMN stop_ms INTEGER;
ALTER TABLE plan ADD COLUMN ended TEXT; -- why its last run ended early
";

/// What persons decided of plans, one row a person; and that nothing may be written, if so.
const DECISIONS: &str = "
CREATE TABLE decision (
  plan INTEGER NOT NULL REFERENCES plan (key) ON DELETE CASCADE,
  person TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  decision TEXT NOT NULL,
  PRIMARY KEY (plan, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE write_stop (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  stop TEXT NOT NULL
) STRICT;
";

/// What the rows of each day's account come to, and the seal over that: see `spend_book`.
const SEALED_SPENDS: &str = "
CREATE TABLE spend_day (
  day INTEGER PRIMARY KEY,
  entries INTEGER NOT NULL,
  tags BLOB NOT NULL -- of all its rows, added without carry
) STRICT;
ALTER TABLE identity ADD COLUMN spend_seal TEXT;
";

/// What persons decided as a log, of which nothing can be taken away or put back unseen: lines are numbered
/// without gaps, and the trail vouches for the last number. What was approved before has to be approved
/// again, and a stop of all writes holds until the operator accepts.
const DECISION_LOG: &str = "
CREATE TABLE decision_log (
  no INTEGER PRIMARY KEY CHECK (no > 0),
  plan TEXT, -- its id; the line outlives it
  digest TEXT NOT NULL, -- of the content
  content TEXT, -- NULL: it went with the values of its plan
  seal TEXT NOT NULL
) STRICT;
CREATE INDEX decision_log_plan ON decision_log (plan) WHERE plan IS NOT NULL;
ALTER TABLE identity ADD COLUMN lacks_decisions INTEGER NOT NULL DEFAULT 0;
UPDATE identity SET lacks_decisions = 1, lost = coalesce(lost || '; ', '')
    || 'all writes were stopped when a newer souk took over the file'
  WHERE EXISTS (SELECT 1 FROM write_stop);
DROP TABLE decision;
DROP TABLE write_stop;
";

/// The version this program knows.
pub(super) const CURRENT_VERSION: i64 = STEPS.len() as i64;

/// Brings the file to [`CURRENT_VERSION`], with the file's write lock held: of two hosts that start at once
/// the second finds the work done.
pub(super) fn migrate(connection: &Connection, key: &SpendKey) -> Result<(), SqliteTaskError> {
    connection.execute_batch("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")?;
    let moved = apply_migrations(connection, key);
    connection.execute_batch(if moved.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    moved
}

fn apply_migrations(connection: &Connection, key: &SpendKey) -> Result<(), SqliteTaskError> {
    let has = |filter: &str| {
        connection
            .query_row(&format!("SELECT 1 FROM sqlite_schema {filter} LIMIT 1"), [], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
    };
    if !has("WHERE type = 'table' AND name = 'souk_version'")? {
        if has("")? {
            return Err(FileError::Foreign.into());
        }
        connection.execute_batch(
            "CREATE TABLE souk_version (version INTEGER PRIMARY KEY, made_by TEXT NOT NULL) STRICT",
        )?;
    }
    let found = version(connection)?;
    if found > CURRENT_VERSION {
        return Err(FileError::Newer { found, known: CURRENT_VERSION }.into());
    }
    for (step, known) in STEPS.iter().zip(1..) {
        if known > found {
            connection.execute_batch(step)?;
            connection.execute(
                "INSERT INTO souk_version (version, made_by) VALUES (?1, ?2)",
                params![known, concat!("souk ", env!("CARGO_PKG_VERSION"))],
            )?;
            if *step == SEALED_SPENDS {
                spend_book::reseal(connection, key)?;
            }
        }
    }
    Ok(())
}

/// Refuses when a newer program has migrated the file since it was opened.
pub(super) fn check_version(connection: &Connection) -> Result<(), FileError> {
    match version(connection)? {
        found if found > CURRENT_VERSION => Err(FileError::Newer { found, known: CURRENT_VERSION }),
        _ => Ok(()),
    }
}

fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection
        .prepare_cached("SELECT coalesce(max(version), 0) FROM souk_version")?
        .query_row([], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_version_before_is_brought_to_this_one() {
        let tables = |connection: &Connection| -> Vec<String> {
            let mut names = connection
                .prepare(
                    "SELECT name || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
                )
                .unwrap();
            names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let fresh = Connection::open_in_memory().unwrap();
        let key = SpendKey::of(&[7; 32]);
        migrate(&fresh, &key).unwrap();
        for steps in 0..STEPS.len() {
            let older = Connection::open_in_memory().unwrap();
            older
                .execute_batch(
                    "CREATE TABLE souk_version (version INTEGER PRIMARY KEY, made_by TEXT NOT NULL) STRICT",
                )
                .unwrap();
            for (step, version) in STEPS.iter().zip(1_i64..).take(steps) {
                older.execute_batch(step).unwrap();
                older.execute("INSERT INTO souk_version VALUES (?1, 'souk')", [version]).unwrap();
            }
            migrate(&older, &key).unwrap();
            assert_eq!(version(&older).unwrap(), CURRENT_VERSION);
            assert_eq!(tables(&older), tables(&fresh), "from version {steps}");
        }
    }
}
