//! Rules that would apply beside another: to somebody of the same group, in the same website, on the
//! same day.

use souk_sdk::core::counted;
use souk_sdk::prelude::*;

use crate::discount_terms;
use crate::rule::{self, CartPriceRule, CouponSource};

/// Rules that a warning names one by one.
const NAMED: usize = 5;

/// What to warn of when this rule becomes active.
pub(crate) fn warnings(context: &Context, rule: &CartPriceRule) -> Result<Vec<String>, Failure> {
    let active = Criteria::new().filter(Filter::new("is_active", Condition::Eq, "1")?);
    let mut scan = rule::scan(context, active);
    let (mut beside, mut stops_it, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(page) = scan.next_page()? {
        for other in page.iter().map(CartPriceRule::of) {
            let has_ended = discount_terms::has_ended(other.to_date.as_deref());
            if other.rule_id == rule.rule_id || has_ended || !meet(rule, &other) {
                continue;
            }
            if other.stop_rules_processing && other.sort_order <= rule.sort_order {
                stops_it.push(with_order(&other));
            }
            if rule.stop_rules_processing && rule.sort_order <= other.sort_order {
                stopped.push(with_order(&other));
            }
            beside.push(with_order(&other));
        }
    }
    let mut warnings = Vec::new();
    if !beside.is_empty() {
        warnings.push(format!(
            "beside it {} on some of the same websites, customer groups and days: {}",
            counted(beside.len() as u64, "active rule applies", "active rules apply"),
            named(&beside)
        ));
    }
    if !stops_it.is_empty() {
        warnings.push(format!(
            "wherever one of these applies, it may not apply any more, since they have no higher \
             sort_order and stop_rules_processing: {}",
            named(&stops_it)
        ));
    }
    if !stopped.is_empty() {
        warnings.push(format!(
            "wherever it applies, these may not apply any more, since it has stop_rules_processing \
             and no higher sort_order: {}",
            named(&stopped)
        ));
    }
    Ok(warnings)
}

/// Whether both apply to somebody on some day.
fn meet(one: &CartPriceRule, other: &CartPriceRule) -> bool {
    let share = |one: &[u64], other: &[u64]| one.iter().any(|id| other.contains(id));
    // A missing day is no limit; days compare as their texts do.
    let ends_before =
        |one: &CartPriceRule, other: &CartPriceRule| match (&one.to_date, &other.from_date) {
            (Some(end), Some(start)) => end < start,
            _ => false,
        };
    share(&one.website_ids, &other.website_ids)
        && share(&one.customer_group_ids, &other.customer_group_ids)
        && !ends_before(one, other)
        && !ends_before(other, one)
}

fn with_order(rule: &CartPriceRule) -> String {
    let coupon = if rule.coupon_source() == CouponSource::None { "" } else { ", with a coupon" };
    format!("{} (sort_order {}{coupon})", rule.name_and_id(), rule.sort_order)
}

fn named(rules: &[String]) -> String {
    let first = rules[..rules.len().min(NAMED)].join(", ");
    match rules.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}

#[cfg(test)]
mod tests;
