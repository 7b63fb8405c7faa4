//! The type of a cart price rule's coupons.

use serde_json::{Value, json};

use crate::document::Doc;

/// The number that the database has for the coupon type, beside the name that answers have.
pub(crate) fn note(rule: &mut Doc) {
    let number = match rule.get("coupon_type").and_then(Value::as_str) {
        Some("NO_COUPON") => 1,
        Some("SPECIFIC_COUPON") => 2,
        Some("AUTO") => 3,
        _ => 0,
    };
    rule.insert("_coupon_type".to_owned(), json!(number));
}
