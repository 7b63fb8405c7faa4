//! Members of what the store answers, read without a type for each answer: Magento writes one id as a
//! number here and as text there.

use souk_sdk::prelude::*;

/// Searches globally: neither rules nor coupons belong to a view.
///
/// # Errors
/// What reading meets.
pub(crate) fn search(
    context: &Context,
    route: Route<0>,
    criteria: &Criteria,
) -> Result<SearchPage<Value>, Failure> {
    context.get(&route.read([]).search(criteria).at(StoreView::Global))
}

/// A member that counts or names something; 0 where there is none.
pub(crate) fn number(of: &Value, member: &str) -> u64 {
    of.get(member).and_then(whole).unwrap_or_default()
}

/// A number, or a text of digits.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A member that is a text.
pub(crate) fn text<'v>(of: &'v Value, member: &str) -> Option<&'v str> {
    of.get(member).and_then(Value::as_str)
}

/// Whether a member says yes.
pub(crate) fn flag(of: &Value, member: &str) -> bool {
    of.get(member).is_some_and(|value| *value == true || whole(value) == Some(1))
}

/// A member that is a list of ids.
pub(crate) fn ids(of: &Value, member: &str) -> Vec<u64> {
    let items = of.get(member).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(whole).collect()
}
