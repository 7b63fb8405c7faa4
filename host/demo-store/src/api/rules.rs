//! Cart price rules.

use serde_json::{Value, json};

use super::entity::{Entity, UnknownColumn, plain};
use super::route::{HandlerResult, Route, read, write};
use crate::call::Call;
use crate::document::{Doc, doc};
use crate::php;
use crate::refusal::Refusal;
use crate::shop::{Shop, coupon_type};

/// The resource of rules and coupons.
pub(super) const QUOTE: &str = "Magento_SalesRule::quote";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/salesRules/search", QUOTE, |shop, call| {
        RULES.list(shop, call, shop.rules.iter(), plain)
    }),
    read("/V1/salesRules/{ruleId}", QUOTE, |shop, call| {
        shop.rules.get(call.id("ruleId")).map(plain).ok_or_else(no_such_entity)
    }),
    write("POST", "/V1/salesRules", QUOTE, create),
    write("PUT", "/V1/salesRules/{ruleId}", QUOTE, update),
    write("DELETE", "/V1/salesRules/{ruleId}", QUOTE, delete),
];

const RULES: Entity = Entity {
    columns: "rule_id:n name description from_date:d to_date:d uses_per_customer:n is_active:n \
        stop_rules_processing:n is_advanced:n sort_order:n simple_action discount_amount:n discount_qty:n \
        discount_step:n apply_to_shipping:n times_used:n is_rss:n coupon_type=_coupon_type:n \
        use_auto_generation:n uses_per_coupon:n simple_free_shipping:n",
    unknown: UnknownColumn::Internal,
};

/// The 404 of rules and coupons, which names nothing.
pub(super) fn no_such_entity() -> Refusal {
    Refusal::missing("No such entity.")
}

const ROOT: &str = "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine";
const ACTION_ROOT: &str = "Magento\\SalesRule\\Model\\Rule\\Condition\\Product\\Combine";
const CONDITIONS: &str = "Magento\\SalesRule\\Model\\Rule\\Condition\\";

fn create(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("rule");
    if let Some(id) = given.get("rule_id").filter(|id| php::truthy(id)) {
        return save_existing(shop, call, php::id_of(id), &given);
    }
    let any = |class: &str| json!({ "condition_type": class, "aggregator_type": "all", "operator": null, "value": true });
    let fresh = doc(json!({
        "store_labels": [], "website_ids": [], "customer_group_ids": [], "uses_per_customer": 0, "is_active": false,
        "condition": any(ROOT), "action_condition": any(ACTION_ROOT), "stop_rules_processing": true,
        "is_advanced": true, "sort_order": 0, "discount_amount": 0, "discount_step": 0, "apply_to_shipping": false,
        "times_used": 0, "is_rss": false, "coupon_type": "NO_COUPON", "use_auto_generation": false,
        "uses_per_coupon": 0
    }));
    let mut rule = merge(fresh, &given);
    check(call, &given, &rule)?;
    check_references(shop, call, &given)?;
    let id = shop.rules.take_id();
    rule.insert("rule_id".to_owned(), id.into());
    shop.rules.put(rule.clone());
    Ok(plain(&rule))
}

fn update(shop: &mut Shop, call: &Call) -> HandlerResult {
    save_existing(shop, call, call.id("ruleId"), &call.object("rule"))
}

fn save_existing(shop: &mut Shop, call: &Call, id: u64, given: &Doc) -> HandlerResult {
    let known = shop.rules.get(id).cloned().ok_or_else(no_such_entity)?;
    let labels = known.get("store_labels").cloned().unwrap_or_else(|| json!([]));
    let mut rule = merge(known, given);
    rule.insert("rule_id".to_owned(), id.into());
    check(call, given, &rule)?;
    check_references(shop, call, given)?;
    let shown = plain(&rule);
    // Labels are added to those there are, though the answer shows only the given ones; an empty one
    // takes its view's away.
    if let Some(given) = given.get("store_labels").and_then(Value::as_array) {
        rule.insert("store_labels".to_owned(), merge_labels(&labels, given));
    }
    if rule.get("coupon_type").is_some_and(|kind| kind == "NO_COUPON") {
        shop.coupons.retain(|coupon| coupon.get("rule_id").map(php::id_of) != Some(id));
    }
    let limits = [("usage_limit", "uses_per_coupon"), ("usage_per_customer", "uses_per_customer")];
    for coupon in
        shop.coupons.iter_mut().filter(|coupon| coupon.get("rule_id").map(php::id_of) == Some(id))
    {
        for (field, source) in limits {
            coupon.insert(field.to_owned(), rule.get(source).cloned().unwrap_or(json!(0)));
        }
    }
    shop.rules.put(rule);
    Ok(shown)
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.id("ruleId");
    shop.rules.remove(id).ok_or_else(no_such_entity)?;
    shop.coupons.retain(|coupon| coupon.get("rule_id").map(php::id_of) != Some(id));
    Ok(Value::Bool(true))
}

fn merge_labels(known: &Value, given: &[Value]) -> Value {
    let mut labels = known.as_array().cloned().unwrap_or_default();
    for label in given {
        match labels.iter_mut().find(|known| known["store_id"] == label["store_id"]) {
            Some(known) => *known = label.clone(),
            None => labels.push(label.clone()),
        }
    }
    labels.retain(|label| !php::text_of(&label["store_label"]).is_empty());
    labels.sort_by_key(|label| php::id_of(&label["store_id"]));
    Value::Array(labels)
}

/// Puts what is given over what is there, in the forms in which rules are kept.
fn merge(mut rule: Doc, given: &Doc) -> Doc {
    for (field, value) in given {
        let value = match (field.as_str(), value) {
            ("rule_id", _) => continue,
            ("condition", value) => root(value, ROOT),
            ("action_condition", value) => root(value, ACTION_ROOT),
            (_, Value::Null) => continue,
            // An empty day, or `false`, is none; and so is a quantity of 0.
            ("from_date" | "to_date", value) if php::text_of(value).is_empty() => {
                rule.shift_remove(field);
                continue;
            }
            ("discount_qty", value) if php::number_of(value) == 0.0 => {
                rule.shift_remove(field);
                continue;
            }
            ("discount_amount" | "discount_qty", value) => {
                // The column has four digits after the point.
                php::number((php::number_of(value) * 10_000.0).round() / 10_000.0)
            }
            ("coupon_type", value) => Value::String(coupon_type(&php::text_of(value)).to_owned()),
            ("from_date" | "to_date", value) => {
                Value::String(php::text_of(value).chars().take(10).collect())
            }
            ("simple_free_shipping", value) => {
                let text = php::text_of(value);
                Value::String(if matches!(text.as_str(), "1" | "2") {
                    text
                } else {
                    "0".to_owned()
                })
            }
            (_, value) => value.clone(),
        };
        rule.insert(field.clone(), value);
    }
    coupon_type::note(&mut rule);
    rule
}

/// Names and numbers are understood; anything else is type 0.
fn coupon_type(given: &str) -> &'static str {
    match given {
        "NO_COUPON" | "1" => "NO_COUPON",
        "SPECIFIC_COUPON" | "2" => "SPECIFIC_COUPON",
        "AUTO" | "3" => "AUTO",
        _ => "0",
    }
}

/// A root condition is a combination whatever was given: of a leaf, its attribute becomes the
/// aggregator and makes nonsense.
fn root(given: &Value, class: &str) -> Value {
    let aggregator = match &given["aggregator_type"] {
        Value::Null => &given["attribute_name"],
        aggregator => aggregator,
    };
    let mut shown = combination(given, class);
    if let Some(shown) = shown.as_object_mut().filter(|_| !aggregator.is_null()) {
        shown.insert("aggregator_type".to_owned(), aggregator.clone());
    }
    shown["operator"] = Value::Null;
    if let Some(shown) = shown.as_object_mut() {
        shown.shift_remove("attribute_name");
    }
    shown
}

fn combination(given: &Value, class: &str) -> Value {
    let mut shown = Doc::new();
    shown.insert("condition_type".to_owned(), json!(class));
    let parts: Vec<Value> =
        given["conditions"].as_array().into_iter().flatten().filter_map(condition).collect();
    if !parts.is_empty() {
        shown.insert("conditions".to_owned(), Value::Array(parts));
    }
    if !given["aggregator_type"].is_null() {
        shown.insert("aggregator_type".to_owned(), given["aggregator_type"].clone());
    }
    let subselect = class.ends_with("\\Subselect");
    shown.insert(
        "operator".to_owned(),
        if subselect { given["operator"].clone() } else { Value::Null },
    );
    if subselect && !given["attribute_name"].is_null() {
        shown.insert("attribute_name".to_owned(), given["attribute_name"].clone());
    }
    shown.insert("value".to_owned(), given["value"].clone());
    Value::Object(shown)
}

/// A condition inside a combination; one of an unknown class disappears without a word.
fn condition(given: &Value) -> Option<Value> {
    let class = given["condition_type"].as_str()?;
    match class.strip_prefix(CONDITIONS)? {
        "Combine" | "Product\\Combine" | "Product\\Found" | "Product\\Subselect" => {
            Some(combination(given, class))
        }
        "Address" | "Product" | "Customer" | "Customer\\Segment" => Some(json!({
            "condition_type": class, "operator": given["operator"], "attribute_name": given["attribute_name"],
            "value": given["value"],
        })),
        _ => None,
    }
}

fn check(call: &Call, given: &Doc, rule: &Doc) -> Result<(), Refusal> {
    let date = |field: &str| rule.get(field).and_then(Value::as_str).map(str::to_owned);
    for day in ["from_date", "to_date"].into_iter().filter_map(date) {
        if !is_day(&day) {
            return Err(Refusal::internal(call.seed));
        }
    }
    if rule.get("discount_amount").map_or(0.0, php::number_of) < 0.0 {
        return Err(Refusal::bad("Please choose a valid discount amount."));
    }
    let mut complaints = String::new();
    if let (Some(from), Some(to)) = (date("from_date"), date("to_date"))
        && to < from
    {
        complaints.push_str("End Date must follow Start Date.; ");
    }
    let empty = |field: &str| given.get(field).and_then(Value::as_array).is_some_and(Vec::is_empty);
    if empty("website_ids") {
        complaints.push_str("Please specify a website.; ");
    }
    if empty("customer_group_ids") {
        complaints.push_str("Please specify Customer Groups.; ");
    }
    if complaints.is_empty() { Ok(()) } else { Err(Refusal::bad(complaints)) }
}

fn is_day(text: &str) -> bool {
    // PHP takes that for a day, before all others.
    text == "0000-00-00" || text.parse::<jiff::civil::Date>().is_ok()
}

/// Websites, groups and store views that do not exist fail in the database, and use an id up.
fn check_references(shop: &mut Shop, call: &Call, given: &Doc) -> Result<(), Refusal> {
    let ids = |field: &str| {
        given.get(field).and_then(Value::as_array).into_iter().flatten().map(php::id_of)
    };
    let websites = shop.stores.website_ids();
    let bad = ids("website_ids").any(|id| !websites.iter().any(|known| u64::from(*known) == id))
        || ids("customer_group_ids").any(|id| shop.groups.get(id).is_none())
        || given.get("store_labels").and_then(Value::as_array).into_iter().flatten().any(|label| {
            let id = php::id_of(&label["store_id"]);
            id != 0 && !shop.stores.all_views().iter().any(|known| u64::from(*known) == id)
        });
    if bad {
        shop.rules.take_id();
        return Err(Refusal::internal(call.seed));
    }
    Ok(())
}
