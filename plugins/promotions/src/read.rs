//! The reads: search and get.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_sdk::{
    AnyObject, Condition, Context, Criteria, Direction, EntityId, Failure, Filter, PassThrough,
    StoreView,
};

use crate::answer;
use crate::rule::{self, RULE, RULE_SEARCH, Rule, missing};
use crate::store;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Text that the rule's name holds; nothing in it is a wildcard.
    #[schemars(length(min = 1))]
    query: Option<String>,
    /// Only rules that apply in this website.
    #[schemars(length(min = 1))]
    website_code: Option<String>,
    /// Only enabled rules, or only disabled ones.
    enabled: Option<bool>,
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
    /// Counted from 1; past the last page items is empty.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    current_page: u32,
}

const fn twenty() -> u32 {
    20
}

const fn one() -> u32 {
    1
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Rules {
    /// The rules of this page, by id.
    #[schemars(with = "Vec<AnyObject>")]
    items: Vec<Value>,
    /// How many there are on all pages together.
    total_count: u64,
}

pub(crate) fn search(asked: &Search, context: &Context) -> Result<Rules, Failure> {
    let mut criteria = Criteria::new();
    if let Some(text) = &asked.query {
        criteria = criteria.filter(Filter::contains("name", text)?);
    }
    if let Some(enabled) = asked.enabled {
        let flag = if enabled { "1" } else { "0" };
        criteria = criteria.filter(Filter::new("is_active", Condition::Eq, flag)?);
    }
    match &asked.website_code {
        Some(code) => in_website(website(context, code)?, criteria, asked, context),
        None => {
            let criteria =
                criteria.sort("rule_id", Direction::Asc)?.page(asked.page_size, asked.current_page);
            let found = answer::search(context, RULE_SEARCH, &criteria)?;
            Ok(Rules { items: found.items, total_count: found.total_count })
        }
    }
}

/// Magento cannot search rules by website: it answers 500 (`promotions_write.jsonl`,
/// `search-website_id`). So all are read and those of others left out.
fn in_website(
    website: u64,
    criteria: Criteria,
    asked: &Search,
    context: &Context,
) -> Result<Rules, Failure> {
    let from = u64::from(asked.current_page - 1) * u64::from(asked.page_size);
    let to = from + u64::from(asked.page_size);
    let mut scan = rule::scan(context, criteria);
    let mut found = Rules { items: Vec::new(), total_count: 0 };
    while let Some(page) = scan.next_page()? {
        for answer in page {
            if !Rule::of(&answer).website_ids.contains(&website) {
                continue;
            }
            if (from..to).contains(&found.total_count) {
                found.items.push(answer);
            }
            found.total_count += 1;
        }
    }
    Ok(found)
}

fn website(context: &Context, code: &str) -> Result<u64, Failure> {
    let websites = store::websites(context)?;
    if let Some((id, _)) = websites.iter().find(|(_, known)| *known == code) {
        return Ok(*id);
    }
    let codes: Vec<_> = websites.into_values().collect();
    Err(Failure::argument("website_code", format!("the store has no website `{code}`"))
        .remedy(format!("one of: {}", codes.join(", "))))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Get {
    /// The rule's id, as promotions_search_rules answers it.
    rule_id: EntityId,
}

pub(crate) fn get(asked: &Get, context: &Context) -> Result<PassThrough<AnyObject>, Failure> {
    let id = asked.rule_id.get().to_string();
    context
        .pass_on(&RULE.read([&id]).at(StoreView::Global))
        .map_err(|failure| missing(failure, &id))
}
