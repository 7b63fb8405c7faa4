//! What could not be found out, said and not passed over.

use schemars::JsonSchema;
use serde::Serialize;
use souk_sdk::Failure;

/// Something that the store did not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Unknown {
    /// What it is.
    pub(crate) what: String,
    /// Why it could not be found out.
    pub(crate) why: String,
}

impl Unknown {
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }

    /// A read that failed.
    pub(crate) fn unread(what: impl Into<String>, failure: &Failure) -> Self {
        Self::new(what, failure.message.as_str())
    }
}

/// The same without repeats: views of one website often do not tell the same thing.
pub(crate) fn each_once(all: Vec<Unknown>) -> Vec<Unknown> {
    let mut once: Vec<Unknown> = Vec::new();
    for unknown in all {
        if !once.contains(&unknown) {
            once.push(unknown);
        }
    }
    once
}

/// Keeps what was read, and notes what was not.
pub(crate) fn noted<T>(
    answer: Result<T, Failure>,
    what: impl Into<String>,
    unknown: &mut Vec<Unknown>,
) -> Option<T> {
    answer.map_err(|failure| unknown.push(Unknown::unread(what, &failure))).ok()
}
