//! Typed looks into what the store answers, where no type of its own is worth it: Magento writes one
//! id as a number here and as text there, and a flag as `1`.

use serde_json::{Map, Value};

use crate::core::{Failure, FailureCode};
use crate::magento::{Decimal, EntityId};

/// Members of a JSON object, as Magento writes them.
///
/// ```
/// use serde_json::json;
/// use souk_sdk::magento::Members;
///
/// let coupon = json!({"coupon_id": "12", "code": "WINTER", "is_primary": 1});
/// assert_eq!((coupon.id("coupon_id"), coupon.text("code")), (12, "WINTER"));
/// assert!(coupon.flag("is_primary") && coupon.amount("times_used").is_err());
/// ```
pub trait Members {
    /// The member of this name, unless it is null.
    fn member(&self, name: &str) -> Option<&Value>;

    /// An id or another whole number, also one written as text; 0 where there is none.
    fn id(&self, name: &str) -> u64 {
        self.member(name).and_then(EntityId::of).map_or(0, EntityId::get)
    }

    /// A text; empty where there is none.
    fn text(&self, name: &str) -> &str {
        self.member(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether a member is `true`, or a number above nothing.
    fn flag(&self, name: &str) -> bool {
        let yes = |value: &Value| {
            *value == true || Decimal::rounded(value).is_some_and(Decimal::is_positive)
        };
        self.member(name).is_some_and(yes)
    }

    /// The elements of a list; none where there is no list.
    fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.member(name).and_then(Value::as_array).into_iter().flatten()
    }

    /// The objects of a list.
    fn rows(&self, name: &str) -> impl Iterator<Item = &Map<String, Value>> {
        self.list(name).filter_map(Value::as_object)
    }

    /// An amount that the store always answers.
    ///
    /// # Errors
    /// When it is missing or not a number: neither may pass for zero.
    fn amount(&self, name: &str) -> Result<Decimal, Failure> {
        let value = self.member(name);
        let value = value.ok_or_else(|| self.unreadable(&format!("`{name}` is missing")))?;
        Decimal::rounded(value)
            .ok_or_else(|| self.unreadable(&format!("`{name}` is {value}, which is no amount")))
    }

    /// An amount that the store may have none of: then it is absent, and zero.
    ///
    /// # Errors
    /// When it is not a number.
    fn amount_if_any(&self, name: &str) -> Result<Decimal, Failure> {
        if self.member(name).is_some() { self.amount(name) } else { Ok(Decimal::ZERO) }
    }

    /// The failure for an answer of the store's that cannot be used, naming what it is about.
    fn unreadable(&self, why: &str) -> Failure {
        let about = ["increment_id", "sku", "entity_id", "item_id"]
            .into_iter()
            .find_map(|name| Some(format!(" ({name} {})", self.member(name)?)));
        let message =
            format!("the store's answer cannot be used: {why}{}", about.unwrap_or_default());
        let mut failure = Failure::new(FailureCode::UpstreamError, message);
        failure.upstream = Some("magento".to_owned());
        failure
    }
}

impl Members for Map<String, Value> {
    fn member(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|value| !value.is_null())
    }
}

impl Members for Value {
    fn member(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|value| !value.is_null())
    }
}
