//! Checking a trail from its first line to its last.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::chain_head::REACH;
use super::error::AuditError;
use super::file::{FileRange, open_to_read, settled_length};
use super::hash::Sha256Hash;
use super::key::TrailKey;
use super::line::{Position, SealedLine};

/// A trail in which every line stands where it was written, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Lines of the chain; torn ones are not among them.
    pub lines: u64,
    /// When the first line's call began.
    pub first_at: Option<Timestamp>,
    /// When the last line's call began.
    pub last_at: Option<Timestamp>,
    /// The last line's hash; zeros for an empty trail. Kept elsewhere, it shows later that nothing
    /// was cut off: see [`head`](Self::head).
    pub head_hash: Sha256Hash,
    /// The torn lines, by their number in the file: writes that a crash or a full disk cut short,
    /// each noted by the chain as such.
    pub torn: Vec<u64>,
    /// Lines without a seal, as an older souk wrote them: whoever could write the file could write
    /// them. With the key they are a breach.
    pub unsealed: u64,
    /// Whether the seals were checked against the key.
    pub with_key: bool,
    /// What the chain itself says of its file, by the line's number in the file: that it was rotated,
    /// and breaches that the operator has accepted.
    pub notices: Vec<(u64, TrailNotice)>,
}

/// What a chain says of its own file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailNotice {
    /// It took another's place, which ended there. What was in that one is not checked here.
    Rotated {
        /// The last line of the other file.
        after: Position,
    },
    /// A breach that the operator has accepted since.
    Accepted(BreachKind),
}

impl fmt::Display for TrailNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rotated { after } => write!(
                f,
                "the file took the place of another whose last line was {after}: check that one, too, it must end there"
            ),
            Self::Accepted(breach) => write!(f, "{breach}; the operator has accepted it since"),
        }
    }
}

impl Verification {
    /// The last line's place in the chain: what to keep elsewhere, and to hand to [`verify`] later.
    #[must_use]
    pub const fn head(&self) -> Position {
        Position { seq: self.lines, hash: self.head_hash }
    }
}

/// The first line that is not as the trail wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line_number}: {kind}")]
pub struct Breach {
    /// Counted from 1, as editors do, torn lines included.
    pub line_number: u64,
    /// What is wrong with it.
    pub kind: BreachKind,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreachKind {
    /// Its hash is not that of its content.
    Edited,
    /// It is no whole line of the trail, and the chain does not note it as torn.
    Torn,
    /// Another line of the chain belongs here: lines were removed, inserted or moved.
    Misplaced {
        /// The line due here.
        expected: u64,
        /// The line that is here.
        found: u64,
    },
    /// It follows a line other than the one above it.
    Unchained,
    /// It is not sealed with the key.
    Forged,
    /// It has no seal, and there is a key.
    Unsealed,
    /// A running host found that the file before was deleted.
    Removed {
        /// The last line that the host had seen.
        after: Position,
    },
    /// A running host found that a file with older lines was in the place of the one it had used.
    Replaced {
        /// The last line that the host had seen.
        after: Position,
    },
    /// A host found that what was kept before was gone.
    Lost {
        /// What.
        what: String,
    },
    /// A running host found that lines before it had been cut off.
    Cut {
        /// The last line that the host had seen.
        after: Position,
    },
    /// It stands where the anchor's line should.
    NotTheAnchor {
        /// The anchor.
        anchor: Position,
    },
    /// The file ends before the anchor's line.
    EndsBeforeAnchor {
        /// The anchor.
        anchor: Position,
    },
}

impl BreachKind {
    /// Whether the chain itself tells of it, so that the operator can accept it and go on: a host
    /// found it and wrote it down.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        matches!(
            self,
            Self::Removed { .. } | Self::Replaced { .. } | Self::Lost { .. } | Self::Cut { .. }
        )
    }
}

impl fmt::Display for BreachKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited => f.write_str("it was edited: its hash is not that of its content"),
            Self::Torn => f.write_str(
                "it is not a whole line of the trail: it was edited, inserted, or a host died while writing it, which the next append to the trail will note",
            ),
            Self::Misplaced { expected, found } => write!(
                f,
                "it is line {found} of the chain where line {expected} belongs: lines were removed, inserted or moved"
            ),
            Self::Unchained => f.write_str(
                "it does not follow the line above: that one was replaced, or this one inserted",
            ),
            Self::Forged => f.write_str(
                "it is not sealed with this key: somebody without the key wrote it, or it is of another key",
            ),
            Self::Unsealed => f.write_str(
                "it has no seal: an older souk wrote it, whose trails prove nothing against whoever recomputes them, or somebody without the key did",
            ),
            Self::Removed { after } => write!(
                f,
                "the trail before it was deleted while a host was running: the last line it had seen was {after}"
            ),
            Self::Replaced { after } => write!(
                f,
                "another file, with older lines, was put in the trail's place while a host was running: the last line it had seen was {after}, and what it wrote between is not above this line"
            ),
            Self::Lost { what } => write!(f, "{what}"),
            Self::Cut { after } => write!(
                f,
                "lines were cut off above it while a host was running: the last one it had seen was {after}"
            ),
            Self::NotTheAnchor { anchor } => {
                write!(f, "it is not the line that `{anchor}` names: the trail was rewritten")
            }
            Self::EndsBeforeAnchor { anchor } => {
                write!(f, "the trail ends before `{anchor}`: its end was cut off")
            }
        }
    }
}

/// Why a trail does not verify.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A line is not as it was written.
    #[error("the audit trail is broken at {0}")]
    Breach(Breach),
    /// It cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Checks a whole trail in constant memory, while hosts may go on appending to it.
///
/// Lines cut off the end leave no trace in the file alone: pass an `anchor`, the
/// [head](Verification::head) of an earlier check, to find that out as well. Without the `key` a
/// chain that was recomputed from some line on cannot be told from a true one.
///
/// # Errors
/// The first broken line; a loss that a host has found and the operator has not accepted; or that the
/// file cannot be read.
pub fn verify(
    path: impl AsRef<Path>,
    anchor: Option<Position>,
    key: Option<&TrailKey>,
) -> Result<Verification, VerifyError> {
    let path = path.as_ref();
    let file = open_to_read(path)?;
    let end = settled_length(&file, path)?;
    let mut lines = BufReader::with_capacity(64 << 10, FileRange { file, at: 0, end });
    let mut check = ChainCheck::new(anchor, key);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.by_ref().take(REACH).read_until(b'\n', &mut line);
        if read.map_err(AuditError::io("read", path))? == 0 {
            return check.finish().map_err(VerifyError::Breach);
        }
        check.line(&line).map_err(VerifyError::Breach)?;
    }
}

/// What a check needs of a record. Kinds that it does not know are lines like any other.
#[derive(Deserialize)]
struct LineHeader<'a> {
    kind: &'a str,
    at: Timestamp,
    bytes: Option<u64>,
    sha256: Option<Sha256Hash>,
    after: Option<Position>,
    what: Option<String>,
}

struct ChainCheck<'k> {
    key: Option<&'k TrailKey>,
    unsealed: u64,
    /// The first loss that the chain tells of and nobody has accepted.
    loss: Option<Breach>,
    notices: Vec<(u64, TrailNotice)>,
    anchor: Option<Position>,
    /// Lines of the file so far.
    number: u64,
    head: Position,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    torn: Vec<u64>,
    /// What is not whole since the last whole line.
    pending: Option<TornLines>,
}

/// Lines that are not whole, and that the next whole one must note.
struct TornLines {
    first: u64,
    bytes: u64,
    hash: Sha256,
}

impl<'k> ChainCheck<'k> {
    const fn new(anchor: Option<Position>, key: Option<&'k TrailKey>) -> Self {
        Self {
            key,
            unsealed: 0,
            loss: None,
            notices: Vec::new(),
            anchor,
            number: 0,
            head: Position::START,
            first_at: None,
            last_at: None,
            torn: Vec::new(),
            pending: None,
        }
    }

    /// Takes the next line, with its newline if it has one.
    fn line(&mut self, line: &[u8]) -> Result<(), Breach> {
        self.number += 1;
        let parsed = line.strip_suffix(b"\n").and_then(SealedLine::parse);
        let Some(sealed) = parsed else {
            return self.take_torn_line(line);
        };
        let intact = sealed.is_intact();
        let header = sealed.record::<LineHeader<'_>>().ok().filter(|_| intact);
        if let Some(pending) = self.pending.take() {
            if !header.as_ref().is_some_and(|header| pending.is_noted_by(header)) {
                return Err(Breach { line_number: pending.first, kind: BreachKind::Torn });
            }
            self.torn.extend(pending.first..self.number);
        }
        let Some(header) = header else {
            return Err(self.broken(BreachKind::Edited));
        };
        let expected = self.head.seq + 1;
        if sealed.seal.position.seq != expected {
            return Err(
                self.broken(BreachKind::Misplaced { expected, found: sealed.seal.position.seq })
            );
        }
        if sealed.prev != self.head.hash {
            return Err(self.broken(BreachKind::Unchained));
        }
        if let Some(anchor) = self.anchor
            && anchor.seq == expected
            && anchor != sealed.seal.position
        {
            return Err(self.broken(BreachKind::NotTheAnchor { anchor }));
        }
        match (sealed.seal.mac, self.key) {
            (None, Some(_)) => return Err(self.broken(BreachKind::Unsealed)),
            (None, None) => self.unsealed += 1,
            (Some(mac), Some(key)) if !key.has_sealed(&sealed.seal.position.hash, &mac) => {
                return Err(self.broken(BreachKind::Forged));
            }
            (Some(_), _) => {}
        }
        self.take_notice(&header);
        self.head = sealed.seal.position;
        self.first_at.get_or_insert(header.at);
        self.last_at = Some(header.at);
        Ok(())
    }

    /// What the line says of the file itself.
    fn take_notice(&mut self, header: &LineHeader<'_>) {
        let loss = match (header.kind, header.after, &header.what) {
            ("rotated", Some(after), _) => {
                self.notices.push((self.number, TrailNotice::Rotated { after }));
                return;
            }
            ("accepted", ..) => {
                let accepted = self.loss.take();
                self.notices.extend(
                    accepted.map(|loss| (loss.line_number, TrailNotice::Accepted(loss.kind))),
                );
                return;
            }
            ("cut", Some(after), _) => BreachKind::Cut { after },
            ("removed", Some(after), _) => BreachKind::Removed { after },
            ("replaced", Some(after), _) => BreachKind::Replaced { after },
            ("lost", _, Some(what)) => BreachKind::Lost { what: what.clone() },
            _ => return,
        };
        let loss = self.broken(loss);
        self.loss.get_or_insert(loss);
    }

    fn take_torn_line(&mut self, line: &[u8]) -> Result<(), Breach> {
        let number = self.number;
        let pending = self.pending.get_or_insert_with(|| TornLines {
            first: number,
            bytes: 0,
            hash: Sha256::new(),
        });
        if pending.first < number {
            pending.add(b"\n");
        }
        pending.add(line.strip_suffix(b"\n").unwrap_or(line));
        if line.len() as u64 >= REACH {
            // Longer than any line, and than anything that an append takes for torn.
            return Err(Breach { line_number: pending.first, kind: BreachKind::Torn });
        }
        Ok(())
    }

    fn finish(self) -> Result<Verification, Breach> {
        if let Some(pending) = self.pending {
            return Err(Breach { line_number: pending.first, kind: BreachKind::Torn });
        }
        if let Some(anchor) = self.anchor.filter(|anchor| anchor.seq > self.head.seq) {
            let kind = BreachKind::EndsBeforeAnchor { anchor };
            return Err(Breach { line_number: self.number + 1, kind });
        }
        if let Some(loss) = self.loss {
            return Err(loss);
        }
        Ok(Verification {
            unsealed: self.unsealed,
            with_key: self.key.is_some(),
            notices: self.notices,
            lines: self.head.seq,
            first_at: self.first_at,
            last_at: self.last_at,
            head_hash: self.head.hash,
            torn: self.torn,
        })
    }

    const fn broken(&self, kind: BreachKind) -> Breach {
        Breach { line_number: self.number, kind }
    }
}

impl TornLines {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    fn is_noted_by(&self, header: &LineHeader<'_>) -> bool {
        let hash = Sha256Hash::from_bytes(self.hash.clone().finalize().into());
        header.kind == "torn" && header.bytes == Some(self.bytes) && header.sha256 == Some(hash)
    }
}
