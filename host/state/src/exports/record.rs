//! What is known of a document.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use souk_model::{Document, Tier};

/// Characters of an id.
const ID_CHARS: usize = 32;
/// Before a document's id in its URI.
const SCHEME: &str = "souk://exports/";

/// A document's id: 128 random bits in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ExportId(String);

/// Not the id or the URI of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the URI of a document, such as `souk://exports/0f3a…`")]
pub struct InvalidExportId;

impl ExportId {
    /// An id of random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }

    /// The document's URI.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{SCHEME}{}", self.0)
    }

    /// The id in a document's URI.
    ///
    /// # Errors
    /// That the text is no such URI.
    pub fn of_uri(uri: &str) -> Result<Self, InvalidExportId> {
        uri.strip_prefix(SCHEME).ok_or(InvalidExportId)?.parse()
    }
}

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ExportId {
    type Err = InvalidExportId;

    fn from_str(text: &str) -> Result<Self, InvalidExportId> {
        let lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == ID_CHARS && text.bytes().all(lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidExportId)
        }
    }
}

impl From<ExportId> for String {
    fn from(id: ExportId) -> Self {
        id.0
    }
}

impl TryFrom<String> for ExportId {
    type Error = InvalidExportId;

    fn try_from(text: String) -> Result<Self, InvalidExportId> {
        text.parse()
    }
}

/// The id that a file's name begins with.
pub(super) fn id_in(file_name: &str) -> Option<ExportId> {
    file_name.get(..ID_CHARS)?.parse().ok()
}

/// To whom a document belongs, and what made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOwner {
    /// Who alone may read it.
    pub principal: String,
    /// The store it was made from, by the operator's name for it, where the call had a session.
    pub store: Option<String>,
    /// The group of the action that made it.
    pub group: String,
    /// The tool that made it.
    pub tool: String,
    /// That tool's tier.
    pub tier: Tier,
}

/// A document that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRecord {
    /// Its id.
    pub id: ExportId,
    /// To whom it belongs.
    #[serde(flatten)]
    pub owner: ExportOwner,
    /// What its maker calls it; never a path.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it is removed.
    pub expires_at: Timestamp,
}

impl ExportRecord {
    /// The document as its caller is told of it.
    #[must_use]
    pub fn document(&self) -> Document {
        Document {
            uri: self.id.uri(),
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            expires_at: format!("{:.0}", self.expires_at),
            tool: self.owner.tool.clone(),
            store: self.owner.store.clone(),
        }
    }
}

/// Reads what is known of a document.
pub(super) fn read(path: &Path) -> std::io::Result<ExportRecord> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
