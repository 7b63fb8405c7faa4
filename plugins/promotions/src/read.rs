//! The reads: search and get.

use souk_sdk::magento::{ItemFields, WEBSITES};
use souk_sdk::prelude::*;

use crate::document;
use crate::references;
use crate::rule::{self, CartPriceRule, RULE, RULE_SEARCH, RuleRef, missing};

/// What a rule in a list shows where nobody names fields.
const SHOWN: [&str; 11] = [
    "rule_id",
    "name",
    "is_active",
    "from_date",
    "to_date",
    "website_ids",
    "simple_action",
    "discount_amount",
    "coupon_type",
    "sort_order",
    "times_used",
];

#[args]
pub(crate) struct SearchRulesArgs {
    /// Text that the rule's name holds; nothing in it is a wildcard.
    #[schemars(length(min = 1))]
    query: Option<String>,
    /// Only rules that apply in this website.
    #[schemars(length(min = 1))]
    website_code: Option<String>,
    /// Only enabled rules, or only disabled ones.
    enabled: Option<bool>,
    /// These fields of each rule; ["*"] for all.
    #[serde(default)]
    fields: ItemFields,
    #[serde(flatten)]
    paging: Paging,
}

#[result]
pub(crate) struct SearchRulesResult {
    /// The rules of this page, by id.
    #[schemars(with = "Vec<AnyObject>")]
    items: Vec<Value>,
    /// How many there are on all pages together.
    total_count: u64,
}

/// Search cart price rules
///
/// Finds cart price rules by their name, by the website in which they apply and by whether they are
/// enabled, sorted by id, a page at a time. Returns items, and total_count over all pages.
#[action(
    query,
    reads(RULE_SEARCH, WEBSITES),
    keywords("discounts", "campaigns", "offers", "vouchers", "which promotions are active")
)]
pub(crate) fn search_rules(
    args: &SearchRulesArgs,
    context: &Context,
) -> Result<SearchRulesResult, Failure> {
    let mut found = found(args, context)?;
    args.fields.keep_in(&mut found.items, &SHOWN)?;
    Ok(found)
}

fn found(args: &SearchRulesArgs, context: &Context) -> Result<SearchRulesResult, Failure> {
    let mut criteria = Criteria::new();
    if let Some(text) = &args.query {
        criteria = criteria.filter(Filter::contains("name", text)?);
    }
    if let Some(enabled) = args.enabled {
        let flag = if enabled { "1" } else { "0" };
        criteria = criteria.filter(Filter::new("is_active", Condition::Eq, flag)?);
    }
    if let Some(code) = &args.website_code {
        return in_website(website(context, code)?, criteria, args.paging, context);
    }
    let criteria = args.paging.of(criteria.sort("rule_id", Direction::Asc)?);
    let page = document::search(context, RULE_SEARCH, &criteria)?;
    Ok(SearchRulesResult { items: page.items, total_count: page.total_count })
}

/// Magento cannot search rules by website: it answers 500 (`promotions_write.jsonl`,
/// `search-website_id`). So all are read and those of others left out.
fn in_website(
    website: u64,
    criteria: Criteria,
    paging: Paging,
    context: &Context,
) -> Result<SearchRulesResult, Failure> {
    let mut scan = rule::scan(context, criteria);
    let mut found = SearchRulesResult { items: Vec::new(), total_count: 0 };
    while let Some(page) = scan.next_page()? {
        for rule in
            page.into_iter().filter(|rule| CartPriceRule::of(rule).website_ids.contains(&website))
        {
            if paging.items().contains(&found.total_count) {
                found.items.push(rule);
            }
            found.total_count += 1;
        }
    }
    Ok(found)
}

fn website(context: &Context, code: &str) -> Result<u64, Failure> {
    let websites = references::websites(context)?;
    if let Some((id, _)) = websites.iter().find(|(_, known)| *known == code) {
        return Ok(*id);
    }
    let codes: Vec<_> = websites.into_values().collect();
    Err(Failure::argument("website_code", format!("the store has no website `{code}`"))
        .remedy(format!("one of: {}", codes.join(", "))))
}

/// Get a cart price rule
///
/// Reads everything about a cart price rule: where and for whom it applies, when, its conditions, its
/// discount, and whether it needs a coupon.
#[action(query, reads(RULE), keywords("discount", "campaign", "offer", "conditions", "terms"))]
pub(crate) fn get_rule(
    args: &RuleRef,
    context: &Context,
) -> Result<PassThrough<AnyObject>, Failure> {
    let id = args.rule_id.get().to_string();
    context
        .pass_on(&RULE.read([&id]).in_view(StoreView::Global))
        .map_err(|failure| missing(failure, &id))
}
