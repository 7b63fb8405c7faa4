//! What actions that change one rule answer.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use souk_sdk::{AppliedResult, Failure, ItemError, Outcome};

/// The rule as a read shows it, and what was done to it.
#[derive(Debug, Serialize)]
pub(crate) struct Changed {
    message: String,
    rule: Value,
    warnings: Vec<String>,
    success_count: u32,
    error_count: u32,
    errors: Vec<ItemError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<String>,
}

impl Changed {
    /// The answer for an outcome.
    pub(crate) fn new(outcome: Outcome, warnings: Vec<String>) -> Result<Self, Failure> {
        let rule = match &outcome.subject {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| Failure::internal(format!("the host's subject: {error}")))?,
            None => Value::Null,
        };
        let AppliedResult { message, success_count, error_count, errors, plan_id } =
            AppliedResult::new(outcome);
        Ok(Self {
            message,
            rule,
            warnings,
            success_count,
            error_count,
            errors,
            plan_id: Some(plan_id),
        })
    }

    /// The answer where nothing had to be sent.
    pub(crate) fn nothing(rule: Value, message: String) -> Self {
        Self {
            message,
            rule,
            warnings: Vec::new(),
            success_count: 0,
            error_count: 0,
            errors: Vec::new(),
            plan_id: None,
        }
    }
}

impl JsonSchema for Changed {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Changed".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "rule": {"type": ["object", "null"], "description": "The rule as a read after the change shows it."},
                "warnings": {"type": "array", "items": {"type": "string"}},
                "success_count": {"type": "integer", "description": "1 where it was written, and a read shows it."},
                "error_count": {"type": "integer"},
                "errors": {"type": "array", "items": {"type": "object"}, "description": "Why it was not: state is failed, drifted (somebody changed it meanwhile), skipped, or unknown (it may have happened)."},
                "plan_id": {"type": "string", "description": "plans_get shows the change, plans_undo takes it back."},
            },
            "required": ["message", "rule", "warnings", "success_count", "error_count", "errors"],
        })
    }
}
