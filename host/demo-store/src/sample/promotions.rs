//! The sample shop's cart price rules and coupons: some running, one over, one not yet, one forgotten.

use serde_json::{Value, json};

use super::story::Story;
use crate::shop::ALL;

const ANYONE: &str = "0,1,2,3";
const TRADE_GROUPS: &str = "2,3";

/// name | website | groups | from | to | active | action | amount | coupon | uses of a coupon | label
const RULES: &str = "\
Welcome, 10 % off|1|ANYONE|2026-03-02||1|by_percent|10|WELCOME10|1|Welcome
Five off|1|ANYONE|2026-03-02||1|cart_fixed|5|FIVE|100|Five off
Autumn gear, 15 % off|1|ANYONE|2026-09-01|2026-12-20|1|by_percent|15|||Autumn
Newsletter codes|1|ANYONE|2026-04-01|2027-03-31|1|by_fixed|8|AUTO|1|Thank you for reading
Trade volume, 5 % off|2|TRADE|2026-03-02||1|by_percent|5|||Volume
Summer sale 2025|1|ANYONE|2025-06-01|2025-08-31|1|by_percent|30|SUMMER25|0|Summer
Buy two, third free|1|ANYONE|2027-01-02|2027-01-31|1|buy_x_get_y|1|||Third free
Staff, forgotten|1,2|ANYONE|2024-01-01||1|by_percent|95|STAFF|0|
Free shipping from 100 €|1|ANYONE|2026-03-02||0|by_percent|0|||Free shipping
";

/// Writes rules and coupons.
pub(super) fn write(story: &mut Story<'_>) {
    for (line, rule_id) in RULES.lines().zip(1u64..) {
        let cells: Vec<&str> = line.split('|').collect();
        let [name, websites, groups, from, to, active, action, amount, coupon, uses, label] =
            cells[..]
        else {
            continue;
        };
        let ids =
            |text: &str| -> Vec<u64> { text.split(',').filter_map(|id| id.parse().ok()).collect() };
        let mut rule = json!({
            "name": name, "website_ids": ids(websites),
            "customer_group_ids": ids(if groups == "TRADE" { TRADE_GROUPS } else { ANYONE }),
            "from_date": from, "is_active": active == "1", "simple_action": action,
            "discount_amount": amount.parse::<u64>().unwrap_or(0), "discount_step": 0,
            "coupon_type": if coupon.is_empty() { "NO_COUPON" } else { "SPECIFIC_COUPON" },
            "use_auto_generation": coupon == "AUTO", "uses_per_coupon": uses.parse::<u64>().unwrap_or(0),
            "stop_rules_processing": false, "sort_order": rule_id, "apply_to_shipping": false
        });
        if !to.is_empty() {
            rule["to_date"] = json!(to);
        }
        if !label.is_empty() {
            rule["store_labels"] = json!([{ "store_id": 0, "store_label": label }]);
        }
        if name.starts_with("Autumn") {
            rule["condition"] = from_subtotal(60);
        }
        story.tell("POST", "/V1/salesRules", ALL, json!({ "rule": rule }));
        match coupon {
            "" => {}
            "AUTO" => story.tell("POST", "/V1/coupons/generate", ALL, json!({ "couponSpec": {
                "rule_id": rule_id, "format": "alphanum", "quantity": 12, "length": 8, "prefix": "NEWS-"
            }})),
            code => story.tell("POST", "/V1/coupons", ALL, json!({ "coupon": {
                "rule_id": rule_id, "code": code, "is_primary": true,
                "usage_limit": uses.parse::<u64>().unwrap_or(0), "usage_per_customer": 0, "times_used": 0
            }})),
        }
    }
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
