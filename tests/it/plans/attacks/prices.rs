//! What a price means: a sale is measured against the price, a rule by what it will do.

use serde_json::{Value, json};

use super::{
    Attack, SKU, Shop, attribute, change, edit, expected, once, plan, post, product, products, put,
    rules,
};

/// With every field of prices allowed, so that only the discount's cap stands in the way.
const FIELDS: &str = "[guards]\nproduct_fields = ['name', 'price', 'special_price', \
    'special_from_date', 'special_to_date', 'tier_price', 'tier_prices']\n";

const SPECIAL: &str = "/custom_attributes/[attribute_code=special_price]/value";

fn special(value: Value) -> Value {
    let body = json!({"product": {"custom_attributes": [attribute("special_price", value)]}});
    product(&[edit("special_price", SPECIAL, &["/product", SPECIAL].concat())], &body)
}

fn prices(route: &str, row: Value) -> Value {
    let step = post(route, &json!({"prices": [row]}));
    plan(
        products(),
        &[change("product", SKU, &[edit("price", "/price", "/prices/0/price")], &[step])],
    )
}

fn of_products() -> Vec<Attack> {
    let tier = |row: Value| {
        let mut row = row;
        for (key, value) in json!({"sku": SKU, "website_id": 0, "customer_group": "ALL GROUPS",
            "quantity": 1})
        .as_object()
        .unwrap()
        {
            row[key] = value.clone();
        }
        prices("/V1/products/tier-prices", row)
    };
    let on_sale = json!({"sku": SKU, "price": 0.01, "store_id": 0,
        "price_from": "2030-01-01 00:00:00", "price_to": "2030-02-01 00:00:00"});
    let in_product = |tier: Value| {
        let body = json!({"product": {"tier_prices": [tier]}});
        product(&[edit("tiers", "/tier_prices", "/product/tier_prices")], &body)
    };
    vec![
        ("a sale at a cent", special(json!("0.01"))),
        ("a sale at a cent as a number", special(json!(0.01))),
        ("a sale for nothing", special(json!(0))),
        ("an empty sale price, which Magento reads as 0", special(json!(""))),
        (
            "a sale in the other form of attributes",
            product(
                &[edit("special_price", SPECIAL, "/product/custom_attributes/special_price")],
                &json!({"product": {"custom_attributes": {"special_price": "0.01"}}}),
            ),
        ),
        (
            "a sale against the price that is set with it",
            product(
                &[edit("special_price", SPECIAL, &["/product", SPECIAL].concat())],
                &json!({"product": {"price": 10_000,
                    "custom_attributes": [attribute("special_price", json!("219"))]}}),
            ),
        ),
        ("a list of sales", prices("/V1/products/special-price", on_sale)),
        ("a tier price of a cent", tier(json!({"price": 0.01, "price_type": "fixed"}))),
        ("a tier price of 95 % off", tier(json!({"price": 95, "price_type": "discount"}))),
        ("a tier price of an unknown type", tier(json!({"price": 95, "price_type": "gift"}))),
        ("a tier price without a type", tier(json!({"price": 95}))),
        (
            "a tier price in the product",
            in_product(json!({"customer_group_id": 32_000, "qty": 1, "value": 0.01})),
        ),
        (
            "a tier price in the product, in per cent",
            in_product(json!({"customer_group_id": 32_000, "qty": 1, "value": 200,
                "extension_attributes": {"percentage_value": 95}})),
        ),
    ]
}

#[tokio::test]
async fn a_sale_is_a_discount_of_the_price() {
    Shop::new(FIELDS).await.refuses(of_products()).await;
}

#[tokio::test]
async fn a_sale_within_the_cap_is_none_too_many() {
    let shop = Shop::new(FIELDS).await;
    let client = shop.attacker().await;
    let price = shop.product(SKU).await["price"].as_f64().unwrap();
    for proposal in [special(json!(price * 0.6)), special(json!((price * 0.6).to_string()))] {
        let proposed = client.answer("forger_prepare", proposal).await;
        assert_eq!(proposed["count"], 1);
    }
}

/// A new rule.
fn new_rule(fields: &Value) -> Value {
    let mut rule = json!({"name": "Autumn", "website_ids": [1], "customer_group_ids": [0],
        "is_active": true});
    for (key, value) in fields.as_object().unwrap() {
        rule[key] = value.clone();
    }
    let by = "searchCriteria[filterGroups][0][filters][0]";
    let intent = json!({"one": {"route": "/V1/salesRules/search", "query": {
        format!("{by}[field]"): {"text": "name"}, format!("{by}[value]"): "subject"}}});
    let step = post("/V1/salesRules", &json!({"rule": rule}));
    plan(
        intent,
        &[once(change(
            "cart-rule",
            "Autumn",
            &[edit("name", "/items/0/name", "/rule/name")],
            &[step],
        ))],
    )
}

fn of_rules() -> Vec<Attack> {
    let rule = |action: &str, amount: Value, more: Value| {
        let mut fields = more;
        fields["simple_action"] = json!(action);
        fields["discount_amount"] = amount;
        new_rule(&fields)
    };
    vec![
        ("per cent", rule("by_percent", json!(95), json!({}))),
        ("to per cent", rule("to_percent", json!(5), json!({}))),
        ("an amount off each", rule("by_fixed", json!(10_000), json!({}))),
        ("an amount off the cart", rule("cart_fixed", json!(10_000), json!({}))),
        ("a price for all", rule("to_fixed", json!(0.01), json!({}))),
        ("99 for one", rule("buy_x_get_y", json!(99), json!({"discount_step": 1}))),
        ("some for none", rule("buy_x_get_y", json!(1), json!({"discount_step": 0}))),
        ("some for nobody knows how many", rule("buy_x_get_y", json!(1), json!({}))),
        ("an action that nobody knows", rule("give_away", json!(1), json!({}))),
        ("no action", new_rule(&json!({"discount_amount": 95}))),
        ("an action in the other case", rule("BY_PERCENT", json!(95), json!({}))),
        ("an amount as text", rule("by_percent", json!("95"), json!({}))),
        ("an amount in a list", rule("by_percent", json!([95]), json!({}))),
        ("a rule that there is", rule("by_percent", json!(5), json!({"rule_id": 1}))),
    ]
}

#[tokio::test]
async fn a_rule_is_judged_by_what_it_does() {
    Shop::new("").await.refuses(of_rules()).await;
}

#[tokio::test]
async fn what_a_change_of_a_rule_leaves_out_is_read_first() {
    let shop = Shop::new("").await;
    // What somebody made in the store, asleep.
    let made = shop
        .store
        .post(
            "/all/V1/salesRules",
            &json!({"rule": {"name": "Forgotten", "website_ids": [1], "customer_group_ids": [0],
                "is_active": false, "simple_action": "by_percent", "discount_amount": 90,
                "coupon_type": "NO_COUPON", "uses_per_customer": 0, "uses_per_coupon": 0,
                "discount_step": 0, "apply_to_shipping": false, "stop_rules_processing": false,
                "is_advanced": true, "sort_order": 0, "times_used": 0, "is_rss": false}}),
        )
        .await;
    let id = made["rule_id"].to_string();
    shop.store.forget_requests().await;
    let change_to = |fields: Value, field: &str| {
        let step = json!({"method": "PUT", "route": "/V1/salesRules/{ruleId}",
            "path": {"ruleId": "subject"}, "body": {"rule": fields}});
        let edit = edit(field, &format!("/{field}"), &format!("/rule/{field}"));
        plan(rules(), &[change("cart-rule", &id, &[edit], &[step])])
    };
    let mut hidden = change_to(json!({"is_active": true}), "is_active");
    hidden["intent"]["one"]["query"] = json!({"fields": {"text": "rule_id,is_active"}});
    shop.refuses(vec![
        ("it is woken", change_to(json!({"is_active": true}), "is_active")),
        ("it is woken by text", change_to(json!({"is_active": "1"}), "is_active")),
        ("it is woken, and what it does is not looked at", hidden),
        (
            "its action becomes another",
            change_to(json!({"simple_action": "by_percent"}), "simple_action"),
        ),
        (
            "its amount becomes another",
            change_to(json!({"discount_amount": 80}), "discount_amount"),
        ),
    ])
    .await;
}

/// A sale and a rule that somebody has made are there, over or not yet begun, for few or with a coupon:
/// whoever has them take off more, or from more, or for longer, is held to the caps.
#[tokio::test]
async fn what_stands_in_the_store_is_not_let_out_by_a_day_a_group_or_a_coupon() {
    let shop = Shop::new("").await;
    let sale = |from: &str, to: &str| {
        json!({"product": {"custom_attributes": [
            attribute("special_price", json!("1")),
            attribute("special_from_date", json!(format!("{from} 00:00:00"))),
            attribute("special_to_date", json!(format!("{to} 00:00:00")))]}})
    };
    shop.store.put("/all/V1/products/TEN-004", &sale("2020-01-01", "2020-02-01")).await;
    shop.store.put("/all/V1/products/TEN-005", &sale("2035-01-01", "2035-02-01")).await;
    let rule = |name: &str, coupon: &str, to: Value| {
        json!({"rule": {"name": name, "website_ids": [1], "customer_group_ids": [3],
            "is_active": true, "simple_action": "by_percent", "discount_amount": 90,
            "coupon_type": coupon, "use_auto_generation": false, "uses_per_customer": 1,
            "uses_per_coupon": 1, "discount_step": 0, "apply_to_shipping": false, "to_date": to,
            "stop_rules_processing": false, "is_advanced": true, "sort_order": 0,
            "times_used": 0, "is_rss": false}})
    };
    let made = async |rule: Value| {
        shop.store.post("/all/V1/salesRules", &rule).await["rule_id"].to_string()
    };
    let over = made(rule("Over", "NO_COUPON", json!("2020-02-01"))).await;
    let staff = made(rule("Staff", "SPECIFIC_COUPON", Value::Null)).await;
    shop.store.forget_requests().await;
    let days = |sku: &str, code: &str, day: Value| {
        let place = format!("/custom_attributes/[attribute_code={code}]/value");
        let edit = edit(code, &place, &["/product", &place].concat());
        let step = put(&json!({"product": {"custom_attributes": [attribute(code, day)]}}));
        plan(products(), &[change("product", sku, &[edit], &[step])])
    };
    let change_to = |id: &str, field: &str, value: Value| {
        let step = json!({"method": "PUT", "route": "/V1/salesRules/{ruleId}",
            "path": {"ruleId": "subject"}, "body": {"rule": {field: value}}});
        let edit = edit(field, &format!("/{field}"), &format!("/rule/{field}"));
        plan(rules(), &[change("cart-price-rule", id, &[edit], &[step])])
    };
    let coupon = {
        let by = "searchCriteria[filterGroups][0][filters][0]";
        let intent = json!({"one": {"route": "/V1/coupons/search", "query": {
            format!("{by}[field]"): {"text": "code"}, format!("{by}[value]"): "subject"}}});
        let rule: u64 = staff.parse().unwrap();
        let body = json!({"coupon": {"rule_id": rule, "code": "FORALL", "type": 0,
            "usage_limit": 1_000_000, "is_primary": true}});
        let edits = [edit("code", "/items/0/code", "/coupon/code")];
        let step = post("/V1/coupons", &body);
        plan(intent, &[once(change("coupon", "FORALL", &edits, &[step]))])
    };
    shop.refuses(vec![
        ("a sale that is over goes on", days("TEN-004", "special_to_date", json!("2035-02-01"))),
        ("a sale goes on in PHP's words", days("TEN-004", "special_to_date", json!("+520 weeks"))),
        ("a sale goes on by another form", days("TEN-004", "special_to_date", json!("12/31/2035"))),
        (
            "a rule goes on in PHP's words",
            change_to(&over, "to_date", json!("2020-01-01 +900 weeks")),
        ),
        ("a sale that is over has no end", days("TEN-004", "special_to_date", Value::Null)),
        ("a sale begins sooner", days("TEN-005", "special_from_date", json!("2026-01-01"))),
        ("a sale has no beginning", days("TEN-005", "special_from_date", Value::Null)),
        ("a rule that is over goes on", change_to(&over, "to_date", json!("2035-02-01"))),
        ("a rule that is over has no end", change_to(&over, "to_date", Value::Null)),
        ("a rule wants no coupon", change_to(&staff, "coupon_type", json!("NO_COUPON"))),
        ("a rule is for all", change_to(&staff, "customer_group_ids", json!([0, 1, 2, 3]))),
        ("a rule is for another website", change_to(&staff, "website_ids", json!([1, 2]))),
        ("a rule counts more often", change_to(&staff, "uses_per_coupon", json!(100_000))),
        ("a rule takes off of shipping too", change_to(&staff, "apply_to_shipping", json!(true))),
        ("a coupon for a rule", coupon),
    ])
    .await;
    // What ends it sooner, or says nothing of it, is none of that.
    let client = shop.attacker().await;
    for proposal in [
        days("TEN-005", "special_to_date", json!("2035-01-02 00:00:00")),
        change_to(&staff, "to_date", json!("2030-01-01")),
        change_to(&staff, "name", json!("Those who work here")),
        change_to(&staff, "is_active", json!(false)),
    ] {
        let proposed = client.answer("forger_prepare", proposal).await;
        assert_eq!(proposed["count"], 1);
    }
}

/// Where prices are kept per website, a sale that is set for all of them is one of the dearest, too.
#[tokio::test]
async fn a_sale_for_all_websites_is_held_to_the_cap_on_each() {
    let store = souk_tests::DemoStore::start_with(&["--website-prices"]).await;
    let shop = Shop::of(store, FIELDS);
    let base = shop.product(SKU).await["price"].as_f64().unwrap();
    let dear = json!({"product": {"sku": SKU, "price": base * 10.0}});
    shop.store.put(&format!("/trade/V1/products/{SKU}"), &dear).await;
    shop.store.forget_requests().await;
    let half = || json!(base * 0.6);
    shop.refuses(vec![
        ("a sale that is one in ten on a website", special(half())),
        (
            "a group's price that is one in ten on a website",
            prices(
                "/V1/products/tier-prices",
                json!({"sku": SKU, "website_id": 0, "customer_group": "ALL GROUPS",
                    "quantity": 1, "price": base * 0.6, "price_type": "fixed"}),
            ),
        ),
    ])
    .await;
    // Of another product, which costs the same everywhere, it is none.
    let client = shop.attacker().await;
    let place = ["/product", SPECIAL].concat();
    let edit = edit("special_price", SPECIAL, &place);
    let other = shop.product("TEN-002").await["price"].as_f64().unwrap();
    let body = json!({"product": {"custom_attributes": [
        attribute("special_price", json!(other * 0.6))]}});
    let proposal = plan(products(), &[change("product", "TEN-002", &[edit], &[put(&body)])]);
    assert_eq!(client.answer("forger_prepare", proposal).await["count"], 1);
}

#[tokio::test]
async fn a_price_in_another_place_of_a_body_is_one_all_the_same() {
    let shop = Shop::new("[guards]\nproduct_fields = ['name']\n").await;
    let expect = expected("name", "/name", &json!("Telt"));
    let hidden = |body: Value| {
        plan(products(), &[change("product", SKU, std::slice::from_ref(&expect), &[put(&body)])])
    };
    shop.refuses(vec![
        ("beside the product", hidden(json!({"product": {"name": "Telt"}, "price": 1}))),
        (
            "a product in another spelling",
            hidden(json!({"product": {"name": "Telt"}, "Product": {"price": 1}})),
        ),
        ("in a list of products", hidden(json!({"product": [{"name": "Telt", "price": 1}]}))),
        ("without its root", hidden(json!({"name": "Telt", "price": 1}))),
    ])
    .await;
}

#[tokio::test]
async fn an_amount_off_has_a_cap_by_currency_and_is_told_beside_what_products_cost() {
    let shop = Shop::new("[guards]\nmax_discount_amount = { EUR = 20, '*' = 5 }\n").await;
    let client = shop.host().await;
    let tool = "promotions_prepare_cart_price_rule_create";
    for (action, of) in [("by_fixed", "each item"), ("cart_fixed", "the cart")] {
        let rule = |amount: u32| {
            json!({"name": format!("{amount} off, {action}"), "website_ids": [1],
                "customer_group_ids": [0], "simple_action": action, "discount_amount": amount})
        };
        let refusal = client.refusal(tool, rule(21)).await;
        assert!(refusal.starts_with("FORBIDDEN: "), "{refusal}");
        assert!(refusal.contains("the cap of 20 EUR"), "{refusal}");
        let proposed = client.answer(tool, rule(20)).await;
        let warnings = proposed["warnings"].to_string();
        let told = format!("it takes 20 off {of}, which is 50 % or more of the price of ");
        assert!(warnings.contains(&told), "{warnings}");
    }
    // A rule that nothing costs so little that it matters is not warned of.
    let little = json!({"name": "A cent off", "website_ids": [1], "customer_group_ids": [0],
        "simple_action": "by_fixed", "discount_amount": 0.01});
    let proposed = client.answer(tool, little).await;
    assert!(!proposed["warnings"].to_string().contains("it takes"), "{proposed}");
}
