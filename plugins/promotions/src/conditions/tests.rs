//! Conditions held against `promotions_write.jsonl`.

use proptest::prelude::*;
use serde_json::{Value, json};
use souk_sdk::prelude::Failure;

use super::*;

fn build(given: &Value, about: ConditionSubject) -> Result<RuleConditions, Failure> {
    Conditions(given.clone()).build(about, "conditions")
}

fn built(given: &Value, about: ConditionSubject) -> Value {
    build(given, about).unwrap().value
}

fn class(last: &str) -> String {
    ["Magento\\SalesRule\\Model\\Rule\\Condition\\", last].concat()
}

/// `create-nested`: what was sent of its conditions, and what was answered.
fn nested() -> (Value, Value) {
    let sent = json!({"condition_type": class("Combine"), "aggregator_type": "all", "value": "1", "conditions": [
        {"condition_type": class("Address"), "attribute_name": "base_subtotal", "operator": ">=", "value": "50"},
        {"condition_type": class("Combine"), "aggregator_type": "any", "value": "0", "conditions": [
            {"condition_type": class("Address"), "attribute_name": "country_id", "operator": "==", "value": "DE"},
            {"condition_type": class("Address"), "attribute_name": "postcode", "operator": "()", "value": "10115,10117"}]},
        {"condition_type": class("Product\\Found"), "aggregator_type": "all", "value": "1", "conditions": [
            {"condition_type": class("Product"), "attribute_name": "category_ids", "operator": "()", "value": "3,4"},
            {"condition_type": class("Product"), "attribute_name": "sku", "operator": "!()", "value": "LAB-001"}]},
        {"condition_type": class("Product\\Subselect"), "aggregator_type": "all", "attribute_name": "qty", "operator": ">=", "value": "2", "conditions": [
            {"condition_type": class("Product"), "attribute_name": "color", "operator": "==", "value": "5"}]}]});
    let answered = json!({"condition_type": class("Combine"), "conditions": [
        {"condition_type": class("Address"), "operator": ">=", "attribute_name": "base_subtotal", "value": "50"},
        {"condition_type": class("Combine"), "conditions": [
            {"condition_type": class("Address"), "operator": "==", "attribute_name": "country_id", "value": "DE"},
            {"condition_type": class("Address"), "operator": "()", "attribute_name": "postcode", "value": "10115,10117"}],
            "aggregator_type": "any", "operator": null, "value": "0"},
        {"condition_type": class("Product\\Found"), "conditions": [
            {"condition_type": class("Product"), "operator": "()", "attribute_name": "category_ids", "value": "3,4"},
            {"condition_type": class("Product"), "operator": "!()", "attribute_name": "sku", "value": "LAB-001"}],
            "aggregator_type": "all", "operator": null, "value": "1"},
        {"condition_type": class("Product\\Subselect"), "conditions": [
            {"condition_type": class("Product"), "operator": "==", "attribute_name": "color", "value": "5"}],
            "aggregator_type": "all", "operator": ">=", "attribute_name": "qty", "value": "2"}],
        "aggregator_type": "all", "operator": null, "value": "1"});
    (sent, answered)
}

#[test]
fn magentos_own_objects_take_the_form_in_which_it_answers_them() {
    let (sent, answered) = nested();
    assert_eq!(built(&sent, ConditionSubject::Cart), answered);
    assert_eq!(built(&answered, ConditionSubject::Cart), answered);
}

#[test]
fn the_same_can_be_said_in_words() {
    let mut words = json!({"all": [
        {"subtotal": {"op": ">=", "value": 50}},
        {"none": [{"country": "DE"}, {"postcode": ["10115", 10117]}]},
        {"product_found": {"category": [3, 4], "sku": {"op": "nin", "value": ["LAB-001"]}}},
        {"quantity_of": {"op": "gteq", "value": 2, "of": {"color": "5"}}},
    ]});
    let mut answered = nested().1;
    // The recording says that one of them must not hold, the word that none may.
    answered["conditions"][1]["aggregator_type"] = json!("all");
    assert_eq!(built(&words, ConditionSubject::Cart), answered);
    // A list alone is one of which all must hold.
    assert_eq!(built(&words["all"], ConditionSubject::Cart), answered);
    // A group in Magento's form may stand among words.
    words["all"][1] = nested().1["conditions"][1].clone();
    assert_eq!(built(&words, ConditionSubject::Cart), nested().1);
}

#[test]
fn a_leaf_as_the_root_is_wrapped() {
    let leaf = json!({"condition_type": class("Address"), "attribute_name": "base_subtotal", "operator": ">", "value": "5"});
    for given in [leaf, json!({"subtotal": {"op": ">", "value": 5}})] {
        let value = built(&given, ConditionSubject::Cart);
        assert_eq!(value["condition_type"], class("Combine"));
        assert_eq!(value["aggregator_type"], "all");
        assert_eq!(value["conditions"][0]["attribute_name"], "base_subtotal");
    }
    let item = built(&json!({"sku": "A"}), ConditionSubject::Item);
    assert_eq!(item["condition_type"], class("Product\\Combine"));
}

#[test]
fn nothing_at_all_holds_for_everything() {
    for given in [json!({}), json!({"all": []}), json!([])] {
        assert!(build(&given, ConditionSubject::Cart).unwrap().is_everything());
    }
    assert!(!build(&json!({"weight": 1}), ConditionSubject::Cart).unwrap().is_everything());
}

#[test]
fn a_category_is_a_question_of_membership() {
    for (op, symbol) in [("eq", "()"), ("neq", "!()"), ("in", "()")] {
        let value = built(&json!({"category": {"op": op, "value": 3}}), ConditionSubject::Item);
        assert_eq!(value["conditions"][0]["operator"], symbol);
    }
}

#[test]
fn what_magento_would_drop_or_misread_is_refused_with_what_there_is() {
    let raw = |last: &str| json!({"condition_type": class(last), "attribute_name": "sku", "operator": "==", "value": "1"});
    let of = |name: &str, value: Value| json!({"all": [{name: value}]});
    for (about, given, says) in [
        // `cond-bad-type`, and classes that may not stand here.
        (
            ConditionSubject::Cart,
            json!({"condition_type": "Nope\\Class"}),
            "drop it without a word",
        ),
        (
            ConditionSubject::Cart,
            json!({"all": [raw("Product\\Combine")]}),
            "drop it without a word",
        ),
        (ConditionSubject::Item, raw("Address"), "drop it without a word"),
        (ConditionSubject::Item, raw("Product\\Found"), "drop it without a word"),
        // `cond-unknownkey`, `cond-attribute-scope`.
        (
            ConditionSubject::Item,
            json!({"condition_type": class("Product"), "type": "x"}),
            "no `type`",
        ),
        // `cond-bad-op`, `cond-bad-attr`, `cond-notroot`.
        (ConditionSubject::Cart, of("subtotal", json!({"op": "~~", "value": 1})), "no operator"),
        (ConditionSubject::Cart, of("nosuch", json!(1)), "no condition on a cart"),
        (ConditionSubject::Cart, of("sku", json!("A")), "no condition on a cart"),
        (ConditionSubject::Item, of("subtotal", json!(1)), "no condition on a product"),
        (ConditionSubject::Cart, of("subtotal", json!("much")), "with numbers"),
        (
            ConditionSubject::Cart,
            of("subtotal", json!({"op": ">", "value": [1, 2]})),
            "`in` or `nin`",
        ),
        (ConditionSubject::Cart, of("subtotal", json!({"op": ">"})), "no `value`"),
        (ConditionSubject::Cart, of("subtotal", json!({"value": 1, "is": ">"})), "no `is`"),
        (ConditionSubject::Cart, of("country", json!("Germany")), "two capitals"),
        (ConditionSubject::Cart, of("postcode", json!(["1,2"])), "comma"),
        (ConditionSubject::Cart, json!({"all": [], "weight": 1}), "nothing stands beside"),
        (ConditionSubject::Cart, json!({"all": {"weight": 1}}), "list of conditions"),
        (ConditionSubject::Cart, of("quantity_of", json!(3)), "how it is compared"),
        (ConditionSubject::Item, of("category", json!("Tents")), "no category's id"),
    ] {
        let failure = build(&given, about).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    let refused =
        build(&json!({"any": [{"weight": 1}, {"all": [raw("Nope")]}]}), ConditionSubject::Cart);
    let refused = refused.unwrap_err();
    assert_eq!(refused.argument.as_deref(), Some("/conditions/any/1/all/0/condition_type"));
    assert!(refused.remedy.unwrap().contains(&class("Product\\Subselect")));
}

#[test]
fn magento_takes_any_other_word_than_all_for_any() {
    let group = |word: &str| json!({"condition_type": class("Combine"), "aggregator_type": word});
    assert_eq!(built(&group("ALL"), ConditionSubject::Cart)["aggregator_type"], "all");
    assert!(build(&group("every"), ConditionSubject::Cart).is_err());
}

#[test]
fn attributes_are_told_so_that_the_store_can_be_asked() {
    let given = json!({"product_found": {"any": [{"color": ["5", "6"]}, {"category": 3},
        {"name": {"op": "contains", "value": "x"}}]}});
    let attributes = build(&given, ConditionSubject::Cart).unwrap().attributes;
    let told: Vec<_> =
        attributes.iter().map(|on| (on.code.as_str(), on.values.len(), on.whole)).collect();
    assert_eq!(told, [("color", 2, true), ("name", 1, false)]);
    assert_eq!(attributes[0].at, "/conditions/product_found/any/0/color");
}

#[test]
fn too_many_conditions_are_refused() {
    let many: Vec<Value> = (0..600).map(|weight| json!({"weight": weight})).collect();
    assert!(build(&json!({"all": many}), ConditionSubject::Cart).is_err());
    let deep = (0..20).fold(json!({"weight": 1}), |inner, _| json!({"all": [inner]}));
    assert!(build(&deep, ConditionSubject::Cart).is_err());
}

/// Conditions on a cart, in words.
fn words() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0_u32..1000).prop_map(|amount| json!({"subtotal": {"op": ">=", "value": amount}})),
        "[A-Z]{2}".prop_map(|country| json!({"country": country})),
        ("[a-z]{1,8}", "[ -+--~]{1,12}")
            .prop_map(|(code, value)| json!({"product_found": {code: value}})),
        (1_u32..99)
            .prop_map(|id| json!({"amount_of": {"op": "lt", "value": 3, "of": {"category": id}}})),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        (prop_oneof!["all", "any", "none"], prop::collection::vec(inner, 0..5))
            .prop_map(|(word, parts)| json!({word: parts}))
    })
}

fn leaves(value: &Value) -> usize {
    match value.get("conditions").and_then(Value::as_array) {
        None if value.get("attribute_name").is_some() => 1,
        None => 0,
        Some(parts) => parts.iter().map(leaves).sum(),
    }
}

fn leaves_in_words(value: &Value) -> usize {
    match value.as_object().and_then(|members| members.iter().next()) {
        Some((word, Value::Array(parts))) if word != "country" => {
            parts.iter().map(leaves_in_words).sum()
        }
        _ => 1,
    }
}

proptest! {
    #[test]
    fn every_condition_arrives_and_what_comes_out_goes_in_again(given in words()) {
        // A few generated codes are words of the cart, which are refused inside a product.
        if let Ok(first) = build(&given, ConditionSubject::Cart) {
            prop_assert_eq!(&first.value["condition_type"], &json!(class("Combine")));
            prop_assert_eq!(leaves(&first.value), leaves_in_words(&given));
            prop_assert_eq!(built(&first.value, ConditionSubject::Cart), first.value);
        }
    }
}
