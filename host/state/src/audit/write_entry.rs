//! What the trail says of a request that may change something: before it is sent, when it has
//! ended, and when somebody finds out later.

use serde::{Deserialize, Serialize};

use super::text_cleaner::{MAX_MESSAGE, MAX_NAME, TextCleaner, clean_name};
use crate::Timestamp;

/// A request that is about to be sent: it may change the store, or the cache before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingEntry {
    /// When it was written down, to the millisecond.
    #[serde(with = "super::timestamp")]
    pub at: Timestamp,
    /// Which request.
    #[serde(flatten)]
    pub request: WriteRequest,
}

/// A request that was to be sent, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteEntry {
    /// When it was answered, or given up, to the millisecond.
    #[serde(with = "super::timestamp")]
    pub at: Timestamp,
    /// Which request.
    #[serde(flatten)]
    pub request: WriteRequest,
    /// The answer's HTTP status; none where there was no answer.
    pub status: Option<u16>,
    /// `accepted`, or what went wrong. It begins with `not sent` where the store never got it.
    pub outcome: String,
}

/// What a later look at the store says of an item whose end nobody had seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundEntry {
    /// When it was found out, to the millisecond.
    #[serde(with = "super::timestamp")]
    pub at: Timestamp,
    /// For whom it was looked at.
    pub principal: String,
    /// The plan.
    pub plan: String,
    /// The item's number in the plan, counted from 0.
    pub item: u32,
    /// What it is about: `product 24-MB01`.
    pub subject: String,
    /// What the item is now: `done`, `unknown`, or `sending` where it is sent again.
    pub state: String,
    /// What the look showed.
    pub outcome: String,
}

/// A request that changes something, as the trail names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRequest {
    /// For whom it is sent.
    pub principal: String,
    /// What the request is called by that it is sent for; none where nobody asked for it just then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// What it is part of.
    #[serde(flatten)]
    pub of: WriteOrigin,
    /// What it is about: `product 24-MB01`.
    pub subject: String,
    /// The method, as HTTP spells it.
    pub method: String,
    /// The route's template, never the path with its values.
    pub route: String,
    /// Why, in the words of whoever asked for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// What a write was part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WriteOrigin {
    /// A plan.
    Plan {
        /// Its id.
        plan: String,
        /// The item's number in the plan, counted from 0.
        item: u32,
        /// The step of the item, counted from 0.
        step: u32,
    },
    /// A call that needs no plan, since nothing of the store changes: a purge.
    Call {
        /// The tool's name.
        tool: String,
    },
}

impl SendingEntry {
    /// The entry as it may be kept: no known secret in it, and nothing longer than its limit.
    pub(super) fn cleaned(mut self, cleaner: &TextCleaner<'_>) -> Self {
        self.request.clean(cleaner);
        self
    }
}

impl WriteEntry {
    /// The entry as it may be kept.
    pub(super) fn cleaned(mut self, cleaner: &TextCleaner<'_>) -> Self {
        let principal = self.request.principal.clone();
        self.request.clean(cleaner);
        cleaner.clean(&principal, &mut self.outcome, MAX_MESSAGE);
        self
    }
}

impl FoundEntry {
    /// The entry as it may be kept.
    pub(super) fn cleaned(mut self, cleaner: &TextCleaner<'_>) -> Self {
        let principal = self.principal.clone();
        cleaner.clean_principal(&mut self.principal);
        clean_name(&mut self.plan);
        clean_name(&mut self.state);
        cleaner.clean(&principal, &mut self.subject, MAX_NAME);
        cleaner.clean(&principal, &mut self.outcome, MAX_MESSAGE);
        self
    }
}

impl WriteRequest {
    fn clean(&mut self, cleaner: &TextCleaner<'_>) {
        let principal = self.principal.clone();
        cleaner.clean_principal(&mut self.principal);
        self.request_id.iter_mut().for_each(clean_name);
        match &mut self.of {
            WriteOrigin::Plan { plan, .. } => clean_name(plan),
            WriteOrigin::Call { tool } => clean_name(tool),
        }
        clean_name(&mut self.method);
        clean_name(&mut self.route);
        cleaner.clean(&principal, &mut self.subject, MAX_NAME);
        self.reason.iter_mut().for_each(|reason| cleaner.clean(&principal, reason, MAX_MESSAGE));
    }
}
