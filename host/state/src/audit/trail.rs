//! Appending: one line, one write, whoever else appends to the same file.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use serde_json::Value;

use super::entry::CallEntry;
use super::error::AuditError;
use super::key::{ArgumentsDigest, TrailKey};
use super::line::{Position, TrailRecord};
use super::moved_file::MovedFile;
use super::open_trail::{OpenTrail, PROBE};
use super::person_entry::{PersonAct, PersonEntry};
use super::plans_mark::{CurrentPlans, PlansMark};
use super::redact::Redactor;
use super::refusals::{RefusalLine, RefusalMeter};
use super::text_cleaner::{MAX_MESSAGE, TextCleaner, TextMask};
use super::verify::{Verification, VerifyError, verify};
use super::write_entry::{FoundEntry, SendingEntry, WriteEntry};

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
    key: TrailKey,
    redactor: Arc<Redactor>,
    text_mask: RwLock<Arc<TextMask>>,
    refusals: RefusalMeter,
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
    /// When it cannot be opened for appending, is no regular file, does not end as a trail does, or
    /// ends in a line that this key has not sealed.
    pub fn open(path: impl Into<PathBuf>, key: TrailKey) -> Result<Self, AuditError> {
        let path = path.into();
        let open = Mutex::new(OpenTrail::at(&path, key.clone())?);
        let text_mask = RwLock::new(Arc::new(|_: &str, text| text) as Arc<TextMask>);
        let (redactor, refusals) = (Arc::default(), RefusalMeter::default());
        Ok(Self { path, key, redactor, text_mask, refusals, open })
    }

    /// Has lines vouch for these plans from now on, unless the last line vouches for others: that is
    /// for [`adopt`](Self::adopt) to change.
    pub fn vouch_for(&self, plans: Arc<CurrentPlans>) {
        self.locked(|open| open.plans = Some(plans));
    }

    /// Where the chain ends now, and which plans the last line vouches for.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn head(&self) -> Result<(Position, Option<PlansMark>), AuditError> {
        self.locked(|open| {
            let _lock = open.lock_and_catch_up(&self.path)?;
            Ok((open.head.position(), open.head.mark.clone()))
        })
    }

    /// The file that was moved away from here while no host ran, where there is no line.
    ///
    /// # Errors
    /// When the trail cannot be looked at.
    pub fn moved_away(&self) -> Result<Option<MovedFile>, AuditError> {
        let (position, _) = self.head()?;
        let is_new = position == Position::START;
        Ok(is_new.then(|| MovedFile::beside(&self.path, &self.key)).flatten())
    }

    /// Goes on from that file: the next line is one of its rotation, and is written now.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn follow(&self, moved: &MovedFile) -> Result<(), AuditError> {
        self.locked(|open| open.follow(moved));
        self.notice().map(drop)
    }

    /// Appends a line after which lines vouch for the plans of this host, whatever they vouched for
    /// before. It is on the disk when this returns.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn adopt(&self, record: &TrailRecord) -> Result<(), AuditError> {
        let content = [record.content()?];
        let (_, file) = self.locked(|open| {
            let own = open.plans.as_ref().map(|plans| plans.mark());
            open.append(&self.path, &content, 0, own)
        })?;
        self.flush(&file, Durability::Synced)
    }

    /// Looks whether the file was replaced, removed or cut since the last line, and writes a line of
    /// it if so. Whether it was.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn notice(&self) -> Result<bool, AuditError> {
        self.locked(|open| {
            let lock = open.lock_and_catch_up(&self.path)?;
            let is_changed = open.is_changed();
            drop(lock);
            if is_changed {
                open.append(&self.path, &[], 0, None)?;
            }
            Ok(is_changed)
        })
    }

    /// Which key seals the lines.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.key.id()
    }

    /// The trail's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks the whole trail with its key, from its first line to its last.
    ///
    /// # Errors
    /// As [`verify`](super::verify()).
    pub fn verify(&self, anchor: Option<Position>) -> Result<Verification, VerifyError> {
        verify(self.path(), anchor, Some(&self.key))
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
        TextCleaner { redactor: &self.redactor, text_mask, key: &self.key }
    }

    /// The digest of a call's arguments, for its [`CallEntry`]; see [`TrailKey::digest`].
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

    /// Appends something that the host noticed and the operator should know: `code` for machines,
    /// `message` for people. It is redacted, and cut as a failure's message is.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_notice(&self, code: &str, message: &str) -> Result<(), AuditError> {
        let mut message = message.to_owned();
        self.cleaner().clean(souk_model::Principal::LOCAL, &mut message, MAX_MESSAGE);
        let record = TrailRecord::Notice { at: Timestamp::now(), code: code.to_owned(), message };
        self.append_record(&record, Durability::Written).map(drop)
    }

    /// Appends what a person did. It is on the disk when this returns.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_person(&self, act: PersonAct, entry: PersonEntry) -> Result<(), AuditError> {
        let record = TrailRecord::of_person(act, entry.cleaned(&self.cleaner()));
        self.append_record(&record, Durability::Synced).map(drop)
    }

    /// Appends that something which was kept is gone.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_lost(&self, what: String) -> Result<(), AuditError> {
        let record = TrailRecord::Lost { at: Timestamp::now(), what };
        self.append_record(&record, Durability::Synced).map(drop)
    }

    /// Appends a call that was refused before anything was done for it. Up to 20 a second of each
    /// principal have a line; those above are summed, in a line that stands before the next one of
    /// that principal, or comes with [`write_sums`](Self::write_sums).
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_refused(&self, entry: CallEntry) -> Result<(), AuditError> {
        let sum = match self.refusals.count(&entry, Timestamp::now()) {
            RefusalLine::Summed => return Ok(()),
            RefusalLine::Own(sum) => sum,
        };
        let sum = sum.map(|sum| TrailRecord::Refused(Box::new(sum.cleaned(&self.cleaner()))));
        let call = TrailRecord::Call(Box::new(entry.cleaned(&self.cleaner())));
        self.append_records(sum.into_iter().chain([call]), 0, Durability::Written)
    }

    /// Writes the sums of refused calls so far.
    ///
    /// # Errors
    /// As [`append`](Self::append); they are written another time then.
    pub fn write_sums(&self) -> Result<(), AuditError> {
        let sums = self.refusals.take_sums(Timestamp::now());
        let cleaner = self.cleaner();
        let records =
            sums.iter().map(|sum| TrailRecord::Refused(Box::new(sum.clone().cleaned(&cleaner))));
        let written = self.append_records(records, 0, Durability::Written);
        if written.is_err() {
            self.refusals.put_back(sums);
        }
        written
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
        let (_, file) = self.locked(|open| open.append(&self.path, &contents, room, None))?;
        self.flush(&file, durability)
    }

    fn append_record(
        &self,
        record: &TrailRecord,
        durability: Durability,
    ) -> Result<Position, AuditError> {
        let content = record.content()?;
        let (position, file) = self.locked(|open| open.append(&self.path, &[content], 0, None))?;
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

impl Drop for AuditTrail {
    fn drop(&mut self) {
        if let Err(error) = self.write_sums() {
            tracing::error!("refused calls are not on the audit trail: {error}");
        }
    }
}
