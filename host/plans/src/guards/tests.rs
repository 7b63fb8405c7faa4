//! Guards against a plugin that wants past them.

use serde_json::{Value, json};
use souk_model::plan::{
    BodyBinding, BodySource, Change, Edit, Expectation, Lookup, Retry, Step, Subject, Undo,
};
use souk_model::{Binding, BindingSource, Code, Failure, Read, StoreView, WriteMethod};
use souk_upstream::BaseCurrencies;

use super::{Guards, PlanScope};
use crate::observed::ObservedState;

mod reductions;
mod standing;

/// The parameters of a route, each bound to the subject.
fn bound(route: &str) -> Vec<Binding> {
    let names = route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| Binding { name: name.into(), value: BindingSource::Subject }).collect()
}

/// A change of one step, as hostile as its route and body are.
fn change(id: &str, method: WriteMethod, route: &str, body: Value) -> Change {
    Change {
        subject: Subject { kind: "thing".into(), id: id.into(), label: None },
        edits: vec![Edit {
            field: "thing".into(),
            at: "/thing".parse().unwrap(),
            after: Expectation::Removed,
        }],
        steps: vec![Step {
            upstream: "magento".into(),
            method,
            route: route.into(),
            path: bound(route),
            query: Vec::new(),
            view: StoreView::Global,
            body: Some(body),
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        }],
        retry: Retry::IfAbsent,
        undo: Undo::None("forged".into()),
        warnings: Vec::new(),
    }
}

/// The read that shows a subject, by this route.
fn lookup(route: &str) -> Lookup {
    let one = Read {
        upstream: "magento".into(),
        route: route.into(),
        path: bound(route),
        query: Vec::new(),
        view: StoreView::Global,
    };
    Lookup { one, many: None, inherits: false }
}

/// What stands in the store, and how it is read.
struct World {
    guards: Guards,
    lookup: Lookup,
    here: Option<Value>,
    currencies: Option<BaseCurrencies>,
}

impl World {
    fn of(route: &str, here: Value) -> Self {
        Self {
            guards: Guards::default(),
            lookup: lookup(route),
            here: Some(here),
            currencies: None,
        }
    }

    fn product() -> Self {
        Self::of("/V1/products/{sku}", json!({"sku": "A", "price": 100}))
    }

    fn rule(here: Value) -> Self {
        Self::of("/V1/salesRules/{ruleId}", here)
    }

    fn order() -> Self {
        Self::of("/V1/orders/{id}", json!({"entity_id": 7}))
    }

    fn scope(&self) -> PlanScope<'_> {
        let (view, lookup) = (&StoreView::Global, &self.lookup);
        PlanScope {
            view,
            lookup,
            takes_back: false,
            currencies: self.currencies.as_ref(),
            rules: None,
            website_prices: None,
        }
    }

    fn judge(&self, change: &Change) -> Result<(), Failure> {
        let scope = self.scope();
        let judged = self.guards.check_requests(&scope, change)?;
        let observed = ObservedState { here: self.here.clone(), ..ObservedState::default() };
        self.guards.check_values_read(&scope, change, &judged, &observed).map(drop)
    }

    /// The rule that refuses a change; none: it passes.
    fn refusal(&self, change: &Change) -> Option<String> {
        self.judge(change).err().map(|failure| failure.rule.unwrap())
    }

    fn put(&self, route: &str, body: Value) -> Option<String> {
        self.refusal(&change("A", WriteMethod::Put, route, body))
    }

    fn post(&self, route: &str, body: Value) -> Option<String> {
        self.refusal(&change("A", WriteMethod::Post, route, body))
    }
}

fn refused(rule: &str) -> Option<String> {
    Some(rule.to_owned())
}

const PRODUCT: &str = "/V1/products/{sku}";

#[test]
fn a_discount_is_what_the_rule_will_do() {
    let standing = |more: Value| {
        let mut rule = json!({"rule_id": 7, "simple_action": "by_fixed", "discount_amount": 10,
            "is_active": true});
        for (name, value) in more.as_object().unwrap() {
            rule[name] = value.clone();
        }
        rule
    };
    let cap = refused("discount-cap");
    let per_cent = standing(json!({"simple_action": "by_percent", "discount_amount": 90}));
    for (body, rule, wanted) in [
        (json!({"discount_amount": 90, "simple_action": "by_percent"}), standing(json!({})), &cap),
        (json!({"discountAmount": 9e1}), per_cent.clone(), &cap),
        (json!({"discount_amount": 90, "simple_action": "by_fixed"}), per_cent.clone(), &None),
        (json!({"discount_amount": 90}), standing(json!({})), &None),
        (json!({"discount_amount": 101}), standing(json!({})), &refused("discount-amount-cap")),
        // The amount that stands becomes per cent.
        (json!({"simpleAction": "by_percent"}), standing(json!({"discount_amount": 90})), &cap),
        // The price becomes five per cent.
        (json!({"simple_action": "to_percent", "discount_amount": 5}), standing(json!({})), &cap),
        (json!({"simple_action": "to_percent", "discount_amount": 80}), standing(json!({})), &None),
        // One is free of each two; two of each three are too many.
        (
            json!({"simple_action": "buy_x_get_y", "discount_amount": 1, "discount_step": 1}),
            standing(json!({})),
            &None,
        ),
        (
            json!({"simple_action": "buy_x_get_y", "discount_amount": 2}),
            standing(json!({"discount_step": 1})),
            &cap,
        ),
        (json!({"simple_action": "to_fixed"}), standing(json!({})), &cap),
        (json!({"simple_free_shipping": "1"}), standing(json!({"discount_amount": 0})), &cap),
        (json!({"simple_free_shipping": "0"}), standing(json!({})), &None),
        // A rule that sleeps is woken.
        (
            json!({"is_active": true}),
            standing(json!({"simple_action": "by_percent", "discount_amount": 90,
                "is_active": false})),
            &cap,
        ),
        (json!({"is_active": true}), per_cent.clone(), &None),
        (json!({"name": "x"}), per_cent.clone(), &None),
        (json!({"discount_amount": "ninety"}), standing(json!({})), &refused("unreadable")),
        (json!({"discount_amount": "9"}), standing(json!({})), &refused("unreadable")),
        (
            json!({"discount_amount": 1, "discountAmount": 90}),
            standing(json!({})),
            &refused("unreadable"),
        ),
        // What is looked up must be what is written.
        (json!({"discount_amount": 1, "rule_id": 8}), standing(json!({})), &refused("proposal")),
    ] {
        let world = World::rule(rule);
        let put = change("7", WriteMethod::Put, "/V1/salesRules/{ruleId}", json!({"rule": body}));
        assert_eq!(&world.refusal(&put), wanted, "{body} {:?}", world.here);
    }
}

#[test]
fn two_requests_of_one_change_are_judged_one_after_the_other() {
    let asleep = json!({"rule_id": 7, "simple_action": "by_percent", "discount_amount": 90,
        "is_active": false});
    let world = World::rule(asleep);
    let route = "/V1/salesRules/{ruleId}";
    let mut twice = change("7", WriteMethod::Put, route, json!({"rule": {"name": "x"}}));
    let awake = change("7", WriteMethod::Put, route, json!({"rule": {"is_active": true}}));
    twice.steps.extend(awake.steps);
    assert_eq!(world.refusal(&twice), refused("discount-cap"));
}

#[test]
fn a_field_is_the_same_however_it_is_spelled_and_wherever_it_is_sent() {
    let world = World::product();
    let list = refused("field-list");
    for body in [
        json!({"name": "x", "tax_class_id": 0}),
        json!({"taxClassId": 0}),
        json!({"customAttributes": [{"attributeCode": "tax_class_id", "value": 0}]}),
        json!({"custom_attributes": {"tax_class_id": 0}}),
        json!({"custom_attributes": {"0": {"attribute_code": "tax_class_id", "value": 0}}}),
        json!({"custom_attributes": [{"attribute_code": "name", "attributeCode": "tax_class_id"}]}),
        json!({"extensionAttributes": {"website_ids": []}}),
        json!({"name": "x", "extension_attributes": null}),
        json!({"name": "x", "customAttributes": null}),
    ] {
        assert_eq!(world.put(PRODUCT, json!({"product": body})), list, "{body}");
        let bulk = json!([{"product": {"name": "x"}}, {"product": body}]);
        assert_eq!(world.put("/async/bulk/V1/products/bySku", bulk), list);
    }
    for allowed in [
        json!({"name": "x", "metaTitle": "y"}),
        json!({"custom_attributes": [{"attribute_code": "url_key", "value": "z"}]}),
        json!({"extension_attributes": {"category_links": []}}),
    ] {
        assert_eq!(world.put(PRODUCT, json!({"product": allowed})), None, "{allowed}");
    }
    let websites = json!({"productWebsiteLink": {"sku": "A", "website_id": 1}});
    assert_eq!(world.post("/V1/products/{sku}/websites", websites), list);
    let page = World::of("/V1/cmsPage/{pageId}", json!({"id": 7}));
    assert_eq!(page.put("/V1/cmsPage/{id}", json!({"page": {"layoutUpdateXml": ""}})), list);
}

#[test]
fn what_a_page_or_a_block_is_called_by_stays_unless_it_is_listed() {
    let list = refused("field-list");
    for (kind, route) in [("page", "/V1/cmsPage/{pageId}"), ("block", "/V1/cmsBlock/{blockId}")] {
        let put = route.replace("{pageId}", "{id}").replace("{blockId}", "{id}");
        let mut world = World::of(route, json!({"id": 7, "identifier": "home"}));
        let says = |world: &World, body: Value| world.put(&put, json!({ kind: body }));
        let same = json!({"title": "T", "identifier": "home"});
        assert_eq!(says(&world, same.clone()), None, "{kind}");
        for other in [
            json!({"title": "T", "identifier": "gone"}),
            json!({"title": "T", "Identifier": "gone"}),
            json!({"title": "T", "identifier": null}),
            json!({"title": "T", "identifier": "home", "custom_attributes": [
                {"attribute_code": "identifier", "value": "gone"}]}),
        ] {
            assert_eq!(says(&world, other.clone()), list, "{other}");
        }
        // Magento makes another of the title, where a page comes without.
        let without = says(&world, json!({"title": "T"}));
        assert_eq!(without, if kind == "page" { list.clone() } else { None });
        // A new one has the name that it is given.
        let post = route.rsplit_once('/').unwrap().0;
        let new = change(
            "new",
            WriteMethod::Post,
            post,
            json!({ kind: {"title": "T", "identifier": "new"} }),
        );
        assert_ne!(world.refusal(&new), list, "{:?}", world.judge(&new));
        world.guards.page_fields.insert("identifier".into());
        world.guards.block_fields.insert("identifier".into());
        assert_eq!(says(&world, json!({"identifier": "gone"})), None, "{kind}");
    }
    let mut world = World::product();
    let links = || json!({"product": {"extension_attributes": {"category_links": []}}});
    assert_eq!(world.put(PRODUCT, links()), None);
    world.guards.product_fields.remove("category_ids");
    assert_eq!(world.put(PRODUCT, links()), list);
}

#[test]
fn of_a_bundle_a_sale_is_the_share_that_is_left_and_a_group_price_the_share_that_is_taken_off() {
    let cap = refused("discount-cap");
    let bundle = |price: Value| json!({"sku": "A", "type_id": "bundle", "price": price});
    let sale = |value: Value| {
        let attribute = json!({"attribute_code": "special_price", "value": value});
        json!({"product": {"custom_attributes": [attribute]}})
    };
    // Of a dynamic price it has none of its own.
    for price in [json!(0), json!(100)] {
        let mut world = World::of(PRODUCT, bundle(price));
        world.guards.product_fields.insert("tier_prices".into());
        assert_eq!(world.put(PRODUCT, sale(json!(5))), cap);
        assert_eq!(world.put(PRODUCT, sale(json!("60"))), None);
        let tier = |value: u32| json!({"product": {"tier_prices": [{"customer_group_id": 0, "qty": 1, "value": value}]}});
        assert_eq!(world.put(PRODUCT, tier(95)), cap);
    }
    // Whoever makes one says so in the body.
    let world = World::product();
    let mut made = sale(json!(5));
    made["product"]["type_id"] = json!("bundle");
    assert_ne!(world.put(PRODUCT, made), None);
    // The days of its sale are judged by the same.
    let mut stands = bundle(json!(0));
    stands["custom_attributes"] = json!([
        {"attribute_code": "special_price", "value": "5"},
        {"attribute_code": "special_to_date", "value": "2026-02-01 00:00:00"}]);
    let days = |day: &str| {
        let attribute = json!({"attribute_code": "special_to_date", "value": day});
        json!({"product": {"custom_attributes": [attribute]}})
    };
    for later in ["2035-12-31", "12/31/2035", "+520 weeks"] {
        assert_eq!(World::of(PRODUCT, stands.clone()).put(PRODUCT, days(later)), cap, "{later}");
    }
    assert_eq!(World::of(PRODUCT, stands).put(PRODUCT, days("2026-01-01")), None);
}

#[test]
fn no_amount_is_negative_and_no_reduced_price_is_a_gift() {
    let mut world = World::product();
    world.guards.product_fields.insert("tier_price".into());
    let row = |more: Value| {
        let mut row = json!({"sku": "A", "store_id": 0});
        for (name, value) in more.as_object().unwrap() {
            row[name] = value.clone();
        }
        json!({"prices": [row]})
    };
    let tier = |more: Value| {
        let mut rows = row(more);
        let row = rows["prices"][0].as_object_mut().unwrap();
        row.remove("store_id");
        row.extend(
            json!({"website_id": 0, "customer_group": "x", "quantity": 1})
                .as_object()
                .unwrap()
                .clone(),
        );
        rows
    };
    for (route, body, rule) in [
        ("base-prices", row(json!({"price": "-1"})), refused("no-negative")),
        ("special-price", row(json!({"Price": -1e0})), refused("no-negative")),
        ("special-price", row(json!({"price": 49.9})), refused("discount-cap")),
        ("special-price", row(json!({"price": 50})), None),
        (
            "tier-prices",
            tier(json!({"price_type": "discount", "price": 99.9})),
            refused("discount-cap"),
        ),
        ("tier-prices", tier(json!({"price_type": "fixed", "price": 99})), None),
        ("tier-prices", tier(json!({"price_type": "fixed", "price": 9})), refused("discount-cap")),
        ("tier-prices", tier(json!({"price": 99})), refused("unreadable")),
    ] {
        assert_eq!(world.post(&format!("/V1/products/{route}"), body.clone()), rule, "{body}");
    }
    world.lookup.one.query.push(Binding::text("fields", "sku,name,thing"));
    let hidden = world.post("/V1/products/special-price", row(json!({"price": 99})));
    assert_eq!(hidden, refused("unreadable"), "what it costs is not looked at");
}

#[test]
fn coupons_are_counted_and_their_number_can_be_read() {
    let search = Read {
        upstream: "magento".into(),
        route: "/V1/coupons/search".into(),
        path: Vec::new(),
        query: vec![
            Binding::text("searchCriteria[filter_groups][0][filters][0][field]", "rule_id"),
            Binding::text("searchCriteria[filter_groups][0][filters][0][value]", "7"),
        ],
        view: StoreView::Global,
    };
    let world = World {
        guards: Guards::default(),
        lookup: Lookup { one: search, many: None, inherits: false },
        here: Some(json!({"items": [], "total_count": 0})),
        currencies: None,
    };
    for (quantity, rule) in [
        (json!(1_000), None),
        (json!(5_000), refused("coupon-cap")),
        (json!(5e3), refused("coupon-cap")),
        (json!("5000"), refused("unreadable")),
        (json!("many"), refused("unreadable")),
    ] {
        let body = json!({"couponSpec": {"rule_id": 7, "quantity": quantity}});
        let made = change("7", WriteMethod::Post, "/V1/coupons/generate", body);
        assert_eq!(world.refusal(&made), rule, "{quantity}");
    }
    let body = json!({"couponSpec": {"rule_id": 8, "quantity": 1}});
    let other = change("7", WriteMethod::Post, "/V1/coupons/generate", body);
    assert_eq!(world.refusal(&other), refused("proposal"));
}

#[test]
fn what_is_not_in_the_body_is_judged_too() {
    let world = World::product();
    let mut asked = change("A", WriteMethod::Put, PRODUCT, json!({"product": {"name": "x"}}));
    asked.steps[0].query.push(Binding::text("product[price]", "1"));
    assert_eq!(world.refusal(&asked), refused("write-query"));

    let filled = |at: &str, value: BodySource| {
        let mut filled = change("A", WriteMethod::Put, PRODUCT, json!({"product": {"name": "x"}}));
        filled.edits[0].at = "/name".parse().unwrap();
        filled.steps[0].body_bindings.push(BodyBinding { at: at.parse().unwrap(), value });
        filled
    };
    let before = || BodySource::Before("thing".into());
    let mut named = World::product();
    named.here = Some(json!({"sku": "A", "price": 100, "name": "1e1"}));
    for (at, value, rule) in [
        ("/product/tax_class_id", before(), "field-list"),
        ("/product/price", before(), "unreadable"),
        ("/product/price", BodySource::Subject, "unreadable"),
        ("/product/price", BodySource::FromResponse("/id".parse().unwrap()), "proposal"),
    ] {
        assert_eq!(named.refusal(&filled(at, value)), refused(rule), "{at}");
    }
}

#[test]
fn documents_are_never_written_past_the_rules() {
    let world = World::order();
    for (route, path) in [
        ("/V1/orders", vec![]),
        ("/V1/creditmemo/refund", vec![]),
        ("/V1/creditmemo", vec![]),
        ("/async/V1/invoices", vec![]),
        ("/V1/{what}", vec![Binding::text("what", "Invoices")]),
    ] {
        let mut change = change("7", WriteMethod::Post, route, json!({}));
        change.steps[0].path = path;
        assert_eq!(world.refusal(&change), refused("never-written"), "{route}");
    }
    let comment = json!({"statusHistory": {"comment": "x", "parent_id": 7}});
    let comment = change("7", WriteMethod::Post, "/V1/orders/{id}/comments", comment);
    assert_eq!(world.refusal(&comment), None);
}

#[test]
fn money_moves_once_of_the_subject_now_and_never_again_by_itself() {
    let refund = || change("7", WriteMethod::Post, "/V1/order/{id}/refund", json!({}));
    let world = World::order();
    assert_eq!(world.refusal(&refund()), None);
    let cases: [fn(&mut Change); 6] = [
        |change| change.retry = Retry::Idempotent,
        |change| change.steps.push(change.steps[0].clone()),
        |change| change.steps[0].route = "/async/V1/order/{id}/refund".into(),
        |change| change.steps[0].path[0].value = BindingSource::Text("8".into()),
        |change| {
            let binding =
                BodyBinding { at: "/arguments".parse().unwrap(), value: BodySource::Subject };
            change.steps[0].body_bindings.push(binding);
        },
        // What stands before the version could be anything.
        |change| {
            change.steps[0].route = "/{p}/V1/order/{id}/refund".into();
            change.steps[0].path.push(Binding {
                name: "p".into(),
                value: BindingSource::FromResponse("/name".into()),
            });
        },
    ];
    for spoil in cases {
        let mut change = refund();
        spoil(&mut change);
        let failure = world.judge(&change).unwrap_err();
        assert_eq!((failure.code, failure.rule.as_deref()), (Code::Forbidden, Some("money")));
    }
}

#[test]
fn how_often_a_change_is_sent_is_not_its_plugins_to_say() {
    let retry = |world: &World, change: &Change| {
        let scope = world.scope();
        world.guards.check_requests(&scope, change).unwrap().retry
    };
    let declared = |route: &str, retry: Retry, body: Value| Change {
        retry,
        ..change("7", WriteMethod::Post, route, body)
    };
    let comment = json!({"statusHistory": {"comment": "x"}});
    let comment = declared("/V1/orders/{id}/comments", Retry::Idempotent, comment);
    let email = declared("/V1/orders/{id}/emails", Retry::Idempotent, json!({}));
    let mut world = World::order();
    assert_eq!(retry(&world, &comment), Retry::IfAbsent);
    assert_eq!(retry(&world, &email), Retry::Never);
    // Where its comments are not read, no read shows one.
    world.lookup.one.query.push(Binding::text("fields", "entity_id,status,thing"));
    assert_eq!(retry(&world, &comment), Retry::Never);
    let hold = declared("/V1/orders/{id}/hold", Retry::IfAbsent, json!({}));
    assert_eq!(retry(&world, &hold), Retry::IfAbsent, "a plugin may be more careful");
}

#[test]
fn an_amount_off_has_a_cap_in_the_currency_of_the_rules_websites() {
    let rule = |websites: Value, amount: u32| {
        let body = json!({"rule": {"simple_action": "by_fixed", "discount_amount": amount,
            "website_ids": websites}});
        change("7", WriteMethod::Put, "/V1/salesRules/{ruleId}", body)
    };
    let mut world = World::rule(json!({"rule_id": 7, "website_ids": [1]}));
    world.guards.max_discount_amount = "EUR=50, JPY=8000, *=10".parse().unwrap();
    let caps = |world: &World, websites: Value, amount| match world.refusal(&rule(websites, amount))
    {
        None => false,
        Some(refusal) => {
            assert!(["discount-amount-cap", "unreadable"].contains(&&*refusal), "{refusal}");
            true
        }
    };
    world.currencies = Some(BaseCurrencies::new([(1, "EUR"), (2, "JPY"), (3, "SEK")]));
    for (websites, allowed) in
        [(json!([1]), 50), (json!([2]), 8000), (json!(["2"]), 8000), (json!([3]), 10)]
    {
        assert!(!caps(&world, websites.clone(), allowed), "{websites}");
        assert!(caps(&world, websites.clone(), allowed + 1), "{websites}");
    }
    // Of several websites each counts, and of one that is not known, all.
    assert!(caps(&world, json!([1, 2]), 51) && !caps(&world, json!([1, 2]), 50));
    for unknown in [json!([9]), json!([1, 9]), json!([]), json!("1"), json!(["x"])] {
        assert!(caps(&world, unknown.clone(), 11), "{unknown}");
    }
    world.currencies = None;
    assert!(caps(&world, json!([2]), 11) && !caps(&world, json!([2]), 10));
    world.guards.max_discount_amount = "EUR=50".parse().unwrap();
    world.currencies = Some(BaseCurrencies::new([(1, "EUR"), (3, "SEK")]));
    assert!(caps(&world, json!([3]), 1), "what has no cap is not given away");
}

#[test]
fn an_address_is_filled_from_no_answer_that_names_nothing() {
    let world = World::product();
    let cart = "/V1/guest-carts/{cartId}/selected-payment-method";
    let filled = |value: BindingSource| {
        let mut change =
            change("A", WriteMethod::Put, PRODUCT, json!({"product": {"name": "Telt"}}));
        let mut step = change.steps[0].clone();
        step.route = cart.into();
        step.path = vec![Binding { name: "cartId".into(), value }];
        step.body = Some(json!({}));
        change.steps.push(step);
        world.judge(&change).err().map(|failure| failure.message)
    };
    let refusal = filled(BindingSource::FromResponse("/sku".into())).unwrap();
    assert!(refusal.contains("`{cartId}` of its request would be what an answer has"), "{refusal}");
    assert_eq!(filled(BindingSource::Text("1".into())), None);
}

#[test]
fn what_stands_where_a_number_of_the_subject_should_is_refused() {
    let world = World::product();
    for id in [json!(7), json!({"a": 7}), json!({"a": {"b": [7]}}), json!([7])] {
        let body = json!({"product": {"id": id, "name": "Telt"}});
        assert!(world.put(PRODUCT, body).is_some(), "{id}");
    }
    assert_eq!(world.put(PRODUCT, json!({"product": {"id": null, "name": "Telt"}})), None);
}
