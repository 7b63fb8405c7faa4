//! A store made of JSON.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::host::Host;
use crate::core::{BindingSource, Failure, FailureCode, Read};
use crate::magento::{Condition, Decimal};

/// A store that answers from JSON: an object with one member for each route.
///
/// - An object with `items` is searched: filters, sorts and pages as Magento's, `total_count` with
///   them. `fields` changes nothing.
/// - `{"in": "/V1/products", "by": "sku"}`, under a route with a parameter, answers the item of that
///   search whose member `by` has the parameter's value, and 404 where there is none.
/// - Anything else is answered as it stands.
///
/// ```
/// # use souk_sdk::core::{action, group, Context, Failure, NoArgs, PassThrough, AnyObject, Route};
/// use serde_json::json;
/// use souk_sdk::testing::{FakeStore, Host};
///
/// # const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
/// # /// Get
/// # ///
/// # /// Gets.
/// # #[action(query, reads(BLOCK))]
/// # fn get(_: &NoArgs, context: &Context) -> Result<PassThrough<AnyObject>, Failure> {
/// #     context.pass_on(&BLOCK.read(["2"]))
/// # }
/// # group! {
/// #     /// Blocks
/// #     ///
/// #     /// Blocks.
/// #     blocks: [get]
/// # }
/// # fn main() {
/// let store = FakeStore::from_json(
///     r#"{
///         "/V1/cmsBlock/search": {"items": [{"id": 1, "title": "A"}, {"id": 2, "title": "B"}]},
///         "/V1/cmsBlock/{blockId}": {"in": "/V1/cmsBlock/search", "by": "id"}
///     }"#,
/// );
/// let answer = Host::of(store).call(&blocks(), "get", &json!({}));
/// assert_eq!(answer, Ok(json!({"id": 2, "title": "B"})));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FakeStore {
    answers: Map<String, Value>,
}

impl FakeStore {
    /// A store of this JSON text.
    ///
    /// # Panics
    /// When it is not an object.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(answers) => Self { answers },
            Err(error) => panic!("a fake store is a JSON object of routes: {error}"),
        }
    }

    /// The same store with another answer under this route.
    #[must_use]
    pub fn with(mut self, route: &str, answer: Value) -> Self {
        self.answers.insert(route.to_owned(), answer);
        self
    }

    /// What it answers to a read.
    ///
    /// # Errors
    /// 404 where there is no such item; that the route is none of the store's.
    pub fn answer(&self, read: &Read) -> Result<Value, Failure> {
        let answer = self.at(&read.route.template)?;
        if let Some(items) = items(answer) {
            return Ok(Search::of(read).run(items));
        }
        let (Some(Value::String(list)), Some(Value::String(member))) =
            (answer.get("in"), answer.get("by"))
        else {
            return Ok(answer.clone());
        };
        let wanted = read.path.last().map(|binding| text(&binding.value)).unwrap_or_default();
        let items = items(self.at(list)?).unwrap_or_default();
        let found =
            items.iter().find(|item| item.get(member).is_some_and(|is| plain(is) == wanted));
        found.cloned().ok_or_else(|| Failure {
            status: Some(404),
            upstream: read.route.upstream.clone().or_else(|| Some("magento".to_owned())),
            ..Failure::new(
                FailureCode::UpstreamError,
                format!("there is no `{wanted}` at `{}`", read.route.template),
            )
        })
    }

    fn at(&self, route: &str) -> Result<&Value, Failure> {
        self.answers
            .get(route)
            .ok_or_else(|| Failure::internal(format!("the fake store has no `{route}`")))
    }
}

impl Host {
    /// A host with this store.
    #[must_use]
    pub fn of(store: FakeStore) -> Self {
        Self::answering(move |read| store.answer(read))
    }
}

fn items(answer: &Value) -> Option<&[Value]> {
    answer.get("items").and_then(Value::as_array).map(Vec::as_slice)
}

fn text(source: &BindingSource) -> String {
    match source {
        BindingSource::Text(text) => text.clone(),
        other => panic!("a read of a plugin's own has only texts for parameters, not {other:?}"),
    }
}

/// A value as filters compare it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        other => other.to_string(),
    }
}

/// A search as its query asks for it.
#[derive(Default)]
struct Search {
    /// Groups of filters by their indices: field, value, condition.
    groups: BTreeMap<usize, BTreeMap<usize, [String; 3]>>,
    /// Fields, and whether the largest comes first.
    sorts: BTreeMap<usize, (String, bool)>,
    size: Option<usize>,
    page: usize,
}

impl Search {
    fn of(read: &Read) -> Self {
        let mut search = Self { page: 1, ..Self::default() };
        for binding in &read.query {
            let value = text(&binding.value);
            let keys: Vec<&str> =
                binding.name.split(['[', ']']).filter(|key| !key.is_empty()).collect();
            let index = |key: &str| key.parse::<usize>().unwrap_or_default();
            match keys[..] {
                [_, "filter_groups", group, "filters", filter, key] => {
                    let group = search.groups.entry(index(group)).or_default();
                    let filter = group.entry(index(filter)).or_default();
                    let at = ["field", "value", "condition_type"].iter().position(|is| *is == key);
                    filter[at.unwrap_or_default()] = value;
                }
                [_, "sortOrders", sort, key] => {
                    let sort = search.sorts.entry(index(sort)).or_default();
                    match key {
                        "field" => sort.0 = value,
                        _ => sort.1 = value == "DESC",
                    }
                }
                [_, "pageSize"] => search.size = value.parse().ok(),
                [_, "currentPage"] => search.page = value.parse().unwrap_or(1),
                _ => {}
            }
        }
        search
    }

    fn run(&self, items: &[Value]) -> Value {
        let fits = |item: &&Value| {
            self.groups.values().all(|group| group.values().any(|filter| holds(item, filter)))
        };
        let mut found: Vec<&Value> = items.iter().filter(fits).collect();
        found.sort_by(|a, b| {
            let orders = self.sorts.values().map(|(field, descending)| {
                let order = compared(&member(a, field), &member(b, field));
                if *descending { order.reverse() } else { order }
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        let size = self.size.unwrap_or(found.len()).max(1);
        let page = found.iter().skip((self.page.max(1) - 1) * size).take(size);
        json!({
            "items": page.collect::<Vec<_>>(), "total_count": found.len(), "search_criteria": {}
        })
    }
}

fn holds(item: &Value, [field, value, condition]: &[String; 3]) -> bool {
    let is = member(item, field);
    let condition = Condition::named(condition).unwrap_or(Condition::Eq);
    let Some(is) = &is else {
        // A database compares nothing with what is not there.
        return condition == Condition::Null;
    };
    let order = compared(&Some(is.clone()), &Some(value.clone()));
    let listed = |list: &str, one: &str| list.split(',').any(|part| part.eq_ignore_ascii_case(one));
    match condition {
        Condition::Eq => order.is_eq(),
        Condition::Neq => order.is_ne(),
        Condition::Gt => order.is_gt(),
        Condition::Gteq | Condition::Moreq | Condition::From => order.is_ge(),
        Condition::Lt => order.is_lt(),
        Condition::Lteq | Condition::To => order.is_le(),
        Condition::Like => like(is, value),
        Condition::Nlike => !like(is, value),
        Condition::In => listed(value, is),
        Condition::Nin => !listed(value, is),
        Condition::Null => false,
        Condition::Notnull => true,
        Condition::Finset => listed(is, value),
        Condition::Nfinset => !listed(is, value),
    }
}

/// A field of an item, also where it is a custom attribute; the id by its other name.
fn member(item: &Value, field: &str) -> Option<String> {
    let custom = || {
        let entries = item.get("custom_attributes")?.as_array()?;
        entries.iter().find(|entry| entry["attribute_code"] == field)?.get("value")
    };
    let id = || item.get("id").filter(|_| field == "entity_id" || field.ends_with("_id"));
    let value = item.get(field).or_else(custom).or_else(id)?;
    (!value.is_null()).then(|| plain(value))
}

/// As numbers where both are, else as texts without regard to case.
fn compared(a: &Option<String>, b: &Option<String>) -> Ordering {
    let numbers = a
        .as_ref()
        .zip(b.as_ref())
        .and_then(|(a, b)| Some(a.parse::<Decimal>().ok()?.cmp(&b.parse::<Decimal>().ok()?)));
    let folded = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
    numbers.unwrap_or_else(|| folded(a).cmp(&folded(b)))
}

/// Whether a text matches a pattern with `%` and `_`; a backslash takes the next one literally.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    matches(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
}

fn matches(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest)),
        ['\\', literal, rest @ ..] => text.first() == Some(literal) && matches(&text[1..], rest),
        ['_', rest @ ..] => !text.is_empty() && matches(&text[1..], rest),
        [one, rest @ ..] => text.first() == Some(one) && matches(&text[1..], rest),
    }
}
