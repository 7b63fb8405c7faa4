//! The catalogue against recordings of a real store, and bodies that hide something.

use serde_json::{Value, json};
use souk_model::plan::{BodyBinding, BodySource, Change, Retry, Step, Subject, Undo};
use souk_model::{Binding, BindingSource, Grant, Method, StoreView, Tier, WriteMethod};

use super::*;

/// Writes as they were recorded, one for each shape of a body and each end: what a test of the
/// catalogue needs of the recordings, named in each line. Long texts are cut.
const RECORDED: &str = include_str!("recorded.jsonl");

fn method(text: &str) -> WriteMethod {
    match Method::try_from(text.to_owned()) {
        Ok(Method::Write(method)) => method,
        _ => panic!("{text}"),
    }
}

/// A step without parameters: `PUT /V1/products/A`.
fn step(request: &str, body: Value) -> Step {
    let (name, path) = request.split_once(' ').unwrap();
    Step {
        upstream: "magento".into(),
        method: method(name),
        route: path.into(),
        path: Vec::new(),
        query: Vec::new(),
        view: StoreView::Global,
        body: Some(body).filter(|body| !body.is_null()),
        body_bindings: Vec::new(),
        failure_responses: Vec::new(),
    }
}

fn tier(request: &str, body: Value) -> Tier {
    WriteCatalogue::shipped().judge(&step(request, body), "7").tier()
}

fn grant(request: &str) -> Grant {
    let (name, route) = request.split_once(' ').unwrap();
    Grant::new("magento", Method::Write(method(name)), route.parse().unwrap())
}

#[test]
fn every_recorded_write_finds_its_entry_and_is_read() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in RECORDED.lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let request = recorded["request"].as_str().unwrap();
        let step = step(request, recorded["body"].clone());
        let judged = WriteCatalogue::shipped().judge(&step, "7");
        let accepted = recorded["status"].as_u64().unwrap() / 100 == 2;
        seen += 1;
        // `PUT /V1/products` is a route in the bulk form alone.
        let is_route = recorded.get("no_route").is_none() || request == "PUT /V1/products";
        if judged.route().is_some() != is_route {
            wrong.push(format!("{request}: found {:?}", judged.route()));
        }
        let Some(route) = judged.route().filter(|_| accepted) else { continue };
        if !judged.unreadable().is_empty() {
            wrong.push(format!("{request}: cannot be judged: {:?}", judged.unreadable()));
        }
        let unknown = judged.fields().iter().find(|field| {
            // Attributes of the store's own, and of customers and their addresses.
            field.kind == FieldKind::Unknown && !field.at.contains("/custom_attributes/")
        });
        if let Some(unknown) = unknown.filter(|_| route.describes_body()) {
            wrong.push(format!("{request}: `{}` is unknown", unknown.at));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 400, "{seen} are too few to be all");
}

#[test]
fn a_route_is_told_by_what_comes_out() {
    let refund = |route: &str, path: &[(&str, &str)]| {
        let mut step = step(&format!("POST {route}"), json!({}));
        step.path = path.iter().map(|(name, text)| Binding::text(*name, *text)).collect();
        let judged = WriteCatalogue::shipped().judge(&step, "7");
        judged.route().map(ToString::to_string)
    };
    for (route, path) in [
        ("/V1/order/{orderId}/refund", &[("orderId", "7")][..]),
        ("/V1/order/7/Refund", &[]),
        ("/V1/{a}/{b}/{c}", &[("a", "ORDER"), ("b", "7"), ("c", "refund")]),
        ("/async/V1/order/7/refund", &[]),
        ("/async/bulk/V1/order/byOrderId/refund", &[]),
    ] {
        let found = refund(route, path);
        assert_eq!(found.as_deref(), Some("POST /V1/order/{orderId}/refund"), "{route}");
    }
    // Magento's own rule: a word comes before a parameter, and to the letter.
    let put = |path: &str| {
        let step = step(&format!("PUT {path}"), json!({}));
        WriteCatalogue::shipped().judge(&step, "7").route().map(ToString::to_string)
    };
    assert_eq!(put("/V1/products/tier-prices").unwrap(), "PUT /V1/products/tier-prices");
    assert_eq!(put("/V1/products/LAB-1").unwrap(), "PUT /V1/products/{sku}");
    assert_eq!(put("/V1/products/Tier-Prices"), None);
    assert_eq!(put("/V1/async/bulk/products/bySku"), None);
    assert_eq!(put("/V2/products/LAB-1"), None);
    // What an answer fills in could be a word of a route.
    let mut answered = step("PUT /V1/products/{sku}", json!({}));
    answered.path =
        vec![Binding { name: "sku".into(), value: BindingSource::FromResponse("/sku".into()) }];
    assert!(WriteCatalogue::shipped().judge(&answered, "7").route().is_none());
    answered.route = "/V1/salesRules/{sku}".into();
    let judged = WriteCatalogue::shipped().judge(&answered, "7");
    assert_eq!(judged.subject_ids()[0].value, IdValue::FromResponse("/sku"));
}

#[test]
fn a_body_has_the_tier_of_the_worst_in_it() {
    let rule = "PUT /V1/salesRules/7";
    for off in
        [json!({"rule": {"is_active": false}}), json!({"rule": {"isActive": false, "rule_id": 7}})]
    {
        assert_eq!(tier(rule, off.clone()), Tier::Safe, "{off}");
    }
    for more in [
        json!({"rule": {"is_active": true}}),
        json!({"rule": {"is_active": "false"}}),
        json!({"rule": {"is_active": 0}}),
        json!({"rule": {"is_active": false, "isActive": true}}),
        json!({"rule": {"is_active": false, "discount_amount": 1}}),
        json!({"rule": {"is_active": false, "condition": {}}}),
        json!({"rule": {"is_active": false, "website_ids": []}}),
        json!({"rule": {"is_active": false}, "other": 1}),
        json!({"rule": {}}),
        json!({}),
        json!([{"rule": {"is_active": false}}]),
        Value::Null,
    ] {
        assert_eq!(tier(rule, more.clone()), Tier::Risk, "{more}");
    }
    let bulk = "PUT /async/bulk/V1/salesRules/byRuleId";
    let off = json!({"ruleId": 1, "rule": {"is_active": false, "rule_id": 1}});
    assert_eq!(tier(bulk, json!([{"rule": {"is_active": false}}])), Tier::Safe);
    assert_eq!(
        tier(bulk, json!([{"rule": {"is_active": false}}, {"rule": {"name": "x"}}])),
        Tier::Risk
    );
    assert_eq!(tier(bulk, off), Tier::Risk);
    let invoice = "POST /V1/order/7/invoice";
    for body in [
        json!({}),
        json!({"capture": false}),
        json!({"items": [{"order_item_id": 1, "qty": 1}]}),
        Value::Null,
    ] {
        assert_eq!(tier(invoice, body.clone()), Tier::Risk, "{body}");
    }
    for body in [
        json!({"capture": true}),
        json!({"Capture": 1}),
        json!({"capture": "1"}),
        json!({"capture": null}),
        json!({"capture": [true]}),
        json!({"capture": {}}),
        json!({"capture": false, "CAPTURE": true}),
    ] {
        assert_eq!(tier(invoice, body.clone()), Tier::Critical, "{body}");
    }
    let comment = "POST /V1/orders/7/comments";
    let quiet = json!({"statusHistory": {"comment": "x", "is_customer_notified": 0, "is_visible_on_front": 0}});
    assert_eq!(tier(comment, quiet), Tier::Safe);
    assert_eq!(tier(comment, json!({"statusHistory": {"is_customer_notified": 1}})), Tier::Risk);
    assert_eq!(tier(comment, json!({"statusHistory": {"status": "complete"}})), Tier::Risk);
    for request in [
        "POST /V1/order/7/refund",
        "POST /V1/invoice/7/refund",
        "POST /V1/orders/7/cancel",
        "DELETE /V1/products/A",
        "POST /V1/coupons/deleteByIds",
        "POST /V1/acme/anything",
        "PATCH /V1/products/A",
    ] {
        assert_eq!(tier(request, json!({})), Tier::Critical, "{request}");
    }
}

#[test]
fn what_the_host_fills_in_is_taken_for_the_worst() {
    let mut step = step("PUT /V1/salesRules/7", json!({"rule": {"is_active": false}}));
    step.body_bindings.push(BodyBinding {
        at: "/rule/is_active".parse().unwrap(),
        value: BodySource::FromResponse("/x".parse().unwrap()),
    });
    let judged = WriteCatalogue::shipped().judge(&step, "7");
    assert_eq!((judged.tier(), judged.fields()[0].value.is_none()), (Tier::Risk, true));
    assert!(judged.unreadable().is_empty(), "a status is no number");
    for place in ["/rule", "/rule/condition", "", "/rule/a/b"] {
        step.body_bindings[0].at = place.parse().unwrap();
        let judged = WriteCatalogue::shipped().judge(&step, "7");
        assert_eq!(judged.unreadable()[0].reason, UnreadableReason::FilledIn, "{place}");
        assert_eq!(judged.tier(), Tier::Risk);
    }
    step.body_bindings[0].at = "/rule/rule_id".parse().unwrap();
    step.body_bindings[0].value = BodySource::Subject;
    let judged = WriteCatalogue::shipped().judge(&step, "7");
    assert_eq!(judged.tier(), Tier::Safe);
    let ids: Vec<_> = judged.subject_ids().iter().map(|id| &id.value).collect();
    assert_eq!(ids, [&IdValue::Known("7".into()), &IdValue::Subject]);
}

/// Each field as `place kind`.
fn kinds(request: &str, body: &Value) -> Vec<(String, FieldKind)> {
    let step = step(request, body.clone());
    let judged = WriteCatalogue::shipped().judge(&step, "7");
    judged.fields().iter().map(|field| (field.at.clone(), field.kind)).collect()
}

#[test]
fn every_value_has_its_kind() {
    let body = json!({"product": {"sku": "A", "price": 1, "nosuch": 2, "customAttributes": [
        {"attribute_code": "special_price", "value": "0.01"},
        {"value": "x", "attributeCode": "lab_code"},
    ], "tier_prices": [{"qty": 1, "value": 2, "extension_attributes": {"percentage_value": 5}}]}});
    let kinds = kinds("PUT /V1/products/A", &body);
    let kind = |at: &str| kinds.iter().find(|(place, _)| place == at).map(|(_, kind)| *kind);
    for (at, wanted) in [
        ("/product/sku", FieldKind::Identifier),
        ("/product/price", FieldKind::Price(PriceKind::Base)),
        ("/product/nosuch", FieldKind::Unknown),
        ("/product/customAttributes/0/value", FieldKind::Price(PriceKind::Special)),
        ("/product/customAttributes/1/value", FieldKind::Unknown),
        ("/product/tier_prices/0/value", FieldKind::Price(PriceKind::Group)),
        ("/product/tier_prices/0/extension_attributes/percentage_value", FieldKind::Percent),
    ] {
        assert_eq!(kind(at), Some(wanted), "{at}");
    }
}

#[test]
fn what_a_number_means_another_member_says() {
    let kind = |rule: Value| {
        let kinds = kinds("POST /V1/salesRules", &json!({"rule": rule}));
        kinds.into_iter().find(|(at, _)| at == "/rule/discount_amount").unwrap().1
    };
    for (action, wanted) in [
        ("by_percent", FieldKind::Percent),
        ("to_percent", FieldKind::PercentLeft),
        ("by_fixed", FieldKind::Discount),
        ("cart_fixed", FieldKind::Discount),
        ("buy_x_get_y", FieldKind::Quantity),
        ("nosuch", FieldKind::Undecided),
    ] {
        assert_eq!(kind(json!({"simple_action": action, "discount_amount": 5})), wanted);
        assert_eq!(
            kind(json!({"discountAmount": 1, "discount_amount": 5, "simpleAction": action})),
            wanted
        );
    }
    assert_eq!(kind(json!({"discount_amount": 5})), FieldKind::Undecided);
    let twice =
        json!({"discount_amount": 5, "simple_action": "by_fixed", "simpleAction": "by_percent"});
    assert_eq!(kind(twice), FieldKind::Undecided);
}

#[test]
fn what_cannot_be_read_is_said() {
    let reasons = |request: &str, body: Value| {
        let step = step(request, body);
        let judged = WriteCatalogue::shipped().judge(&step, "7");
        judged.unreadable().iter().map(|place| (place.at.clone(), place.reason)).collect::<Vec<_>>()
    };
    use UnreadableReason as Why;
    let product = "PUT /V1/products/A";
    for (request, body, at, why) in [
        (product, json!({"product": {"price": "12"}}), "/product/price", Why::TextForNumber),
        (product, json!({"product": {"price": true}}), "/product/price", Why::NotPlainNumber),
        (product, json!({"product": {"price": 1e30}}), "/product/price", Why::NotPlainNumber),
        (product, json!({"product": {"price": [1]}}), "/product/price", Why::ContainerForValue),
        (product, json!({"product": {"price": 1, "Price": 2}}), "/product/Price", Why::GivenTwice),
        (product, json!({"product": [{"price": 1}]}), "/product", Why::ListForObject),
        (product, json!({"product": 1}), "/product", Why::ValueForContainer),
        (product, json!([{"product": {"price": 1}}]), "", Why::ListForObject),
        (
            product,
            json!({"product": {"custom_attributes": [{"attribute_code": "special_price", "value": "1e1"}]}}),
            "/product/custom_attributes/0/value",
            Why::NotPlainNumber,
        ),
        (
            product,
            json!({"product": {"custom_attributes": {"special_price": 1}}}),
            "/product/custom_attributes",
            Why::ListForObject,
        ),
        (
            "POST /V1/products/base-prices",
            json!({"prices": {"0": {"sku": "A", "price": 1}}}),
            "/prices",
            Why::NumericMembers,
        ),
        (
            "PUT /async/bulk/V1/products/bySku",
            json!({"product": {"price": 1}}),
            "",
            Why::ListForObject,
        ),
    ] {
        let found = reasons(request, body.clone());
        assert!(found.contains(&(at.into(), why)), "{body}: {found:?}");
    }
    let price = "POST /V1/products/A/group-prices/1/tiers/2/price/";
    assert_eq!(reasons(&format!("{price}9.5"), Value::Null), []);
    assert_eq!(reasons(&format!("{price}1e3"), Value::Null)[0].1, Why::NotPlainNumber);
}

#[test]
fn rows_are_counted_however_they_are_wrapped() {
    let rows = |request: &str, body: Value| {
        WriteCatalogue::shipped().judge(&step(request, body), "7").rows()
    };
    let row = json!({"sku": "A", "price": 1});
    let prices = "POST /V1/products/base-prices";
    let bulk = "POST /async/bulk/V1/products/base-prices";
    assert_eq!(rows(prices, json!({"prices": [row, row, row]})), 3);
    assert_eq!(rows(prices, json!({"Prices": {"a": row, "0": row}})), 2);
    assert_eq!(rows(prices, json!({})), 1);
    assert_eq!(rows(bulk, json!([{"prices": [row, row]}, {"prices": [row]}, {}])), 4);
    assert_eq!(rows("PUT /async/bulk/V1/products/bySku", json!([{}, {}, {}])), 3);
    assert_eq!(rows("PUT /V1/products/A", json!({"product": {"tier_prices": [row, row]}})), 1);
    // Of what is not known each element counts.
    assert_eq!(rows("POST /V1/acme/x", json!({"things": [1, 2], "more": {"list": [3]}})), 3);
    assert_eq!(rows("POST /V1/acme/x", json!({"things": {"0": 1, "1": 2}})), 2);
    assert_eq!(rows("POST /V1/acme/x", Value::Null), 1);
}

#[test]
fn what_stands_in_the_path_of_a_bulk_route_names_a_subject_unless_it_is_the_word_for_it() {
    let body = json!([{"ruleId": 2, "rule": {"discount_amount": 95}}]);
    let ids = |path: &str| -> Vec<(String, IdValue<'static>)> {
        let step = step(&format!("PUT /async/bulk/V1/salesRules/{path}"), body.clone());
        let judged = WriteCatalogue::shipped().judge(&step, "2");
        let known = judged.subject_ids().iter().filter_map(|id| match &id.value {
            IdValue::Known(text) => Some((id.at.clone(), IdValue::Known(text.clone()))),
            _ => None,
        });
        known.collect()
    };
    let own = ("/0/ruleId".to_owned(), IdValue::Known("2".into()));
    assert_eq!(ids("byRuleId"), std::slice::from_ref(&own));
    assert_eq!(ids("1"), [("{ruleId}".to_owned(), IdValue::Known("1".into())), own]);
}

#[test]
fn every_row_names_its_subject() {
    let body = json!([{"prices": [{"sku": "A", "price": 1}, {"sku": 7, "price": 1}]}, {"prices": [{"sku": ["B"]}]}]);
    let step = step("POST /async/bulk/V1/products/base-prices", body);
    let judged = WriteCatalogue::shipped().judge(&step, "A");
    let ids: Vec<_> = judged.subject_ids().iter().map(|id| (&*id.at, id.value.clone())).collect();
    assert_eq!(
        ids,
        [
            ("/0/prices/0/sku", IdValue::Known("A".into())),
            ("/0/prices/1/sku", IdValue::Known("7".into())),
            ("/1/prices/0/sku", IdValue::Unreadable),
        ]
    );
    let row = |at: &str| judged.fields().iter().find(|field| field.at == at).unwrap().row;
    assert_eq!((row("/0/prices/1/price"), row("/1/prices/0/sku")), (1, 2));
}

#[test]
fn a_grant_has_the_lowest_tier_that_its_bodies_can_have() {
    let tiers = |grant: &Grant| {
        let tiers = WriteCatalogue::shipped().of_grant(grant).unwrap();
        (tiers.lowest, tiers.highest)
    };
    let (safe, risk, critical) = (Tier::Safe, Tier::Risk, Tier::Critical);
    for (request, lowest, highest) in [
        ("PUT /V1/salesRules/{x}", safe, risk),
        ("POST /async/V1/order/{id}/invoice", risk, critical),
        ("PUT /async/bulk/V1/products/bySku", risk, risk),
        ("POST /V1/orders/{id}/hold", safe, safe),
        ("POST /V1/orders/7/hold", critical, critical),
        ("POST /V1/{a}/{b}/hold", critical, critical),
        ("PUT /V1/{a}/{b}", critical, critical),
        ("PUT /{a}/{b}/{c}", critical, critical),
        ("POST /V1/acme", critical, critical),
    ] {
        assert_eq!(tiers(&grant(request)), (lowest, highest), "{request}");
    }
    let fields = |fields: &[&str]| Grant {
        fields: Some(fields.iter().map(|field| field.parse().unwrap()).collect()),
        ..grant("PUT /V1/salesRules/{ruleId}")
    };
    assert_eq!(tiers(&fields(&["/rule/is_active"])).0, safe);
    assert_eq!(tiers(&fields(&["/rule/discount_amount"])).0, risk);
    let read = Grant { method: Method::Get, ..grant("POST /V1/orders") };
    assert_eq!(WriteCatalogue::shipped().of_grant(&read), None);
}

#[test]
fn an_undo_belongs_to_what_it_undoes() {
    let catalogue = WriteCatalogue::shipped();
    let route = |request: &str| catalogue.of_grant(&grant(request)).unwrap().route.unwrap();
    let delete = route("DELETE /V1/salesRules/{ruleId}");
    assert!(delete.takes_back(route("POST /V1/salesRules")));
    assert!(!delete.takes_back(route("POST /V1/coupons")));
    assert!(!route("POST /V1/orders/{id}/cancel").takes_back(delete));
    for undo in catalogue.routes().filter(|route| route.takes_back.is_some()) {
        let made_by = catalogue.routes().find(|route| undo.takes_back(route));
        // Only what the store itself gives an id can be told from what was there before.
        assert!(made_by.is_some_and(|route| route.answers().is_some()), "{undo}");
    }
}

fn change(steps: Vec<Step>, undo: Vec<Step>) -> Change {
    Change {
        subject: Subject { kind: "rule".into(), id: "Autumn".into(), label: None },
        edits: Vec::new(),
        steps,
        retry: Retry::IfAbsent,
        undo: Undo::Steps(undo),
        warnings: Vec::new(),
    }
}

/// A delete of what stands here in the answer to the create, and the same once that is known.
fn delete(route: &str, name: &str, value: BindingSource) -> (Step, Step) {
    let mut planned = step(&format!("DELETE {route}"), Value::Null);
    planned.path = vec![Binding { name: name.into(), value }];
    let mut known = planned.clone();
    known.path = vec![Binding::text(name, "7")];
    (planned, known)
}

#[test]
fn a_delete_of_what_the_plan_itself_created_has_the_tier_of_the_create() {
    let catalogue = WriteCatalogue::shipped();
    let tier = |create: Step, (planned, known): (Step, Step)| {
        let done = change(vec![create], vec![planned]);
        let undo = Change { steps: vec![known], ..done.clone() };
        assert_eq!(catalogue.tier_of_change(&undo), Tier::Critical);
        catalogue.tier_of_undo(&done, &undo)
    };
    let rule = || step("POST /V1/salesRules", json!({"rule": {"name": "Autumn"}}));
    let answered = |pointer: &str| BindingSource::FromResponse(pointer.into());
    let of_rule = |value| delete("/V1/salesRules/{ruleId}", "ruleId", value);
    assert_eq!(tier(rule(), of_rule(answered("/rule_id"))), Some(Tier::Risk));
    let track = step("POST /V1/shipment/track", json!({"entity": {"parent_id": 1}}));
    let of_track = delete("/V1/shipment/track/{id}", "id", answered("/entity_id"));
    assert_eq!(tier(track, of_track), Some(Tier::Safe));
    // What a plugin writes there is not what was created, and neither is a name that it chose.
    assert_eq!(tier(rule(), of_rule(BindingSource::Text("1".into()))), None);
    assert_eq!(tier(rule(), of_rule(answered("/name"))), None);
    // With an id it changes the rule that has it.
    let known = step("POST /V1/salesRules", json!({"rule": {"name": "Autumn", "rule_id": 1}}));
    assert_eq!(tier(known, of_rule(answered("/rule_id"))), None);
    // Another thing than what was created, an answer of somebody else, a refund.
    let coupon = delete("/V1/coupons/{couponId}", "couponId", answered("/rule_id"));
    assert_eq!(tier(rule(), coupon), None);
    let later = step("POST /async/V1/salesRules", json!({"rule": {"name": "Autumn"}}));
    assert_eq!(tier(later, of_rule(answered("/rule_id"))), None);
    let refund = step("POST /V1/order/7/refund", json!({}));
    assert_eq!(tier(rule(), (refund.clone(), refund)), None);
}

#[test]
fn generated_coupons_are_deleted_by_the_codes_that_were_answered() {
    let generate =
        step("POST /V1/coupons/generate", json!({"couponSpec": {"rule_id": 1, "quantity": 2}}));
    let tier = |pointer: &str| {
        let body = json!({"codes": [], "ignoreInvalidCoupons": true});
        let mut planned = step("POST /V1/coupons/deleteByCodes", body);
        planned.body_bindings.push(BodyBinding {
            at: "/codes".parse().unwrap(),
            value: BodySource::FromResponse(pointer.parse().unwrap()),
        });
        let known = step("POST /V1/coupons/deleteByCodes", json!({"codes": ["A", "B"]}));
        let done = change(vec![generate.clone()], vec![planned]);
        let undo = Change { steps: vec![known], ..done.clone() };
        WriteCatalogue::shipped().tier_of_undo(&done, &undo)
    };
    assert_eq!(tier(""), Some(Tier::Risk));
    assert_eq!(tier("/0"), None);
}

#[test]
fn purges_are_of_one_tier_that_the_runtime_knows() {
    let purges = WriteCatalogue::shipped().routes().filter(|route| route.upstream() == "cdn");
    let tiers: Vec<_> =
        purges.map(|route| (route.lowest_tier(None), route.highest_tier())).collect();
    assert_eq!(tiers, [(Tier::Risk, Tier::Risk); 3]);
}

#[test]
fn deletes_refunds_and_cancellations_are_critical() {
    for route in WriteCatalogue::shipped().routes() {
        let words = ["refund", "cancel", "delete", "capture", "void", "order what"];
        if route.method() == WriteMethod::Delete
            || words.iter().any(|word| route.does().starts_with(word))
        {
            assert_eq!(route.lowest_tier(None), Tier::Critical, "{route}");
        }
        assert!(!route.does().is_empty());
    }
}

fn operator(text: &str) -> Result<WriteCatalogue, String> {
    let file: toml::Table = text.parse().unwrap();
    let tables = file["routes"].as_array().unwrap().iter();
    let tables: Vec<_> = tables.map(|table| serde_json::to_value(table).unwrap()).collect();
    WriteCatalogue::shipped().with_operator_routes(&tables).map_err(|error| error.to_string())
}

#[test]
fn an_operator_adds_routes_of_modules() {
    let catalogue = operator(
        "[[routes]]\nroute = 'PUT /V1/acme/labels/{id}'\ndoes = 'change a label'\nsubject = 'label'\n\
         id = ['{id}']\nlookups = ['/V1/acme/labels/{id}']\ntier = 'safe'\nretry = 'idempotent'\n\
         body = {label = {object = {text = 'text', fee = 'money', rows = {rows = {price = 'price'}}}}}\n\
         raise = [{tier = 'risk', at = '/label/fee'}]\n",
    )
    .unwrap();
    let judged = |body: Value| {
        let step = step("PUT /V1/acme/labels/7", body);
        let judged = catalogue.judge(&step, "7");
        (judged.tier(), judged.unreadable().len())
    };
    assert_eq!(judged(json!({"label": {"text": "x"}})), (Tier::Safe, 0));
    assert_eq!(judged(json!({"label": {"fee": 1}})), (Tier::Risk, 0));
    assert_eq!(judged(json!({"label": {"rows": [{"price": "x"}]}})), (Tier::Risk, 1));
}

#[test]
fn an_operators_entry_for_a_known_route_only_tightens() {
    let entry =
        |more: &str| operator(&format!("[[routes]]\nroute = 'PUT /V1/salesRules/{{x}}'\n{more}"));
    let tightened = entry("tier = 'critical'\nserial = true").unwrap();
    let off = json!({"rule": {"is_active": false}});
    let step = step("PUT /V1/salesRules/7", off);
    assert_eq!(tightened.judge(&step, "7").tier(), Tier::Critical);
    assert!(tightened.judge(&step, "7").route().unwrap().is_serial());
    for (more, why) in [
        ("tier = 'safe'", "loosen"),
        ("views = 'any'", "loosen"),
        ("body = {rule = 'text'}", "nothing else"),
        ("subject = 'order'", "nothing else"),
        ("lower = [{tier = 'safe', only = {'/rule/name' = 'x'}}]", "nothing else"),
        ("tear = 'safe'", "unknown field"),
    ] {
        let error = entry(more).unwrap_err();
        assert!(error.contains(why) && error.contains("salesRules"), "{more}: {error}");
    }
    for (wrong, why) in [
        ("route = 'GET /V1/x'", "no method"),
        ("route = 'PUT /acme'", "begins with `/V1`"),
        ("route = 'PUT /V1/x'\nid = ['{id}']", "no parameter `id`"),
        ("route = 'PUT /V1/x'\nbody = {a = 'nosuch'}", "`nosuch`"),
        ("route = 'PUT /V1/x'\nbody = {a_b = 'text', aB = 'text'}", "twice"),
        ("does = 'x'", "route"),
    ] {
        let error = operator(&format!("[[routes]]\n{wrong}")).map(drop).unwrap_err();
        assert!(error.contains(why), "{wrong}: {error}");
    }
}
