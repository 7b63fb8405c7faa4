//! What a client can read beside calling tools.

use crate::Document;

/// Something that can be read, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its URI: `souk://exports/…`.
    pub uri: String,
    /// What it is called, for people: `coupons.csv`.
    pub name: String,
    /// What it is, for people and models.
    pub description: String,
    /// Its media type.
    pub media_type: String,
    /// In bytes, where that is known.
    pub size: Option<u64>,
}

impl From<&Document> for Resource {
    fn from(document: &Document) -> Self {
        let store = document.store.as_ref().map(|store| format!(" on `{store}`"));
        Self {
            uri: document.uri.clone(),
            name: document.name.clone(),
            description: format!(
                "Made by `{}`{}; kept until {}.",
                document.tool,
                store.unwrap_or_default(),
                document.expires_at
            ),
            media_type: document.media_type.clone(),
            size: Some(document.size),
        }
    }
}

/// A family of resources, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceFamily {
    /// RFC 6570: `souk://orders/{increment_id}`.
    pub uri_template: String,
    /// What one of them is called.
    pub name: String,
    /// For people.
    pub title: String,
    /// For people and models.
    pub description: String,
    /// The media type of each.
    pub media_type: String,
}

/// What is in a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// Text.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// A resource as it is read, or shown beside a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceContents {
    /// Its URI.
    pub uri: String,
    /// Its media type.
    pub media_type: String,
    /// What is in it.
    pub body: ResourceBody,
}

/// A document and its whole text.
impl From<(Document, String)> for ResourceContents {
    fn from((document, text): (Document, String)) -> Self {
        Self { uri: document.uri, media_type: document.media_type, body: ResourceBody::Text(text) }
    }
}

/// That something can be read which could not before, no longer can, or reads otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceChange {
    /// Of the list.
    List,
    /// Of one, by its URI.
    Contents(String),
}
