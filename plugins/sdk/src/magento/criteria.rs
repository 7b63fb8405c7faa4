//! Magento's `searchCriteria`, without its traps.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::filter::{encoded_length, field_name, invalid};
use crate::core::route::binding;
use crate::core::{AnyObject, Binding, BindingSource, Failure, RawObject, Read};
use crate::magento::Filter;

/// Which way a sort goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

impl Direction {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Asc => "ASC",
            Self::Desc => "DESC",
        }
    }
}

/// How long a search may be in a URL, in bytes: what is left of 8 kB for host and path.
pub const URL_BUDGET: usize = 7_500;

/// What to search for: groups of filters, all of which must hold, sorts, a page, and which fields
/// to answer.
///
/// ```
/// use souk_sdk::magento::{Condition, Criteria, Direction, Filter};
/// # fn main() -> Result<(), souk_sdk::core::Failure> {
/// let criteria = Criteria::new()
///     .filter(Filter::new("status", Condition::Eq, "1")?)
///     .any([Filter::starts_with("sku", "24-")?, Filter::contains("name", "bag")?])
///     .sort("entity_id", Direction::Asc)?
///     .page(100, 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Criteria {
    groups: Vec<Vec<Filter>>,
    sorts: Vec<(String, Direction)>,
    page: Option<(u32, u32)>,
    fields: Option<String>,
}

impl Criteria {
    /// Everything, in no order, on one page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This must hold too.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        self.any([filter])
    }

    /// One of these must hold too. None of them is no condition.
    #[must_use]
    pub fn any(mut self, filters: impl IntoIterator<Item = Filter>) -> Self {
        let group: Vec<_> = filters.into_iter().collect();
        if !group.is_empty() {
            self.groups.push(group);
        }
        self
    }

    /// Sorts by this field, after those named before. Pages overlap and lose rows unless the last
    /// sort is unique: `entity_id` is. Sorting products by price drops those that are not in the
    /// price index.
    ///
    /// # Errors
    /// When it is not a field's name.
    pub fn sort(mut self, field: &str, direction: Direction) -> Result<Self, Failure> {
        self.sorts.push((field_name(field)?.to_owned(), direction));
        Ok(self)
    }

    /// Only this page, counted from 1, of so many items. Magento takes a size of 0 for "everything"
    /// and answers any page before the first with the first; both are raised to 1 here.
    #[must_use]
    pub fn page(mut self, size: u32, number: u32) -> Self {
        self.page = Some((size.max(1), number.max(1)));
        self
    }

    /// Only these fields of the answer: [`projection`] or
    /// [`Product::projection`](crate::magento::Product::projection).
    #[must_use]
    pub fn fields(mut self, projection: String) -> Self {
        self.fields = Some(projection);
        self
    }

    /// How long this is in a URL, in bytes. Above [`URL_BUDGET`] the store's web server refuses it.
    #[must_use]
    pub fn url_length(&self) -> usize {
        let mut query = Vec::new();
        self.append_to(&mut query);
        let long = |binding: &Binding| match &binding.value {
            BindingSource::Text(text) => encoded_length(&binding.name) + encoded_length(text) + 2,
            BindingSource::Subject | BindingSource::FromResponse(_) => 0,
        };
        query.iter().map(long).sum()
    }

    /// The query parameters. Never without one that begins with `searchCriteria`, which Magento
    /// requires even when nothing is asked.
    fn append_to(&self, query: &mut Vec<Binding>) {
        let start = query.len();
        for (group, filters) in self.groups.iter().enumerate() {
            for (index, filter) in filters.iter().enumerate() {
                let mut push = |key: &str, value: &str| {
                    let name =
                        format!("searchCriteria[filter_groups][{group}][filters][{index}][{key}]");
                    query.push(binding(&name, value));
                };
                push("field", &filter.field);
                push("value", &filter.value);
                push("condition_type", filter.condition.as_str());
            }
        }
        for (index, (field, direction)) in self.sorts.iter().enumerate() {
            let name = |key: &str| format!("searchCriteria[sortOrders][{index}][{key}]");
            query.push(binding(&name("field"), field));
            query.push(binding(&name("direction"), direction.as_str()));
        }
        if let Some((size, number)) = self.page {
            query.push(binding("searchCriteria[pageSize]", &size.to_string()));
            query.push(binding("searchCriteria[currentPage]", &number.to_string()));
        }
        if query.len() == start {
            query.push(binding("searchCriteria", ""));
        }
        if let Some(fields) = &self.fields {
            query.push(binding("fields", fields));
        }
    }
}

impl Read {
    /// Adds search criteria.
    #[must_use]
    pub fn search(mut self, criteria: &Criteria) -> Self {
        criteria.append_to(&mut self.query);
        self
    }
}

/// The `fields` parameter for a search that brings only these fields of its items, beside the count
/// and the criteria. A field may name its own in brackets: `extension_attributes[website_ids]`.
///
/// # Errors
/// When there is none, or one is not a field: Magento answers the whole of nothing, with 200, to
/// brackets that do not match.
pub fn projection<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<String, Failure> {
    let mut items = String::new();
    for field in fields {
        let inner = field.chars().all(|c| c.is_ascii_alphanumeric() || "_-[],".contains(c));
        if !inner || !is_nested_list(field) {
            return Err(invalid(format!(
                "`{field}` is not a field's name, nor one with its own in brackets"
            ))
            .remedy("name fields as in `sku` or `extension_attributes[website_ids]`"));
        }
        if !items.is_empty() {
            items.push(',');
        }
        items.push_str(field);
    }
    if items.is_empty() {
        return Err(invalid("no field is named".to_owned()));
    }
    Ok(["items[", &items, "],total_count,search_criteria"].concat())
}

/// `name` or `name[list]`, where a list is such items with commas between; at the top one item only.
fn is_nested_list(field: &str) -> bool {
    let (mut depth, mut previous) = (0_u32, ',');
    for character in field.chars() {
        let after_name = !matches!(previous, '[' | ',' | ']');
        match character {
            '[' if after_name => depth += 1,
            ']' if depth > 0 && !matches!(previous, '[' | ',') => depth -= 1,
            ',' if depth > 0 && !matches!(previous, '[' | ',') => {}
            '[' | ']' | ',' => return false,
            _ if previous == ']' => return false,
            _ => {}
        }
        previous = character;
    }
    depth == 0 && previous != ','
}

/// A page of a search, as Magento answers it and as an action may pass it on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct SearchPage<T> {
    /// What was found on this page.
    // Magento says `null` where `fields` is used and nothing was found.
    #[serde(default, deserialize_with = "none_is_empty")]
    pub items: Vec<T>,
    /// How many there are on all pages together.
    #[serde(default)]
    pub total_count: u64,
    /// The criteria as Magento understood them.
    #[serde(default)]
    pub search_criteria: RawObject<AnyObject>,
}

impl<T> SearchPage<T> {
    /// The same page with its items made into others.
    ///
    /// # Errors
    /// The first that `change` meets.
    pub fn try_map<U>(
        self,
        change: impl FnMut(T) -> Result<U, Failure>,
    ) -> Result<SearchPage<U>, Failure> {
        Ok(SearchPage {
            items: self.items.into_iter().map(change).collect::<Result<_, _>>()?,
            total_count: self.total_count,
            search_criteria: self.search_criteria,
        })
    }
}

fn none_is_empty<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::magento::Condition;

    fn query(criteria: &Criteria) -> Vec<(String, String)> {
        let mut query = Vec::new();
        criteria.append_to(&mut query);
        let text = |binding: Binding| match binding.value {
            BindingSource::Text(text) => (binding.name, text),
            other => panic!("{other:?} is not a text"),
        };
        query.into_iter().map(text).collect()
    }

    /// What Magento makes of a query: the groups by their indices, as its own parser would.
    fn read_back(query: &[(String, String)]) -> Vec<Vec<(String, String, String)>> {
        let mut groups: Vec<Vec<[String; 3]>> = Vec::new();
        for (name, value) in query {
            let Some(rest) = name.strip_prefix("searchCriteria[filter_groups][") else {
                continue;
            };
            let parts: Vec<_> = rest.trim_end_matches(']').split("][").collect();
            let [group, "filters", index, key] = parts[..] else { panic!("{name}") };
            let (group, index): (usize, usize) = (group.parse().unwrap(), index.parse().unwrap());
            groups.resize_with(groups.len().max(group + 1), Vec::new);
            let filters = &mut groups[group];
            filters.resize_with(filters.len().max(index + 1), Default::default);
            let slot = ["field", "value", "condition_type"].iter().position(|k| *k == key).unwrap();
            filters[index][slot] = value.clone();
        }
        let tuple = |[field, value, condition]: [String; 3]| (field, value, condition);
        groups.into_iter().map(|filters| filters.into_iter().map(tuple).collect()).collect()
    }

    fn filters() -> impl Strategy<Value = Filter> {
        ("[a-z_]{1,12}", prop::sample::select(&Condition::ALL[..]), any::<String>())
            .prop_map(|(field, condition, value)| Filter::new(&field, condition, value).unwrap())
    }

    proptest! {
        #[test]
        fn every_filter_arrives_in_its_group(
            groups in prop::collection::vec(prop::collection::vec(filters(), 1..4), 0..14),
            page in prop::option::of((0_u32..400, 0_u32..400)),
        ) {
            let mut criteria = groups.iter().cloned().fold(Criteria::new(), Criteria::any);
            if let Some((size, number)) = page {
                criteria = criteria.page(size, number);
            }
            let query = query(&criteria);
            let expected: Vec<Vec<_>> = groups
                .into_iter()
                .map(|group| {
                    let triple = |f: Filter| (f.field, f.value, f.condition.as_str().to_owned());
                    group.into_iter().map(triple).collect()
                })
                .collect();
            prop_assert_eq!(read_back(&query), expected);
            prop_assert!(query[0].0.starts_with("searchCriteria"));
            for (name, value) in &query {
                prop_assert!(!name.ends_with("[pageSize]") || value != "0");
            }
        }

        #[test]
        fn a_projection_is_refused_or_its_brackets_match(field in "[a-z\\[\\], ]{0,12}") {
            if let Ok(fields) = projection([field.as_str()]) {
                let open = fields.matches('[').count();
                prop_assert_eq!(open, fields.matches(']').count());
                prop_assert!(!fields.contains("[]") && !fields.contains(",,") && !field.is_empty());
            }
        }
    }

    #[test]
    fn nothing_asked_still_sends_the_parameter() {
        assert_eq!(query(&Criteria::new()), [("searchCriteria".to_owned(), String::new())]);
        let fields = query(&Criteria::new().fields(projection(["sku"]).unwrap()));
        assert_eq!(fields[0].0, "searchCriteria");
        assert_eq!(fields[1].1, "items[sku],total_count,search_criteria");
    }

    #[test]
    fn a_projection_that_magento_would_answer_with_nothing_is_refused() {
        for wrong in ["", "sku]", "items[sku", "a[]", "a,b", "a[b,]", "a[b]c", "[a]", "a b"] {
            assert!(projection([wrong]).is_err(), "`{wrong}` passed");
        }
        assert!(
            projection(["extension_attributes[stock_item[qty,is_in_stock],website_ids]"]).is_ok()
        );
    }

    #[test]
    fn no_items_may_come_as_null() {
        let found: SearchPage<u8> =
            serde_json::from_str(r#"{"items": null, "total_count": 28}"#).unwrap();
        assert!(found.items.is_empty());
        assert_eq!(found.total_count, 28);
    }
}
