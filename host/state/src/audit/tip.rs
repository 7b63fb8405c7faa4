//! Where the chain ends in a file, found from the file's end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::hash::Sha256Hash;
use super::line::{Position, SEAL, Sealed, may_be_first_line};

/// How far back from its end a file is searched for a line of the chain, and how long a line may
/// be. Lines have a few hundred bytes, at most some tens of thousands.
pub(super) const REACH: u64 = 1 << 20;
/// How many bytes tell a file from one that was emptied and begun anew.
const BEGINNING: usize = 256;
/// What is read first: mostly the whole last line.
const FIRST_READ: u64 = 4 << 10;

/// The end of a file, as far as the chain is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tip {
    /// The file's length.
    pub(super) len: u64,
    /// The last whole line.
    pub(super) position: Position,
    /// What follows it and is no whole line.
    pub(super) torn: Option<Torn>,
    /// The file's first bytes, up to [`BEGINNING`]: they hold the first line's time.
    beginning: Vec<u8>,
}

/// The rest of what somebody could not finish writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Torn {
    /// Its length without the newline at its end, if there is one.
    pub(super) bytes: u64,
    pub(super) sha256: Sha256Hash,
    /// Whether a newline is there.
    pub(super) ended: bool,
}

impl Tip {
    /// Reads the end of a file of this length; none if it does not end as a trail does.
    pub(super) fn read(file: &File, len: u64) -> io::Result<Option<Self>> {
        let mut beginning = vec![0; BEGINNING.min(usize::try_from(len).unwrap_or(BEGINNING))];
        file.read_exact_at(&mut beginning, 0)?;
        let mut reach = FIRST_READ.min(len);
        loop {
            let mut end = vec![0; usize::try_from(reach).unwrap_or(usize::MAX)];
            file.read_exact_at(&mut end, len - reach)?;
            if let Some((position, line_end)) = last_sealed(&end, reach == len) {
                return Ok(Some(Self {
                    len,
                    position,
                    torn: Torn::of(&end[line_end..]),
                    beginning,
                }));
            }
            if reach == len {
                let begun = !end.contains(&b'\n') || may_be_first_line(&end);
                let start =
                    Self { len, position: Position::START, torn: Torn::of(&end), beginning };
                return Ok(begun.then_some(start));
            }
            if reach == REACH {
                return Ok(None);
            }
            reach = (reach * 4).min(REACH).min(len);
        }
    }

    /// The tip after these lines were appended.
    pub(super) fn grow(&mut self, lines: &[u8], position: Position) {
        let room = BEGINNING.saturating_sub(self.beginning.len()).min(lines.len());
        self.beginning.extend_from_slice(&lines[..room]);
        self.len += lines.len() as u64;
        self.position = position;
        self.torn = None;
    }

    /// Whether a file of this length begins as it did.
    pub(super) fn began_as(&self, file: &File, len: u64) -> io::Result<bool> {
        let mut beginning = vec![0; self.beginning.len()];
        if len < beginning.len() as u64 {
            return Ok(false);
        }
        file.read_exact_at(&mut beginning, 0)?;
        Ok(beginning == self.beginning)
    }

    /// Whether this tip's line still ends where it ended in a file that may have grown since.
    pub(super) fn is_in(&self, file: &File, len: u64) -> io::Result<bool> {
        let torn = self.torn.as_ref().map_or(0, |torn| torn.bytes + u64::from(torn.ended));
        let end = self.len - torn;
        if self.position == Position::START {
            return Ok(true);
        }
        if len < end {
            return Ok(false);
        }
        let mut seal = [0; SEAL];
        file.read_exact_at(&mut seal, end - SEAL as u64)?;
        Ok(seal == self.position.seal_bytes())
    }
}

impl Torn {
    fn of(rest: &[u8]) -> Option<Self> {
        let trimmed = rest.strip_suffix(b"\n");
        let bytes = trimmed.unwrap_or(rest);
        (!rest.is_empty()).then(|| Self {
            bytes: bytes.len() as u64,
            sha256: Sha256Hash::of(bytes),
            ended: trimmed.is_some(),
        })
    }
}

/// The last whole line among these bytes, and where the next begins. `complete` says that the
/// bytes begin with a line.
fn last_sealed(bytes: &[u8], complete: bool) -> Option<(Position, usize)> {
    let mut newlines = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    let mut end = newlines.next()?.0;
    loop {
        let before = newlines.next().map(|(index, _)| index);
        let begin = match before {
            Some(newline) => newline + 1,
            None if complete => 0,
            None => return None,
        };
        if let Some(sealed) = Sealed::parse(&bytes[begin..end]) {
            return Some((sealed.position, end + 1));
        }
        end = before?;
    }
}
