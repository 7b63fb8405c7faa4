//! The account of money is held to what it was: rows that were taken away, added or edited by anybody
//! without the key show, and then no money moves on that day.
//!
//! Each row has a tag, a MAC over all of it. For each day the number of its rows and the sum of their
//! tags (bit by bit, without carry) are kept, and one seal is over these of all days and over how often
//! items were marked as sending. That number is what the audit trail vouches for: an older seal that is
//! put back with the rows of its time is of a number that the file has gone past, and a file that is set
//! back as a whole is found out by the trail.
//!
//! A seal that is wrong is never written anew, but by [`reseal`]: whatever moves money looks first.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use sha2::Sha256;

use super::error::SqliteTaskError;
use crate::dir::StateDir;
use crate::plans::error::StoreError;

/// A row of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpendRow {
    pub(super) plan: String,
    pub(super) n: u32,
    pub(super) day: i64,
    pub(super) store: String,
    pub(super) kind: String,
    pub(super) currency: String,
    /// Ten-thousandths of the currency's unit.
    pub(super) amount: i64,
}

/// The columns of a row, in the order in which [`SpendRow::read`] takes them.
pub(super) const ROW: &str = "plan, n, day, store, kind, currency, amount";

impl SpendRow {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            plan: row.get(0)?,
            n: row.get(1)?,
            day: row.get(2)?,
            store: row.get(3)?,
            kind: row.get(4)?,
            currency: row.get(5)?,
            amount: row.get(6)?,
        })
    }
}

type Tag = [u8; 32];

/// What seals the account.
#[derive(Clone)]
pub(super) struct SpendKey([u8; 32]);

impl std::fmt::Debug for SpendKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpendKey([secret])")
    }
}

impl SpendKey {
    /// Made of the key of the state's seals, and of use for nothing else.
    pub(super) fn of(seal_key: &[u8; 32]) -> Self {
        let root = Self(*seal_key);
        Self(root.tag(&["souk spends"]))
    }

    /// A MAC over these texts, each with its length before it.
    fn tag(&self, parts: &[&str]) -> Tag {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    fn tag_of(&self, row: &SpendRow) -> Tag {
        let SpendRow { plan, n, day, store, kind, currency, amount } = row;
        let (n, day, amount) = (n.to_string(), day.to_string(), amount.to_string());
        self.tag(&["row", plan, &n, &day, store, kind, currency, &amount])
    }
}

/// What is kept of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DayTotal {
    rows: i64,
    sum: Tag,
}

impl DayTotal {
    /// Takes a row in, or out again.
    fn turn(&mut self, tag: Tag, rows: i64) {
        self.rows += rows;
        for (byte, other) in self.sum.iter_mut().zip(tag) {
            *byte ^= other;
        }
    }
}

/// The account while one transaction changes it.
pub(super) struct SpendBook<'b> {
    connection: &'b Connection,
    key: &'b SpendKey,
    /// Of each day, as it was sealed; none where the seal is not theirs.
    days: Option<BTreeMap<i64, DayTotal>>,
    /// Whether the rows of a day are what was sealed, of those that were looked at.
    sound: BTreeMap<i64, bool>,
}

impl<'b> SpendBook<'b> {
    /// Reads what is sealed, and whether that is so.
    pub(super) fn open(
        connection: &'b Connection,
        key: &'b SpendKey,
    ) -> Result<Self, SqliteTaskError> {
        let days = sealed_days(connection)?;
        let kept: Option<String> = connection
            .prepare_cached("SELECT spend_seal FROM identity")?
            .query_row([], |row| row.get(0))?;
        let right = seal(connection, key, &days)?;
        let is_sealed = kept.is_some_and(|kept| is_same(&kept, &right));
        let days = is_sealed.then_some(days);
        Ok(Self { connection, key, days, sound: BTreeMap::new() })
    }

    /// Whether the rows of a day are all there, and as they were written.
    pub(super) fn is_sound(&mut self, day: i64) -> Result<bool, SqliteTaskError> {
        let Some(days) = &self.days else { return Ok(false) };
        if let Some(sound) = self.sound.get(&day) {
            return Ok(*sound);
        }
        let kept = days.get(&day).copied().unwrap_or_default();
        let sound = total(self.connection, self.key, day)? == kept;
        self.sound.insert(day, sound);
        Ok(sound)
    }

    /// Notes that a row was written in place of another of the same item, or taken away.
    pub(super) fn replace(&mut self, before: Option<&SpendRow>, after: Option<&SpendRow>) {
        let Some(days) = &mut self.days else { return };
        for (row, rows) in before.map(|row| (row, -1)).into_iter().chain(after.map(|row| (row, 1)))
        {
            days.entry(row.day).or_default().turn(self.key.tag_of(row), rows);
        }
    }

    /// Notes that no row of a day before this one is there any more.
    pub(super) fn forget(&mut self, before: i64) {
        if let Some(days) = &mut self.days {
            days.retain(|day, _| *day >= before);
        }
    }

    /// Seals it as it is now, with how far the file has come. Where it was not as it should be, it stays
    /// so.
    pub(super) fn seal(self) -> Result<(), SqliteTaskError> {
        let Some(days) = self.days else { return Ok(()) };
        write(self.connection, self.key, &days)
    }
}

/// The days whose rows are not as they were written, or all days where the seal is wrong; none: all is well.
pub(super) fn altered(
    connection: &Connection,
    key: &SpendKey,
) -> Result<Option<String>, SqliteTaskError> {
    let mut book = SpendBook::open(connection, key)?;
    let Some(sealed) = &book.days else {
        return Ok(Some(
            "the seal over what money moved is wrong: the account in `plans.db` was edited or put back"
                .to_owned(),
        ));
    };
    let mut days: Vec<i64> = sealed.keys().copied().collect();
    days.extend(days_with_rows(connection)?);
    days.sort_unstable();
    days.dedup();
    for day in days {
        if !book.is_sound(day)? {
            return Ok(Some(
                "what money moved is not all there: rows of the account in `plans.db` were taken away \
                 or edited"
                    .to_owned(),
            ));
        }
    }
    Ok(None)
}

/// What is wrong with the account in the directory's file of plans, if there is one of a version that seals
/// it. Nothing is written.
///
/// # Errors
/// It cannot be read.
pub fn read_altered_spends(directory: &StateDir) -> Result<Option<String>, StoreError> {
    let path = directory.path().join("plans.db");
    // Without the key nothing was sealed, and none is made here.
    if !directory.has_seal_key() || !std::fs::metadata(&path).is_ok_and(|found| found.len() > 0) {
        return Ok(None);
    }
    let key = directory.seal_key().map_err(|error| StoreError::Key(error.to_string()))?;
    let look = || -> Result<_, SqliteTaskError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.pragma_update(None, "query_only", true)?;
        let sealed = "SELECT 1 FROM sqlite_schema WHERE name = 'spend_day'";
        if connection.query_row(sealed, [], |_| Ok(())).optional()?.is_none() {
            return Ok(None);
        }
        altered(&connection, &SpendKey::of(&key))
    };
    look().map_err(|error| error.into_store_error("read", &path))
}

/// Seals the account as it stands, by the operator's word or where there was no seal before.
pub(super) fn reseal(connection: &Connection, key: &SpendKey) -> Result<(), SqliteTaskError> {
    let mut days = BTreeMap::new();
    for day in days_with_rows(connection)? {
        days.insert(day, total(connection, key, day)?);
    }
    write(connection, key, &days)
}

fn days_with_rows(connection: &Connection) -> Result<Vec<i64>, SqliteTaskError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT day FROM spend")?;
    let days = statement.query_map([], |row| row.get(0))?;
    Ok(days.collect::<Result<_, _>>()?)
}

/// What the rows of a day come to.
fn total(connection: &Connection, key: &SpendKey, day: i64) -> Result<DayTotal, SqliteTaskError> {
    let mut total = DayTotal::default();
    let mut statement =
        connection.prepare_cached(&format!("SELECT {ROW} FROM spend WHERE day = ?1"))?;
    for row in statement.query_map([day], SpendRow::read)? {
        total.turn(key.tag_of(&row?), 1);
    }
    Ok(total)
}

fn sealed_days(connection: &Connection) -> Result<BTreeMap<i64, DayTotal>, SqliteTaskError> {
    let mut statement = connection.prepare_cached("SELECT day, entries, tags FROM spend_day")?;
    let days = statement
        .query_map([], |row| Ok((row.get(0)?, DayTotal { rows: row.get(1)?, sum: row.get(2)? })))?;
    Ok(days.collect::<Result<_, _>>()?)
}

fn write(
    connection: &Connection,
    key: &SpendKey,
    days: &BTreeMap<i64, DayTotal>,
) -> Result<(), SqliteTaskError> {
    let kept = sealed_days(connection)?;
    let mut remove = connection.prepare_cached("DELETE FROM spend_day WHERE day = ?1")?;
    for day in kept.keys().filter(|day| !days.contains_key(day)) {
        remove.execute([day])?;
    }
    let mut put =
        connection.prepare_cached("INSERT OR REPLACE INTO spend_day VALUES (?1, ?2, ?3)")?;
    for (day, total) in days.iter().filter(|(day, total)| kept.get(day) != Some(total)) {
        put.execute(params![day, total.rows, total.sum])?;
    }
    connection
        .prepare_cached("UPDATE identity SET spend_seal = ?1")?
        .execute([seal(connection, key, days)?])?;
    Ok(())
}

/// The seal over these days, of this file and of how far it has come.
fn seal(
    connection: &Connection,
    key: &SpendKey,
    days: &BTreeMap<i64, DayTotal>,
) -> Result<String, SqliteTaskError> {
    let (id, generation): (String, i64) = connection
        .prepare_cached("SELECT id, generation FROM identity")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut parts = vec!["days".to_owned(), id, generation.to_string()];
    for (day, DayTotal { rows, sum }) in days {
        parts.extend([day.to_string(), rows.to_string(), hex::encode(sum)]);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(hex::encode(key.tag(&parts)))
}

/// Whether two seals are the same. They are MACs over what is in the file beside them, so that time tells
/// nothing of one that would do.
fn is_same(kept: &str, right: &str) -> bool {
    let differs = kept.bytes().zip(right.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    kept.len() == right.len() && differs == 0
}

/// The row of an item, if it has one.
pub(super) fn row_of(
    connection: &Connection,
    plan: &str,
    n: u32,
) -> Result<Option<SpendRow>, SqliteTaskError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {ROW} FROM spend WHERE plan = ?1 AND n = ?2"))?
        .query_row(params![plan, n], SpendRow::read)
        .optional()?)
}
