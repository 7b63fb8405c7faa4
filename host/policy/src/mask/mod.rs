//! Masks personal data in what leaves the host.
//!
//! # What is masked
//! In structured data, values by the names of their members. In every text besides, e-mail addresses
//! and what reads as a phone number. A value becomes the mask of its kind, which tells nothing of it,
//! not even its length:
//!
//! | mask | members |
//! |---|---|
//! | `[masked:email]` | `email`, `customer_email`, … |
//! | `[masked:phone]` | `telephone`, `phone`, `mobile`, `fax`, … |
//! | `[masked:name]` | `firstname`, `middlename`, `lastname`, `customer_name`, `billing_name`, `nickname`, …; a person's `name`, `prefix` and `suffix` |
//! | `[masked:address]` | a person's `street`, `postcode`, `city`; an address that is one text |
//! | `[masked:company]` | `company` |
//! | `[masked:vat]` | `vat_id`, `taxvat` |
//! | `[masked:birth]` | `dob` |
//! | `[masked:ip]` | `remote_ip`, `x_forwarded_for` |
//!
//! Names are compared without case and separators: `vatId` is `vat_id`. A `name`, a `street` or a
//! `city` is personal only where it stands in an address (an object called `…address…`), beside a
//! first or last name, or in an object called `customer`, `recipient` and the like; so a product's
//! name, a store's and a warehouse's stay. Country and region always stay. Numbers become 0; null,
//! true, false and the empty text stay as they are, so the shape of a value never changes.
//!
//! # What is not
//! A name or a street that stands in free text, since nothing tells it from other words.

mod document;
mod email;
mod kind;
mod members;
mod phone;
mod text;
mod value;

use std::fmt;

use serde_json::{Map, Value};
use souk_model::Failure;

use crate::rule_origin::RuleOrigin;

pub use document::UnmaskableMediaType;

/// Whether personal data is masked, and who set that. See the [module](self) for how.
///
/// It goes with a call from its beginning to its end, and whatever leaves the host for that call
/// goes through it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mask(Option<RuleOrigin>);

impl Mask {
    /// Masks nothing.
    pub const OFF: Self = Self(None);

    /// Masks, as set there.
    #[must_use]
    pub const fn set_by(origin: RuleOrigin) -> Self {
        Self(Some(origin))
    }

    /// Whether it masks.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A value as it may leave. It keeps its shape.
    #[must_use]
    pub fn value(&self, mut value: Value) -> Value {
        if self.is_on() {
            value::mask_value(&mut value);
        }
        value
    }

    /// An object as it may leave.
    #[must_use]
    pub fn object(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        if self.is_on() {
            value::mask_object(&mut object, members::PersonContext::Nobody);
        }
        object
    }

    /// A text for people as it may leave: without e-mail addresses and phone numbers.
    #[must_use]
    pub fn text(&self, text: String) -> String {
        if self.is_on() { text::mask_text(text) } else { text }
    }

    /// A failure as it may leave.
    #[must_use]
    pub fn failure(&self, mut failure: Failure) -> Failure {
        if self.is_on() {
            failure.message = text::mask_text(failure.message);
            failure.remedy = failure.remedy.map(text::mask_text);
            failure.argument = failure.argument.map(text::mask_text);
        }
        failure
    }

    /// A document as it may leave: CSV by the names in its first line, JSON and JSON lines as
    /// [`value`](Self::value), Markdown and plain text as [`text`](Self::text).
    ///
    /// # Errors
    /// [`UnmaskableMediaType`] for every other media type: what cannot be read cannot be masked.
    pub fn document(&self, media_type: &str, text: String) -> Result<String, UnmaskableMediaType> {
        if self.is_on() { document::mask_document(media_type, text) } else { Ok(text) }
    }

    /// Whether a document of this media type can be kept.
    ///
    /// # Errors
    /// [`UnmaskableMediaType`] where not.
    pub fn check_media_type(&self, media_type: &str) -> Result<(), UnmaskableMediaType> {
        if self.is_on() { document::DocumentFormat::of(media_type).map(drop) } else { Ok(()) }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(origin) => write!(f, "masked, set by {origin}"),
            None => f.write_str("not masked"),
        }
    }
}

#[cfg(test)]
mod tests;
