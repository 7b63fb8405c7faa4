//! How the addresses of a configuration are read.

use serde::{Deserialize, Deserializer, de};
use url::Url;

/// A URL, or an error that repeats what was written.
pub(super) fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let text = String::deserialize(from)?;
    Url::parse(&text).map_err(|error| de::Error::custom(format!("`{text}` is no URL: {error}")))
}

/// The same, where it may be left out.
pub(super) fn some_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    url(from).map(Some)
}
