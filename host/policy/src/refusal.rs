//! What was refused, by which rule, and what would allow it.

use souk_model::{Code, Failure};

/// The longest piece of a foreign text that a message repeats, in characters.
const SHOWN: usize = 120;

/// A decision against something. Becomes a [`Failure`] with [`Code::Forbidden`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The rule's stable id, for the audit trail and for metrics: `tier-ceiling`, `read-only`,
    /// `deny-list`, `allow-list`, `session-effect`, `grant`, `parameters`, `path-segment`, `query`,
    /// `store-view`, `batch`, `answered`, `write-scope`.
    pub rule: &'static str,
    /// What was refused, and who set the rule.
    pub message: String,
    /// What would allow it.
    pub remedy: String,
}

impl Refusal {
    pub(crate) fn new(
        rule: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { rule, message: message.into(), remedy: remedy.into() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::Forbidden, refusal.message).remedy(refusal.remedy).rule(refusal.rule)
    }
}

/// A foreign text as a message may repeat it: bounded, without control characters or backticks.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
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

    #[test]
    fn foreign_text_is_bounded_and_loses_its_control_characters() {
        assert_eq!(shown("a\x1b[31m`b"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), SHOWN + 1);
    }
}
