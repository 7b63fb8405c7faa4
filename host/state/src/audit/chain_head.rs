//! Where the chain ends in a file, found from the file's end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::hash::Sha256Hash;
use super::line::{LineSeal, Position, SealedLine, may_be_first_line};
use super::plans_mark::PlansMark;

/// How far back from its end a file is searched for a line of the chain, and how long a line may
/// be. Lines have a few hundred bytes, at most some tens of thousands.
pub(super) const REACH: u64 = 1 << 20;
/// How many bytes tell a file from one that was emptied and begun anew.
const BEGINNING: usize = 256;
/// What is read first: mostly the whole last line.
const FIRST_READ: u64 = 4 << 10;

/// The end of a file, as far as the chain is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainHead {
    /// The file's length.
    pub(super) len: u64,
    /// How the last whole line ends.
    pub(super) seal: LineSeal,
    /// Which plans it vouches for.
    pub(super) mark: Option<PlansMark>,
    /// Where that line ends, its newline not counted.
    line_end: u64,
    /// The file's last newline is missing: of a whole line, or of what is torn.
    pub(super) unended: bool,
    /// What follows it and is no whole line.
    pub(super) torn: Option<TornTail>,
    /// The file's first bytes, up to [`BEGINNING`]: they hold the first line's time.
    beginning: Vec<u8>,
}

/// The rest of what somebody could not finish writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TornTail {
    /// Its length without the newline at its end, if there is one.
    pub(super) bytes: u64,
    pub(super) sha256: Sha256Hash,
}

impl ChainHead {
    /// Reads the end of a file of this length; none if it does not end as a trail does.
    pub(super) fn read(file: &File, len: u64) -> io::Result<Option<Self>> {
        let mut beginning = vec![0; BEGINNING.min(usize::try_from(len).unwrap_or(BEGINNING))];
        file.read_exact_at(&mut beginning, 0)?;
        let mut reach = FIRST_READ.min(len);
        loop {
            let mut end = vec![0; usize::try_from(reach).unwrap_or(usize::MAX)];
            file.read_exact_at(&mut end, len - reach)?;
            let unended = end.last().is_some_and(|byte| *byte != b'\n');
            let found = match last_sealed(&end, reach == len) {
                None if reach == len => {
                    if end.contains(&b'\n') && !may_be_first_line(&end) {
                        return Ok(None);
                    }
                    Some((LineSeal::START, None, 0, 0))
                }
                found => found,
            };
            if let Some((seal, mark, line_end, next)) = found {
                let line_end = len - reach + line_end as u64;
                let torn = TornTail::of(&end[next..]);
                return Ok(Some(Self { len, seal, mark, line_end, unended, torn, beginning }));
            }
            if reach == REACH {
                return Ok(None);
            }
            reach = (reach * 4).min(REACH).min(len);
        }
    }

    /// Where that line is in the chain.
    pub(super) const fn position(&self) -> Position {
        self.seal.position
    }

    /// The tip after these lines were appended.
    pub(super) fn advance(&mut self, lines: &[u8], seal: LineSeal, mark: Option<PlansMark>) {
        let room = BEGINNING.saturating_sub(self.beginning.len()).min(lines.len());
        self.beginning.extend_from_slice(&lines[..room]);
        self.len += lines.len() as u64;
        (self.seal, self.mark) = (seal, mark);
        self.line_end = self.len - 1;
        self.unended = false;
        self.torn = None;
    }

    /// Whether a file of this length begins as it did.
    pub(super) fn has_beginning_of(&self, file: &File, len: u64) -> io::Result<bool> {
        let mut beginning = vec![0; self.beginning.len()];
        if len < beginning.len() as u64 {
            return Ok(false);
        }
        file.read_exact_at(&mut beginning, 0)?;
        Ok(beginning == self.beginning)
    }

    /// Whether this tip's line still ends where it ended in a file that may have grown since.
    pub(super) fn still_ends_in(&self, file: &File, len: u64) -> io::Result<bool> {
        if self.position() == Position::START {
            return Ok(true);
        }
        if len < self.line_end {
            return Ok(false);
        }
        let seal = self.seal.bytes();
        let mut found = vec![0; seal.len()];
        file.read_exact_at(&mut found, self.line_end - seal.len() as u64)?;
        Ok(found == seal)
    }
}

impl TornTail {
    fn of(rest: &[u8]) -> Option<Self> {
        let bytes = rest.strip_suffix(b"\n").unwrap_or(rest);
        (!rest.is_empty())
            .then(|| Self { bytes: bytes.len() as u64, sha256: Sha256Hash::of(bytes) })
    }
}

/// A line's seal and mark, where it ends, and where the next begins.
type FoundLine = (LineSeal, Option<PlansMark>, usize, usize);

/// The last whole line among these bytes: its seal and mark, its end, and where the next begins. One
/// that lacks nothing but its newline is whole. `complete` says that the bytes begin with a line.
fn last_sealed(bytes: &[u8], complete: bool) -> Option<FoundLine> {
    let mut end = bytes.len();
    loop {
        let begin = match bytes[..end].iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => newline + 1,
            None if complete => 0,
            None => return None,
        };
        if let Some(sealed) = SealedLine::parse(&bytes[begin..end]) {
            return Some((sealed.seal, sealed.mark, end, bytes.len().min(end + 1)));
        }
        end = begin.checked_sub(1)?;
    }
}
