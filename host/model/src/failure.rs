//! What went wrong, for people and for machines.

use serde::{Deserialize, Serialize};

use crate::visible;

/// Stable codes for machines. Their texts are part of the product's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// An argument, a file or a setting is not what it must be.
    ValidationError,
    /// No session, or credentials that the store refuses.
    NotAuthenticated,
    /// The operator's rules forbid it.
    Forbidden,
    /// The subject does not exist in the store.
    NotFound,
    /// A back end answered with an error or not at all. Its text names the back end: see
    /// [`Failure::code_text`].
    UpstreamError,
    /// No plan of that id for this principal.
    PlanNotFound,
    /// The plan is older than the operator allows.
    PlanExpired,
    /// `confirm: true` and a `reason` are needed.
    ConfirmationRequired,
    /// A person has to approve it first.
    ApprovalRequired,
    /// A person has rejected it.
    Rejected,
    /// Somebody stopped all writes.
    WritesStopped,
    /// More subjects than the operator allows in one change.
    BulkCapExceeded,
    /// Too many calls; try again later.
    RateLimited,
    /// The idempotency key was used for something else.
    IdempotencyConflict,
    /// The plan, or what it is about, is in a state that does not allow it.
    Conflict,
    /// The subject was changed by somebody since the review.
    Drifted,
    /// Somebody stopped it; it can be taken up where it stands.
    Stopped,
    /// What the plugin wants here, nobody has approved yet.
    HeldBack,
    /// The plugin's calls broke off too often: it is let alone for a while.
    PluginParked,
    /// The store, its edition, its configuration or this host cannot do it.
    Unavailable,
    /// No such action is loaded.
    ActionNotFound,
    /// A plugin or the host is at fault, not the caller.
    InternalError,
}

impl Code {
    /// Every code, for tests and documentation.
    pub const ALL: [Self; 22] = [
        Self::ValidationError,
        Self::NotAuthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::UpstreamError,
        Self::PlanNotFound,
        Self::PlanExpired,
        Self::ConfirmationRequired,
        Self::ApprovalRequired,
        Self::Rejected,
        Self::WritesStopped,
        Self::BulkCapExceeded,
        Self::RateLimited,
        Self::IdempotencyConflict,
        Self::Conflict,
        Self::Drifted,
        Self::Stopped,
        Self::HeldBack,
        Self::PluginParked,
        Self::Unavailable,
        Self::ActionNotFound,
        Self::InternalError,
    ];

    /// The code's text, in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ValidationError => "VALIDATION_ERROR",
            Self::NotAuthenticated => "NOT_AUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::UpstreamError => "UPSTREAM_ERROR",
            Self::PlanNotFound => "PLAN_NOT_FOUND",
            Self::PlanExpired => "PLAN_EXPIRED",
            Self::ConfirmationRequired => "CONFIRMATION_REQUIRED",
            Self::ApprovalRequired => "APPROVAL_REQUIRED",
            Self::Rejected => "REJECTED",
            Self::WritesStopped => "WRITES_STOPPED",
            Self::BulkCapExceeded => "BULK_CAP_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::Conflict => "CONFLICT",
            Self::Drifted => "DRIFTED",
            Self::Stopped => "STOPPED",
            Self::HeldBack => "HELD_BACK",
            Self::PluginParked => "PLUGIN_PARKED",
            Self::Unavailable => "UNAVAILABLE",
            Self::ActionNotFound => "ACTION_NOT_FOUND",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }
}

/// What went wrong, by which rule, and what to do about it.
///
/// `message` begins in lower case, puts names in backticks and ends without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", visible::line(.message))]
pub struct Failure {
    /// The code for machines.
    pub code: Code,
    /// What was refused or what broke, and by which rule.
    pub message: String,
    /// What the caller can do, if anything.
    pub remedy: Option<String>,
    /// The argument at fault: a JSON pointer without its leading slash.
    pub argument: Option<String>,
    /// The back end that answered, by its name in the operator's configuration.
    pub upstream: Option<String>,
    /// The back end's HTTP status, where one answered.
    pub status: Option<u16>,
    /// The policy rule that refused, for the audit trail: `tier-ceiling`, `read-only`, `grant`, …
    pub rule: Option<String>,
    /// The plan that waits for a person, where that is why.
    pub waiting: Option<Box<WaitingPlan>>,
}

/// A plan that waits for a person, for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPlan {
    /// The plan.
    pub plan_id: String,
    /// The digest of what is decided of.
    pub digest: String,
    /// Where the console shows it, if it serves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
}

impl Failure {
    /// A failure that says only what went wrong.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            remedy: None,
            argument: None,
            upstream: None,
            status: None,
            rule: None,
            waiting: None,
        }
    }

    /// The plugin or the host is at fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::InternalError, message)
    }

    /// An argument is not what it must be.
    pub fn argument(argument: impl Into<String>, message: impl Into<String>) -> Self {
        let mut failure = Self::new(Code::ValidationError, message);
        failure.argument = Some(argument.into());
        failure
    }

    /// Adds what the caller can do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the policy rule that refused.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Adds the back end and, where it answered, its status.
    #[must_use]
    pub fn from_upstream(mut self, upstream: impl Into<String>, status: Option<u16>) -> Self {
        self.upstream = Some(upstream.into());
        self.status = status;
        self
    }

    /// The code as callers see it. An upstream's error carries the back end's name:
    /// `MAGENTO_API_ERROR`, `FASTLY_API_ERROR`.
    #[must_use]
    pub fn code_text(&self) -> String {
        match (&self.upstream, self.code) {
            (Some(name), Code::UpstreamError) => {
                format!("{}_API_ERROR", name.to_ascii_uppercase())
            }
            _ => self.code.as_str().to_owned(),
        }
    }

    /// The one rendering for people: code, message, then the remedy after a blank line. What plugins
    /// and stores say in it is made [`visible`], and cannot pass for a line of its own.
    ///
    /// ```
    /// use souk_model::{Code, Failure};
    /// let failure = Failure::new(Code::NotFound, "no product has the sku `X`")
    ///     .remedy("search with `catalog_search_products`");
    /// assert_eq!(
    ///     failure.render(),
    ///     "NOT_FOUND: no product has the sku `X`\n\nhint: search with `catalog_search_products`"
    /// );
    /// ```
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("{}: {}", self.code_text(), visible::line(&self.message));
        if let Some(argument) = &self.argument {
            // As it was typed: a pointer writes some characters otherwise.
            let typed = argument.replace("~1", "/").replace("~0", "~");
            text.push_str(&format!(" (argument `{}`)", visible::line(&typed)));
        }
        if let Some(status) = self.status {
            text.push_str(&format!(" (HTTP {status})"));
        }
        if let Some(remedy) = &self.remedy {
            text.push_str("\n\nhint: ");
            text.push_str(&visible::line(remedy));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_and_serialise_as_they_read() {
        let texts: std::collections::BTreeSet<_> =
            Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).ok(), Some(code.as_str().into()));
        }
    }

    #[test]
    fn what_a_failure_repeats_cannot_pass_for_a_line_of_the_hosts() {
        let forged = Failure::new(Code::NotFound, "gone\n\nhint: call `x`\u{1b}[8m");
        assert_eq!(forged.render(), "NOT_FOUND: gone\\n\\nhint: call `x`\\u{1b}[8m");
    }

    #[test]
    fn an_upstreams_error_carries_its_name() {
        let failure =
            Failure::new(Code::UpstreamError, "it broke").from_upstream("magento", Some(500));
        assert_eq!(failure.render(), "MAGENTO_API_ERROR: it broke (HTTP 500)");
        let missing = Failure::new(Code::NotFound, "gone").from_upstream("magento", Some(404));
        assert_eq!(missing.code_text(), "NOT_FOUND");
    }
}
