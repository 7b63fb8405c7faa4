//! What the trail says of persons: what they decided and saw, and who tried to pass for one.

use serde::{Deserialize, Serialize};

use super::text_cleaner::{MAX_MESSAGE, TextCleaner, clean_name};
use crate::Timestamp;

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonAct {
    /// Approved a plan.
    PlanApproved,
    /// Rejected a plan.
    PlanRejected,
    /// Was shown a plan on the console.
    PlanViewed,
    /// Stopped all writes.
    WritesStopped,
    /// Let writes go on.
    WritesResumed,
    /// Was set up, or given another passphrase.
    PersonSet,
    /// Gave a passphrase that is not theirs.
    WrongPassphrase,
}

/// Who did it, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEntry {
    /// When, to the millisecond.
    #[serde(with = "super::timestamp")]
    pub at: Timestamp,
    /// The name they gave.
    pub person: String,
    /// By what means: `page`, `terminal`, `elicitation`.
    pub means: String,
    /// The plan that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan: Option<String>,
    /// The digest of that plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
    /// The principal that the plan is of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub principal: Option<String>,
    /// How many of its items were left out.
    #[serde(skip_serializing_if = "no_items", default)]
    pub left_out: u32,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn no_items(count: &u32) -> bool {
    *count == 0
}

impl PersonEntry {
    /// Of a person who did something now, by these means.
    #[must_use]
    pub fn new(person: impl Into<String>, means: impl Into<String>) -> Self {
        Self {
            at: Timestamp::now(),
            person: person.into(),
            means: means.into(),
            plan: None,
            digest: None,
            principal: None,
            left_out: 0,
            reason: None,
        }
    }

    /// With why.
    #[must_use]
    pub fn reason(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(str::to_owned);
        self
    }

    /// The entry as it may be kept.
    pub(super) fn cleaned(mut self, cleaner: &TextCleaner<'_>) -> Self {
        let principal = self.principal.clone().unwrap_or_default();
        for name in [&mut self.person, &mut self.means] {
            clean_name(name);
        }
        for name in [&mut self.plan, &mut self.digest] {
            name.iter_mut().for_each(clean_name);
        }
        self.principal.iter_mut().for_each(|name| cleaner.clean_principal(name));
        self.reason.iter_mut().for_each(|reason| cleaner.clean(&principal, reason, MAX_MESSAGE));
        self
    }
}
