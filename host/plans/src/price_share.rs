//! What the host itself asks of a store to judge a discount by: what an amount off means beside what
//! products cost, in which currency it is, and what a coupon's rule takes off.

use std::collections::BTreeSet;

use souk_model::plan::Change;
use souk_model::{Decimal, StoreView};
use souk_upstream::{BaseCurrencies, Session};

use crate::guards::{AmountOff, CouponRules, Guards, JudgedChange, WebsitePrices};

/// Rules as they stand in the store. What cannot be read is left out, and told.
pub(crate) async fn coupon_rules(session: &Session, ids: BTreeSet<u64>) -> CouponRules {
    let mut rules = CouponRules::default();
    for id in ids {
        match session.sales_rule(id).await {
            Ok(Some(rule)) => drop(rules.0.insert(id, rule)),
            Ok(None) => {}
            Err(failure) => tracing::warn!("cannot read the rule {id} of coupons: {failure}"),
        }
    }
    rules
}

/// In which currencies the store's websites count, where that decides a cap; of what cannot be found
/// out the lowest cap holds.
pub(crate) async fn base_currencies(
    session: &Session,
    guards: &Guards,
    judged: &[JudgedChange<'_, '_>],
) -> BaseCurrencies {
    if !guards.discount_caps_differ() || !judged.iter().any(JudgedChange::writes_rule) {
        return BaseCurrencies::default();
    }
    session.base_currencies().await.unwrap_or_else(|failure| {
        tracing::warn!("cannot tell in which currency a discount is: {failure}");
        BaseCurrencies::default()
    })
}

/// Products as each website sells them, where what is set for all of them reduces a price. What the
/// store does not say is told in the warning.
pub(crate) async fn website_prices(
    session: &Session,
    view: &StoreView,
    changes: &[Change],
    judged: &[JudgedChange<'_, '_>],
) -> (WebsitePrices, Option<&'static str>) {
    let reduced: Vec<&str> = changes
        .iter()
        .zip(judged)
        .filter(|(_, judged)| *view == StoreView::Global && judged.reduces_price())
        .map(|(change, _)| change.subject.id.as_str())
        .collect();
    if reduced.is_empty() {
        return (WebsitePrices::default(), None);
    }
    let warning = "whether products cost more on one website than on others could not be seen: the cap \
                   on discounts was held to the price for all of them";
    match session.website_prices(&reduced).await {
        Ok(Some(products)) => (WebsitePrices::new(products), None),
        Ok(None) => (WebsitePrices::default(), Some(warning)),
        Err(failure) => {
            tracing::warn!("cannot tell what products cost on each website: {failure}");
            (WebsitePrices::default(), Some(warning))
        }
    }
}

/// A warning where an amount off is more than the operator's share of what products cost.
pub(crate) async fn warning(session: &Session, guards: &Guards, off: AmountOff) -> Option<String> {
    let share: Decimal = guards.price_threshold_pct.to_string().parse().ok()?;
    let below = off.amount.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(share)?;
    let below = below.round_to_cents();
    let found = match session.products_up_to(below).await {
        Ok(found) => found?,
        Err(failure) => {
            tracing::warn!("cannot tell what products cost, beside a discount: {failure}");
            return None;
        }
    };
    let (sku, price) = found.cheapest?;
    let of = if off.of_each_item { "each item" } else { "the cart" };
    Some(format!(
        "it takes {} off {of}, which is {share} % or more of the price of {} products, if they are \
         discounted: the cheapest of them, {sku}, costs {price}",
        off.amount, found.count
    ))
}
