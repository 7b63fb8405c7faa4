//! What the host knows of a plan's outcome, as members of a result of a plugin's own schema.

use serde_json::{Map, Value, json};
use souk_model::Failure;
use souk_plans::{ItemFailure, PlanCompletion, PlanOutcome};

use crate::load::schema::OutputSchema;

/// The members of a result that tell of an outcome, with the host's values, and the schema they have
/// to fit.
pub(super) struct OutcomeMembers<'s> {
    schema: &'s OutputSchema,
    completion: PlanCompletion,
    /// The outcome in words.
    words: String,
    values: Vec<(&'static str, Value)>,
}

impl<'s> OutcomeMembers<'s> {
    pub(super) fn of(outcome: &PlanOutcome, schema: &'s OutputSchema) -> Self {
        let totals = outcome.totals();
        let completion = outcome.completion();
        let errors: Vec<Value> = outcome.failures.iter().map(error).collect();
        let values = vec![
            ("plan_id", json!(outcome.plan.as_str())),
            ("state", json!(outcome.state.as_str())),
            ("done", json!(completion == PlanCompletion::Full)),
            ("success_count", json!(totals.done)),
            ("error_count", json!(totals.not_done)),
            ("errors", json!(errors)),
            ("failed", json!(totals.failed)),
            ("drifted", json!(totals.drifted)),
            ("skipped", json!(totals.skipped)),
            ("unknown", json!(totals.unknown)),
            ("pending", json!(totals.pending)),
        ];
        Self { schema, completion, words: outcome.describe(), values }
    }

    /// Puts the host's values over those of the plugin, and in where there is room for them. What does
    /// not fit the schema stays as the plugin has it: the host's words stand beside the result in any
    /// case.
    pub(super) fn put_into(&self, result: &mut Map<String, Value>) {
        let mut wanted: Vec<(&str, Value)> = self
            .values
            .iter()
            .filter(|(name, _)| self.belongs(name, result))
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        wanted.extend(self.message(result.get("message")).map(|message| ("message", message)));
        let mut all = result.clone();
        all.extend(wanted.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        if self.fits(&mut all) {
            *result = all;
            return;
        }
        for (name, value) in wanted {
            let before = result.insert(name.to_owned(), value);
            if !self.fits(result) {
                match before {
                    Some(before) => drop(result.insert(name.to_owned(), before)),
                    None => drop(result.shift_remove(name)),
                }
            }
        }
    }

    /// The host's values alone, for a plugin that gave no result; nothing where the schema wants more
    /// than the host can say.
    pub(super) fn alone(&self, failure: &Failure) -> Option<Map<String, Value>> {
        let mut result = Map::new();
        for (name, value) in &self.values {
            if self.belongs(name, &result) {
                result.insert((*name).to_owned(), value.clone());
            }
        }
        if self.schema.property("message").is_some() {
            result.insert(
                "message".to_owned(),
                json!(format!("{}; then: {}", self.words, failure.message)),
            );
        }
        for name in self.schema.required() {
            if !result.contains_key(name)
                && let Some(nothing) = self.schema.property(name).and_then(nothing)
            {
                result.insert(name.to_owned(), nothing);
            }
        }
        self.fits(&mut result).then_some(result)
    }

    /// Whether this member of a result tells of an outcome. `state` and the counts may be anything in
    /// a schema that knows no plans.
    fn belongs(&self, name: &str, result: &Map<String, Value>) -> bool {
        let declared = self.schema.property(name);
        let tells_of_plans =
            ["plan_id", "success_count"].iter().any(|name| self.schema.property(name).is_some());
        match name {
            "plan_id" | "success_count" | "error_count" | "errors" => {
                declared.is_some() || result.contains_key(name) || self.schema.has_room()
            }
            "state" if declared.is_none() => self.schema.has_room() && !result.contains_key(name),
            "done" => declared.is_some_and(|done| done.get("type") == Some(&json!("boolean"))),
            _ => declared.is_some() && tells_of_plans,
        }
    }

    /// What happened, in a sentence of the host's before that of the plugin, where not all was done.
    fn message(&self, said: Option<&Value>) -> Option<Value> {
        let incomplete =
            matches!(self.completion, PlanCompletion::Partial | PlanCompletion::Nothing);
        let said = said.and_then(Value::as_str).filter(|_| incomplete)?;
        Some(json!(format!("{}. The plugin says: {said}", self.words)))
    }

    fn fits(&self, result: &mut Map<String, Value>) -> bool {
        let value = Value::Object(std::mem::take(result));
        let fits = self.schema.check(&value).is_ok();
        if let Value::Object(object) = value {
            *result = object;
        }
        fits
    }
}

/// One item that was not done, in the names of every tool's schema.
fn error(failed: &ItemFailure) -> Value {
    let failure = failed.failure.as_ref();
    let message = failure.map(|failure| failure.message.as_str());
    let mut error = json!({
        "id": failed.subject.id,
        "subject": failed.subject.id,
        "state": failed.state.as_str(),
        "code": failure.map(souk_model::plan::StoredFailure::code_text),
        "error": message,
        "message": message,
    });
    if let Some(remedy) = failure.and_then(|failure| failure.remedy.as_ref()) {
        error["hint"] = json!(remedy);
    }
    error
}

/// What stands for nothing where something of this kind is required.
fn nothing(property: &Value) -> Option<Value> {
    let is = |kind: &str| match property.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    if is("null") {
        Some(Value::Null)
    } else if is("array") {
        Some(json!([]))
    } else {
        None
    }
}
