//! What a reduction is told as: sales and group prices against the price, and what rules take off.

use super::*;

impl World {
    /// What a change is told of what it reduces.
    fn reductions(&self, change: &Change) -> Vec<String> {
        let scope = self.scope();
        let judged = self.guards.check_requests(&scope, change).unwrap();
        let observed = ObservedState { here: self.here.clone(), ..ObservedState::default() };
        self.guards.reduction_warnings(&scope, change, &judged, &observed)
    }
}

/// A product's body with these values of its own and these of attributes.
fn product(own: Value, attributes: &[(&str, Value)]) -> Value {
    let mut product = own;
    product["custom_attributes"] = attributes
        .iter()
        .map(|(code, value)| json!({"attribute_code": code, "value": value}))
        .collect();
    json!({ "product": product })
}

#[test]
fn a_sale_is_told_from_the_threshold_on_against_the_price_that_it_reduces() {
    let special = |price: Value| [("special_price", price)];
    for (stands, body, told) in [
        (json!(219), product(json!({}), &special(json!(0.8))), Some("0.8 is 99.63 % below")),
        (
            json!(100),
            product(json!({}), &special(json!(49))),
            Some("49 is 51 % below the price 100"),
        ),
        // Exactly the threshold is what the operator is content with.
        (json!(100), product(json!({}), &special(json!(50))), None),
        (json!(100), product(json!({}), &special(json!("49.99"))), Some("49.99 is 50.01 % below")),
        // No sale, and none that reduces anything.
        (json!(100), product(json!({}), &special(Value::Null)), None),
        (json!(100), product(json!({}), &special(json!(100))), None),
        (json!(100), product(json!({}), &special(json!(300))), None),
        (json!(0), product(json!({}), &special(json!(0))), None),
        (Value::Null, product(json!({}), &special(json!(1))), None),
        (json!(100), product(json!({"name": "x"}), &[]), None),
        // The higher of the price that stands and the one that is set with it.
        (
            json!(60),
            product(json!({"price": 100}), &special(json!(45))),
            Some("55 % below the price 100"),
        ),
        (
            json!(100),
            product(json!({"price": 60}), &special(json!(45))),
            Some("55 % below the price 100"),
        ),
        (Value::Null, product(json!({"price": 100}), &special(json!(45))), Some("55 %")),
        // A price alone is another guard's to tell.
        (json!(100), product(json!({"price": 1}), &[]), None),
    ] {
        let world = World::of(PRODUCT, json!({"sku": "A", "price": stands}));
        let warnings = world.reductions(&change("A", WriteMethod::Put, PRODUCT, body.clone()));
        assert_eq!(warnings.len(), usize::from(told.is_some()), "{stands} {body} {warnings:?}");
        let threshold = "; the operator wants to be told from 50 % on";
        let is_told = |told: &str| {
            let warning = &warnings[0];
            warning.starts_with("`special_price` ")
                && warning.contains(told)
                && warning.ends_with(threshold)
        };
        assert!(told.is_none_or(is_told), "{stands} {body} {warnings:?}");
    }
}

#[test]
fn each_price_of_a_group_is_told_by_itself() {
    let mut world = World::product();
    world.guards.product_fields.insert("tier_prices".into());
    let tiers = |prices: &[u32]| {
        let rows =
            prices.iter().map(|price| json!({"customer_group_id": 1, "qty": 1, "value": price}));
        json!({"product": {"tier_prices": rows.collect::<Vec<_>>()}})
    };
    for (prices, told) in [(&[20, 90, 30][..], 2), (&[90], 0), (&[1], 1)] {
        let put = change("A", WriteMethod::Put, PRODUCT, tiers(prices));
        let warnings = world.reductions(&put);
        assert_eq!(warnings.len(), told, "{prices:?} {warnings:?}");
    }
}

#[test]
fn the_operators_threshold_decides_what_is_much() {
    let mut world = World::product();
    let body = product(json!({}), &[("special_price", json!(80))]);
    let put = change("A", WriteMethod::Put, PRODUCT, body);
    for (threshold, told) in [(0.0, 1), (19.5, 1), (20.0, 0), (99.0, 0)] {
        world.guards.price_threshold_pct = threshold;
        assert_eq!(world.reductions(&put).len(), told, "{threshold}");
    }
}

#[test]
fn a_rule_is_told_by_what_it_takes_off() {
    const SHARE: &str = "is written";
    let percent = |amount: Value| json!({"simple_action": "by_percent", "discount_amount": amount});
    for (sets, stands, told) in [
        (percent(json!(60)), json!({}), Some("takes 60 % off")),
        (percent(json!(50)), json!({}), None),
        (percent(json!("60.5")), json!({}), Some("takes 60.5 % off")),
        (
            json!({"simple_action": "to_percent", "discount_amount": 30}),
            json!({}),
            Some("70 % off"),
        ),
        (json!({"simple_action": "to_percent", "discount_amount": 50}), json!({}), None),
        (
            json!({"simple_action": "buy_x_get_y", "discount_amount": 2, "discount_step": 1}),
            json!({}),
            Some("66.67 % off"),
        ),
        (
            json!({"simple_action": "buy_x_get_y", "discount_amount": 1, "discount_step": 1}),
            json!({}),
            None,
        ),
        // Amounts have a cap of their own.
        (json!({"simple_action": "by_fixed", "discount_amount": 60}), json!({}), None),
        (json!({"simple_action": "cart_fixed", "discount_amount": 0.5}), json!({}), None),
        // What is not said stands, and what neither touches was told before.
        (json!({"discount_amount": 60}), percent(json!(10)), Some("takes 60 % off")),
        (json!({"discountAmount": 60}), percent(json!(10)), Some("takes 60 % off")),
        (json!({"discount_amount": 60}), json!({"simple_action": "by_fixed"}), None),
        (json!({"simple_action": "by_percent"}), json!({"discount_amount": 70}), Some("70 % off")),
        (json!({"name": "x"}), percent(json!(90)), None),
        // Magento's own choice where nobody says how.
        (json!({"discount_amount": 60}), json!({}), Some("takes 60 % off")),
        (json!({"simple_action": "by_percent"}), json!({}), None),
        // A per cent that was meant as a share.
        (percent(json!(0.15)), json!({}), Some("0.15 by per cent is 0.15 %: 15 % is written 15")),
        (percent(json!("0.005")), json!({}), Some("0.5 % is written 0.5")),
        (json!({"discount_amount": 0.2}), percent(json!(10)), Some("20 % is written 20")),
        (percent(json!(1)), json!({}), None),
        (percent(json!(0)), json!({}), None),
    ] {
        let mut rule = json!({"rule_id": 7});
        for (name, value) in stands.as_object().unwrap() {
            rule[name] = value.clone();
        }
        let world = World::rule(rule);
        let body = json!({"rule": sets});
        let put = change("7", WriteMethod::Put, "/V1/salesRules/{ruleId}", body);
        let warnings = world.reductions(&put);
        assert_eq!(warnings.len(), usize::from(told.is_some()), "{sets} {stands} {warnings:?}");
        let is_told = |told: &str| {
            let threshold = warnings[0].contains("the operator wants to be told from 50 % on");
            warnings[0].contains(told) && threshold != warnings[0].contains(SHARE)
        };
        assert!(told.is_none_or(is_told), "{sets} {stands} {warnings:?}");
    }
}
