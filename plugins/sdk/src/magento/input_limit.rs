//! What a store takes in one request that has Magento's input limits switched on.
//!
//! Such a store (Stores > Configuration > Services > Web API Limits) refuses a list of objects that is
//! longer than 20, unless it says otherwise: each list by itself, at every depth of a body, and the
//! conditions of a search alike. Lists of plain values and `custom_attributes` are not counted. Pages that are
//! larger than such a store takes the host puts together. Most stores have no such limits, and no answer
//! tells but a refusal.

use serde_json::Value;

use crate::core::{Context, Failure, Route, StoreView};
use crate::magento::{Condition, Criteria, Filter};

/// How long a list of objects may be in a store with limits that names none of its own. No shorter list
/// is worth a question.
pub const LIST_LIMIT: usize = 20;

/// How many objects this store takes in one list, if it takes fewer than these `rows`. Where they are more
/// than [`LIST_LIMIT`], it is asked by a search with one condition more than that; `id` is the name of the
/// id that is searched by. What else goes wrong with the search is left to the request that needs the
/// answer.
///
/// # Errors
/// When `id` is not a field's name.
pub fn exceeded_limit(
    context: &Context,
    search: Route<0>,
    id: &str,
    rows: usize,
) -> Result<Option<usize>, Failure> {
    if rows <= LIST_LIMIT {
        return Ok(None);
    }
    let always = Filter::new(id, Condition::Gt, "0")?;
    let criteria = (0..=LIST_LIMIT).fold(Criteria::new(), |all, _| all.filter(always.clone()));
    let read = search.read([]).search(&criteria.page(1, 1)).in_view(StoreView::Global);
    Ok(match context.get::<Value>(&read) {
        Ok(_) => None,
        Err(failure) => list_limit_of(&failure).filter(|most| rows > *most),
    })
}

/// The longest list of objects that a value has, at whatever depth.
#[must_use]
pub fn longest_list(value: &Value) -> usize {
    match value {
        Value::Array(items) => {
            let own = if items.iter().any(Value::is_object) { items.len() } else { 0 };
            items.iter().map(longest_list).max().unwrap_or(0).max(own)
        }
        Value::Object(members) => members.values().map(longest_list).max().unwrap_or(0),
        _ => 0,
    }
}

/// The limit to lists that a refusal names.
fn list_limit_of(failure: &Failure) -> Option<usize> {
    let (_, says) = failure.message.split_once("Maximum items of type")?;
    let (_, number) = says.rsplit_once(" is ")?;
    number.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::FailureCode;

    fn refusal(message: &str) -> Failure {
        Failure::new(FailureCode::UpstreamError, message)
    }

    #[test]
    fn a_refusal_names_the_limit() {
        let lists = r#"the store said: Maximum items of type "\Magento\Framework\Api\Search\FilterGroup" is 20"#;
        assert_eq!(list_limit_of(&refusal(lists)), Some(20));
        assert_eq!(list_limit_of(&refusal("the store said: no")), None);
    }

    #[test]
    fn lists_of_objects_count_at_every_depth_and_lists_of_values_do_not() {
        let leaves = vec![json!({"value": "1"}); 21];
        assert_eq!(longest_list(&json!({"conditions": [{"conditions": leaves}]})), 21);
        assert_eq!(longest_list(&json!({"website_ids": vec![1; 30], "labels": [{}]})), 1);
        assert_eq!(longest_list(&json!("text")), 0);
    }
}
