//! Appending: one line, one write, whoever else appends to the same file.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use serde_json::Value;

use super::entry::{Cleaner, Entry, WriteEntry};
use super::error::AuditError;
use super::file::{FileId, Locked, open_to_append};
use super::key::{ArgumentsDigest, DigestKey};
use super::line::{Content, Position, Record};
use super::redact::Redactor;
use super::tip::Tip;

/// How often a file may be replaced under one append before it is given up.
const REPLACEMENTS: usize = 8;
/// What [`AuditTrail::writable`] proves there is room for: several lines.
const PROBE: [u8; 4096] = [b' '; 4096];

/// What an append waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The line is with the operating system: it outlives the process, not a power cut.
    Written,
    /// The line is on the disk. A hundred times slower.
    Synced,
}

/// What texts about a principal's calls go through before they are written, by its name.
pub type Veil = dyn Fn(&str, String) -> String + Send + Sync;

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
    veil: RwLock<Arc<Veil>>,
    open: Mutex<Open>,
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
        let open = Mutex::new(Open::at(&path)?);
        let veil: Arc<Veil> = Arc::new(|_, text| text);
        Ok(Self { path, key, redactor: Arc::default(), veil: RwLock::new(veil), open })
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
    pub fn veil(&self, veil: Arc<Veil>) {
        *self.veil.write().unwrap_or_else(PoisonError::into_inner) = veil;
    }

    fn cleaner(&self) -> Cleaner<'_> {
        let veil = self.veil.read().unwrap_or_else(PoisonError::into_inner).clone();
        Cleaner { redactor: &self.redactor, veil }
    }

    /// The digest of a call's arguments, for its [`Entry`]; see [`DigestKey::digest`].
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
    pub fn append(&self, entry: Entry, durability: Durability) -> Result<Position, AuditError> {
        let record = Record::Call(Box::new(entry.cleaned(&self.cleaner())));
        self.append_record(&record, durability)
    }

    /// Appends a request that may have changed the store, redacted and cut as a call is. It
    /// outlives the process; what must outlive a power cut is the plan's own journal.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_write(&self, entry: WriteEntry) -> Result<Position, AuditError> {
        let record = Record::Write(Box::new(entry.cleaned(&self.cleaner())));
        self.append_record(&record, Durability::Written)
    }

    fn append_record(
        &self,
        record: &Record,
        durability: Durability,
    ) -> Result<Position, AuditError> {
        let content = record.content()?;
        let (position, file) = self.locked(|open| open.append(&self.path, &content))?;
        if durability == Durability::Synced {
            // Without the lock: others may append meanwhile.
            file.sync_data().map_err(AuditError::io("flush", &self.path))?;
        }
        Ok(position)
    }

    /// Whether a line could be appended now: the file is there, the lock to be had, and the disk
    /// has room. It is tried, with blanks that are taken back before anyone else can see them.
    ///
    /// # Errors
    /// Why [`append`](Self::append) would fail.
    pub fn writable(&self) -> Result<(), AuditError> {
        self.locked(|open| open.probe(&self.path))
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Open) -> T) -> T {
        // A panic in here leaves nothing half done that the next append does not look at again.
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The open file, and what is known of its end.
struct Open {
    file: Arc<File>,
    id: FileId,
    tip: Tip,
    /// What must be said before the next entry.
    news: Option<News>,
}

/// What became of the file since this process last wrote to it.
enum News {
    Rotated(Position),
    Cut(Position),
}

impl Open {
    fn at(path: &Path) -> Result<Self, AuditError> {
        let file = Arc::new(open_to_append(path)?);
        let _lock = Locked::to_append(&file, path)?;
        let found = file.metadata().map_err(AuditError::io("look at", path))?;
        let tip = read_tip(&file, path, found.len())?;
        Ok(Self { file, id: FileId::of(&found), tip, news: None })
    }

    fn append(
        &mut self,
        path: &Path,
        content: &Content,
    ) -> Result<(Position, Arc<File>), AuditError> {
        let _lock = self.settle(path)?;
        let mut lines = Vec::with_capacity(2048);
        let before = self.put_news(&mut lines)?;
        let position = before.seal(content, &mut lines);
        self.write_whole(&lines).map_err(AuditError::io("append to", path))?;
        self.tip.grow(&lines, position);
        self.news = None;
        Ok((position, Arc::clone(&self.file)))
    }

    fn probe(&mut self, path: &Path) -> Result<(), AuditError> {
        let _lock = self.settle(path)?;
        self.write_whole(&PROBE)
            .and_then(|()| self.file.set_len(self.tip.len))
            .map_err(AuditError::io("append to", path))
    }

    /// Takes the lock of the file that the path leads to now, and brings the tip up to date.
    fn settle(&mut self, path: &Path) -> Result<Locked, AuditError> {
        for _ in 0..REPLACEMENTS {
            let lock = Locked::to_append(&self.file, path)?;
            match fs::symlink_metadata(path) {
                Ok(found) if FileId::of(&found) == self.id => {
                    self.look_again(path, found.len())?;
                    return Ok(lock);
                }
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(AuditError::io("look at", path)(error));
                }
                _ => self.follow(path)?,
            }
        }
        Err(AuditError::io("keep up with", path)(io::Error::other("it is replaced all the time")))
    }

    /// Reads the end of the file again, unless it is where this process left it.
    fn look_again(&mut self, path: &Path, len: u64) -> Result<(), AuditError> {
        if len == self.tip.len {
            return Ok(());
        }
        if !self.tip.is_in(&self.file, len).map_err(AuditError::io("read", path))? {
            let after = self.tip.position;
            let begun_anew =
                !self.tip.began_as(&self.file, len).map_err(AuditError::io("read", path))?;
            self.news.get_or_insert(if begun_anew {
                News::Rotated(after)
            } else {
                News::Cut(after)
            });
        }
        self.tip = read_tip(&self.file, path, len)?;
        Ok(())
    }

    /// Goes over to the file that has taken this one's place. The lock on this one is held, and
    /// whoever takes it next goes over as well, so its last line stays the last.
    fn follow(&mut self, path: &Path) -> Result<(), AuditError> {
        let left = self.file.metadata().map_err(AuditError::io("look at", path))?.len();
        self.look_again(path, left)?;
        let mut next = Self::at(path)?;
        // A copy put in its place has the same lines: nothing to tell.
        let copied =
            self.tip.is_in(&next.file, next.tip.len).map_err(AuditError::io("read", path))?;
        next.news = self.news.take();
        if !copied {
            next.news.get_or_insert(News::Rotated(self.tip.position));
        }
        *self = next;
        Ok(())
    }

    /// Puts what must be said before the next entry, and answers the position it follows.
    fn put_news(&self, lines: &mut Vec<u8>) -> Result<Position, AuditError> {
        let mut position = self.tip.position;
        if self.tip.unended {
            lines.push(b'\n');
        }
        if let Some(torn) = &self.tip.torn {
            let record =
                Record::Torn { at: Timestamp::now(), bytes: torn.bytes, sha256: torn.sha256 };
            position = position.seal(&record.content()?, lines);
        }
        let record = match self.news {
            None => return Ok(position),
            Some(News::Rotated(after)) => Record::Rotated { at: Timestamp::now(), after },
            Some(News::Cut(after)) => Record::Cut { at: Timestamp::now(), after },
        };
        Ok(position.seal(&record.content()?, lines))
    }

    /// One write, so that a process killed here has written all or nothing. If the disk has room
    /// for a part only, the part is taken back.
    fn write_whole(&self, bytes: &[u8]) -> io::Result<()> {
        let written = loop {
            match (&*self.file).write(bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if written == bytes.len() {
            return Ok(());
        }
        // Should this fail as well, the file is longer than known and the next append looks again.
        let _ = self.file.set_len(self.tip.len);
        Err(io::Error::new(ErrorKind::StorageFull, "there was no room for the whole line"))
    }
}

fn read_tip(file: &File, path: &Path, len: u64) -> Result<Tip, AuditError> {
    Tip::read(file, len)
        .map_err(AuditError::io("read", path))?
        .ok_or_else(|| AuditError::Foreign(path.to_owned()))
}
