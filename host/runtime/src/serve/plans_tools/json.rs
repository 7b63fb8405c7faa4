//! Outcomes as callers see them.

use serde_json::{Map, Value, json};
use souk_model::plan::{PlanState, StoredFailure};
use souk_plans::PlanOutcome;

use crate::serve::native_args::object;

/// What a commit answers, with magento-mcp's names first.
pub(crate) fn outcome_schema(subject_as: Option<&str>) -> Map<String, Value> {
    let mut schema = object(json!({
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "success_count": {"type": "integer", "description": "Subjects that were written, verified by reading back."},
            "error_count": {"type": "integer", "description": "Subjects that are not."},
            "errors": {"type": "array", "items": {"type": "object"}, "description": "Each with subject, state (failed, drifted, skipped, unknown; pending where it was not tried), code and message; at most 100."},
            "plan_id": {"type": "string"},
            "state": {"type": "string"},
            "drifted": {"type": "integer", "description": "Changed by somebody else since the review, and left alone."},
            "skipped": {"type": "integer"},
            "unknown": {"type": "integer", "description": "May have happened: look at them in the store."},
            "pending": {"type": "integer", "description": "Not tried: of a run that has ended, `plans_resume` goes on with them."},
        },
        "required": ["message", "success_count", "error_count", "errors", "plan_id", "state"],
    }));
    if let (Some(name), Some(Value::Object(properties))) =
        (subject_as, schema.get_mut("properties"))
    {
        properties.insert(
            name.to_owned(),
            json!({"type": ["object", "null"], "description": "As read back after the change."}),
        );
    }
    schema
}

/// What a commit answers.
pub(crate) fn outcome_json(outcome: PlanOutcome, subject_as: Option<&str>) -> Map<String, Value> {
    let totals = outcome.totals();
    let total = totals.total;
    let errors: Vec<Value> = outcome
        .failures
        .iter()
        .map(|failed| {
            json!({
                "subject": failed.subject.id,
                "state": failed.state.as_str(),
                "code": failed.failure.as_ref().map(StoredFailure::code_text),
                "message": failed.failure.as_ref().map(|kept| kept.message.as_str()),
            })
        })
        .collect();
    let message = match (totals.done == total, outcome.state) {
        (true, _) => format!("{total} of {total} done, {}", outcome.evidence()),
        (false, PlanState::Proposed) => {
            format!("{total} would change; nothing was sent. Commit with `plans_commit`")
        }
        (false, PlanState::Running) => {
            format!("{} of {total} done so far; it goes on", totals.done)
        }
        (false, _) => format!("{} of {total} done; `errors` tells of the others", totals.done),
    };
    let message = match &outcome.note {
        Some(note) => format!("{message}. It ended early: {note}"),
        None => message,
    };
    let mut result = object(json!({
        "message": message,
        "success_count": totals.done,
        "error_count": totals.not_done,
        "errors": errors,
        "plan_id": outcome.plan.as_str(),
        "state": outcome.state.as_str(),
        "drifted": totals.drifted,
        "skipped": totals.skipped,
        "unknown": totals.unknown,
        "pending": totals.pending,
    }));
    if let Some(name) = subject_as {
        result.insert(name.to_owned(), outcome.subject.unwrap_or(Value::Null));
    }
    result
}
