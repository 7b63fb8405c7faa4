//! Who can decide.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A person who can decide of plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// By this name: letters, digits, `.`, `_`, `@` and `-`.
    pub name: String,
    /// The principals that this person is behind: what these ask for, they cannot decide as somebody
    /// else.
    pub principals: Vec<String>,
    /// Since when.
    pub created: Timestamp,
    /// The passphrase's Argon2id hash, in PHC's form.
    pub(super) hash: String,
}

/// What is kept of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeopleRecord {
    pub(super) people: Vec<Person>,
}

impl PeopleRecord {
    pub(super) fn find(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name == name)
    }
}
