//! Reading a trail from its end, and going on as it grows.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::chain_head::REACH;
use super::error::AuditError;
use super::file::{FileId, FileRange, open_to_read, settled_length};
use super::line::{SealedLine, TrailLine, TrailRecord};

/// One line of the file, as far as it can be read. Reading checks nothing: [`verify`](super::verify)
/// does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailRow {
    /// A line of the trail.
    Line(TrailLine),
    /// A torn or damaged line, or one of a newer version; its bytes, where they are no UTF-8
    /// replaced. Escape it before a terminal gets it.
    Unreadable(String),
}

/// The last `n` lines, oldest first, without reading what comes before them.
///
/// # Errors
/// When the file cannot be read.
pub fn tail(path: impl AsRef<Path>, n: usize) -> Result<Vec<TrailRow>, AuditError> {
    follow(path, n)?.collect()
}

/// How many torn lines may stand among those of a page.
const TORN: usize = 64;

/// The `n` lines that end with the line of this number, oldest first; the last ones where none is
/// named.
///
/// # Errors
/// When the file cannot be read.
pub fn page(
    path: impl AsRef<Path>,
    last: Option<u64>,
    n: usize,
) -> Result<Vec<TrailLine>, AuditError> {
    let path = path.as_ref();
    let head = lines(tail(path, TORN)?).last().map_or(0, |line| line.position.seq);
    let last = last.unwrap_or(head).min(head);
    let after = usize::try_from(head - last).unwrap_or(usize::MAX);
    let back = after.saturating_add(n).saturating_add(TORN);
    let mut found: Vec<TrailLine> = Vec::new();
    for row in follow(path, back)? {
        match row? {
            TrailRow::Line(line) if line.position.seq > last => break,
            TrailRow::Line(line) => found.push(line),
            TrailRow::Unreadable(_) => {}
        }
    }
    found.drain(..found.len().saturating_sub(n));
    Ok(found)
}

/// Of some rows those that can be read.
fn lines(rows: Vec<TrailRow>) -> impl Iterator<Item = TrailLine> {
    rows.into_iter().filter_map(|row| match row {
        TrailRow::Line(line) => Some(line),
        TrailRow::Unreadable(_) => None,
    })
}

/// The last `n` lines, and then those that are appended.
///
/// # Errors
/// When the file cannot be read.
pub fn follow(path: impl AsRef<Path>, n: usize) -> Result<TrailFollower, AuditError> {
    let path = path.as_ref();
    let mut follow = TrailFollower::begin(path)?;
    let span = follow.lines.get_mut();
    span.at = start_of_last(&span.file, span.end, n).map_err(AuditError::io("read", path))?;
    Ok(follow)
}

/// Yields a trail's lines as they come.
///
/// `None` means that there is none *yet*: ask again later. It never waits for a line. When the
/// trail is rotated it goes on in the new file, after the last line of the old one.
pub struct TrailFollower {
    path: PathBuf,
    id: FileId,
    lines: BufReader<FileRange>,
    /// The last row was the start of a line whose newline had not been written.
    in_line: bool,
}

impl TrailFollower {
    fn begin(path: &Path) -> Result<Self, AuditError> {
        let file = open_to_read(path)?;
        let id = FileId::of(&file.metadata().map_err(AuditError::io("look at", path))?);
        let end = settled_length(&file, path)?;
        Ok(Self {
            path: path.to_owned(),
            id,
            lines: BufReader::new(FileRange { file, at: 0, end }),
            in_line: false,
        })
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, AuditError> {
        let mut line = Vec::new();
        let read = self.lines.by_ref().take(REACH).read_until(b'\n', &mut line);
        read.map_err(AuditError::io("read", &self.path))?;
        Ok((!line.is_empty()).then_some(line))
    }

    /// Looks for what was appended, in this file and then in the one that has taken its place.
    fn has_more(&mut self) -> Result<bool, AuditError> {
        // Whether it was replaced is asked first: nothing is appended to it after that.
        let replaced = match fs::symlink_metadata(&self.path) {
            Ok(found) => FileId::of(&found) != self.id,
            // Removed; the next append makes a new one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(AuditError::io("look at", &self.path)(error)),
        };
        let span = self.lines.get_mut();
        span.end = settled_length(&span.file, &self.path)?;
        if span.end < span.at {
            // Emptied in its place: what is in it now is new.
            span.at = 0;
        }
        if span.at == span.end && replaced {
            *self = Self::begin(&self.path)?;
        }
        let span = self.lines.get_ref();
        Ok(span.at < span.end)
    }

    fn advance(&mut self) -> Result<Option<TrailRow>, AuditError> {
        loop {
            let Some(line) = self.next_line()? else {
                if self.has_more()? {
                    continue;
                }
                return Ok(None);
            };
            let rest_of_shown = std::mem::replace(&mut self.in_line, !line.ends_with(b"\n"));
            if !(rest_of_shown && line == b"\n") {
                return Ok(Some(TrailRow::of(line.strip_suffix(b"\n").unwrap_or(&line))));
            }
        }
    }
}

impl Iterator for TrailFollower {
    type Item = Result<TrailRow, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl TrailRow {
    fn of(line: &[u8]) -> Self {
        let read = SealedLine::parse(line).and_then(|sealed| {
            let record = sealed.record::<TrailRecord>().ok()?;
            Some(TrailLine { position: sealed.seal.position, record })
        });
        match read {
            Some(line) => Self::Line(line),
            None => Self::Unreadable(String::from_utf8_lossy(line).into_owned()),
        }
    }
}

/// Where the last `n` lines of a file of this length begin.
fn start_of_last(file: &File, len: u64, n: usize) -> io::Result<u64> {
    const BLOCK: u64 = 64 << 10;
    if n == 0 {
        return Ok(len);
    }
    // The newline at the very end ends the last line and begins none.
    let mut left = n;
    let mut to = len.saturating_sub(1);
    let mut block = Vec::new();
    while to > 0 {
        let from = to.saturating_sub(BLOCK);
        block.resize(usize::try_from(to - from).unwrap_or(usize::MAX), 0);
        file.read_exact_at(&mut block, from)?;
        for (index, _) in block.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            left -= 1;
            if left == 0 {
                return Ok(from + index as u64 + 1);
            }
        }
        to = from;
    }
    Ok(0)
}
