//! One line of the file: how it is sealed into the chain, and how it is taken apart.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::CallEntry;
use super::error::AuditError;
use super::hash::Sha256Hash;
use super::key::TrailKey;
use super::person_entry::{PersonAct, PersonEntry};
use super::plans_mark::PlansMark;
use super::refusals::RefusedEntry;
use super::write_entry::{FoundEntry, SendingEntry, WriteEntry};

/// A place in the chain: a line's number and its hash. Reads and writes as `7:<hash>`.
///
/// A position vouches for every line up to it, so one kept where the trail's writer cannot reach
/// is an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The line's number, counted from 1; 0 before the first.
    pub seq: u64,
    /// The line's hash; zeros before the first.
    pub hash: Sha256Hash,
}

/// A text that is not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a position is a line's number, a colon, and its hash of 64 lower-case hexadecimal digits")]
pub struct InvalidPosition;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum TrailRecord {
    /// A call ended.
    Call(Box<CallEntry>),
    /// A request of a plan, or a purge, is about to be sent.
    Sending(Box<SendingEntry>),
    /// A request of a plan, or a purge, was answered, or given up.
    Write(Box<WriteEntry>),
    /// What became of a request was found out later.
    Found(Box<FoundEntry>),
    /// What stands between this line and the one it follows is not whole.
    Torn {
        /// When that was found.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// How many bytes it is, the last line's end not counted.
        bytes: u64,
        /// Of these bytes.
        sha256: Sha256Hash,
    },
    /// This file took another's place.
    Rotated {
        /// When that was found.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// The last line known in the file before.
        after: Position,
    },
    /// This file was begun where another had been deleted while a host used it.
    Removed {
        /// When that was found.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// The last line known in the file that is gone.
        after: Position,
    },
    /// A file with older lines was put in the place of the one that a host used.
    Replaced {
        /// When that was found.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// The last line known in the file that was there.
        after: Position,
    },
    /// Lines were cut off this file's end.
    Cut {
        /// When that was found.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// The last line known before.
        after: Position,
    },
    /// The first line of all: there was nothing before.
    Begun {
        /// When.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// Which key seals the lines.
        key: String,
    },
    /// Something that the host noticed and the operator should know: a file of rules that is not
    /// taken, for one.
    Notice {
        /// When.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// What kind of thing, for machines.
        code: String,
        /// What, for people.
        message: String,
    },
    /// What was kept before is not there any more, or not as it was.
    Lost {
        /// When that was found.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// What, and how that shows.
        what: String,
    },
    /// The operator has looked at what was lost, and takes things as they are.
    Accepted {
        /// When.
        #[serde(with = "super::timestamp")]
        at: Timestamp,
        /// What was lost.
        what: String,
    },
    /// Calls of one principal that were refused faster than each could have a line.
    Refused(Box<RefusedEntry>),
    /// A person approved a plan.
    #[serde(rename = "plan-approved")]
    PlanApproved(Box<PersonEntry>),
    /// A person rejected a plan.
    #[serde(rename = "plan-rejected")]
    PlanRejected(Box<PersonEntry>),
    /// A plan was shown to a person on the console.
    #[serde(rename = "plan-viewed")]
    PlanViewed(Box<PersonEntry>),
    /// Somebody stopped all writes.
    #[serde(rename = "writes-stopped")]
    WritesStopped(Box<PersonEntry>),
    /// Somebody let writes go on.
    #[serde(rename = "writes-resumed")]
    WritesResumed(Box<PersonEntry>),
    /// A person was set up, or given another passphrase.
    #[serde(rename = "person-set")]
    PersonSet(Box<PersonEntry>),
    /// Somebody gave a passphrase that is not the person's.
    #[serde(rename = "wrong-passphrase")]
    WrongPassphrase(Box<PersonEntry>),
}

/// A line as readers get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailLine {
    /// Its place in the chain.
    pub position: Position,
    /// What it says.
    pub record: TrailRecord,
}

impl TrailRecord {
    /// When it happened, or was found.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Call(entry) => entry.at,
            Self::Sending(entry) => entry.at,
            Self::Write(entry) => entry.at,
            Self::Found(entry) => entry.at,
            Self::Refused(entry) => entry.at,
            Self::PlanApproved(entry)
            | Self::PlanRejected(entry)
            | Self::PlanViewed(entry)
            | Self::WritesStopped(entry)
            | Self::WritesResumed(entry)
            | Self::PersonSet(entry)
            | Self::WrongPassphrase(entry) => entry.at,
            Self::Torn { at, .. }
            | Self::Rotated { at, .. }
            | Self::Removed { at, .. }
            | Self::Replaced { at, .. }
            | Self::Cut { at, .. }
            | Self::Begun { at, .. }
            | Self::Notice { at, .. }
            | Self::Lost { at, .. }
            | Self::Accepted { at, .. } => *at,
        }
    }

    /// The record of what a person did.
    #[must_use]
    pub fn of_person(act: PersonAct, entry: PersonEntry) -> Self {
        let entry = Box::new(entry);
        match act {
            PersonAct::PlanApproved => Self::PlanApproved(entry),
            PersonAct::PlanRejected => Self::PlanRejected(entry),
            PersonAct::PlanViewed => Self::PlanViewed(entry),
            PersonAct::WritesStopped => Self::WritesStopped(entry),
            PersonAct::WritesResumed => Self::WritesResumed(entry),
            PersonAct::PersonSet => Self::PersonSet(entry),
            PersonAct::WrongPassphrase => Self::WrongPassphrase(entry),
        }
    }

    /// What a person did, by its kind; none where it says something else.
    #[must_use]
    pub fn person(&self) -> Option<(&'static str, &PersonEntry)> {
        Some(match self {
            Self::PlanApproved(entry) => ("plan-approved", entry),
            Self::PlanRejected(entry) => ("plan-rejected", entry),
            Self::PlanViewed(entry) => ("plan-viewed", entry),
            Self::WritesStopped(entry) => ("writes-stopped", entry),
            Self::WritesResumed(entry) => ("writes-resumed", entry),
            Self::PersonSet(entry) => ("person-set", entry),
            Self::WrongPassphrase(entry) => ("wrong-passphrase", entry),
            _ => return None,
        })
    }

    pub(super) fn content(&self) -> Result<RecordJson, AuditError> {
        let mut json = serde_json::to_vec(self).map_err(AuditError::Unwritable)?;
        // A record is an object; its braces are the line's.
        json.pop();
        Ok(RecordJson(json))
    }
}

/// A record's JSON without the closing brace, ready to be sealed.
pub(super) struct RecordJson(Vec<u8>);

const SEQ: &[u8] = b"{\"seq\":";
const PREV: &[u8] = b",\"prev\":\"";
const PLANS: &[u8] = b"\",\"plans\":\"";
const HASH: &[u8] = b",\"hash\":\"";
const MAC: &[u8] = b"\",\"mac\":\"";
const END: &[u8] = b"\"}";
const HEX: usize = 64;

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineSeal {
    pub(super) position: Position,
    /// What proves that a holder of the key wrote it; none in a line of an older souk.
    pub(super) mac: Option<Sha256Hash>,
}

impl LineSeal {
    /// Before the first line.
    pub(super) const START: Self = Self { position: Position::START, mac: None };

    /// The line's last bytes, its newline not counted.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        bytes.extend_from_slice(HASH);
        bytes.extend_from_slice(&self.position.hash.to_hex());
        if let Some(mac) = self.mac {
            bytes.extend_from_slice(MAC);
            bytes.extend_from_slice(&mac.to_hex());
        }
        bytes.extend_from_slice(END);
        bytes
    }

    /// Appends the line that follows this one, and answers how it ends.
    pub(super) fn seal(
        self,
        content: &RecordJson,
        mark: Option<&PlansMark>,
        key: &TrailKey,
        out: &mut Vec<u8>,
    ) -> Self {
        let begin = out.len();
        let seq = self.position.seq + 1;
        // Writing to a vector cannot fail.
        let _ = write!(out, "{{\"seq\":{seq}");
        out.extend_from_slice(PREV);
        out.extend_from_slice(&self.position.hash.to_hex());
        if let Some(mark) = mark {
            out.extend_from_slice(PLANS);
            let _ = write!(out, "{mark}");
        }
        out.extend_from_slice(b"\",");
        out.extend_from_slice(content.0.get(1..).unwrap_or_default());
        let hash = Sha256Hash::of(&out[begin..]);
        let sealed = Self { position: Position { seq, hash }, mac: Some(key.seal(&hash)) };
        out.extend_from_slice(&sealed.bytes());
        out.push(b'\n');
        sealed
    }
}

impl Position {
    /// Before the first line.
    pub const START: Self = Self { seq: 0, hash: Sha256Hash::ZERO };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (seq, hash) = text.split_once(':').ok_or(InvalidPosition)?;
        Ok(Self {
            seq: number(seq.as_bytes()).ok_or(InvalidPosition)?,
            hash: hash.parse().map_err(|_| InvalidPosition)?,
        })
    }
}

/// A line, without its newline, that has the chain's marks where they belong. Whether they are
/// true is another question: see [`is_intact`](Self::is_intact).
pub(super) struct SealedLine<'a> {
    pub(super) seal: LineSeal,
    pub(super) prev: Sha256Hash,
    /// Which plans it vouches for.
    pub(super) mark: Option<PlansMark>,
    line: &'a [u8],
    body: &'a [u8],
}

impl<'a> SealedLine<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (before, last) = line.strip_suffix(END)?.split_last_chunk::<HEX>()?;
        let (body, hash, mac) = match before.strip_suffix(MAC) {
            Some(before) => {
                let (body, hash) = before.split_last_chunk::<HEX>()?;
                (body, hash, Some(Sha256Hash::from_hex(last)?))
            }
            None => (before, last, None),
        };
        let body = body.strip_suffix(HASH)?;
        let rest = body.strip_prefix(SEQ)?;
        let digits = rest.iter().position(|byte| *byte == b',')?;
        let (prev, after) = rest[digits..].strip_prefix(PREV)?.split_first_chunk::<HEX>()?;
        let position =
            Position { seq: number(&rest[..digits])?, hash: Sha256Hash::from_hex(hash)? };
        let mark = match after.strip_prefix(PLANS) {
            Some(mark) => {
                let end = mark.iter().position(|byte| *byte == b'"')?;
                Some(std::str::from_utf8(&mark[..end]).ok()?.parse().ok()?)
            }
            None => None,
        };
        let seal = LineSeal { position, mac };
        Some(Self { seal, prev: Sha256Hash::from_hex(prev)?, mark, line, body })
    }

    /// Whether the line's bytes are those that its hash was made of.
    pub(super) fn is_intact(&self) -> bool {
        Sha256Hash::of(self.body) == self.seal.position.hash
    }

    /// What the line says; an error for a kind of line that this version does not know.
    pub(super) fn record<'r, R: Deserialize<'r>>(&'r self) -> serde_json::Result<R> {
        serde_json::from_slice(self.line)
    }
}

/// A number in its one spelling: no sign, no leading zero.
fn number(digits: &[u8]) -> Option<u64> {
    let plain = match digits {
        [] => false,
        [_] => true,
        [first, ..] => *first != b'0',
    };
    if !plain || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether these bytes, from the start of a file, may be what is left of a first line: its
/// beginning, or the blanks that a file system leaves after a power cut.
pub(super) fn may_be_first_line(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let line = &bytes[..end];
    let begins = line.starts_with(SEQ) || SEQ.starts_with(line);
    !line.is_empty() && (begins || line.iter().all(|byte| matches!(byte, 0 | b' ')))
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;

    #[test]
    fn a_sealed_line_reads_back_and_can_be_checked_by_hand() {
        let mut out = Vec::new();
        let record = TrailRecord::Call(Box::new(entry(5)));
        let key = TrailKey::from_bytes([1; 32]);
        let first = LineSeal::START.seal(&record.content().unwrap(), None, &key, &mut out);
        let text = std::str::from_utf8(&out).unwrap();
        let line = text.strip_suffix('\n').unwrap();
        assert!(
            line.starts_with(&format!(
                r#"{{"seq":1,"prev":"{}","kind":"call","at":"2026-01-31T12:00:00.000Z","transport":"stdio","principal":"local","action":"catalog_get_product","#,
                "0".repeat(64)
            )),
            "{line}"
        );

        let sealed = SealedLine::parse(line.as_bytes()).unwrap();
        assert!(sealed.is_intact());
        assert_eq!((sealed.seal, sealed.prev), (first, Sha256Hash::ZERO));
        assert_eq!(sealed.record::<TrailRecord>().unwrap(), record);

        let (body, rest) = line.rsplit_once(",\"hash\":").unwrap();
        let hash = Sha256Hash::of(body.as_bytes());
        assert_eq!(rest, format!("\"{hash}\",\"mac\":\"{}\"}}", key.seal(&hash)));
        assert!(key.has_sealed(&hash, &key.seal(&hash)));
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok());
    }

    #[test]
    fn a_position_has_one_spelling() {
        let position = Position { seq: 12, hash: Sha256Hash::of(b"x") };
        assert_eq!(position.to_string().parse(), Ok(position));
        let hash = Sha256Hash::of(b"x").to_string();
        for wrong in [
            "",
            ":",
            "12",
            &format!("012:{hash}"),
            &format!("+1:{hash}"),
            &format!("1:{}", hash.to_uppercase()),
        ] {
            assert_eq!(wrong.parse::<Position>(), Err(InvalidPosition), "{wrong}");
        }
    }
}
