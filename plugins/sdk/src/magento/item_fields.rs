//! The `fields` argument of lists: which fields of each item are answered.

use std::collections::BTreeSet;

use schemars::json_schema;
use serde::Deserialize;
use serde_json::Value;

use crate::core::Failure;

/// What stands among the names for all of them.
const ALL: &str = "*";

/// Which fields of a list's items are answered: those it names, all of them with `["*"]`, or else
/// those that the list shows by itself. A model pays for each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct ItemFields(Vec<String>);

crate::inline_schema!(ItemFields, |_| json_schema!({
    "type": "array",
    "items": {"type": "string"},
}));

impl ItemFields {
    /// The names; `None` where all fields are meant. `shown` are those of the list by itself.
    #[must_use]
    pub fn names<'a>(&'a self, shown: &[&'a str]) -> Option<Vec<&'a str>> {
        if self.0.iter().any(|name| name == ALL) {
            return None;
        }
        if self.0.is_empty() {
            return Some(shown.to_vec());
        }
        Some(self.0.iter().map(String::as_str).collect())
    }

    /// Drops all other fields of the items.
    ///
    /// # Errors
    /// When a name is given that no item has: it is misspelt, and nothing would be answered for it.
    pub fn keep_in(&self, items: &mut [Value], shown: &[&str]) -> Result<(), Failure> {
        let Some(names) = self.names(shown) else { return Ok(()) };
        let known: BTreeSet<&str> = items
            .iter()
            .filter_map(Value::as_object)
            .flat_map(|item| item.keys().map(String::as_str))
            .collect();
        let unknown = self.0.iter().find(|name| !known.contains(name.as_str()));
        if let Some(name) = unknown.filter(|_| !items.is_empty()) {
            let known: Vec<&str> = known.into_iter().collect();
            return Err(Failure::argument("fields", format!("no item has a field `{name}`"))
                .remedy(format!("one of: {}, or `*` for all", known.join(", "))));
        }
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.retain(|name, _| names.contains(&name.as_str()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(fields: Value) -> Result<Value, Failure> {
        let fields: ItemFields = serde_json::from_value(fields).unwrap();
        let mut items = [json!({"id": 1, "name": "a", "text": "…"}), json!({"id": 2})];
        fields.keep_in(&mut items, &["id", "name"])?;
        Ok(items.into())
    }

    #[test]
    fn a_list_answers_what_one_decides_by_and_the_rest_on_request() {
        assert_eq!(kept(json!([])).unwrap(), json!([{"id": 1, "name": "a"}, {"id": 2}]));
        assert_eq!(kept(json!(["text"])).unwrap(), json!([{"text": "…"}, {}]));
        let all = json!([{"id": 1, "name": "a", "text": "…"}, {"id": 2}]);
        assert_eq!(kept(json!(["*"])).unwrap(), all);
        let misspelt = kept(json!(["nmae"])).unwrap_err();
        assert!(misspelt.to_string().contains("`nmae`"), "{misspelt}");
    }
}
