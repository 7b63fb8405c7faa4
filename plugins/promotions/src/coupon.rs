//! The coupons of a rule, as they are read.

use souk_sdk::magento::Scan;
use souk_sdk::prelude::*;

use crate::document;

/// The search for coupons.
pub(crate) const COUPON_SEARCH: Route<0> = Route::new("/V1/coupons/search");

/// The coupons of a rule whose ids are above this one.
pub(crate) fn after(rule: u64, id: u64) -> Result<Criteria, Failure> {
    Ok(Criteria::new()
        .filter(Filter::new("rule_id", Condition::Eq, rule.to_string())?)
        .filter(Filter::new("coupon_id", Condition::Gt, id.to_string())?))
}

/// The same, a page at a time in the order of their ids.
pub(crate) fn scan(context: &Context, rule: u64, after_id: u64) -> Result<Scan<'_>, Failure> {
    Ok(Scan::new(context, COUPON_SEARCH, after(rule, after_id)?, "coupon_id"))
}

/// How many coupons a rule has, and the highest id among them; 0 where it has none.
pub(crate) fn count_and_last(context: &Context, rule: u64) -> Result<(u64, u64), Failure> {
    let criteria = Criteria::new()
        .filter(Filter::new("rule_id", Condition::Eq, rule.to_string())?)
        .sort("coupon_id", Direction::Desc)?
        .page(1, 1);
    let page = document::search(context, COUPON_SEARCH, &criteria)?;
    let last = page.items.first().map_or(0, |coupon| coupon.id("coupon_id"));
    Ok((page.total_count, last))
}
