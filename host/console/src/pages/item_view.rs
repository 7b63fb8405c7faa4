//! An item as it stands on a page: each field before and after, then everything else that goes out for it.
//! It is the review's, and leaves nothing of it out.

use serde_json::Value;
use souk_model::plan::{ItemState, Retry};
use souk_model::visible;
use souk_plans::ItemReview;
use souk_plans::review::{
    ExpectationKind, FieldChange, RequestsReview, UndoKind, changed_lines, one_line,
};

/// An item on a page.
pub(super) struct ItemView {
    pub(super) number: u32,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) label: String,
    pub(super) state: &'static str,
    /// Why it did not end done.
    pub(super) failure: String,
    pub(super) warnings: Vec<String>,
    pub(super) plugin_warnings: Vec<String>,
    pub(super) fields: Vec<FieldView>,
    /// Everything else, a line each.
    pub(super) details: Vec<String>,
    /// How it is taken back.
    pub(super) undo: String,
    /// Whether it is marked to be left out.
    pub(super) is_left_out: bool,
}

/// A field of it.
pub(super) struct FieldView {
    pub(super) name: String,
    /// Where it is read and sent, where its name does not say so.
    pub(super) places: String,
    /// The places where it differs: before and after.
    pub(super) lines: Vec<(String, String)>,
    pub(super) is_inherited: bool,
    /// What is only expected of it.
    pub(super) note: String,
}

impl ItemView {
    pub(super) fn of(review: &ItemReview, is_left_out: bool) -> Self {
        let failure = review.failure.as_ref().filter(|_| review.state != ItemState::Done);
        let mut details = Vec::new();
        for (number, write) in review.writes.iter().enumerate() {
            let rows = if write.rows == 1 { "row" } else { "rows" };
            let mut line = format!(
                "request {number}: {}, tier {}, {} {rows}",
                write.does,
                write.tier.as_str(),
                write.rows
            );
            for (kind, places) in &write.values {
                line.push_str(&format!("; {kind} at {}", places.join(" and ")));
            }
            details.push(visible::line(&line).into_owned());
        }
        requests(&mut details, "sends", &review.requests);
        match review.retry {
            Retry::Idempotent => {}
            Retry::IfAbsent => {
                details
                    .push("is sent again only if a read shows that it did not happen".to_owned());
            }
            Retry::Never => {
                details.push("is sent once: no read can show that it did not happen".to_owned());
            }
        }
        Self {
            number: review.n,
            kind: review.kind.clone(),
            subject: review.subject.clone(),
            label: review.label.clone().unwrap_or_default(),
            state: review.state.as_str(),
            failure: failure
                .map(|failure| format!("{}: {}", failure.code, failure.message))
                .unwrap_or_default(),
            warnings: review.warnings.clone(),
            plugin_warnings: review.plugin_warnings.clone(),
            fields: review.changes.iter().map(FieldView::of).collect(),
            undo: undo(review, &mut details),
            details,
            is_left_out,
        }
    }
}

impl FieldView {
    fn of(change: &FieldChange) -> Self {
        let mut places = Vec::new();
        if let Some(at) = &change.read_at {
            places.push(format!("read at {at}"));
        }
        if !change.sent_at.is_empty() {
            places.push(format!("sent at {}", change.sent_at.join(" and ")));
        }
        let is_removed = change.expectation == Some(ExpectationKind::Removed);
        let after = |value: &Value| match is_removed {
            true => "nothing".to_owned(),
            false => one_line(value),
        };
        let lines = match (&change.before, &change.after) {
            (Value::Null, value) => vec![("nothing".to_owned(), after(value))],
            (before, value) if is_removed || value.is_null() => {
                vec![(one_line(before), after(value))]
            }
            (before, value) => changed_lines(before, value),
        };
        Self {
            name: change.field.clone(),
            places: places.join(", "),
            lines,
            is_inherited: change.inherited,
            note: change.note.clone().unwrap_or_default(),
        }
    }
}

/// How it is taken back; by which requests, among the details.
fn undo(review: &ItemReview, details: &mut Vec<String>) -> String {
    match (review.undo.how, &review.undo.steps) {
        (UndoKind::Restore, _) => "undone by the same, with what was before".to_owned(),
        (UndoKind::Steps, steps) => {
            if let Some(steps) = steps {
                requests(details, "undone by", steps);
            }
            "undone by requests of its own".to_owned()
        }
        (UndoKind::None, _) => {
            let why = review.undo.why.as_deref().unwrap_or_default();
            format!("cannot be undone, the plugin says: “{why}”")
        }
    }
}

/// Requests, each with what else goes out in it.
fn requests(details: &mut Vec<String>, what: &str, review: &RequestsReview) {
    let place = |at: &str| if at.is_empty() { "the whole".to_owned() } else { at.to_owned() };
    for (number, request) in review.requests.iter().enumerate() {
        details.push(format!("{what} {request}"));
        for parameter in review.parameters.iter().filter(|one| one.step == number) {
            let value = match (&parameter.value, &parameter.source) {
                (Some(value), _) => one_line(&Value::from(value.as_str())),
                (None, source) => source.clone().unwrap_or_default(),
            };
            let (part, name) = (&parameter.part, &parameter.name);
            details.push(format!("not the subject, {part} value {name}: {value}"));
        }
        for constant in review.constants.iter().filter(|one| one.step == number) {
            let value = one_line(&constant.value);
            details.push(format!("also sent, {}: {value}", place(&constant.at)));
        }
        for fill in review.fills.iter().filter(|one| one.step == number) {
            let value = fill.value.as_ref().map(|value| format!(": {}", one_line(value)));
            let value = value.unwrap_or_default();
            details.push(format!("filled in, {}: {}{value}", place(&fill.at), fill.source));
        }
        for refusal in review.failure_responses.iter().filter(|one| one.step == number) {
            let equals = refusal.equals.as_ref().map_or("anything".to_owned(), one_line);
            let at = place(&refusal.at);
            details.push(format!("an answer with {equals} at {at} counts as refused"));
        }
    }
}

/// Whether an item holds a text, whatever its case: its name, its fields and their values.
pub(super) fn holds(review: &ItemReview, text: &str) -> bool {
    let text = text.to_lowercase();
    let has = |value: &str| value.to_lowercase().contains(&text);
    has(&review.subject)
        || has(&review.kind)
        || review.label.as_deref().is_some_and(has)
        || review.warnings.iter().chain(&review.plugin_warnings).any(|warning| has(warning))
        || review.changes.iter().any(|change| {
            has(&change.field)
                || holds_value(&change.before, &has)
                || holds_value(&change.after, &has)
        })
}

fn holds_value(value: &Value, has: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => has(text),
        other => has(&other.to_string()),
    }
}

/// Whether a field of this name changes.
pub(super) fn changes_field(review: &ItemReview, field: &str) -> bool {
    review.changes.iter().any(|change| change.field == field)
}
