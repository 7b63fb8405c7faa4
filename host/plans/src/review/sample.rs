//! The first items of a plan, for the answer of the tool that proposes it: small, and without a
//! value that is sent and not named.

use serde_json::{Value, json};
use souk_model::Tier;
use souk_model::plan::Constant;

use super::item_review::ItemReview;
use super::request_review::RequestsReview;

/// Characters of a value that no field stands for; `plans_get` shows all of it.
const VALUE_CHARS: usize = 200;

/// Rows as `{subject, field, before, after}`: each field, then whatever else is sent for it.
#[must_use]
pub fn sample_rows(items: &[ItemReview]) -> Vec<Value> {
    items.iter().flat_map(rows).collect()
}

fn rows(item: &ItemReview) -> Vec<Value> {
    let fields = item.changes.iter().map(|change| json!(change));
    let row = |at: &str, after: Value, note: String| json!({"subject": item.subject, "field": at, "before": null, "after": after, "note": note});
    let RequestsReview { requests, parameters, constants, fills, .. } = &item.requests;
    let request = |step: usize| requests.get(step).map_or("", String::as_str);
    let parameters = parameters.iter().map(|parameter| {
        let note =
            format!("not the subject, in the {} of {}", parameter.part, request(parameter.step));
        let value = parameter.value.as_deref().or(parameter.source.as_deref());
        row(&parameter.name, json!(value), note)
    });
    let constants = constants.iter().filter(|constant| !names_a_field(item, constant)).map(
        |Constant { step, at, value }| {
            row(at, abbreviated(value), format!("also sent, in {}", request(*step)))
        },
    );
    let fills = fills.iter().map(|fill| {
        let note = format!("filled in by the host: {}, in {}", fill.source, request(fill.step));
        let mut row = row(&fill.at, fill.value.as_ref().map_or(Value::Null, abbreviated), note);
        if let Some(read_at) = &fill.read_at {
            row["read_at"] = json!(read_at);
        }
        row
    });
    // A request without a body has nothing else that shows it.
    let acts = requests
        .iter()
        .zip(&item.writes)
        .filter(|(request, write)| request.starts_with("DELETE ") || write.tier == Tier::Critical);
    let acts = acts.map(|(request, write)| {
        row(request, Value::Null, format!("{} ({})", write.does, write.tier.as_str()))
    });
    fields.chain(acts).chain(parameters).chain(constants).chain(fills).collect()
}

/// Whether a constant is the code of an attribute whose value is one of the fields above.
fn names_a_field(item: &ItemReview, constant: &Constant) -> bool {
    let is_value_shown = |place: &str| {
        let value = format!("{place}/value");
        !item.requests.constants.iter().any(|other| {
            other.step == constant.step && (other.at == value || other.at.starts_with(&value))
        })
    };
    constant
        .at
        .strip_suffix("/attribute_code")
        .is_some_and(|place| place.contains("/custom_attributes/") && is_value_shown(place))
        && item.changes.iter().any(|change| constant.value == change.field.as_str())
}

fn abbreviated(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(VALUE_CHARS) {
            Some((at, _)) => format!("{}…", &text[..at]).into(),
            None => value.clone(),
        },
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            match text.char_indices().nth(VALUE_CHARS) {
                Some((at, _)) => format!("{}…", &text[..at]).into(),
                None => value.clone(),
            }
        }
        other => other.clone(),
    }
}
