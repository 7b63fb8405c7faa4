//! What would be sent, held against `salesrules.jsonl` and `promotions_write.jsonl`.

mod coupons;
mod rules;

use serde_json::{Value, json};
use souk_sdk::core::Read;
use souk_sdk::prelude::{BindingSource, Failure, FailureCode};
use souk_sdk::testing::{Host, SentRequest};

use crate::promotions;

/// The value of a query parameter.
fn query<'r>(read: &'r Read, name: &str) -> Option<&'r str> {
    let binding = read.query.iter().find(|binding| binding.name == name)?;
    match &binding.value {
        BindingSource::Text(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

/// The filters of a search: field, condition, value.
fn filters(read: &Read) -> Vec<(String, String, String)> {
    (0..5)
        .filter_map(|group| {
            let part = |key: &str| {
                let name = format!("searchCriteria[filter_groups][{group}][filters][0][{key}]");
                query(read, &name).map(str::to_owned)
            };
            Some((part("field")?, part("condition_type")?, part("value")?))
        })
        .collect()
}

fn holds(item: &Value, (field, condition, value): &(String, String, String)) -> bool {
    let number = || item[field].as_u64().unwrap_or_default();
    match condition.as_str() {
        "gt" => number() > value.parse().unwrap(),
        "like" => item[field].as_str().unwrap().contains(value.trim_matches('%')),
        _ if item[field].is_boolean() => item[field] == (value == "1"),
        _ if item[field].is_number() => number().to_string() == *value,
        _ => item[field].as_str().is_some_and(|text| text.eq_ignore_ascii_case(value)),
    }
}

fn search(items: &[Value], read: &Read) -> Value {
    let mut found: Vec<&Value> = items
        .iter()
        .filter(|item| filters(read).iter().all(|filter| holds(item, filter)))
        .collect();
    let total = found.len();
    if query(read, "searchCriteria[sortOrders][0][direction]") == Some("DESC") {
        found.reverse();
    }
    let page = |name: &str, without: usize| {
        query(read, name).map_or(without, |text| text.parse().unwrap())
    };
    let size = page("searchCriteria[pageSize]", usize::MAX);
    let from = size.saturating_mul(page("searchCriteria[currentPage]", 1) - 1);
    let items: Vec<_> = found.into_iter().skip(from).take(size).collect();
    json!({"items": items, "total_count": total})
}

fn rule(id: u64, name: &str, coupon_type: &str, auto: bool) -> Value {
    json!({
        "rule_id": id, "name": name, "store_labels": [{"store_id": 0, "store_label": "L"}],
        "website_ids": [1], "customer_group_ids": [0, 1], "from_date": "2026-01-01",
        "is_active": id != 5, "stop_rules_processing": id == 1, "sort_order": id, "simple_action": "by_percent",
        "discount_amount": 10, "discount_step": 0, "apply_to_shipping": false, "uses_per_customer": 0,
        "coupon_type": coupon_type, "use_auto_generation": auto, "uses_per_coupon": 1
    })
}

/// Rules 1 (no coupon), 2 (a chosen one), 3 and 4 (generated ones, called so in two ways), 5
/// (disabled), and 300 in the other website; coupons 1 to 700 of rule 3, and 701 of rule 2.
fn store() -> Host {
    store_where(|_| {})
}

/// The same, where rules 1 and 5 ended long ago.
fn ended_rule() -> Host {
    store_where(|rule| {
        if matches!(rule["rule_id"].as_u64(), Some(1 | 5)) {
            rule["from_date"] = json!("2020-01-01");
            rule["to_date"] = json!("2020-02-01");
        }
    })
}

fn store_where(change: fn(&mut Value)) -> Host {
    let mut rules = vec![
        rule(1, "Lab", "NO_COUPON", false),
        rule(2, "Lab single coupon", "SPECIFIC_COUPON", false),
        rule(3, "Lab auto coupons", "SPECIFIC_COUPON", true),
        rule(4, "Auto", "AUTO", true),
        rule(5, "Off", "NO_COUPON", false),
    ];
    rules.iter_mut().for_each(change);
    rules.extend((6..306).map(|id| {
        let mut rule = rule(id, "Elsewhere", "NO_COUPON", false);
        rule["website_ids"] = json!([2]);
        rule
    }));
    let mut coupons: Vec<Value> = (1..=700)
        .map(|id| {
            json!({"coupon_id": id, "rule_id": 3, "code": format!("LAB-{id:04}"), "usage_limit": 1,
                "usage_per_customer": 0, "times_used": 0, "created_at": "2026-11-22 17:29:04", "type": 1})
        })
        .collect();
    coupons.push(json!({"coupon_id": 701, "rule_id": 2, "code": "=LABFIVE", "usage_limit": 100,
        "usage_per_customer": 0, "times_used": 1, "expiration_date": "2027-01-01 00:00:00",
        "created_at": "2026-11-22 17:29:04", "type": 0}));
    Host::answering(move |read| {
        let id = || match &read.path[0].value {
            BindingSource::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        let missing = || {
            let mut failure = Failure::new(FailureCode::UpstreamError, "No such entity.");
            failure.status = Some(404);
            failure
        };
        Ok(match read.route.template.as_str() {
            "/V1/salesRules/search" => search(&rules, read),
            "/V1/salesRules/{ruleId}" => {
                let id = id().parse().ok();
                let rule = rules.iter().find(|rule| rule["rule_id"].as_u64() == id);
                rule.cloned().ok_or_else(missing)?
            }
            "/V1/coupons/search" => search(&coupons, read),
            "/V1/store/websites" => {
                json!([{"id": 0, "code": "admin"}, {"id": 1, "code": "base"}, {"id": 2, "code": "b2b"}])
            }
            "/V1/store/storeViews" => {
                json!([{"id": 0, "code": "admin"}, {"id": 1, "code": "default"}])
            }
            "/V1/customerGroups/search" => search(
                &[json!({"id": 0, "code": "NOT LOGGED IN"}), json!({"id": 1, "code": "General"})],
                read,
            ),
            "/V1/products/attributes/{attributeCode}" => match id().as_str() {
                "color" => json!({"is_used_for_promo_rules": "0", "options": [
                    {"label": " ", "value": ""}, {"label": "Blue", "value": "5"}]}),
                "sku" => json!({"is_used_for_promo_rules": "1"}),
                _ => return Err(missing()),
            },
            other => panic!("{other} was read"),
        })
    })
}

fn call(host: &Host, action: &str, arguments: &Value) -> Result<Value, Failure> {
    host.call(&promotions(), action, arguments)
}

/// What would be sent for the only change of the last draft.
fn sent(host: &Host) -> Vec<SentRequest> {
    let proposed = host.proposed().pop().unwrap();
    assert_eq!(proposed.changes.len(), 1);
    host.sent(&proposed.changes[0])
}
