//! What was refused, by which rule, and what would allow it.

use souk_model::{Code, Failure};

use crate::rule_origin::RuleOrigin;

/// A decision against something. Becomes a [`Failure`] with [`Code::Forbidden`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The rule's stable id, for the audit trail and for metrics: `tier-ceiling`, `read-only`,
    /// `deny-list`, `allow-list`, `session-effect`, `grant`, `grant-route`, `parameters`, `path-segment`, `query`,
    /// `store-view`, `batch`, `from-response`, `write-scope`, `role`, `stores`,
    /// `store-views`, `max-refund`, `decides`, `decision`.
    pub rule: &'static str,
    /// What was refused, and who set the rule.
    pub message: String,
    /// What would allow it.
    pub remedy: String,
    /// Who set the rule, where somebody did.
    pub origin: Option<RuleOrigin>,
}

impl Refusal {
    pub(crate) fn new(
        rule: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { rule, message: message.into(), remedy: remedy.into(), origin: None }
    }

    /// With who set the rule.
    pub(crate) fn set_by(mut self, origin: &RuleOrigin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::Forbidden, refusal.message).remedy(refusal.remedy).rule(refusal.rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_becomes_a_forbidden_failure_with_its_rule() {
        let failure: Failure = Refusal::new("read-only", "no", "ask").into();
        assert_eq!(failure.code, Code::Forbidden);
        assert_eq!(failure.rule.as_deref(), Some("read-only"));
        assert_eq!(failure.remedy.as_deref(), Some("ask"));
    }
}
