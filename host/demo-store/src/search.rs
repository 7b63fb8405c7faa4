//! `searchCriteria` over any entity: parsing, echoing, filtering, sorting, paging.
//!
//! An entity takes part by saying which fields it has and what a row holds in a field ([`Cell`]). How
//! cells compare (collation, numbers, dates) is here, once, for all of them.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use crate::collate;
use crate::php;
use crate::refusal::Refusal;
use crate::wire::{self, AttributeTypes};

/// What a row holds in one field, and how it compares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Nothing: matches no condition but `null`.
    Null,
    /// Text, compared by the database's collation.
    Text(String),
    /// A number: what it is compared with is read as a number too, `abc` as 0.
    Number(f64),
    /// A date `YYYY-MM-DD hh:mm:ss`: what is not a date is before all dates.
    Date(String),
    /// Membership in a set, such as the categories of a product.
    Many(Vec<String>),
}

impl Cell {
    /// The cell of a JSON value: null, a number or text; objects and arrays hold nothing to compare.
    pub(crate) fn of(value: Option<&Value>) -> Self {
        match value {
            Some(Value::String(text)) => Self::Text(text.clone()),
            Some(Value::Number(number)) => Self::Number(number.as_f64().unwrap_or(0.0)),
            Some(Value::Bool(flag)) => Self::Number(f64::from(u8::from(*flag))),
            _ => Self::Null,
        }
    }

    /// The same as a date.
    pub(crate) fn date(value: Option<&Value>) -> Self {
        match value {
            Some(Value::String(text)) => Self::Date(text.clone()),
            _ => Self::Null,
        }
    }

    /// The same as a number, also when it is a string such as `"9.500000"`.
    pub(crate) fn number(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Null,
            Some(value) => Self::Number(php::number_of(value)),
        }
    }

    fn compare_with(&self, text: &str) -> Ordering {
        match self {
            Self::Number(number) => {
                number.partial_cmp(&php::leading_number(text)).unwrap_or(Ordering::Equal)
            }
            Self::Date(date) => date_of(date).cmp(&date_of(text)),
            Self::Text(own) => collate::compare(own, text),
            Self::Null | Self::Many(_) => Ordering::Less,
        }
    }

    fn equals(&self, text: &str) -> bool {
        match self {
            Self::Many(members) => members.iter().any(|member| member == text.trim()),
            Self::Null => false,
            Self::Text(own) => collate::fold(own) == collate::fold(text),
            _ => self.compare_with(text) == Ordering::Equal,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) | Self::Date(text) => text.clone(),
            Self::Number(number) => php::text_of_float(*number),
            Self::Many(members) => members.join(","),
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Number(left), Self::Number(right)) => {
                left.partial_cmp(right).unwrap_or(Ordering::Equal)
            }
            (left, right) => collate::compare(&left.text(), &right.text()),
        }
    }
}

/// A date as the database reads it: ISO forms are understood, a bare day is its midnight, anything
/// else is no date and before all of them.
fn date_of(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return String::new();
    }
    let plain = text.replace('T', " ");
    let plain = plain.trim_end_matches('Z');
    if plain.len() == 10 { format!("{plain} 00:00:00") } else { plain.to_owned() }
}

/// One condition on one field.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// The field, `None` when the request named none.
    pub(crate) field: Option<String>,
    /// What to compare with.
    pub(crate) value: String,
    /// The condition as given.
    pub(crate) condition: String,
}

impl Filter {
    /// Whether the cell satisfies the condition. Nothing compares with null but `null` itself. An
    /// unknown condition means `eq`.
    pub(crate) fn accepts(&self, cell: &Cell) -> bool {
        let value = self.value.as_str();
        let set = || value.split(',');
        match (self.condition.as_str(), cell) {
            ("null", cell) => *cell == Cell::Null,
            ("notnull", cell) => *cell != Cell::Null,
            ("is", Cell::Null) => value.is_empty() || value.eq_ignore_ascii_case("null"),
            ("neq", Cell::Many(_)) => !cell.equals(value),
            ("nin", Cell::Many(_)) => !set().any(|item| cell.equals(item)),
            (_, Cell::Null) => false,
            ("neq" | "sneq", cell) => !cell.equals(value),
            ("like", cell) => collate::like(&cell.text(), value),
            ("nlike", cell) => !collate::like(&cell.text(), value),
            ("in", cell) => set().any(|item| cell.equals(item)),
            ("nin", cell) => !set().any(|item| cell.equals(item)),
            ("gt", cell) => cell.compare_with(value) == Ordering::Greater,
            ("lt", cell) => cell.compare_with(value) == Ordering::Less,
            ("gteq" | "from", cell) => cell.compare_with(value) != Ordering::Less,
            ("lteq" | "to", cell) => cell.compare_with(value) != Ordering::Greater,
            ("finset", cell) => {
                cell.text().split(',').any(|member| collate::fold(member) == collate::fold(value))
            }
            ("nfinset", cell) => {
                !cell.text().split(',').any(|member| collate::fold(member) == collate::fold(value))
            }
            (_, cell) => cell.equals(value),
        }
    }

    /// Whether the condition is one that Magento knows.
    pub(crate) fn is_known(&self) -> bool {
        matches!(
            self.condition.as_str(),
            "eq" | "neq"
                | "like"
                | "nlike"
                | "in"
                | "nin"
                | "is"
                | "null"
                | "notnull"
                | "gt"
                | "lt"
                | "gteq"
                | "lteq"
                | "finset"
                | "nfinset"
                | "regexp"
                | "from"
                | "to"
                | "seq"
                | "sneq"
                | "ntoa"
        )
    }
}

/// One sort order.
#[derive(Debug, Clone)]
pub(crate) struct Sort {
    /// The field, `None` when the request named none.
    pub(crate) field: Option<String>,
    /// Ascending; without a direction Magento sorts descending.
    pub(crate) ascending: bool,
}

/// A parsed `searchCriteria`.
#[derive(Debug, Clone)]
pub(crate) struct Criteria {
    /// Groups are joined by AND, the filters in one by OR.
    pub(crate) groups: Vec<Vec<Filter>>,
    /// Sort orders, the first most significant.
    pub(crate) sorts: Vec<Sort>,
    page_size: Option<i64>,
    current_page: Option<i64>,
    echo: Value,
}

/// One page of an answer.
#[derive(Debug)]
pub(crate) struct Page<R> {
    /// The rows of this page.
    pub(crate) rows: Vec<R>,
    /// How many rows match in all.
    pub(crate) total: usize,
}

impl Criteria {
    /// Reads `searchCriteria` (or `search_criteria`) from the arguments of a request.
    ///
    /// # Errors
    /// Absent criteria, unknown keys, wrong types and wrong sort directions are refused as recorded in
    /// `products_search.jsonl`.
    pub(crate) fn read(
        query: &Map<String, Value>,
        attributes: &dyn AttributeTypes,
    ) -> Result<Self, Refusal> {
        let given = query
            .get("searchCriteria")
            .or_else(|| query.get("search_criteria"))
            .ok_or_else(|| Refusal::required("searchCriteria"))?;
        let read =
            wire::read_object(given.clone(), "framework-search-criteria-interface", attributes)?;
        Self::from_fields(&read)
    }

    fn from_fields(read: &Map<String, Value>) -> Result<Self, Refusal> {
        let lists =
            |field: &str| read.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut echo = Map::new();
        let mut groups = Vec::new();
        let mut echoed_groups = Vec::new();
        for group in lists("filter_groups") {
            let filters: Vec<Filter> = group
                .get("filters")
                .and_then(Value::as_array)
                .map(|filters| filters.iter().map(filter).collect())
                .unwrap_or_default();
            let shown: Vec<Value> = filters.iter().map(echo_filter).collect();
            echoed_groups.push(json!({ "filters": shown }));
            groups.push(filters);
        }
        if groups.iter().all(Vec::is_empty) {
            echoed_groups.clear();
        }
        echo.insert("filter_groups".to_owned(), Value::Array(echoed_groups));
        let mut sorts = Vec::new();
        let mut echoed_sorts = Vec::new();
        for order in lists("sort_orders") {
            let (sort, shown) = sort(&order)?;
            sorts.push(sort);
            echoed_sorts.push(shown);
        }
        if !sorts.is_empty() {
            echo.insert("sort_orders".to_owned(), Value::Array(echoed_sorts));
        }
        for field in ["page_size", "current_page"] {
            if let Some(value) = read.get(field) {
                echo.insert(field.to_owned(), value.clone());
            }
        }
        let whole = |field: &str| read.get(field).and_then(Value::as_i64);
        Ok(Self {
            groups,
            sorts,
            page_size: whole("page_size"),
            current_page: whole("current_page"),
            echo: Value::Object(echo),
        })
    }

    /// Every field that a filter names, in order; `None` for a filter without a field.
    pub(crate) fn filtered_fields(&self) -> impl Iterator<Item = Option<&str>> {
        self.groups.iter().flatten().map(|filter| filter.field.as_deref())
    }

    /// Whether the row satisfies every group; `cell` says what it holds in a field.
    pub(crate) fn accepts(&self, mut cell: impl FnMut(&Filter) -> bool) -> bool {
        self.groups
            .iter()
            .filter(|group| !group.is_empty())
            .all(|group| group.iter().any(&mut cell))
    }

    /// Filters, sorts and pages `rows`. Fields that do not exist must have been refused before; sorts
    /// by unknown fields are passed over by giving equal cells.
    pub(crate) fn apply<R>(&self, mut rows: Vec<R>, cell: impl Fn(&R, &str) -> Cell) -> Page<R> {
        rows.retain(|row| {
            self.accepts(|filter| {
                filter.accepts(&cell(row, filter.field.as_deref().unwrap_or_default()))
            })
        });
        self.sort(&mut rows, &cell);
        self.page(rows)
    }

    /// Sorts by the criteria's orders. Equal rows keep their order where the page reaches the end; a page
    /// that ends before has them the other way round. So they repeat and get lost between pages, as they
    /// do where the database stops sorting once it has enough rows.
    pub(crate) fn sort<R>(&self, rows: &mut Vec<R>, cell: impl Fn(&R, &str) -> Cell) {
        if self.sorts.is_empty() || rows.len() < 2 {
            return;
        }
        let keys = |row: &R| -> Vec<Cell> {
            self.sorts
                .iter()
                .map(|sort| cell(row, sort.field.as_deref().unwrap_or_default()))
                .collect()
        };
        let cuts = self.page_end().is_some_and(|end| end < rows.len());
        let mut keyed: Vec<(Vec<Cell>, R)> = rows.drain(..).map(|row| (keys(&row), row)).collect();
        let order = |(left, _): &(Vec<Cell>, R), (right, _): &(Vec<Cell>, R)| {
            self.sorts
                .iter()
                .zip(left.iter().zip(right))
                .map(
                    |(sort, (left, right))| {
                        if sort.ascending { left.order(right) } else { right.order(left) }
                    },
                )
                .find(|order| *order != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        };
        // What no row has is not sorted by at all.
        let sorts = keyed.windows(2).any(|pair| order(&pair[0], &pair[1]) != Ordering::Equal);
        if cuts && sorts {
            keyed.reverse();
        }
        keyed.sort_by(order);
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }

    /// Where the page ends; `None` when everything is on it.
    fn page_end(&self) -> Option<usize> {
        let size = self.page_size.filter(|size| *size != 0)?;
        let page = usize::try_from(self.current_page.unwrap_or(1)).unwrap_or(1).max(1);
        Some(usize::try_from(size).unwrap_or(1).saturating_mul(page))
    }

    /// Cuts out the page. Size 0 is everything, a negative size is 1, a page below 1 is the first, a
    /// page past the last is empty; the total is of all.
    pub(crate) fn page<R>(&self, rows: Vec<R>) -> Page<R> {
        let total = rows.len();
        let size = match self.page_size {
            None | Some(0) => return Page { rows, total },
            Some(size) => usize::try_from(size).unwrap_or(1),
        };
        let page = usize::try_from(self.current_page.unwrap_or(1)).unwrap_or(1).max(1);
        let from = (page - 1).saturating_mul(size);
        Page { rows: rows.into_iter().skip(from).take(size).collect(), total }
    }

    /// The `search_criteria` of the answer: what was understood.
    pub(crate) fn echo(&self) -> Value {
        self.echo.clone()
    }

    /// The usual answer: items, the criteria and the total.
    pub(crate) fn answer(&self, items: Vec<Value>, total: usize) -> Value {
        let items = Value::Array(items);
        json!({ "items": items, "search_criteria": self.echo(), "total_count": total })
    }
}

fn filter(given: &Value) -> Filter {
    let text = |field: &str| given.get(field).filter(|value| !value.is_null()).map(php::text_of);
    Filter {
        field: text("field"),
        value: text("value").unwrap_or_default(),
        condition: text("condition_type")
            .filter(|condition| !condition.is_empty())
            .unwrap_or_else(|| "eq".to_owned()),
    }
}

fn echo_filter(filter: &Filter) -> Value {
    json!({ "field": filter.field, "value": filter.value, "condition_type": filter.condition })
}

fn sort(given: &Value) -> Result<(Sort, Value), Refusal> {
    let field = given.get("field").filter(|field| !field.is_null()).map(php::text_of);
    let direction = match given.get("direction").filter(|direction| !direction.is_null()) {
        None => None,
        Some(direction) => {
            let upper = php::text_of(direction).to_ascii_uppercase();
            if upper != "ASC" && upper != "DESC" {
                return Err(Refusal::bad(
                    "The sort order has to be specified as %1 for ascending order or %2 for descending order.",
                )
                .with(json!(["ASC", "DESC"])));
            }
            Some(upper)
        }
    };
    let ascending = direction.as_deref() == Some("ASC");
    let shown = json!({ "field": field, "direction": direction });
    Ok((Sort { field, ascending }, shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct None;

    impl AttributeTypes for None {
        fn kind(&self, _: &str, _: &str) -> Option<&'static str> {
            Option::None
        }
    }

    fn criteria(query: &str) -> Criteria {
        Criteria::read(&php::parse_query(query), &None).unwrap()
    }

    fn accepts(condition: &str, value: &str, cell: &Cell) -> bool {
        let filter =
            Filter { field: Some("f".into()), value: value.into(), condition: condition.into() };
        filter.accepts(cell)
    }

    #[test]
    fn conditions_compare_as_the_database_does() {
        let sku = Cell::Text("LAB-001".into());
        assert!(accepts("eq", "lab-001 ", &sku) && accepts("nonsense", "lab-001", &sku));
        assert!(accepts("in", "x,LAB-001", &sku) && !accepts("in", "x, LAB-001", &sku));
        assert!(accepts("gteq", "garbage", &Cell::Date("2026-01-01 00:00:00".into())));
        assert!(!accepts("neq", "3", &Cell::Null) && accepts("neq", "3", &Cell::Many(vec![])));
        assert!(accepts("finset", "7", &Cell::Text("7,8".into())));
    }

    #[test]
    fn pages_of_a_sort_that_is_not_unique_repeat_rows_and_lose_others() {
        let pages = |sort: &str, cell: fn(u32) -> f64| -> Vec<u32> {
            let page = |number: u32| {
                let query = format!(
                    "searchCriteria[pageSize]=3&searchCriteria[currentPage]={number}\
                     &searchCriteria[sortOrders][0][field]={sort}&searchCriteria[sortOrders][0][direction]=ASC"
                );
                criteria(&query)
                    .apply((1..=8).collect(), |row: &u32, _| Cell::Number(cell(*row)))
                    .rows
            };
            (1..=3).flat_map(page).collect()
        };
        assert_eq!(pages("entity_id", f64::from), [1, 2, 3, 4, 5, 6, 7, 8]);
        let mut by_price = pages("price", |row| if row == 8 { 9.0 } else { 7.0 });
        by_price.sort_unstable();
        by_price.dedup();
        assert!(by_price.len() < 8, "{by_price:?}");
    }

    #[test]
    fn the_answer_echoes_what_was_understood() {
        let read =
            criteria("searchCriteria[pageSize]=1.5&searchCriteria[sortOrders][0][field]=sku");
        assert_eq!(
            read.echo(),
            json!({ "filter_groups": [], "sort_orders": [{ "field": "sku", "direction": null }], "page_size": 1 })
        );
    }

    proptest! {
        #[test]
        fn the_pages_of_a_list_are_the_list(count in 0usize..40, size in 1usize..12) {
            let rows: Vec<usize> = (0..count).collect();
            let mut seen = Vec::new();
            for page in 1..=count / size + 1 {
                let query = format!("searchCriteria[pageSize]={size}&searchCriteria[currentPage]={page}");
                let page = criteria(&query).page(rows.clone());
                prop_assert_eq!(page.total, count);
                seen.extend(page.rows);
            }
            prop_assert_eq!(seen, rows);
        }
    }
}
