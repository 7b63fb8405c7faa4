//! The open file: what is known of its end, what became of it meanwhile, and one write to append.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::chain_head::ChainHead;
use super::error::AuditError;
use super::file::{FileId, FileLock, open_to_append};
use super::first_line::{FirstLine, read_first_line};
use super::key::TrailKey;
use super::line::{LineSeal, Position, RecordJson, TrailRecord};
use super::moved_file::MovedFile;
use super::plans_mark::{CurrentPlans, PlansMark, next_mark};

/// How often a file may be replaced under one append before it is given up.
const REPLACEMENTS: usize = 8;
/// What [`AuditTrail::writable`](super::AuditTrail::writable) proves there is room for, in bytes:
/// several lines.
pub(super) const PROBE: usize = 4096;

/// The open file, and what is known of its end.
pub(super) struct OpenTrail {
    file: Arc<File>,
    id: FileId,
    pub(super) head: ChainHead,
    key: TrailKey,
    /// The plans of this host.
    pub(super) plans: Option<Arc<CurrentPlans>>,
    /// When the path last led to the file as this process knows it.
    seen_at: Timestamp,
    /// What must be said before the next entry.
    change: Option<FileChange>,
    /// What an append left behind that could not be taken back.
    remnant: Option<Remnant>,
}

/// Part of a write that failed, where the file system refused to cut the file back too: one that
/// copies what it changes needs room for that as well. It may hold whole lines behind a part that is
/// lost, after which nobody could go on.
#[derive(Clone, Copy)]
struct Remnant {
    /// How long the file was before.
    kept: u64,
    /// How long it is with it.
    len: u64,
}

/// What became of the file since this process last wrote to it.
#[derive(Clone, Copy)]
enum FileChange {
    Rotated(Position),
    Removed(Position),
    Replaced(Position),
    Cut(Position),
}

impl FileChange {
    fn record(self) -> TrailRecord {
        let at = Timestamp::now();
        match self {
            Self::Rotated(after) => TrailRecord::Rotated { at, after },
            Self::Removed(after) => TrailRecord::Removed { at, after },
            Self::Replaced(after) => TrailRecord::Replaced { at, after },
            Self::Cut(after) => TrailRecord::Cut { at, after },
        }
    }

    /// Tells the operator at once: a line in the new file is only seen by who looks.
    fn log(self, path: &Path) {
        let path = path.display();
        match self {
            Self::Rotated(after) => tracing::warn!(
                "the audit trail `{path}` was replaced or emptied while souk ran; line {after} was \
                 the last. Keep the file that was moved away: `souk audit verify --file` must end there"
            ),
            Self::Removed(after) => tracing::error!(
                "THE AUDIT TRAIL `{path}` WAS DELETED while souk ran; line {after} was the last. \
                 Find out who did it; a new file is begun, and says so"
            ),
            Self::Replaced(after) => tracing::error!(
                "AN OLDER AUDIT TRAIL WAS PUT IN THE PLACE OF `{path}` while souk ran; line {after} was \
                 the last. Find out who did it, and where the lines since then are"
            ),
            Self::Cut(after) => tracing::error!(
                "LINES OF THE AUDIT TRAIL `{path}` ARE GONE: line {after} was the last, and is not \
                 there any more. Find out who did it"
            ),
        }
    }
}

impl OpenTrail {
    pub(super) fn at(path: &Path, key: TrailKey) -> Result<Self, AuditError> {
        let file = Arc::new(open_to_append(path)?);
        let _lock = FileLock::to_append(&file, path)?;
        let found = file.metadata().map_err(AuditError::io("look at", path))?;
        let head = read_head(&file, path, found.len(), &key)?;
        let id = FileId::of(&found);
        let seen_at = Timestamp::now();
        Ok(Self { file, id, head, key, plans: None, seen_at, change: None, remnant: None })
    }

    /// Appends these records. `adopted` are the plans that lines vouch for from here on, whatever
    /// those before did.
    pub(super) fn append(
        &mut self,
        path: &Path,
        contents: &[RecordJson],
        room: usize,
        adopted: Option<PlansMark>,
    ) -> Result<(Position, Arc<File>), AuditError> {
        let _lock = self.lock_and_catch_up(path)?;
        let mut lines = Vec::with_capacity(contents.len() * 1024 + 1024);
        let own = self.plans.as_ref().map(|plans| plans.mark());
        let mark = adopted.or_else(|| next_mark(self.head.mark.as_ref(), own));
        let mut seal = self.write_change(mark.as_ref(), &mut lines)?;
        for content in contents {
            seal = seal.seal(content, mark.as_ref(), &self.key, &mut lines);
        }
        self.write_whole(&lines, room).map_err(AuditError::io("append to", path))?;
        self.head.advance(&lines, seal, mark);
        self.change = None;
        Ok((seal.position, Arc::clone(&self.file)))
    }

    pub(super) fn probe(&mut self, path: &Path) -> Result<(), AuditError> {
        let _lock = self.lock_and_catch_up(path)?;
        self.write_whole(&[], PROBE).map_err(AuditError::io("append to", path))
    }

    /// Takes the lock of the file that the path leads to now, and brings the tip up to date.
    pub(super) fn lock_and_catch_up(&mut self, path: &Path) -> Result<FileLock, AuditError> {
        for _ in 0..REPLACEMENTS {
            let lock = FileLock::to_append(&self.file, path)?;
            match fs::symlink_metadata(path) {
                Ok(found) if FileId::of(&found) == self.id => {
                    let len = self.take_back(found.len()).map_err(AuditError::io("cut", path))?;
                    self.reread_end(path, len)?;
                    self.seen_at = Timestamp::now();
                    return Ok(lock);
                }
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(AuditError::io("look at", path)(error));
                }
                _ => self.move_to_new_file(path)?,
            }
        }
        Err(AuditError::io("keep up with", path)(io::Error::other("it is replaced all the time")))
    }

    /// Goes on from a file that was moved away before this one was begun, and says so in its first
    /// line.
    pub(super) fn follow(&mut self, moved: &MovedFile) {
        self.head.mark.clone_from(&moved.mark);
        self.change = Some(FileChange::Rotated(moved.position));
    }

    /// Whether something must be said of the file before the next entry.
    pub(super) const fn is_changed(&self) -> bool {
        self.change.is_some()
    }

    /// Reads the end of the file again, unless it is where this process left it.
    fn reread_end(&mut self, path: &Path, len: u64) -> Result<(), AuditError> {
        if len == self.head.len {
            return Ok(());
        }
        if !self.head.still_ends_in(&self.file, len).map_err(AuditError::io("read", path))? {
            let after = self.head.position();
            let same = self.head.has_beginning_of(&self.file, len);
            let change = if same.map_err(AuditError::io("read", path))? {
                FileChange::Cut(after)
            } else {
                self.taken_over_by(&self.file, path)?
            };
            self.has_changed(path, change);
        }
        let mark = self.head.mark.take();
        self.head = read_head(&self.file, path, len, &self.key)?;
        // A file begun anew goes on vouching for the plans that the one before did.
        if self.head.mark.is_none() {
            self.head.mark = mark;
        }
        Ok(())
    }

    fn has_changed(&mut self, path: &Path, change: FileChange) {
        if self.change.is_none() {
            change.log(path);
            self.change = Some(change);
        }
    }

    /// Goes over to the file that has taken this one's place. The lock on this one is held, and
    /// whoever takes it next goes over as well, so its last line stays the last.
    fn move_to_new_file(&mut self, path: &Path) -> Result<(), AuditError> {
        let left = self.file.metadata().map_err(AuditError::io("look at", path))?;
        self.reread_end(path, left.len())?;
        let mut next = Self::at(path, self.key.clone())?;
        // A copy put in its place has the same lines: nothing to tell.
        let copied = self
            .head
            .still_ends_in(&next.file, next.head.len)
            .map_err(AuditError::io("read", path))?;
        next.change = self.change.take();
        if !copied {
            let is_deleted = left.nlink() == 0;
            let change = match self.taken_over_by(&next.file, path)? {
                FileChange::Rotated(after) if is_deleted => FileChange::Removed(after),
                change => change,
            };
            next.has_changed(path, change);
        }
        next.plans = self.plans.take();
        if next.head.mark.is_none() {
            next.head.mark = self.head.mark.take();
        }
        *self = next;
        Ok(())
    }

    /// What it means that this file has taken the place of the one known. A rotation leaves one that is
    /// empty, or that another host has begun since; lines that are older than that are not where they
    /// were written.
    fn taken_over_by(&self, file: &File, path: &Path) -> Result<FileChange, AuditError> {
        let begun_at = read_first_line(file, &self.key).map_err(AuditError::io("read", path))?;
        let after = self.head.position();
        // The trail's instants are whole milliseconds, rounded down.
        let is_older = |at: Timestamp| at.as_millisecond() < self.seen_at.as_millisecond();
        Ok(match begun_at {
            FirstLine::None => FileChange::Rotated(after),
            FirstLine::Of(at) if !is_older(at) => FileChange::Rotated(after),
            FirstLine::Of(_) | FirstLine::Foreign => FileChange::Replaced(after),
        })
    }

    /// Puts what must be said before the next entry, and answers the line that it follows.
    fn write_change(
        &self,
        mark: Option<&PlansMark>,
        lines: &mut Vec<u8>,
    ) -> Result<LineSeal, AuditError> {
        let mut seal = self.head.seal;
        if self.head.unended {
            lines.push(b'\n');
        }
        if let Some(torn) = &self.head.torn {
            let record =
                TrailRecord::Torn { at: Timestamp::now(), bytes: torn.bytes, sha256: torn.sha256 };
            seal = seal.seal(&record.content()?, mark, &self.key, lines);
        }
        if let Some(change) = self.change {
            seal = seal.seal(&change.record().content()?, mark, &self.key, lines);
        }
        Ok(seal)
    }

    /// Takes back what is left of a failed append, if nobody has gone on behind it; how long the file
    /// is then.
    fn take_back(&mut self, len: u64) -> io::Result<u64> {
        let Some(remnant) = self.remnant.filter(|remnant| remnant.len == len) else {
            return Ok(len);
        };
        self.file.set_len(remnant.kept)?;
        self.remnant = None;
        Ok(remnant.kept)
    }

    /// One write, so that a process killed here has written all or nothing. Where there are several
    /// lines, or room is to be proved for others, blanks are written first and taken back: of those a
    /// part is no line, whatever a disk that is full leaves of it.
    fn write_whole(&mut self, lines: &[u8], room: usize) -> io::Result<()> {
        let is_one = lines.iter().filter(|byte| **byte == b'\n').count() <= 1;
        if room > 0 || !is_one {
            let written = self.write_once(&vec![b' '; lines.len() + room]);
            let taken_back = self.file.set_len(self.head.len);
            written.and(taken_back)?;
        }
        if lines.is_empty() {
            return Ok(());
        }
        let written = self.write_once(lines);
        if written.is_err() && self.file.set_len(self.head.len).is_err() {
            let len = self.file.metadata()?.len();
            self.remnant = Some(Remnant { kept: self.head.len, len });
        }
        written
    }

    fn write_once(&self, bytes: &[u8]) -> io::Result<()> {
        loop {
            match (&*self.file).write(bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(written) if written == bytes.len() => return Ok(()),
                Ok(_) => {
                    let why = "there was no room for the whole line";
                    return Err(io::Error::new(ErrorKind::StorageFull, why));
                }
            }
        }
    }
}

fn read_head(file: &File, path: &Path, len: u64, key: &TrailKey) -> Result<ChainHead, AuditError> {
    let head = ChainHead::read(file, len)
        .map_err(AuditError::io("read", path))?
        .ok_or_else(|| AuditError::Foreign(path.to_owned()))?;
    match head.seal {
        LineSeal::START => Ok(head),
        LineSeal { mac: None, .. } => Err(AuditError::Unsealed(path.to_owned())),
        LineSeal { position, mac: Some(mac) } if key.has_sealed(&position.hash, &mac) => Ok(head),
        LineSeal { .. } => Err(AuditError::OtherKey(path.to_owned())),
    }
}
