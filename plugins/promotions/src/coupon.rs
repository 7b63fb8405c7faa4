//! The coupons of a rule, as they are read.

use serde_json::Value;
use souk_sdk::{Condition, Context, Criteria, Direction, Failure, Filter, Route};

use crate::answer::{self, number};
/// The search for coupons.
pub(crate) const COUPON_SEARCH: Route<0> = Route::new("/V1/coupons/search");

/// How many are read at once. Magento's own limit on pages, where an operator sets it, is 300 by
/// default.
const PAGE: u32 = 200;

/// The first coupons of a rule whose ids are above this one, in the order of their ids. Always with
/// the size of a page: a store whose operator limits input answers 20 where none is asked for.
///
/// # Errors
/// Never: the fields are fields.
pub(crate) fn after(rule: u64, id: u64) -> Result<Criteria, Failure> {
    Ok(Criteria::new()
        .filter(Filter::new("rule_id", Condition::Eq, rule.to_string())?)
        .filter(Filter::new("coupon_id", Condition::Gt, id.to_string())?)
        .sort("coupon_id", Direction::Asc)?
        .page(PAGE, 1))
}

/// How many coupons a rule has, and the highest id among them; 0 where it has none.
///
/// # Errors
/// What reading meets.
pub(crate) fn count_and_last(context: &Context, rule: u64) -> Result<(u64, u64), Failure> {
    let criteria = Criteria::new()
        .filter(Filter::new("rule_id", Condition::Eq, rule.to_string())?)
        .sort("coupon_id", Direction::Desc)?
        .page(1, 1);
    let found = answer::search(context, COUPON_SEARCH, &criteria)?;
    let last = found.items.first().map_or(0, |coupon| number(coupon, "coupon_id"));
    Ok((found.total_count, last))
}

/// A rule's coupons in the order of their ids. Each page begins after the last id: coupons that are
/// made or deleted meanwhile move no other onto another page.
pub(crate) struct Pages<'context> {
    context: &'context Context,
    rule: u64,
    after: u64,
    /// How many there were when the first page was read.
    pub(crate) total: Option<u64>,
}

impl<'context> Pages<'context> {
    /// Those whose ids are above this one.
    pub(crate) const fn after(context: &'context Context, rule: u64, after: u64) -> Self {
        Self { context, rule, after, total: None }
    }

    /// The next coupons; `None` after the last.
    ///
    /// # Errors
    /// What reading meets.
    pub(crate) fn next_page(&mut self) -> Result<Option<Vec<Value>>, Failure> {
        let criteria = after(self.rule, self.after)?;
        let found = answer::search(self.context, COUPON_SEARCH, &criteria)?;
        self.total.get_or_insert(found.total_count);
        match found.items.iter().map(|coupon| number(coupon, "coupon_id")).max() {
            Some(last) if last > self.after => {
                self.after = last;
                Ok(Some(found.items))
            }
            _ => Ok(None),
        }
    }
}
