//! What stands in the store already: a sale that is let out, and a field that is said not to be there.

use serde_json::{Value, json};
use souk_model::plan::{Edit, Expectation};
use souk_model::{Binding, BindingSource, WriteMethod};
use souk_upstream::WebsiteProduct;

use super::{PRODUCT, World, change, refused};
use crate::guards::{CouponRules, PlanScope, WebsitePrices};
use crate::observed::ObservedState;

fn on_sale(status: u8, ends: &str) -> Value {
    json!({"sku": "A", "type_id": "simple", "price": 100, "status": status, "custom_attributes": [
        {"attribute_code": "special_price", "value": "5"},
        {"attribute_code": "special_to_date", "value": ends}]})
}

#[test]
fn a_product_that_is_enabled_is_sold_at_the_sale_that_it_stands_with() {
    let cap = refused("discount-cap");
    let enable = |here: Value, status: Value| {
        World::of(PRODUCT, here).put(PRODUCT, json!({"product": {"status": status}}))
    };
    for status in [json!(1), json!("1")] {
        assert_eq!(enable(on_sale(2, "2999-01-01"), status), cap);
    }
    assert_eq!(enable(on_sale(2, "2020-01-01"), json!(1)), None, "its sale is over");
    assert_eq!(enable(on_sale(1, "2999-01-01"), json!(1)), None, "it was on before");
    assert_eq!(enable(on_sale(2, "2999-01-01"), json!(2)), None, "it stays off");
    let plain = json!({"sku": "A", "type_id": "simple", "price": 100, "status": 2});
    assert_eq!(enable(plain, json!(1)), None, "it has no sale");
}

#[test]
fn what_is_set_for_all_websites_is_held_to_the_cap_on_each() {
    let cap = refused("discount-cap");
    let here = json!({"sku": "A", "type_id": "simple", "price": 100, "status": 2,
        "custom_attributes": [{"attribute_code": "special_to_date", "value": "2020-01-01"}]});
    let world = World::of(PRODUCT, here.clone());
    let judge = |product: &WebsiteProduct, body: Value| {
        let change = change("A", WriteMethod::Put, PRODUCT, json!({ "product": body }));
        let prices = WebsitePrices::new(vec![product.clone()]);
        let scope = world.scope().with_website_prices(&prices);
        let judged = world.guards.check_requests(&scope, &change).unwrap();
        let observed = ObservedState { here: Some(here.clone()), ..ObservedState::default() };
        let values = world.guards.check_values_read(&scope, &change, &judged, &observed);
        values.err().map(|failure| (failure.rule, failure.message))
    };
    let rule =
        |product: &WebsiteProduct, body: Value| judge(product, body).and_then(|(rule, _)| rule);
    let attribute = |code: &str, value: Value| json!({"custom_attributes": [{"attribute_code": code, "value": value}]});
    let website = |price: &str, sale: Option<&str>| WebsiteProduct {
        view: "b2b_en".into(),
        sku: "a".into(),
        price: Some(price.parse().unwrap()),
        sale: sale.map(|sale| sale.parse().unwrap()),
    };
    let dear = website("1000", None);
    let (refusal, why) = judge(&dear, attribute("special_price", json!(60))).unwrap();
    assert_eq!(refusal, cap);
    assert_eq!(
        why,
        "a discount of 94 per cent on thing `A`, which costs 1000 in store view `b2b_en`, is above the cap \
         of 50"
    );
    let (_, why) = judge(&dear, attribute("special_price", json!(0))).unwrap();
    assert!(why.contains("which costs 1000"), "{why}");
    // Where it costs no more than everywhere, nothing is said of a place.
    let (_, why) = judge(&website("90", None), attribute("special_price", json!(40))).unwrap();
    assert_eq!(why, "a discount of 60 per cent on thing `A` is above the cap of 50");
    assert_eq!(rule(&dear, attribute("special_price", json!(600))), None);
    // Its own sale, let out by a day or by being enabled.
    let reduced = website("100", Some("5"));
    assert_eq!(rule(&reduced, attribute("special_to_date", json!("2999-01-01"))), cap);
    assert_eq!(
        rule(&website("100", None), attribute("special_to_date", json!("2999-01-01"))),
        None
    );
}

#[test]
fn a_sale_that_begins_as_it_did_is_no_field_that_is_set() {
    let list = refused("field-list");
    let day = |code: &str, value: Value| json!({"attribute_code": code, "value": value});
    let stands = json!({"sku": "A", "type_id": "simple", "price": 100, "status": 1,
        "custom_attributes": [day("special_price", json!("80")),
            day("special_from_date", json!("2026-11-20 00:00:00"))]});
    let mut world = World::of(PRODUCT, stands);
    world.guards.product_fields = ["name".to_owned()].into();
    let put = |world: &World, attributes: Value| {
        world.put(PRODUCT, json!({"product": {"name": "T", "custom_attributes": attributes}}))
    };
    let begins = |value: Value| json!([day("special_from_date", value)]);
    for same in ["2026-11-20", "2026-11-20 00:00:00"] {
        assert_eq!(put(&world, begins(json!(same))), None, "{same}");
    }
    for other in [json!("2026-11-19"), json!("2026-11-21"), json!(null), json!(""), json!("+1 day")]
    {
        assert_eq!(put(&world, begins(other.clone())), list, "{other}");
    }
    let twice = json!([
        day("special_from_date", json!("2026-11-20")),
        day("special_from_date", json!("2026-11-21"))
    ]);
    assert_ne!(put(&world, twice), None);
    // Written in another way it is none that could be compared.
    let map = json!({"special_from_date": "2026-11-20"});
    assert_ne!(put(&world, map), None);
    let elsewhere = json!({"product": {"name": "T", "special_from_date": "2026-11-20"}});
    assert_ne!(world.put(PRODUCT, elsewhere), None);
    assert_eq!(put(&world, json!([day("special_to_date", json!("2026-11-20"))])), list);
    // Where none stands, any is another.
    world.here = Some(json!({"sku": "A", "type_id": "simple", "price": 100}));
    assert_eq!(put(&world, begins(json!("2026-11-20"))), list);
    world.guards.product_fields.insert("special_from_date".into());
    assert_eq!(put(&world, begins(json!("2026-11-20"))), None);
}

#[test]
fn what_takes_a_change_back_opens_no_rule_beyond_the_cap() {
    let world = World::of("/V1/coupons/{couponId}", json!({"coupon_id": 7, "rule_id": 1}));
    let rules = [(1, 1), (2, 95)].map(|(id, amount)| {
        let rule = json!({"rule_id": id, "simple_action": "by_percent", "discount_amount": amount,
            "is_active": true});
        (id, rule.as_object().unwrap().clone())
    });
    let rules = CouponRules(rules.into_iter().collect());
    let moved_to = |rule: u64| {
        let body = json!({"coupon": {"coupon_id": 7, "rule_id": rule, "code": "C"}});
        let change = change("7", WriteMethod::Put, "/V1/coupons/{couponId}", body);
        let scope = PlanScope { takes_back: true, ..world.scope() }.with_rules(&rules);
        let judged = world.guards.check_requests(&scope, &change).unwrap();
        let observed = ObservedState { here: world.here.clone(), ..ObservedState::default() };
        assert_eq!(
            world.guards.rules_of_coupons(&scope, &change, &judged, &observed),
            [rule].into(),
        );
        let values = world.guards.check_values_read(&scope, &change, &judged, &observed);
        values.err().and_then(|failure| failure.rule)
    };
    assert_eq!(moved_to(1), None);
    assert_eq!(moved_to(2), refused("discount-cap"));
}

#[test]
fn a_lookup_shows_its_subject_whatever_else_it_asks_for() {
    let search = |more: &[(&str, &str)]| {
        let mut world = World::of("/V1/products", json!({"items": [{"sku": "A", "price": 100}]}));
        let text = |text: &str| BindingSource::Text(text.into());
        let own = [
            ("[0][filters][0][field]", text("sku")),
            ("[0][filters][0][value]", BindingSource::Subject),
        ];
        let own = own.map(|(name, value)| (format!("searchCriteria[filter_groups]{name}"), value));
        let more = more.iter().map(|(name, value)| (format!("searchCriteria{name}"), text(value)));
        let query = own.into_iter().chain(more).map(|(name, value)| Binding { name, value });
        world.lookup.one.query = query.collect();
        let mut change = change("A", WriteMethod::Put, PRODUCT, json!({"product": {"name": "T"}}));
        change.edits[0].at = "/items/0/name".parse().unwrap();
        world.judge(&change).err().map(|failure| failure.message)
    };
    assert_eq!(search(&[]), None);
    assert_eq!(search(&[("[pageSize]", "1"), ("[currentPage]", "1")]), None);
    for hidden in [
        &[
            ("[filter_groups][1][filters][0][field]", "entity_id"),
            ("[filter_groups][1][filters][0][value]", "100000"),
            ("[filter_groups][1][filters][0][condition_type]", "gt"),
        ][..],
        &[("[currentPage]", "5")],
        &[("[current_page]", "2"), ("[pageSize]", "1")],
        &[("[pageSize]", "0")],
    ] {
        let said = search(hidden).unwrap_or_default();
        assert!(said.contains("lookup"), "{hidden:?}: {said}");
    }
}

#[test]
fn a_field_is_read_where_the_store_has_it() {
    let world = World::of(PRODUCT, json!({"sku": "A", "price": 100, "name": "T"}));
    let read_at = |at: &str| {
        let body = json!({"product": {"name": "N"}});
        let mut change = change("A", WriteMethod::Put, PRODUCT, body);
        change.edits = vec![Edit {
            field: "name".into(),
            at: at.parse().unwrap(),
            after: Expectation::Removed,
        }];
        world.judge(&change).err().map(|failure| failure.message)
    };
    assert_eq!(read_at("/name"), None);
    for elsewhere in ["/items/0/name", "/custom_attributes/[attribute_code=name]/value", "/Name"] {
        let said = read_at(elsewhere).unwrap_or_default();
        assert!(said.contains("where nothing stands, and `/name` has it"), "{elsewhere}: {said}");
    }
}
