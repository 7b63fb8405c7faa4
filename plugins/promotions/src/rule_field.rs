//! The fields of a rule that may be set: what each is called, and which values Magento would keep.
//!
//! Magento takes almost anything with a 200: an action it does not know, a negative number of uses,
//! no name at all (`promotions_write.jsonl`, `action-nosuch`, `fld-uses_per_customer--1`,
//! `missing-name`). So every value is checked here first.

use souk_sdk::magento::CalendarDay;
use souk_sdk::prelude::*;

use crate::document::whole;

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleField {
    Name,
    Description,
    WebsiteIds,
    CustomerGroupIds,
    FromDate,
    ToDate,
    IsActive,
    SimpleAction,
    DiscountAmount,
    DiscountQty,
    DiscountStep,
    ApplyToShipping,
    StopRulesProcessing,
    SortOrder,
    CouponType,
    UsesPerCustomer,
    UsesPerCoupon,
    Conditions,
    ActionConditions,
    StoreLabels,
}

/// What a discount is taken of.
pub(crate) const ACTIONS: [&str; 4] = ["by_percent", "by_fixed", "cart_fixed", "buy_x_get_y"];

/// The longest name that the database keeps.
const LONGEST_NAME: usize = 255;
/// More than anybody counts, and less than the database's integers hold.
const MOST: u64 = 1_000_000_000;

/// Every field in the order in which refusals name them: as arguments call it, and the JSON type of
/// its values.
pub(crate) const FIELDS: [(RuleField, &str, &str); 20] = [
    (RuleField::Name, "name", "string"),
    (RuleField::Description, "description", "string"),
    (RuleField::WebsiteIds, "website_ids", "array"),
    (RuleField::CustomerGroupIds, "customer_group_ids", "array"),
    (RuleField::FromDate, "from_date", "string"),
    (RuleField::ToDate, "to_date", "string"),
    (RuleField::IsActive, "is_active", "boolean"),
    (RuleField::SimpleAction, "simple_action", "string"),
    (RuleField::DiscountAmount, "discount_amount", "number"),
    (RuleField::DiscountQty, "discount_qty", "number"),
    (RuleField::DiscountStep, "discount_step", "integer"),
    (RuleField::ApplyToShipping, "apply_to_shipping", "boolean"),
    (RuleField::StopRulesProcessing, "stop_rules_processing", "boolean"),
    (RuleField::SortOrder, "sort_order", "integer"),
    (RuleField::CouponType, "coupon_type", "string"),
    (RuleField::UsesPerCustomer, "uses_per_customer", "integer"),
    (RuleField::UsesPerCoupon, "uses_per_coupon", "integer"),
    (RuleField::Conditions, "conditions", "object"),
    (RuleField::ActionConditions, "action_conditions", "object"),
    (RuleField::StoreLabels, "store_labels", "array"),
];

impl RuleField {
    /// As arguments call it.
    pub(crate) fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| name)
    }

    /// As Magento calls it, in bodies and in answers.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Conditions => "condition",
            Self::ActionConditions => "action_condition",
            other => other.name(),
        }
    }

    /// The field that goes by this name, the argument's or Magento's.
    pub(crate) fn named(name: &str) -> Option<Self> {
        FIELDS
            .iter()
            .map(|(field, ..)| *field)
            .find(|field| field.name() == name || field.member() == name)
    }

    /// The value in the form in which it is sent and read back. Conditions and labels are not plain
    /// values, and are made elsewhere.
    ///
    /// # Errors
    /// What it must be, to follow the field's name.
    pub(crate) fn checked(self, value: &Value) -> Result<Value, String> {
        match self {
            Self::Name => name(value).map(Value::from),
            Self::Description => match value {
                Value::String(text) => Ok(json!(text)),
                _ => Err("is a text".to_owned()),
            },
            Self::WebsiteIds => ids(value, 1),
            // Group 0 are the customers who are not logged in.
            Self::CustomerGroupIds => ids(value, 0),
            // Magento takes an empty text for none, and null for nothing said.
            Self::FromDate | Self::ToDate if value.is_null() || value == "" => Ok(json!("")),
            Self::FromDate | Self::ToDate => day(value).map(Value::from),
            Self::IsActive | Self::ApplyToShipping | Self::StopRulesProcessing => match value {
                Value::Bool(flag) => Ok(json!(flag)),
                _ => Err("is true or false".to_owned()),
            },
            Self::SimpleAction => match value.as_str().filter(|word| ACTIONS.contains(word)) {
                Some(word) => Ok(json!(word)),
                None => Err(format!("is one of {}", ACTIONS.join(", "))),
            },
            Self::DiscountAmount | Self::DiscountQty => number(value),
            Self::DiscountStep | Self::SortOrder | Self::UsesPerCustomer | Self::UsesPerCoupon => {
                match value.as_u64().filter(|count| *count <= MOST) {
                    Some(count) => Ok(json!(count)),
                    None => Err(format!("is a whole number from 0 to {MOST}")),
                }
            }
            Self::CouponType => match value.as_str().and_then(coupon_type) {
                Some(word) => Ok(json!(word)),
                None => Err("is one of no_coupon, specific_coupon, auto".to_owned()),
            },
            Self::Conditions | Self::ActionConditions | Self::StoreLabels => {
                Err("is not a plain value".to_owned())
            }
        }
    }
}

/// Magento's word for a type of coupon; sent as a number or misspelt it becomes type 0, with which
/// nothing can be done (`promotions_write.jsonl`, `coupontype-bogus`).
fn coupon_type(word: &str) -> Option<&'static str> {
    match word {
        "no_coupon" | "NO_COUPON" => Some("NO_COUPON"),
        "specific_coupon" | "SPECIFIC_COUPON" => Some("SPECIFIC_COUPON"),
        "auto" | "AUTO" => Some("AUTO"),
        _ => None,
    }
}

fn name(value: &Value) -> Result<&str, String> {
    let text = value.as_str().unwrap_or_default();
    if text.is_empty() || text.trim() != text {
        return Err("is a text without spaces at its ends".to_owned());
    }
    if text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(format!("has at most {LONGEST_NAME} characters, all on one line"));
    }
    Ok(text)
}

/// Ids, each once, in order.
fn ids(value: &Value, least: u64) -> Result<Value, String> {
    let ids: Option<Vec<u64>> = value
        .as_array()
        .map(|items| items.iter().map(whole).collect::<Option<_>>())
        .unwrap_or_default();
    match ids {
        Some(mut ids) if !ids.is_empty() && ids.iter().all(|id| *id >= least) => {
            ids.sort_unstable();
            ids.dedup();
            Ok(json!(ids))
        }
        _ => Err("is a list of ids, at least one".to_owned()),
    }
}

/// A number of zero or more, with at most four digits after the point: Magento rounds to that.
pub(crate) fn number(value: &Value) -> Result<Value, String> {
    let wrong = || "is a number of zero or more".to_owned();
    Decimal::check_amount(value)?;
    let decimal = Decimal::of(value).filter(|number| !number.is_negative()).ok_or_else(wrong)?;
    if !decimal.is_in_ten_thousandths() {
        return Err("has more than 4 digits after the point, and Magento keeps 4".to_owned());
    }
    match value {
        Value::String(_) => serde_json::from_str(&decimal.to_string()).map_err(|_| wrong()),
        number => Ok(number.clone()),
    }
}

/// A day of the calendar. Magento answers 500 to any other text, and to a 31st of February.
pub(crate) fn day(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .filter(|text| is_day(text))
        .ok_or_else(|| "is a day of the calendar as in 2026-12-31, or empty for none".to_owned())
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && CalendarDay::of(text).is_some_and(|day| day >= CalendarDay::EPOCH)
}

#[cfg(test)]
mod tests;
