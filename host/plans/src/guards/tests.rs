//! Guards against a plugin that wants past them.

use serde_json::{Value, json};
use souk_model::plan::{BodyBinding, BodySource, Change, Retry, Step, Subject, Undo};
use souk_model::{Binding, BindingSource, Code, StoreView, WriteMethod};

use super::Guards;
use crate::observed::ObservedState;

/// A change of one step, as hostile as its route and body are.
fn change(id: &str, route: &str, body: Value) -> Change {
    let names = route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path =
        names.map(|name| Binding { name: name.into(), value: BindingSource::Subject }).collect();
    Change {
        subject: Subject { kind: "thing".into(), id: id.into(), label: None },
        edits: Vec::new(),
        steps: vec![Step {
            upstream: "magento".into(),
            method: WriteMethod::Put,
            route: route.into(),
            path,
            query: Vec::new(),
            view: StoreView::Global,
            body: Some(body),
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        }],
        retry: Retry::IfAbsent,
        undo: Undo::Restore,
        warnings: Vec::new(),
    }
}

/// The rule that refuses a change; none: it passes.
fn refusal(change: &Change) -> Option<String> {
    Guards::default().check_bodies(change).err().map(|failure| failure.rule.unwrap())
}

fn refused(route: &str, body: Value) -> Option<String> {
    refusal(&change("7", route, body))
}

fn discount(body: &Value, rule: Option<Value>) -> Option<String> {
    let observed = ObservedState { here: rule, global: None, inherits: false };
    let change = change("7", "/V1/salesRules/{id}", json!({"rule": body}));
    Guards::default().check_discounts(&change, &observed).err().map(|failure| failure.rule.unwrap())
}

#[test]
fn a_discount_counts_as_per_cent_unless_the_rule_shows_another() {
    let fixed = json!({"rule_id": 7, "simple_action": "by_fixed", "discount_amount": 10});
    let cap = Some("discount-cap".to_owned());
    for (body, rule, wanted) in [
        (json!({"discount_amount": 90}), None, &cap),
        (json!({"discount_amount": "90.0"}), None, &cap),
        (json!({"discountAmount": 9e1}), None, &cap),
        (json!({"discount_amount": 90, "simple_action": "by_fixed"}), None, &None),
        (json!({"discount_amount": 90}), Some(fixed.clone()), &None),
        // What is looked up must be what is written.
        (json!({"discount_amount": 90, "rule_id": 8}), Some(fixed.clone()), &cap),
        // The amount that stands becomes per cent.
        (
            json!({"simpleAction": "by_percent"}),
            Some(json!({"rule_id": 7, "discount_amount": 90})),
            &cap,
        ),
        // The price becomes five per cent.
        (json!({"simple_action": "to_percent", "discount_amount": 5}), None, &cap),
        (json!({"simple_action": "to_percent", "discount_amount": 80}), None, &None),
        // A rule that sleeps is woken.
        (
            json!({"is_active": true}),
            Some(
                json!({"rule_id": 7, "simple_action": "by_percent", "discount_amount": 90, "is_active": false}),
            ),
            &cap,
        ),
        (json!({"name": "x"}), Some(json!({"rule_id": 7, "discount_amount": 90})), &None),
        (json!({"discount_amount": "ninety"}), None, &Some("unreadable".into())),
        (json!({"discount_amount": 1, "discountAmount": 90}), None, &Some("unreadable".into())),
    ] {
        assert_eq!(&discount(&body, rule.clone()), wanted, "{body} {rule:?}");
    }
    let many = change(
        "7",
        "/async/bulk/V1/salesRules/byRuleId",
        json!([{"rule": {"discount_amount": 90}}]),
    );
    assert!(Guards::default().check_discounts(&many, &ObservedState::default()).is_err());
}

#[test]
fn a_field_is_the_same_however_it_is_spelled_and_wherever_it_is_sent() {
    let list = Some("field-list".to_owned());
    for body in [
        json!({"name": "x", "tax_class_id": 0}),
        json!({"taxClassId": 0}),
        json!({"customAttributes": [{"attributeCode": "tax_class_id", "value": 0}]}),
        json!({"custom_attributes": {"tax_class_id": 0}}),
        json!({"custom_attributes": {"0": {"attribute_code": "tax_class_id", "value": 0}}}),
        json!({"custom_attributes": [{"attribute_code": "name", "attributeCode": "tax_class_id"}]}),
        json!({"extensionAttributes": {"website_ids": []}}),
    ] {
        for route in ["/V1/products/{sku}", "/V1/products/{sku}/websites", "/{a}/{b}/{c}"] {
            assert_eq!(refused(route, json!({"product": body})), list, "{route} {body}");
        }
        let bulk = json!([{"product": {"name": "x"}}, {"product": body}]);
        assert_eq!(refused("/async/bulk/V1/products/bySku", bulk), list);
    }
    for allowed in [
        json!({"name": "x", "metaTitle": "y", "custom_attributes": {"url_key": "z"}}),
        json!({"extension_attributes": {"category_links": []}}),
    ] {
        assert_eq!(refused("/V1/products/{sku}", json!({"product": allowed})), None);
    }
    assert_eq!(refused("/V1/cmsPage/{id}", json!({"page": {"layoutUpdateXml": ""}})), list);
}

#[test]
fn no_amount_is_negative_and_no_group_price_is_a_gift() {
    for (route, body, rule) in [
        (
            "/V1/products/base-prices",
            json!({"prices": [{"sku": "A", "price": "-1"}]}),
            "no-negative",
        ),
        (
            "/V1/products/special-price",
            json!({"prices": [{"sku": "A", "Price": -1e0}]}),
            "no-negative",
        ),
        (
            "/V1/products/{sku}",
            json!({"product": {"custom_attributes": {"special_price": -1}}}),
            "no-negative",
        ),
        ("/V1/salesRules", json!({"rule": {"discountAmount": -5}}), "no-negative"),
        (
            "/V1/products/tier-prices",
            json!({"prices": [{"sku": "A", "priceType": "discount", "price": "99.9"}]}),
            "discount-cap",
        ),
    ] {
        assert_eq!(refused(route, body.clone()).as_deref(), Some(rule), "{body}");
    }
    let fixed = json!({"prices": [{"sku": "A", "price_type": "fixed", "price": 99}]});
    assert_eq!(refused("/V1/products/tier-prices", fixed), None);
}

#[test]
fn coupons_are_counted_however_their_number_is_written() {
    for quantity in [json!(5_000), json!(5e3), json!("5000"), json!("5e3")] {
        let body = json!({"couponSpec": {"rule_id": 1, "quantity": quantity}});
        assert_eq!(refused("/V1/coupons/generate", body).as_deref(), Some("coupon-cap"));
    }
    let body = json!({"couponSpec": {"rule_id": 1, "quantity": "many"}});
    assert_eq!(refused("/V1/coupons/generate", body).as_deref(), Some("unreadable"));
}

#[test]
fn what_is_not_in_the_body_is_judged_too() {
    let mut asked = change("A", "/V1/products/{sku}", json!({"product": {"name": "x"}}));
    asked.steps[0].query.push(Binding::text("product[price]", "1"));
    assert_eq!(refusal(&asked).as_deref(), Some("write-query"));

    for (at, rule) in [("/product/tax_class_id", "field-list"), ("/product/price", "unreadable")] {
        let mut filled = change("A", "/V1/products/{sku}", json!({"product": {"name": "x"}}));
        let value = BodySource::Before("name".into());
        filled.steps[0].body_bindings.push(BodyBinding { at: at.parse().unwrap(), value });
        assert_eq!(refusal(&filled).as_deref(), Some(rule));
    }
}

#[test]
fn documents_are_never_written_past_the_rules() {
    for (route, path) in [
        ("/V1/orders", vec![]),
        ("/V1/orders/create", vec![]),
        ("/V1/creditmemo/refund", vec![]),
        ("/V1/creditmemo", vec![]),
        ("/async/V1/invoices", vec![]),
        ("/V1/{what}", vec![Binding::text("what", "Invoices")]),
    ] {
        let mut change = change("7", route, json!({}));
        change.steps[0].path = path;
        assert_eq!(refusal(&change).as_deref(), Some("never-written"), "{route}");
    }
    assert_eq!(refused("/V1/orders/{id}/comments", json!({})), None);
    assert_eq!(refused("/V1/creditmemo/{id}/comments", json!({})), None);
}

#[test]
fn money_moves_once_of_the_subject_now_and_never_again_by_itself() {
    let refund = || change("7", "/V1/order/{id}/refund", json!({}));
    assert_eq!(refusal(&refund()), None);
    let cases: [fn(&mut Change); 5] = [
        |change| change.retry = Retry::Idempotent,
        |change| change.steps.push(change.steps[0].clone()),
        |change| change.steps[0].route = "/async/V1/order/{id}/refund".into(),
        |change| change.steps[0].path[0].value = BindingSource::Text("8".into()),
        |change| {
            let binding =
                BodyBinding { at: "/arguments".parse().unwrap(), value: BodySource::Subject };
            change.steps[0].body_bindings.push(binding);
        },
    ];
    for spoil in cases {
        let mut change = refund();
        spoil(&mut change);
        let failure = Guards::default().check_bodies(&change).unwrap_err();
        assert_eq!((failure.code, failure.rule.as_deref()), (Code::Forbidden, Some("money")));
    }
}
