//! What actions that change one rule answer.

use souk_sdk::core::{ItemError, Outcome};
use souk_sdk::prelude::*;

/// The rule as a read shows it, and what was done to it.
#[result]
#[derive(Default)]
pub(crate) struct ChangeRuleResult {
    message: String,
    /// The rule as a read after the change shows it.
    #[schemars(with = "Option<AnyObject>")]
    rule: Value,
    warnings: Vec<String>,
    /// 1 where it was written, and a read shows it.
    #[schemars(with = "i64")]
    success_count: u32,
    #[schemars(with = "i64")]
    error_count: u32,
    /// Why it was not: state is failed, drifted (somebody changed it meanwhile), skipped, or unknown
    /// (it may have happened).
    #[schemars(with = "Vec<AnyObject>")]
    errors: Vec<ItemError>,
    /// plans_get shows the change, plans_undo takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    plan_id: Option<String>,
}

impl ChangeRuleResult {
    /// The result where nothing had to be sent.
    pub(crate) fn unchanged(rule: Value, message: String) -> Self {
        Self { message, rule, ..Self::default() }
    }

    /// The result for an outcome.
    pub(crate) fn new(outcome: Outcome, warnings: Vec<String>) -> Result<Self, Failure> {
        let rule = match &outcome.subject {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| Failure::internal(format!("the host's subject: {error}")))?,
            None => Value::Null,
        };
        let AppliedResult { message, success_count, error_count, errors, plan_id } =
            AppliedResult::new(outcome);
        let plan_id = Some(plan_id);
        Ok(Self { message, rule, warnings, success_count, error_count, errors, plan_id })
    }
}
