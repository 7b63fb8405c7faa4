//! Suggestions for what a person types: where they come from, and what of it fits.
//!
//! Whatever asks the store is a call of a tool, under the caller's rules, in its session and on the
//! trail as any other; what cannot be asked suggests nothing.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};
use souk_model::{
    Actions, CompletionQuery, CompletionSource, Principal, Suggestions, ToolCall, visible,
};

/// For how long a person who types waits for suggestions.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// As many as the protocol hands out, and characters of one of them.
const SUGGESTIONS: usize = 100;
const SUGGESTION_CHARS: usize = 200;

/// Where suggestions for one argument come from, with everything that it takes to get them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Suggester {
    /// One of these.
    Values(Vec<String>),
    /// The codes of the store's views.
    StoreViews,
    /// The tools that the caller may call.
    Tools,
    /// What a tool answers.
    Asked(ToolQuestion),
}

/// A call of a query whose result holds suggestions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ToolQuestion {
    tool: String,
    arguments: Map<String, Value>,
    /// RFC 6901: where its result has the list, and an element of that the value.
    items: String,
    value: String,
    /// What is suggested whether or not it is answered.
    always: &'static [&'static str],
    /// It was told what is typed, and knows best what fits.
    decides: bool,
}

/// The statuses that every Magento has. A store adds its own, which no route lists.
const ORDER_STATUSES: [&str; 10] = [
    "pending",
    "pending_payment",
    "processing",
    "complete",
    "closed",
    "canceled",
    "holded",
    "payment_review",
    "fraud",
    "pending_paypal",
];

impl Suggester {
    /// Of what a group or the host says about an argument; none where this host does not know it.
    pub(super) fn of(source: &CompletionSource, group: &str, typed: &str) -> Option<Self> {
        match source {
            CompletionSource::Values(values) => Some(Self::Values(values.clone())),
            CompletionSource::StoreViews => Some(Self::StoreViews),
            CompletionSource::Query(query) => {
                Some(Self::Asked(ToolQuestion::of_query(query, group, typed)))
            }
            CompletionSource::Other(name) => Self::by_name(name, typed),
        }
    }

    /// The sources that the contract has no case for; `docs/plugins.md` lists them.
    fn by_name(name: &str, typed: &str) -> Option<Self> {
        let question = |tool: &str, arguments: Value, items: &str, value: &str| ToolQuestion {
            tool: tool.to_owned(),
            arguments: arguments.as_object().cloned().unwrap_or_default(),
            items: items.to_owned(),
            value: value.to_owned(),
            always: &[],
            decides: false,
        };
        let newest = |field: &str| json!({"fields": [field], "page_size": SUGGESTIONS});
        Some(match name {
            "order-numbers" => Self::Asked(question(
                "orders_search",
                newest("increment_id"),
                "/items",
                "/increment_id",
            )),
            "order-statuses" => Self::Asked(ToolQuestion {
                always: &ORDER_STATUSES,
                ..question("orders_search", newest("status"), "/items", "/status")
            }),
            "plans" => Self::Asked(question(
                "plans_list",
                json!({"page_size": SUGGESTIONS}),
                "/plans",
                "/plan_id",
            )),
            "skus" => {
                let filters = match like_prefix(typed) {
                    Some(like) => json!({"sku": {"value": like, "condition": "like"}}),
                    None => json!({}),
                };
                let arguments = json!({"filters": filters, "fields": ["sku"],
                    "sort_field": "sku", "page_size": SUGGESTIONS});
                Self::Asked(question("catalog_search_products", arguments, "/items", "/sku"))
            }
            "tools" => Self::Tools,
            _ => return None,
        })
    }
}

/// What Magento's `like` takes for texts that begin so; none for any.
fn like_prefix(typed: &str) -> Option<String> {
    (!typed.is_empty()).then(|| {
        let mut like = String::new();
        for c in typed.chars() {
            if matches!(c, '%' | '_' | '\\') {
                like.push('\\');
            }
            like.push(c);
        }
        like.push('%');
        like
    })
}

impl ToolQuestion {
    fn of_query(query: &CompletionQuery, group: &str, typed: &str) -> Self {
        let arguments = match typed {
            "" => Map::new(),
            typed => Map::from_iter([(query.argument.clone(), Value::from(typed))]),
        };
        Self {
            tool: format!("{group}_{}", query.action),
            arguments,
            items: query.items.as_str().to_owned(),
            value: query.value.as_str().to_owned(),
            always: &[],
            decides: true,
        }
    }

    /// Asks it in the caller's name.
    pub(super) async fn ask(
        self,
        actions: &impl Actions,
        principal: &Principal,
        typed: &str,
    ) -> Suggestions {
        let Self { tool, arguments, items, value, always, decides } = self;
        let mut values: Vec<String> = always.iter().map(|&value| value.to_owned()).collect();
        let call = ToolCall::new(principal.clone(), tool, arguments);
        if let Ok(Ok(answer)) = tokio::time::timeout(PATIENCE, actions.call(call)).await {
            let answer = Value::Object(answer.result);
            let items = answer.pointer(&items).and_then(Value::as_array).into_iter().flatten();
            values.extend(items.filter_map(|item| match item.pointer(&value)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }));
        }
        suggestions(values, if decides { "" } else { typed })
    }
}

/// Those that begin with what is typed, in whatever case, each once and as many as are handed out.
pub(super) fn suggestions(values: Vec<String>, typed: &str) -> Suggestions {
    let typed = typed.to_lowercase();
    let mut seen = HashSet::new();
    let mut values: Vec<String> = values
        .into_iter()
        .filter(|value| value.chars().count() <= SUGGESTION_CHARS)
        .filter(|value| value.to_lowercase().starts_with(&typed))
        .map(|value| visible::line(&value).into_owned())
        .filter(|value| seen.insert(value.clone()))
        .collect();
    let total = u32::try_from(values.len()).ok();
    values.truncate(SUGGESTIONS);
    Suggestions { values, total }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_what_begins_so_each_once() {
        let values = ["TEN-001", "ten-002", "TEN-001", "ELEVEN", &"TEN-".repeat(60)];
        let values = values.map(str::to_owned).to_vec();
        let found = suggestions(values.clone(), "Ten-");
        assert_eq!(
            (found.values, found.total),
            (vec!["TEN-001".into(), "ten-002".into()], Some(2))
        );
        assert_eq!(suggestions(values, "").values.len(), 3);
        let many = suggestions((0..250).map(|n| n.to_string()).collect(), "");
        assert_eq!((many.values.len(), many.total), (SUGGESTIONS, Some(250)));
    }

    #[test]
    fn what_is_typed_is_no_pattern() {
        assert_eq!(like_prefix("TEN_10%\\").as_deref(), Some("TEN\\_10\\%\\\\%"));
        assert_eq!(like_prefix(""), None);
    }

    #[test]
    fn a_source_that_nobody_knows_suggests_nothing() {
        let of = |name: &str| Suggester::of(&CompletionSource::Other(name.into()), "x", "a");
        assert_eq!(of("planets"), None);
        for name in ["order-numbers", "order-statuses", "plans", "skus", "tools"] {
            assert!(of(name).is_some(), "{name}");
        }
    }
}
