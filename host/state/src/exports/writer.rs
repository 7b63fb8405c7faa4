//! A document from its first byte until it is kept.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use souk_model::{Code, Failure, Principal};

use super::directory::Exports;
use super::name::MediaType;
use super::record::{ExportId, ExportOwner, ExportRecord};
use crate::files::write_whole;

/// Documents that one principal may have. Each is listed and looked at whenever another is begun.
pub const MOST_DOCUMENTS: usize = 500;

/// A document that is being written. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct ExportWriter {
    file: File,
    export: ExportFile,
    /// What else the principal has kept, in bytes, when this was begun.
    beside: u64,
    /// What is told when there is no room.
    room_hint: String,
    /// Why nothing more is taken: what stands in the file is not the whole of it.
    broken: Option<Failure>,
}

/// A document that is whole and not yet kept. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct PendingExport {
    export: ExportFile,
}

/// The file, counted and removed again unless it was kept.
#[derive(Debug)]
struct ExportFile {
    exports: Arc<Exports>,
    text: PathBuf,
    kept: ExportRecord,
    published: bool,
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        self.exports.count(&self.kept.owner.principal, 0, self.kept.size);
        if !self.published {
            let _ = fs::remove_file(&self.text);
        }
    }
}

impl Exports {
    /// Begins a document.
    ///
    /// # Errors
    /// FORBIDDEN where the principal has as many documents as it may, or as many bytes; otherwise
    /// that the disk refuses.
    pub fn begin(
        self: &Arc<Self>,
        owner: ExportOwner,
        name: &str,
        media_type: &MediaType,
    ) -> Result<ExportWriter, Failure> {
        self.tidy()?;
        let kept = self.list(&Principal::named(&owner.principal))?;
        if kept.len() >= MOST_DOCUMENTS {
            return Err(Failure::new(
                Code::Forbidden,
                format!(
                    "`{}` has {MOST_DOCUMENTS} documents, and may have no more",
                    owner.principal
                ),
            )
            .rule("exports-count")
            .remedy(room_hint(&kept)));
        }
        ExportWriter::begin(self.clone(), owner, name, media_type, &kept)
    }
}

impl ExportWriter {
    fn begin(
        exports: Arc<Exports>,
        owner: ExportOwner,
        name: &str,
        media_type: &MediaType,
        others: &[ExportRecord],
    ) -> Result<Self, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| exports.io_failure(&error.into()))?;
        let id = ExportId::from_random(random);
        let text = exports.text_path(&id, name);
        let file = create(&text).map_err(|error| exports.io_failure(&error))?;
        let created_at = Timestamp::now();
        let kept_for = jiff::SignedDuration::try_from(exports.limits.kept_for).unwrap_or_default();
        let expires_at = created_at.saturating_add(kept_for).unwrap_or(Timestamp::MAX);
        let kept = ExportRecord {
            id,
            owner,
            name: name.to_owned(),
            media_type: media_type.as_str().to_owned(),
            size: 0,
            created_at,
            expires_at,
        };
        let beside = others.iter().map(|kept| kept.size).sum();
        let export = ExportFile { exports, text, kept, published: false };
        Ok(Self { file, export, beside, room_hint: room_hint(others), broken: None })
    }

    /// Adds text at the end.
    ///
    /// # Errors
    /// FORBIDDEN where the document, or all of its principal's together, would be larger than
    /// allowed; otherwise that the disk refuses. After an error the document cannot be kept.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.check_usable()?;
        let written = self.grow(text.len() as u64).and_then(|()| {
            self.file
                .write_all(text.as_bytes())
                .map_err(|error| self.export.exports.io_failure(&error))
        });
        self.broken = written.clone().err();
        written
    }

    fn check_usable(&self) -> Result<(), Failure> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn grow(&mut self, more: u64) -> Result<(), Failure> {
        let ExportFile { exports, kept, .. } = &mut self.export;
        let limits = exports.limits;
        kept.size += more;
        let under_way = exports.count(&kept.owner.principal, more, 0);
        if kept.size > limits.each {
            return Err(Failure::new(
                Code::Forbidden,
                format!(
                    "the document is larger than {} bytes (`limits.export_bytes`)",
                    limits.each
                ),
            )
            .rule("export-bytes")
            .remedy("ask for less: fewer rows, or a narrower filter"));
        }
        if self.beside.saturating_add(under_way) > limits.together {
            return Err(Failure::new(
                Code::Forbidden,
                format!(
                    "the documents of `{}` take more than {} bytes (`limits.exports_bytes`)",
                    kept.owner.principal, limits.together
                ),
            )
            .rule("exports-bytes")
            .remedy(self.room_hint.clone()));
        }
        Ok(())
    }

    /// Closes the document. `edit` may put another text in place of what was written.
    ///
    /// # Errors
    /// What an earlier [`write`](Self::write) or `edit` says, or that the disk refuses.
    pub fn close(
        mut self,
        edit: Option<impl FnOnce(&str, String) -> Result<String, Failure>>,
    ) -> Result<PendingExport, Failure> {
        self.check_usable()?;
        if let Some(edit) = edit {
            self.rewrite(edit)?;
        }
        self.file.sync_all().map_err(|error| self.export.exports.io_failure(&error))?;
        Ok(PendingExport { export: self.export })
    }

    fn rewrite(
        &mut self,
        edit: impl FnOnce(&str, String) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        let io_failure = |error: std::io::Error| self.export.exports.io_failure(&error);
        let written = fs::read_to_string(&self.export.text).map_err(io_failure)?;
        let edited = edit(&self.export.kept.media_type, written)?;
        // A new file: of what was there first nothing is left, not even behind a shorter text.
        fs::remove_file(&self.export.text).map_err(io_failure)?;
        self.file = create(&self.export.text).map_err(io_failure)?;
        let before = std::mem::take(&mut self.export.kept.size);
        self.export.exports.count(&self.export.kept.owner.principal, 0, before);
        self.write(&edited)
    }
}

impl PendingExport {
    /// What will be kept.
    #[must_use]
    pub fn kept(&self) -> &ExportRecord {
        &self.export.kept
    }

    /// Keeps the document: from now on its caller can read it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn publish(mut self) -> Result<ExportRecord, Failure> {
        let ExportFile { exports, kept, .. } = &self.export;
        let record = exports.record_path(&kept.id);
        let written = serde_json::to_vec(kept).map_err(std::io::Error::from);
        let written = written.and_then(|bytes| write_whole(&record, &bytes));
        written.map_err(|error| exports.io_failure(&error))?;
        self.export.published = true;
        Ok(self.export.kept.clone())
    }
}

/// A new file, for nobody else to read.
fn create(path: &std::path::Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// When the first of them expires.
fn room_hint(kept: &[ExportRecord]) -> String {
    let first = kept.iter().map(|kept| kept.expires_at).min();
    let first = first.map(|at| format!("the oldest goes at {at:.0}; ")).unwrap_or_default();
    format!("{first}the operator can raise the limit, or remove files of `exports` earlier")
}
