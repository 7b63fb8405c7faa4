//! The sample shop's cart price rules and coupons.

use serde_json::{Value, json};

use super::data::Data;
use super::documents::Rule;
use super::read::SampleError;
use super::story::Story;
use crate::shop::ALL;

/// Writes rules and coupons.
///
/// # Errors
/// When the store refuses one.
pub(super) fn write(story: &mut Story<'_>, data: &Data) -> Result<(), SampleError> {
    for (row, id) in data.rules.iter().zip(1u64..) {
        let rule = json!({ "rule": rule(data, row, id) });
        story.request(row, ("POST", "/V1/salesRules"), ALL, rule)?;
        if let Some(code) = &row.coupon {
            let coupon = json!({ "coupon": {
                "rule_id": id, "code": **code, "is_primary": true, "usage_limit": row.uses_per_coupon,
                "usage_per_customer": 0, "times_used": 0
            }});
            story.request(row, ("POST", "/V1/coupons"), ALL, coupon)?;
        }
        if let Some(coupons) = &row.coupons {
            let spec = json!({ "couponSpec": {
                "rule_id": id, "format": "alphanum", "quantity": coupons.quantity,
                "length": coupons.length, "prefix": *coupons.prefix
            }});
            story.request(row, ("POST", "/V1/coupons/generate"), ALL, spec)?;
        }
    }
    Ok(())
}

fn rule(data: &Data, row: &Rule, id: u64) -> Value {
    let websites: Vec<u32> = row.websites.iter().filter_map(|code| data.website(code)).collect();
    let by_coupon = row.coupon.is_some() || row.coupons.is_some();
    let mut rule = json!({
        "name": *row.name, "website_ids": websites, "customer_group_ids": row.groups,
        "from_date": row.from.to_string(), "is_active": row.active, "simple_action": row.action,
        "discount_amount": row.amount, "discount_step": 0,
        "coupon_type": if by_coupon { "SPECIFIC_COUPON" } else { "NO_COUPON" },
        "use_auto_generation": row.coupons.is_some(), "uses_per_coupon": row.uses_per_coupon,
        "stop_rules_processing": false, "sort_order": id, "apply_to_shipping": false
    });
    if let Some(to) = row.to {
        rule["to_date"] = json!(to.to_string());
    }
    if let Some(label) = &row.label {
        rule["store_labels"] = json!([{ "store_id": 0, "store_label": **label }]);
    }
    if let Some(euros) = row.from_subtotal {
        rule["condition"] = from_subtotal(euros);
    }
    rule
}

fn from_subtotal(euros: u32) -> Value {
    json!({
        "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine", "aggregator_type": "all",
        "operator": null, "value": "1",
        "conditions": [{
            "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Address", "operator": ">=",
            "attribute_name": "base_subtotal", "value": euros.to_string()
        }]
    })
}
