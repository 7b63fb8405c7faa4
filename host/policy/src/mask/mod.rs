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
//! name, a store's and a warehouse's stay. A country stays, and so does a region, but for a person's name
//! or number that somebody wrote into it. Numbers become 0; null, true, false and the empty text stay as
//! they are, so the shape of a value never changes.
//!
//! What a call has come across under such a name is masked by its value, too, wherever else it comes
//! back in that call: a customer's name in a comment, a label, a message, a note of progress; a phone
//! number however it is written there, with or without country and area.
//!
//! # What is searched by
//! Under a mask personal fields are matched whole or not at all, and nothing is sorted by them: see
//! [`Mask::check_read`].
//!
//! # What is not
//! A name or a street in free text that the call has come across nowhere else, since nothing tells
//! it from other words.

mod document;
mod email;
mod kind;
mod known_values;
mod leaves;
mod members;
mod phone;
mod search;
mod text;
mod value;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use souk_model::{Failure, Read};

use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;
use known_values::KnownValues;

pub use document::UnmaskableMediaType;

/// Whether personal data is masked, and who set that. See the [module](self) for how.
///
/// It goes with a call from its beginning to its end, and whatever leaves the host for that call
/// goes through it. Its clones share what the call has come across.
#[derive(Clone, Default)]
pub struct Mask(Option<ActiveMask>);

#[derive(Clone)]
struct ActiveMask {
    origin: RuleOrigin,
    /// Personal values that the call has come across.
    known: Arc<Mutex<KnownValues>>,
}

impl ActiveMask {
    fn known(&self) -> MutexGuard<'_, KnownValues> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Mask {
    fn eq(&self, other: &Self) -> bool {
        let origin = |mask: &Self| mask.0.as_ref().map(|active| active.origin.clone());
        origin(self) == origin(other)
    }
}

impl Eq for Mask {}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({self})")
    }
}

impl Mask {
    /// Masks nothing.
    pub const OFF: Self = Self(None);

    /// Masks, as set there.
    #[must_use]
    pub fn set_by(origin: RuleOrigin) -> Self {
        Self(Some(ActiveMask { origin, known: Arc::default() }))
    }

    /// Whether it masks.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Refuses a read by which a caller could find out, little by little, what is masked: one that
    /// compares a personal field with less than a whole value, or sorts by it.
    ///
    /// # Errors
    /// A refusal by the rule `mask-pii`.
    pub fn check_read(&self, read: &Read) -> Result<(), Refusal> {
        if self.is_on() { search::check(read) } else { Ok(()) }
    }

    /// Notes the personal values in what the call has come across, so that they are masked wherever
    /// they come back.
    pub fn learn(&self, value: &Value) {
        if let Some(active) = &self.0 {
            let mut known = active.known();
            leaves::each(value, &mut |text, kind| known.learn(text, kind));
        }
    }

    /// A value as it may leave. It keeps its shape.
    #[must_use]
    pub fn value(&self, mut value: Value) -> Value {
        if let Some(active) = &self.0 {
            self.learn(&value);
            value::mask_value(&mut value, &active.known());
        }
        value
    }

    /// An object as it may leave.
    #[must_use]
    pub fn object(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        if let Some(active) = &self.0 {
            let mut known = active.known();
            leaves::each_of(&object, &mut |text, kind| known.learn(text, kind));
            value::mask_object(&mut object, members::PersonContext::Nobody, &known);
        }
        object
    }

    /// A text for people as it may leave: without e-mail addresses and phone numbers, and without
    /// personal values that the call has come across.
    #[must_use]
    pub fn text(&self, text: String) -> String {
        match &self.0 {
            Some(active) => active.known().mask(text::mask_text(text)),
            None => text,
        }
    }

    /// A failure as it may leave.
    #[must_use]
    pub fn failure(&self, mut failure: Failure) -> Failure {
        if self.is_on() {
            failure.message = self.text(failure.message);
            failure.remedy = failure.remedy.map(|remedy| self.text(remedy));
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
        match &self.0 {
            Some(active) => document::mask_document(media_type, text, &active.known()),
            None => Ok(text),
        }
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
            Some(active) => write!(f, "masked, set by {}", active.origin),
            None => f.write_str("not masked"),
        }
    }
}

#[cfg(test)]
mod tests;
