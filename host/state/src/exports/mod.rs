//! Documents that calls kept for their callers: files in `exports/` of the state directory.
//!
//! # The files
//! Each document is two files, 0600 in a directory of 0700: its text, `ID-NAME`, and what is known
//! of it, `ID.json`. The second is written last and by a rename, so a document is either whole or
//! not there; whatever else a killed host leaves is removed after an hour. `NAME` is made of the
//! document's name by [`file_name`] and only serves people: where a file is follows from the id,
//! which is 128 random bits that this module drew.
//!
//! # Several hosts
//! All keep their documents in one directory. What a principal has in it is counted over all of
//! them, and what it is writing in each host by itself.

mod directory;
mod name;
mod record;
mod writer;

pub use directory::{ExportLimits, Exports};
pub use name::{InvalidMediaType, MediaType, file_name};
pub use record::{ExportId, ExportOwner, ExportRecord, InvalidExportId};
pub use writer::{ExportWriter, MOST_DOCUMENTS, PendingExport};
