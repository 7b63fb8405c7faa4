//! A change and what a read showed: what the review shows, held to what would be sent.

use serde::Deserialize;
use serde_json::Value;
use souk_model::plan::{Change, Step, Undo};
use souk_model::visible;
use souk_plans::review::RequestsReview;
use souk_plans::{ItemReview, fuzz, sample_rows};

#[derive(Deserialize)]
struct Proposal {
    change: Change,
    #[serde(default)]
    here: Option<Value>,
    #[serde(default)]
    global: Option<Value>,
    #[serde(default)]
    response: Value,
}

/// Any change.
pub(super) fn run(bytes: &[u8]) -> bool {
    let Ok(Proposal { change, here, global, response }) = serde_json::from_slice(bytes) else {
        return false;
    };
    check(change, here, global, &response)
}

/// Reviews a change, and holds the review to what would be sent after this response. Whether it was
/// taken.
pub(super) fn check(
    change: Change,
    here: Option<Value>,
    global: Option<Value>,
    response: &Value,
) -> bool {
    let item = match fuzz::review(change, here, global) {
        Ok(Some(item)) => item,
        Ok(None) => return false,
        Err(refused) => {
            assert!(visible::is_visible(&refused.render()));
            return false;
        }
    };
    let review = ItemReview::proposed(&item);
    let shown = [&review.requests].into_iter().chain(&review.undo.steps);
    for text in shown.flat_map(texts).chain([&review.subject, &review.kind]) {
        assert!(!text.contains('\n') && visible::is_visible(text), "{text:?}");
    }
    let edits: Vec<&Value> = review.changes.iter().map(|change| &change.after).collect();
    check_steps(&item, &item.change.steps, &review.requests, &edits, response);
    if let (Undo::Steps(steps), Some(review)) = (&item.change.undo, &review.undo.steps) {
        check_steps(&item, steps, review, &[], response);
    }
    assert!(sample_rows(std::slice::from_ref(&review)).len() >= review.changes.len());
    let json = serde_json::to_value(&review).expect("a review is JSON");
    let back: ItemReview = serde_json::from_value(json).expect("and is read back");
    assert_eq!(back, review);
    true
}

/// Every text of a plugin that a review shows as a name.
fn texts(review: &RequestsReview) -> Vec<&String> {
    let mut texts: Vec<&String> = review.requests.iter().collect();
    texts.extend(review.parameters.iter().map(|parameter| &parameter.name));
    texts.extend(review.constants.iter().map(|constant| &constant.at));
    texts.extend(review.fills.iter().flat_map(|fill| [&fill.at, &fill.source]));
    texts.extend(review.failure_responses.iter().map(|failure| &failure.at));
    texts
}

/// Every value of every body that would be sent stands in the review: as what a field becomes, as a
/// constant at its place, or as what the host fills in there.
fn check_steps(
    item: &souk_model::plan::PlanItem,
    steps: &[Step],
    review: &RequestsReview,
    edits: &[&Value],
    response: &Value,
) {
    assert_eq!(review.requests.len(), steps.len());
    for (number, step) in steps.iter().enumerate() {
        let Ok(Some(body)) = fuzz::sent_body(item, step, response) else { continue };
        let mut leaves = Vec::new();
        collect(&body, String::new(), &mut leaves);
        for (place, value) in leaves {
            let place = visible::line(&place).into_owned();
            let constant = review.constants.iter().any(|constant| {
                constant.step == number && constant.at == place && constant.value == *value
            });
            let filled = review.fills.iter().any(|fill| {
                fill.step == number
                    && place
                        .strip_prefix(&fill.at)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            let edited = edits.iter().any(|edit| holds(edit, value));
            assert!(
                constant || filled || edited,
                "{value} at {place:?} of step {number} is sent and not shown: {review:?}"
            );
        }
    }
}

fn holds(whole: &Value, part: &Value) -> bool {
    whole == part
        || match whole {
            Value::Object(map) => map.values().any(|inner| holds(inner, part)),
            Value::Array(items) => items.iter().any(|inner| holds(inner, part)),
            _ => false,
        }
}

fn collect<'v>(value: &'v Value, place: String, leaves: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, inner) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(inner, format!("{place}/{name}"), leaves);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, inner) in items.iter().enumerate() {
                collect(inner, format!("{place}/{index}"), leaves);
            }
        }
        leaf => leaves.push((place, leaf)),
    }
}
