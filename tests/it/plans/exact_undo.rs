//! What is undone is as it was: not only what a view of the store shows, but the rows that the store
//! keeps, scope by scope. Where Magento's API cannot bring a row back, the plan says so beforehand,
//! and the undo again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp};

use super::{Shop, commit, id, items, undo};

/// How a plan says beforehand, and its undo again, what may not be as it was.
const SAYS: &str = "`plans_undo` ";

/// Products in every state that a field can be in: inherited, overridden in a view and in a website,
/// emptied, on sale with and without a day of one's own, without any sale.
const STATES: [&str; 6] = ["TEN-001", "TEN-002", "TEN-003", "TEN-004", "TEN-005", "TEN-006"];

async fn product(store: &DemoStore, view: &str, sku: &str, top: Value, custom: &[(&str, Value)]) {
    let mut body = top;
    let custom = custom.iter().map(|(code, value)| json!({"attribute_code": code, "value": value}));
    body["custom_attributes"] = custom.collect();
    store.put(&format!("/{view}/V1/products/{sku}"), &json!({ "product": body })).await;
}

async fn bring_into_states(store: &DemoStore, website_prices: bool) {
    for sku in STATES {
        let custom = [
            ("meta_title", json!("Global")),
            ("meta_description", json!("Global")),
            ("short_description", json!("<p>Global</p>")),
        ];
        product(store, "all", sku, json!({}), &custom).await;
    }
    // The view's and the website's own.
    let own = [
        ("description", json!("<p>Eigen</p>")),
        ("meta_title", json!("Eigen")),
        ("url_key", json!("eigener-schluessel")),
        ("special_to_date", json!("2097-12-31")),
    ];
    let top = json!({"name": "Eigener Name", "status": 2, "visibility": 2});
    product(store, "de", "TEN-002", top, &own).await;
    // Empty ones.
    let empty =
        [("description", json!("")), ("meta_title", json!("")), ("short_description", json!(""))];
    product(store, "de", "TEN-003", json!({}), &empty).await;
    // A global sale, that begins some day.
    let sale = [
        ("special_price", json!(80)),
        ("special_from_date", json!("2027-06-01")),
        ("special_to_date", json!("2097-07-01")),
    ];
    product(store, "all", "TEN-004", json!({}), &sale).await;
    product(store, "all", "TEN-005", json!({}), &sale).await;
    if website_prices {
        let own = [("special_price", json!(79)), ("special_from_date", json!("2027-05-01"))];
        product(store, "de", "TEN-005", json!({"price": 118}), &own).await;
    }
}

/// Products, pages, blocks and rules as the store keeps them, each by its name.
async fn rows(store: &DemoStore) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (kind, rows) in store.rows().await.as_object().unwrap() {
        for (name, row) in rows.as_object().unwrap() {
            all.insert(format!("{kind} {name}"), row.clone());
        }
    }
    all
}

/// Where two rows differ: `values/views/2/name`.
fn differences(before: &Value, after: &Value, path: &str, found: &mut Vec<String>) {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    match (before, after) {
        _ if before == after => {}
        (Value::Object(_), Value::Object(_) | Value::Null) | (Value::Null, Value::Object(_)) => {
            let (left, right) = (members(before), members(after));
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let (left, right) = (&before[name.as_str()], &after[name.as_str()]);
                differences(left, right, &format!("{path}/{name}"), found);
            }
        }
        _ => found.push(format!("{path}: {before} is {after}")),
    }
}

/// Undoes plan after plan in one store, and compares the rows each time.
struct UndoCheck<'a> {
    shop: &'a Shop,
    client: &'a Mcp,
    before: BTreeMap<String, Value>,
    /// Changes that were made and taken back.
    tried: usize,
    /// What differed afterwards though no plan said so.
    wrong: Vec<String>,
}

impl<'a> UndoCheck<'a> {
    async fn new(shop: &'a Shop, client: &'a Mcp) -> Self {
        let before = rows(&shop.store).await;
        Self { shop, client, before, tried: 0, wrong: Vec::new() }
    }

    /// Has a tool make a change, if it makes one, and takes it back. A refusal is none of the undo's:
    /// a field that the scope does not keep, a sale that cannot be ended there, nothing to change.
    async fn there_and_back(&mut self, tool: &str, arguments: Value) {
        let is_prepared = tool.contains("_prepare_");
        let arguments = if is_prepared { arguments } else { souk_tests::confirmed(arguments) };
        let what = format!("{tool} {arguments}");
        let answer = self.client.call(tool, arguments).await.unwrap();
        if answer.is_error == Some(true) {
            let text = serde_json::to_string(&answer.content).unwrap();
            let known = ["scope", "special price", "already", "begins a sale without"];
            assert!(known.iter().any(|known| text.contains(known)), "{what}: {text}");
            return;
        }
        let planned = answer.structured_content.unwrap();
        let Some(plan) = planned["plan_id"].as_str() else {
            // It had these values.
            return;
        };
        if is_prepared {
            let done = commit(self.client, plan).await;
            assert_eq!(done["state"], "done", "{what}: {done}");
        }
        let shown = items(self.client, plan).await;
        let said = about_undo(&shown);
        let proposed = undo(self.client, plan).await;
        let back = id(&proposed).to_owned();
        let again = about_undo(&items(self.client, &back).await);
        assert_eq!(again, said, "undoing {what} says something else");
        let done = commit(self.client, &back).await;
        assert_eq!(done["state"], "done", "undoing {what}: {done}");
        self.compare(&what, &said).await;
        self.tried += shown.len();
    }

    async fn compare(&mut self, what: &str, said: &[String]) {
        let after = rows(&self.shop.store).await;
        let names: BTreeSet<&String> = self.before.keys().chain(after.keys()).collect();
        for name in names {
            let row = |rows: &BTreeMap<String, Value>| rows.get(name).cloned().unwrap_or_default();
            let mut differ = Vec::new();
            differences(&row(&self.before), &row(&after), name, &mut differ);
            let is_said = |line: &String| {
                let field = line.split(':').next().unwrap().rsplit('/').next().unwrap();
                said.iter().any(|warning| warning.contains(&format!("`{field}`")))
            };
            differ.retain(|line| !is_said(line));
            self.wrong.extend(differ.into_iter().map(|line| format!("{what}: {line}")));
        }
        self.before = after;
    }

    fn end(self, least: usize) {
        let Self { wrong, tried, .. } = self;
        assert!(wrong.is_empty(), "{} in {tried}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(tried >= least, "only {tried} changes were made");
    }
}

/// What the items say of undoing them.
fn about_undo(items: &[Value]) -> Vec<String> {
    let warnings = items.iter().flat_map(|item| item["plugin_warnings"].as_array()).flatten();
    let texts = warnings.filter_map(Value::as_str).map(str::to_owned);
    texts.filter(|warning| warning.starts_with(SAYS)).collect()
}

/// Every field of products, with what it is set to.
fn product_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("name", json!("Neu")),
        ("description", json!("<p>Neu</p>")),
        ("description", json!("")),
        ("description", json!(null)),
        ("short_description", json!("")),
        ("meta_title", json!("Neu")),
        ("meta_title", json!("")),
        ("meta_title", json!(null)),
        ("meta_description", json!("Neu")),
        ("meta_keyword", json!("neu, neuer")),
        ("status", json!(2)),
        ("status", json!(1)),
        ("visibility", json!(3)),
        ("weight", json!(3.5)),
        ("weight", json!(null)),
        ("category_ids", json!([4, 12])),
        ("category_ids", json!([])),
        ("special_to_date", json!("2097-08-01")),
        ("special_to_date", json!(null)),
        ("special_from_date", json!("2027-05-15")),
        ("special_price", json!(77)),
        ("special_price", json!(null)),
        ("price", json!(130)),
    ]
}

async fn check_products(website_prices: bool) {
    let store = match website_prices {
        true => DemoStore::start_with(&["--website-prices"]).await,
        false => DemoStore::start().await,
    };
    let shop = Shop { store, home: Home::new() };
    shop.home.configure("[guards]\nmax_discount_pct = 90\n");
    bring_into_states(&shop.store, website_prices).await;
    let client = shop.host().await;
    let scopes = [
        json!({"scope": "global"}),
        json!({"store_view_code": "de"}),
        json!({"website_code": "base"}),
    ];
    let mut check = UndoCheck::new(&shop, &client).await;
    for scope in &scopes {
        for (field, value) in product_fields() {
            // Each alone, so that one that cannot be changed keeps none of the others back.
            for sku in STATES {
                let asked = json!({
                    "match": {"sku_list": [sku]}, "updates": { field: value }, "scope": scope,
                });
                check.there_and_back("catalog_prepare_bulk_update", asked).await;
            }
        }
        for sku in STATES {
            let matching = json!({"sku_list": [sku]});
            let sale = json!({
                "price": 140, "special_price": 100, "special_from_date": "2027-02-01",
                "special_to_date": null,
            });
            let asked = json!({"match": matching, "price_updates": sale, "scope": scope});
            check.there_and_back("pricing_prepare_bulk_price_update", asked).await;
            let meta = json!({"meta_title": "Neu", "meta_keyword": "neu"});
            let asked = json!({"match": matching, "meta_updates": meta, "scope": scope});
            check.there_and_back("seo_bulk_update_meta", asked.clone()).await;
            let transform = json!({"suffix": "-neu"});
            let asked = json!({"match": matching, "url_key_transform": transform, "scope": scope});
            check.there_and_back("seo_prepare_bulk_update_url_keys", asked).await;
            let asked = json!({
                "match": matching, "updates": {"url_key": "ganz-neu"}, "scope": scope,
            });
            check.there_and_back("catalog_prepare_bulk_update", asked).await;
        }
    }
    check.end(200);
}

#[tokio::test]
async fn every_field_of_products_is_as_it_was_with_global_prices() {
    check_products(false).await;
}

#[tokio::test]
async fn every_field_of_products_is_as_it_was_with_prices_of_websites() {
    check_products(true).await;
}

#[tokio::test]
async fn every_field_of_pages_and_blocks_is_as_it_was() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let mut check = UndoCheck::new(&shop, &client).await;
    let fields = [
        ("title", json!("Neu")),
        ("content", json!("<p>Neu</p>")),
        ("content", json!("")),
        ("content_heading", json!("Neu")),
        ("content_heading", json!("")),
        ("meta_title", json!("Neu")),
        ("meta_description", json!("Neu")),
        ("meta_keywords", json!("neu")),
        ("is_active", json!(false)),
        ("is_active", json!(true)),
    ];
    for (field, value) in fields {
        // One that is shown everywhere, and one that only a view shows.
        for page in [3, 4] {
            let asked = json!({
                "match": {"page_ids": [page]}, "updates": { field: value },
                "scope": {"scope": "global"},
            });
            check.there_and_back("cms_prepare_bulk_update_pages", asked).await;
        }
        if !field.starts_with("meta") && field != "content_heading" {
            let asked = json!({
                "match": {"block_ids": [1]}, "updates": { field: value },
                "scope": {"scope": "global"},
            });
            check.there_and_back("cms_prepare_bulk_update_blocks", asked).await;
        }
    }
    check.end(18);
}

#[tokio::test]
async fn every_field_of_rules_is_as_it_was() {
    let shop = Shop::new("").await;
    let limited = json!({"rule": {"name": "Trade volume, 5 % off", "website_ids": [2],
        "customer_group_ids": [2, 3], "discount_qty": 4, "description": "Old"}});
    shop.store.put("/V1/salesRules/5", &limited).await;
    let client = shop.host().await;
    let mut check = UndoCheck::new(&shop, &client).await;
    let label = |view: u8, text: &str| json!([{"store_id": view, "store_label": text}]);
    let patches = [
        json!({"name": "Neu"}),
        json!({"description": "Neu"}),
        json!({"website_ids": [1, 2]}),
        json!({"customer_group_ids": [1]}),
        json!({"from_date": "2026-12-01", "to_date": "2096-12-24"}),
        json!({"from_date": null}),
        json!({"to_date": ""}),
        json!({"is_active": false}),
        json!({"simple_action": "by_percent", "discount_amount": 11}),
        json!({"discount_amount": 4}),
        json!({"discount_qty": 2}),
        json!({"discount_qty": 0}),
        json!({"description": ""}),
        json!({"conditions": []}),
        json!({"action_conditions": {"all": [{"sku": {"op": "==", "value": "TEN-001"}}]}}),
        json!({"discount_step": 2}),
        json!({"apply_to_shipping": true}),
        json!({"stop_rules_processing": false}),
        json!({"stop_rules_processing": true}),
        json!({"sort_order": 7}),
        json!({"uses_per_customer": 3}),
        json!({"uses_per_coupon": 9}),
        json!({"conditions": {"all": [{"subtotal": {"op": ">=", "value": 20}}]}}),
        json!({"store_labels": label(0, "Neu")}),
        json!({"store_labels": label(2, "Neu")}),
    ];
    for patch in patches {
        // With dates and without, with a label and without.
        for rule in [1, 3, 5] {
            let asked = json!({"rule_id": rule, "patch": patch});
            check.there_and_back("promotions_update_rule", asked).await;
        }
    }
    for rule in [1, 3, 5] {
        for tool in ["promotions_enable_rule", "promotions_disable_rule"] {
            check.there_and_back(tool, json!({"rule_id": rule})).await;
        }
    }
    check.end(45);
}

#[tokio::test]
async fn what_was_made_is_gone_and_orders_are_where_they_were() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let mut check = UndoCheck::new(&shop, &client).await;
    let rule = |more: Value| {
        let mut rule = json!({"name": "Neu", "website_ids": [1], "customer_group_ids": [0],
            "simple_action": "by_percent", "discount_amount": 5});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let create = "promotions_prepare_cart_price_rule_create";
    let coded =
        json!({"coupon_type": "specific_coupon", "coupon_code": "NEU-5", "is_active": true});
    for more in [json!({}), json!({"coupon_type": "auto"}), coded] {
        check.there_and_back(create, rule(more)).await;
    }
    let coupons = json!({"rule_id": AUTO_RULE, "qty": 3});
    check.there_and_back("promotions_generate_coupons", coupons).await;
    for order in [42, 41] {
        check.there_and_back("orders_hold", json!({"order_id": order})).await;
    }
    check.there_and_back("orders_unhold", json!({"order_id": 30})).await;
    let track = json!({"number": "00340", "carrier_code": "dhl", "title": "DHL"});
    check.there_and_back("orders_add_track", json!({"order_id": 32, "track": track})).await;
    for (action, ids) in [("hold", [41, 42]), ("unhold", [28, 30])] {
        let asked = json!({"match": {"order_ids": ids}, "action": action});
        check.there_and_back("orders_prepare_bulk_update", asked).await;
    }
    check.end(12);
}

/// The rule of which codes are generated.
const AUTO_RULE: u32 = 4;

/// Tools whose changes are taken back by the tests of this file.
const TAKEN_BACK: [&str; 14] = [
    "catalog_prepare_bulk_update",
    "cms_prepare_bulk_update_blocks",
    "cms_prepare_bulk_update_pages",
    "orders_add_track",
    "orders_hold",
    "orders_prepare_bulk_update",
    "orders_unhold",
    "pricing_prepare_bulk_price_update",
    "promotions_disable_rule",
    "promotions_enable_rule",
    "promotions_generate_coupons",
    "promotions_prepare_cart_price_rule_create",
    "promotions_update_rule",
    "seo_bulk_update_meta",
];

/// The same by a plan that another tool shares.
const ALIKE: [&str; 2] = ["seo_prepare_bulk_update_meta", "seo_prepare_bulk_update_url_keys"];

/// Tools whose changes Magento cannot take back: the review says so, and why.
fn final_acts() -> Vec<(&'static str, Value)> {
    let track = json!({"number": "00340", "carrier_code": "dhl", "title": "DHL"});
    vec![
        ("orders_cancel", json!({"order_id": 34})),
        ("orders_comment", json!({"order_id": 41, "comment": "x"})),
        ("orders_email", json!({"order_id": 41, "email": "order"})),
        ("orders_invoice", json!({"order_id": 42, "capture": "online"})),
        ("orders_prepare_bulk_cancel", json!({"match": {"order_ids": [34]}})),
        ("orders_refund", json!({"order_id": 41, "method": "offline", "adjustment_refund": 1})),
        ("orders_ship", json!({"order_id": 41, "tracks": [track]})),
    ]
}

#[tokio::test]
async fn every_tool_that_changes_the_store_is_taken_back_or_says_beforehand_that_it_cannot() {
    let shop = Shop::new("").await;
    let client = shop.home.souk(["serve", "--max-tier", "critical", "--tools", "all"]);
    let client = client.on(&shop.store).logged_in().await;
    let mut known: BTreeSet<String> =
        TAKEN_BACK.iter().chain(&ALIKE).map(ToString::to_string).collect();
    for (tool, mut asked) in final_acts() {
        known.insert(tool.to_owned());
        if !tool.contains("_prepare_") {
            asked["preview"] = true.into();
        }
        let shown = client.answer(tool, asked).await;
        let undo = &items(&client, id(&shown)).await[0]["undo"];
        assert_eq!(undo["how"], "none", "{tool}: {undo}");
        assert_ne!(undo["why"], json!(""), "{tool}");
    }
    let groups = ["auth_", "scope_", "plans_", "tools_", "cache_"];
    let changes = |tool: &&rmcp::model::Tool| {
        let hints = tool.annotations.as_ref().unwrap();
        let is_own = groups.iter().any(|group| tool.name.starts_with(group));
        hints.read_only_hint != Some(true) && !is_own && !tool.name.contains("_commit_")
    };
    let tools = client.list().await;
    let all: BTreeSet<String> =
        tools.iter().filter(changes).map(|tool| tool.name.to_string()).collect();
    assert_eq!(all, known);
}

#[tokio::test]
async fn what_a_change_does_to_a_bundle_in_a_view_and_to_a_sale_that_stands_is_said_beforehand() {
    let shop = Shop::new("").await;
    let client = shop.souk().logged_in().await;
    let bundle = json!({"sku": "BUN-1", "name": "Kit", "type_id": "bundle", "price": 50,
        "attribute_set_id": 4, "status": 1, "visibility": 4});
    let price_type = [("price_type", json!("1")), ("special_price", json!("80"))];
    product(&shop.store, "all", "BUN-1", bundle, &price_type).await;
    let said = async |updates: Value, scope: Value| {
        let args = json!({"match": {"sku_list": ["BUN-1"]}, "updates": updates, "scope": scope});
        let proposed = client.answer("catalog_prepare_bulk_update", args).await;
        proposed["warnings"].to_string()
    };
    let copies = "`plans_undo` leaves the titles of the bundle's options";
    let (global, de) = (json!({"scope": "global"}), json!({"store_view_code": "de"}));
    assert!(said(json!({"name": "Set"}), de).await.contains(copies));
    assert!(!said(json!({"name": "Set"}), global.clone()).await.contains(copies));
    // Its special price is a share, and not above the price.
    assert!(!said(json!({"price": 45}), global.clone()).await.contains("special price"));

    let sale = [("special_price", json!(80)), ("special_from_date", json!("2027-06-01"))];
    product(&shop.store, "all", "TEN-004", json!({"price": 119}), &sale).await;
    for (updates, says) in [
        (
            json!({"price": 79}),
            Some("the special price 80 that stands there is not below the new price"),
        ),
        (json!({"special_price": 130}), Some("the special price 130 is not below the price 119")),
        (json!({"price": 118}), None),
        (json!({"price": 79, "special_price": null}), None),
        (json!({"name": "Tent"}), None),
    ] {
        let args = json!({"match": {"sku_list": ["TEN-004"]}, "updates": updates, "scope": global});
        let proposed = client.answer("catalog_prepare_bulk_update", args).await;
        let warnings = proposed["warnings"].to_string();
        match says {
            Some(says) => assert!(warnings.contains(says), "{updates}: {warnings}"),
            None => assert!(!warnings.contains("not below"), "{updates}: {warnings}"),
        }
    }
}
