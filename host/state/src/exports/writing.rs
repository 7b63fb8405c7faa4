//! A document from its first byte until it is kept.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use souk_model::{Code, Failure};

use super::{ExportId, Exports, Kept, MediaType, Owner, when_room};

/// A document that is being written. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Writing {
    file: File,
    begun: Begun,
    /// What else the principal has kept, in bytes, when this was begun.
    beside: u64,
    /// What is told when there is no room.
    when_room: String,
    /// Why nothing more is taken: what stands in the file is not the whole of it.
    broken: Option<Failure>,
}

/// A document that is whole and not yet kept. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Closed {
    begun: Begun,
}

/// The file, counted and removed again unless it was kept.
#[derive(Debug)]
struct Begun {
    exports: Arc<Exports>,
    text: PathBuf,
    kept: Kept,
    published: bool,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.exports.count(&self.kept.owner.principal, 0, self.kept.size);
        if !self.published {
            let _ = fs::remove_file(&self.text);
        }
    }
}

impl Writing {
    pub(super) fn begin(
        exports: Arc<Exports>,
        owner: Owner,
        name: &str,
        media_type: &MediaType,
        others: &[Kept],
    ) -> Result<Self, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| exports.trouble(&error.into()))?;
        let id = ExportId::from_random(random);
        let text = exports.text_path(&id, name);
        let file = create(&text).map_err(|error| exports.trouble(&error))?;
        let created_at = Timestamp::now();
        let kept_for = jiff::SignedDuration::try_from(exports.limits.kept_for).unwrap_or_default();
        let expires_at = created_at.saturating_add(kept_for).unwrap_or(Timestamp::MAX);
        let kept = Kept {
            id,
            owner,
            name: name.to_owned(),
            media_type: media_type.as_str().to_owned(),
            size: 0,
            created_at,
            expires_at,
        };
        let beside = others.iter().map(|kept| kept.size).sum();
        let begun = Begun { exports, text, kept, published: false };
        Ok(Self { file, begun, beside, when_room: when_room(others), broken: None })
    }

    /// Adds text at the end.
    ///
    /// # Errors
    /// FORBIDDEN where the document, or all of its principal's together, would be larger than
    /// allowed; otherwise that the disk refuses. After an error the document cannot be kept.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.unbroken()?;
        let written = self.grow(text.len() as u64).and_then(|()| {
            self.file.write_all(text.as_bytes()).map_err(|error| self.begun.exports.trouble(&error))
        });
        self.broken = written.clone().err();
        written
    }

    fn unbroken(&self) -> Result<(), Failure> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn grow(&mut self, more: u64) -> Result<(), Failure> {
        let Begun { exports, kept, .. } = &mut self.begun;
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
            .remedy(self.when_room.clone()));
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
    ) -> Result<Closed, Failure> {
        self.unbroken()?;
        if let Some(edit) = edit {
            self.rewrite(edit)?;
        }
        self.file.sync_all().map_err(|error| self.begun.exports.trouble(&error))?;
        Ok(Closed { begun: self.begun })
    }

    fn rewrite(
        &mut self,
        edit: impl FnOnce(&str, String) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        let trouble = |error: std::io::Error| self.begun.exports.trouble(&error);
        let written = fs::read_to_string(&self.begun.text).map_err(trouble)?;
        let edited = edit(&self.begun.kept.media_type, written)?;
        // A new file: of what was there first nothing is left, not even behind a shorter text.
        fs::remove_file(&self.begun.text).map_err(trouble)?;
        self.file = create(&self.begun.text).map_err(trouble)?;
        let before = std::mem::take(&mut self.begun.kept.size);
        self.begun.exports.count(&self.begun.kept.owner.principal, 0, before);
        self.write(&edited)
    }
}

impl Closed {
    /// What will be kept.
    #[must_use]
    pub fn kept(&self) -> &Kept {
        &self.begun.kept
    }

    /// Keeps the document: from now on its caller can read it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn publish(mut self) -> Result<Kept, Failure> {
        let Begun { exports, kept, .. } = &self.begun;
        let record = exports.record_path(&kept.id);
        let written = serde_json::to_vec(kept).map_err(std::io::Error::from).and_then(|bytes| {
            let temporary = record.with_extension("new");
            let mut file = create(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &record)?;
            crate::dir::sync_parent(&record)
        });
        written.map_err(|error| exports.trouble(&error))?;
        self.begun.published = true;
        Ok(self.begun.kept.clone())
    }
}

/// A new file, for nobody else to read.
fn create(path: &std::path::Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
