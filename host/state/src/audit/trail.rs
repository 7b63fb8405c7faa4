//! Appending: one line, one write, whoever else appends to the same file.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use serde_json::Value;

use super::chain_head::ChainHead;
use super::entry::CallEntry;
use super::error::AuditError;
use super::file::{FileId, FileLock, open_to_append};
use super::key::{ArgumentsDigest, DigestKey};
use super::line::{Position, RecordJson, TrailRecord};
use super::redact::Redactor;
use super::text_cleaner::{TextCleaner, TextMask};
use super::write_entry::{FoundEntry, SendingEntry, WriteEntry};

/// How often a file may be replaced under one append before it is given up.
const REPLACEMENTS: usize = 8;
/// What [`AuditTrail::writable`] proves there is room for, in bytes: several lines.
const PROBE: usize = 4096;
/// What room is proved for each line that says how a request ended, in bytes.
const END_LINE: usize = 1024;
/// The most room that is proved at once: blanks that a host leaves behind when it dies here must be
/// within the reach of whoever looks for the last whole line.
const MOST_ROOM: usize = 512 << 10;

/// What an append waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The line is with the operating system: it outlives the process, not a power cut.
    Written,
    /// The line is on the disk. A hundred times slower.
    Synced,
}

/// The audit trail of a host, open for appending; see the [module](super) for its format.
///
/// Shared by everything that runs in the process; other processes may have the same file open.
/// Appending takes microseconds and blocks the thread for them; where another process holds the
/// lock and was stopped, up to two seconds. If the file is replaced, moved or removed, the next
/// line goes into the new file of the same path and the first line there names the last one here.
pub struct AuditTrail {
    path: PathBuf,
    key: DigestKey,
    redactor: Arc<Redactor>,
    text_mask: RwLock<Arc<TextMask>>,
    open: Mutex<OpenTrail>,
}

impl fmt::Debug for AuditTrail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditTrail").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AuditTrail {
    /// Opens the trail, and makes the file, 0600, if it is not there. One that others can read is
    /// closed to them. Nothing is written yet.
    ///
    /// # Errors
    /// When it cannot be opened for appending, is no regular file, or does not end as a trail does.
    pub fn open(path: impl Into<PathBuf>, key: DigestKey) -> Result<Self, AuditError> {
        let path = path.into();
        let open = Mutex::new(OpenTrail::at(&path)?);
        let text_mask: Arc<TextMask> = Arc::new(|_, text| text);
        Ok(Self { path, key, redactor: Arc::default(), text_mask: RwLock::new(text_mask), open })
    }

    /// The trail's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Knows the secrets that no line may hold. Whoever obtains one registers it here; the log may
    /// use it too.
    #[must_use]
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// Has texts go through this from now on: failures' messages, reasons, subjects.
    pub fn set_text_mask(&self, text_mask: Arc<TextMask>) {
        *self.text_mask.write().unwrap_or_else(PoisonError::into_inner) = text_mask;
    }

    fn cleaner(&self) -> TextCleaner<'_> {
        let text_mask = self.text_mask.read().unwrap_or_else(PoisonError::into_inner).clone();
        TextCleaner { redactor: &self.redactor, text_mask }
    }

    /// The digest of a call's arguments, for its [`CallEntry`]; see [`DigestKey::digest`].
    #[must_use]
    pub fn digest(&self, arguments: &Value) -> ArgumentsDigest {
        self.key.digest(arguments)
    }

    /// Appends a call, redacted and cut to the limits of a line, and answers its place in the
    /// chain.
    ///
    /// # Errors
    /// When the line is not in the file, or with [`Durability::Synced`] perhaps not on the disk.
    /// What was written of it is taken back where possible; otherwise the next append marks it as
    /// torn.
    pub fn append(&self, entry: CallEntry, durability: Durability) -> Result<Position, AuditError> {
        let record = TrailRecord::Call(Box::new(entry.cleaned(&self.cleaner())));
        self.append_record(&record, durability)
    }

    /// Appends requests that are about to be sent, together: all of them are on the disk when this
    /// returns, and there is room for as many lines that say how they ended. Nothing may be sent
    /// otherwise. It waits for the disk.
    ///
    /// # Errors
    /// As [`append`](Self::append); then none of the lines is there, or not known to be on the disk.
    pub fn append_sending(&self, entries: Vec<SendingEntry>) -> Result<(), AuditError> {
        let cleaner = self.cleaner();
        let room = (entries.len() * END_LINE).clamp(PROBE, MOST_ROOM);
        let records = entries
            .into_iter()
            .map(|entry| TrailRecord::Sending(Box::new(entry.cleaned(&cleaner))));
        self.append_records(records, room, Durability::Synced)
    }

    /// Appends how requests ended, redacted and cut as calls are. The lines outlive the process; what
    /// must outlive a power cut is the plan's own journal.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_writes(&self, entries: Vec<WriteEntry>) -> Result<(), AuditError> {
        let cleaner = self.cleaner();
        let records =
            entries.into_iter().map(|entry| TrailRecord::Write(Box::new(entry.cleaned(&cleaner))));
        self.append_records(records, 0, Durability::Written)
    }

    /// Appends what was found out of items whose end nobody had seen.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_found(&self, entries: Vec<FoundEntry>) -> Result<(), AuditError> {
        let cleaner = self.cleaner();
        let records =
            entries.into_iter().map(|entry| TrailRecord::Found(Box::new(entry.cleaned(&cleaner))));
        self.append_records(records, 0, Durability::Written)
    }

    /// Appends all of these lines or none, and proves that this many bytes more could follow them.
    fn append_records(
        &self,
        records: impl Iterator<Item = TrailRecord>,
        room: usize,
        durability: Durability,
    ) -> Result<(), AuditError> {
        let contents = records.map(|record| record.content()).collect::<Result<Vec<_>, _>>()?;
        if contents.is_empty() {
            return Ok(());
        }
        let (_, file) = self.locked(|open| open.append(&self.path, &contents, room))?;
        self.flush(&file, durability)
    }

    fn append_record(
        &self,
        record: &TrailRecord,
        durability: Durability,
    ) -> Result<Position, AuditError> {
        let content = record.content()?;
        let (position, file) = self.locked(|open| open.append(&self.path, &[content], 0))?;
        self.flush(&file, durability)?;
        Ok(position)
    }

    fn flush(&self, file: &File, durability: Durability) -> Result<(), AuditError> {
        match durability {
            Durability::Written => Ok(()),
            // Without the lock: others may append meanwhile.
            Durability::Synced => file.sync_data().map_err(AuditError::io("flush", &self.path)),
        }
    }

    /// Whether a line could be appended now: the file is there, the lock to be had, and the disk
    /// has room. It is tried, with blanks that are taken back before anyone else can see them.
    ///
    /// # Errors
    /// Why [`append`](Self::append) would fail.
    pub fn writable(&self) -> Result<(), AuditError> {
        self.locked(|open| open.probe(&self.path))
    }

    fn locked<T>(&self, work: impl FnOnce(&mut OpenTrail) -> T) -> T {
        // A panic in here leaves nothing half done that the next append does not look at again.
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The open file, and what is known of its end.
struct OpenTrail {
    file: Arc<File>,
    id: FileId,
    head: ChainHead,
    /// What must be said before the next entry.
    change: Option<FileChange>,
}

/// What became of the file since this process last wrote to it.
enum FileChange {
    Rotated(Position),
    Cut(Position),
}

impl OpenTrail {
    fn at(path: &Path) -> Result<Self, AuditError> {
        let file = Arc::new(open_to_append(path)?);
        let _lock = FileLock::to_append(&file, path)?;
        let found = file.metadata().map_err(AuditError::io("look at", path))?;
        let head = read_head(&file, path, found.len())?;
        Ok(Self { file, id: FileId::of(&found), head, change: None })
    }

    fn append(
        &mut self,
        path: &Path,
        contents: &[RecordJson],
        room: usize,
    ) -> Result<(Position, Arc<File>), AuditError> {
        let _lock = self.lock_and_catch_up(path)?;
        let mut lines = Vec::with_capacity(contents.len() * 1024 + 1024 + room);
        let mut position = self.write_change(&mut lines)?;
        for content in contents {
            position = position.seal(content, &mut lines);
        }
        self.write_whole(&mut lines, room).map_err(AuditError::io("append to", path))?;
        self.head.advance(&lines, position);
        self.change = None;
        Ok((position, Arc::clone(&self.file)))
    }

    fn probe(&mut self, path: &Path) -> Result<(), AuditError> {
        let _lock = self.lock_and_catch_up(path)?;
        self.write_whole(&mut Vec::new(), PROBE).map_err(AuditError::io("append to", path))
    }

    /// Takes the lock of the file that the path leads to now, and brings the tip up to date.
    fn lock_and_catch_up(&mut self, path: &Path) -> Result<FileLock, AuditError> {
        for _ in 0..REPLACEMENTS {
            let lock = FileLock::to_append(&self.file, path)?;
            match fs::symlink_metadata(path) {
                Ok(found) if FileId::of(&found) == self.id => {
                    self.reread_end(path, found.len())?;
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

    /// Reads the end of the file again, unless it is where this process left it.
    fn reread_end(&mut self, path: &Path, len: u64) -> Result<(), AuditError> {
        if len == self.head.len {
            return Ok(());
        }
        if !self.head.still_ends_in(&self.file, len).map_err(AuditError::io("read", path))? {
            let after = self.head.position;
            let begun_anew = !self
                .head
                .has_beginning_of(&self.file, len)
                .map_err(AuditError::io("read", path))?;
            self.change.get_or_insert(if begun_anew {
                FileChange::Rotated(after)
            } else {
                FileChange::Cut(after)
            });
        }
        self.head = read_head(&self.file, path, len)?;
        Ok(())
    }

    /// Goes over to the file that has taken this one's place. The lock on this one is held, and
    /// whoever takes it next goes over as well, so its last line stays the last.
    fn move_to_new_file(&mut self, path: &Path) -> Result<(), AuditError> {
        let left = self.file.metadata().map_err(AuditError::io("look at", path))?.len();
        self.reread_end(path, left)?;
        let mut next = Self::at(path)?;
        // A copy put in its place has the same lines: nothing to tell.
        let copied = self
            .head
            .still_ends_in(&next.file, next.head.len)
            .map_err(AuditError::io("read", path))?;
        next.change = self.change.take();
        if !copied {
            next.change.get_or_insert(FileChange::Rotated(self.head.position));
        }
        *self = next;
        Ok(())
    }

    /// Puts what must be said before the next entry, and answers the position it follows.
    fn write_change(&self, lines: &mut Vec<u8>) -> Result<Position, AuditError> {
        let mut position = self.head.position;
        if self.head.unended {
            lines.push(b'\n');
        }
        if let Some(torn) = &self.head.torn {
            let record =
                TrailRecord::Torn { at: Timestamp::now(), bytes: torn.bytes, sha256: torn.sha256 };
            position = position.seal(&record.content()?, lines);
        }
        let record = match self.change {
            None => return Ok(position),
            Some(FileChange::Rotated(after)) => {
                TrailRecord::Rotated { at: Timestamp::now(), after }
            }
            Some(FileChange::Cut(after)) => TrailRecord::Cut { at: Timestamp::now(), after },
        };
        Ok(position.seal(&record.content()?, lines))
    }

    /// One write, so that a process killed here has written all or nothing. If the disk has room
    /// for a part only, the part is taken back, and so are the blanks that prove the room after it.
    fn write_whole(&self, lines: &mut Vec<u8>, room: usize) -> io::Result<()> {
        let length = lines.len();
        lines.resize(length + room, b' ');
        let written = loop {
            match (&*self.file).write(lines) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let is_whole = matches!(written, Ok(written) if written == lines.len());
        lines.truncate(length);
        if is_whole && room == 0 {
            return Ok(());
        }
        let kept = self.head.len + if is_whole { length as u64 } else { 0 };
        // Should this fail, the file is longer than known and the next append looks again.
        let taken_back = self.file.set_len(kept);
        match written {
            Err(error) => Err(error),
            Ok(_) if is_whole => taken_back,
            Ok(_) => {
                Err(io::Error::new(ErrorKind::StorageFull, "there was no room for the whole line"))
            }
        }
    }
}

fn read_head(file: &File, path: &Path, len: u64) -> Result<ChainHead, AuditError> {
    ChainHead::read(file, len)
        .map_err(AuditError::io("read", path))?
        .ok_or_else(|| AuditError::Foreign(path.to_owned()))
}
