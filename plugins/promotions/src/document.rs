//! Searches, and whole numbers as Magento writes them.

use souk_sdk::prelude::*;

/// Searches globally: neither rules nor coupons belong to a view.
pub(crate) fn search(
    context: &Context,
    route: Route<0>,
    criteria: &Criteria,
) -> Result<SearchPage<Value>, Failure> {
    context.get(&route.read([]).search(criteria).in_view(StoreView::Global))
}

/// A number, or a text of digits; 0 too, which is a website, a view and a customer group.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
