//! The directory of documents: what is in it, whose it is, and what goes when.

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use souk_model::{Code, Failure, Principal};

use super::name::file_name;
use super::record::{self, ExportId, ExportRecord};
use crate::dir::StateDir;
use crate::error::StateError;

/// For how long a file that belongs to no document is left alone: it may be on its way to one.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// What documents may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportLimits {
    /// Bytes of one document. `limits.export_bytes`.
    pub each: u64,
    /// Bytes of all documents of one principal. `limits.exports_bytes`.
    pub together: u64,
    /// For how long a document is kept. `limits.export_hours`.
    pub kept_for: Duration,
}

/// The documents of one state directory.
#[derive(Debug)]
pub struct Exports {
    directory: PathBuf,
    pub(super) limits: ExportLimits,
    /// Bytes that each principal is writing in this host.
    under_way: Mutex<HashMap<String, u64>>,
}

impl Exports {
    /// Takes the directory's documents into use.
    ///
    /// # Errors
    /// When `exports` cannot be made in it.
    pub fn open(state: &StateDir, limits: ExportLimits) -> Result<Self, StateError> {
        let directory = state.path().join("exports");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(StateError::io("create", &directory))?;
        Ok(Self { directory, limits, under_way: Mutex::default() })
    }

    /// The principal's documents that have not expired, newest first.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list(&self, principal: &Principal) -> Result<Vec<ExportRecord>, Failure> {
        let mut found = self.list_all()?;
        found.retain(|kept| kept.owner.principal == principal.as_str());
        found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        Ok(found)
    }

    /// Everybody's documents that have not expired, in no order.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list_all(&self) -> Result<Vec<ExportRecord>, Failure> {
        let now = Timestamp::now();
        let mut found = self.records()?;
        found.retain(|kept| now < kept.expires_at && self.is_whole(kept));
        Ok(found)
    }

    /// Moves on whenever a document is kept or removed, by whichever host. None where that cannot be
    /// told.
    #[must_use]
    pub fn changed_at(&self) -> Option<SystemTime> {
        fs::metadata(&self.directory).and_then(|found| found.modified()).ok()
    }

    /// The principal's document of this id, if there is one and it has not expired.
    #[must_use]
    pub fn find(&self, principal: &Principal, id: &ExportId) -> Option<ExportRecord> {
        let kept = record::read(&self.record_path(id)).ok()?;
        let is_theirs = kept.owner.principal == principal.as_str() && kept.id == *id;
        (is_theirs && Timestamp::now() < kept.expires_at && self.is_whole(&kept)).then_some(kept)
    }

    /// A document's text, whole.
    ///
    /// # Errors
    /// When it is gone meanwhile, or somebody has changed its file.
    pub fn read(&self, kept: &ExportRecord) -> Result<String, Failure> {
        let path = self.path(kept);
        // Looked at again: what is longer than it was is not read into memory.
        if !self.is_whole(kept) {
            return Err(damaged(&path));
        }
        fs::read_to_string(&path).map_err(|_| damaged(&path))
    }

    /// Where a document's text is, for the operator.
    #[must_use]
    pub fn path(&self, kept: &ExportRecord) -> PathBuf {
        self.text_path(&kept.id, &kept.name)
    }

    /// Removes a document.
    pub fn remove(&self, kept: &ExportRecord) {
        // The record first: without it there is no document.
        let _ = fs::remove_file(self.record_path(&kept.id));
        let _ = fs::remove_file(self.path(kept));
    }

    /// Removes what has expired, and what killed hosts left. Answers how many files went.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn tidy(&self) -> Result<usize, Failure> {
        let now = Timestamp::now();
        let mut gone = 0;
        let mut live = Vec::new();
        for kept in self.records()? {
            if now < kept.expires_at {
                live.push(kept.id);
            } else {
                self.remove(&kept);
                gone += 2;
            }
        }
        for path in self.files()? {
            let id = path.file_name().and_then(|name| name.to_str()).and_then(record::id_in);
            if id.is_some_and(|id| live.contains(&id)) || !is_old(&path) {
                continue;
            }
            if fs::remove_file(&path).is_ok() {
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Removes every document in which this text stands, an e-mail address for instance, in whatever
    /// case. Answers how many.
    ///
    /// # Errors
    /// When the directory or a document cannot be read.
    pub fn forget(&self, text: &str) -> Result<usize, Failure> {
        let text = text.to_ascii_lowercase();
        let mut gone = 0;
        for kept in self.records()? {
            let written = fs::read(self.path(&kept)).map_err(|error| self.io_failure(&error))?;
            let written = String::from_utf8_lossy(&written).to_ascii_lowercase();
            if written.contains(&text) || kept.name.to_ascii_lowercase().contains(&text) {
                self.remove(&kept);
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn is_whole(&self, kept: &ExportRecord) -> bool {
        fs::symlink_metadata(self.path(kept))
            .is_ok_and(|found| found.is_file() && found.len() == kept.size)
    }

    fn records(&self) -> Result<Vec<ExportRecord>, Failure> {
        let named =
            |path: &PathBuf| path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok();
        Ok(self
            .files()?
            .into_iter()
            .filter_map(|path| {
                let id: ExportId = named(&path)?;
                record::read(&path).ok().filter(|kept| kept.id == id)
            })
            .collect())
    }

    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let entries = fs::read_dir(&self.directory).map_err(|error| self.io_failure(&error))?;
        Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
    }

    pub(super) fn record_path(&self, id: &ExportId) -> PathBuf {
        self.directory.join(format!("{id}.json"))
    }

    pub(super) fn text_path(&self, id: &ExportId, name: &str) -> PathBuf {
        self.directory.join(format!("{id}-{}", file_name(name)))
    }

    pub(super) fn io_failure(&self, error: &std::io::Error) -> Failure {
        tracing::error!("documents cannot be kept in `{}`: {error}", self.directory.display());
        let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        Failure::internal(if full {
            "there is no room on the host's disk for documents"
        } else {
            "the host cannot keep documents"
        })
        .rule("exports")
        .remedy("the operator must mend it; the host's log says what is wrong")
    }

    /// Counts what a principal is writing; negative where that has ended.
    pub(super) fn count(&self, principal: &str, more: u64, less: u64) -> u64 {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = under_way.entry(principal.to_owned()).or_default();
        *bytes = (*bytes + more).saturating_sub(less);
        *bytes
    }
}

fn damaged(path: &Path) -> Failure {
    tracing::warn!("`{}` is not as it was written", path.display());
    Failure::new(Code::NotFound, "the document is gone, or its file was changed")
        .remedy("have it made again")
}

fn is_old(path: &Path) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|found| found.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > ABANDONED))
}
