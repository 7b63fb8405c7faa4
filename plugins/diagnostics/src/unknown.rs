//! What could not be found out, said and not passed over.

use souk_sdk::prelude::*;

/// Something that the store did not answer.
#[result]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// What it is.
    what: String,
    /// Why it could not be found out.
    why: String,
}

impl Unknown {
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

/// The same without repeats: views of one website often leave the same thing open.
pub(crate) fn each_once(all: Vec<Unknown>) -> Vec<Unknown> {
    let mut once: Vec<Unknown> = Vec::new();
    for unknown in all {
        if !once.contains(&unknown) {
            once.push(unknown);
        }
    }
    once
}

/// What was read; what could not be goes to the unknown.
pub(crate) fn or_unknown<T>(
    answer: Result<T, Failure>,
    what: impl Into<String>,
    unknown: &mut Vec<Unknown>,
) -> Option<T> {
    answer.map_err(|failure| unknown.push(Unknown::new(what, failure.message))).ok()
}
