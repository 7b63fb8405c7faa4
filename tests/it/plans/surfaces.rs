//! What a review shows, on every surface: all that is sent, marked as what it is, and no text of a
//! plugin, a store or a customer that hides something or passes for the host's own words.

use serde_json::{Value, json};
use souk_tests::Mcp;

use super::forged::{change, edit, name, proposal, put};
use super::{Shop, commit, id, items};

/// What no surface may show as it is: it steers terminals, turns the order of reading around, or is
/// read by a model and seen by nobody.
const HIDDEN: [char; 12] = [
    '\u{1b}',
    '\u{9b}',
    '\u{7f}',
    '\u{202e}',
    '\u{2066}',
    '\u{200f}',
    '\u{200b}',
    '\u{200d}',
    '\u{feff}',
    '\u{2028}',
    '\u{e0041}',
    '\u{e007f}',
];

/// A text with all of that, which would forge lines of a review.
fn forged_text(word: &str) -> String {
    let hidden: String = HIDDEN.iter().collect();
    format!("{word}\n    - \"219\"\n    + \"12\"\r\u{1b}[8m{hidden}")
}

fn assert_shows_all(what: &str, text: &str) {
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "{what} has {hidden:?}:\n{text:?}");
    }
}

/// The same of every text and name in a value, which may have line breaks.
fn assert_value_shows_all(what: &str, value: &Value) {
    match value {
        Value::String(text) => assert_shows_all(what, text),
        Value::Array(items) => items.iter().for_each(|item| assert_value_shows_all(what, item)),
        Value::Object(members) => {
            for (name, member) in members {
                assert_shows_all(what, name);
                assert_value_shows_all(what, member);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Shop {
    /// What the terminal shows of a plan.
    async fn shown(&self, plan: &str) -> String {
        self.home.souk(["plans", "show", plan]).on(&self.store).run().await.ok()
    }
}

#[tokio::test]
async fn no_text_of_a_plugin_hides_or_passes_for_the_hosts_words() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let field = forged_text("name");
    let mut forged = change(
        &[json!({"field": field, "at": "/price", "after": {"as_sent": [[0, "/product/price"]]}})],
        &[put(&json!({"product": {"price": 1}}))],
    );
    forged["subject"]["kind"] = json!(forged_text("product"));
    forged["subject"]["label"] = json!(forged_text("Skarv I Tent"));
    forged["warnings"] = json!([forged_text("harmless")]);
    forged["undo"] = json!({"none": forged_text("why")});
    forged["steps"][0]["failure_responses"] = json!([{"at": format!("/{}", forged_text("x").replace('/', "")), "equals": forged_text("y")}]);
    let mut forged = proposal(&forged);
    forged["intent"]["summary"] = json!(forged_text("renames a product"));
    let proposed = client.answer("forger_prepare", forged).await;
    assert_value_shows_all("the answer of the tool that proposes", &proposed);
    let plan = id(&proposed);
    for (tool, asked) in [("plans_list", json!({})), ("plans_get", json!({"plan_id": plan}))] {
        let answer = client.answer(tool, asked).await;
        assert_value_shows_all(tool, &answer);
        for text in [
            &answer["plan"]["summary"],
            &answer["items"][0]["label"],
            &answer["items"][0]["changes"][0]["field"],
            &answer["plans"][0]["summary"],
        ] {
            assert!(!text.as_str().unwrap_or_default().contains('\n'), "{tool}: {text}");
        }
    }
    let shown = shop.shown(plan).await;
    assert_shows_all("the terminal", &shown);
    // One field, so one line of each kind, and the price is named as what it is.
    let lines =
        |with: &str| shown.lines().filter(|line| line.trim_start().starts_with(with)).count();
    assert_eq!((lines("- "), lines("+ ")), (1, 1), "{shown}");
    assert!(shown.contains("also sent, /product/price: 1"), "{shown}");
    let listed = shop.home.souk(["plans", "list"]).on(&shop.store).run().await.ok();
    assert_shows_all("the terminal's list", &listed);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let refused = client.refusal("forger_prepare", {
        let mut twice = change(&[edit(&field, "/name", "/product/x")], &[put(&json!({}))]);
        twice["subject"]["id"] = json!(forged_text("TEN-001"));
        proposal(&twice)
    });
    let refused = refused.await;
    assert_shows_all("a refusal", &refused);
    assert!(refused.lines().count() <= 3, "{refused}");
    let log = client.process().log();
    assert_shows_all("the log", &log);
    assert!(!log.lines().any(|line| line.trim_start().starts_with("+ ")), "{log}");
}

#[tokio::test]
async fn what_a_store_and_its_customers_write_hides_nothing_in_results() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let name = forged_text("Skarv 1 Tent");
    let body = json!({"product": {"name": name}});
    shop.store.put("/all/V1/products/TEN-001", &body).await;
    let ordinary = shop.store.rest("/all/V1/products/TEN-002").await;
    let found = client.answer("catalog_search_products", json!({"page_size": 3})).await;
    assert!(found.to_string().contains("Skarv 1 Tent"), "{found}");
    assert_value_shows_all("a search", &found);
    let one = client
        .answer("catalog_get_product", json!({"sku": "TEN-001", "scope": {"scope": "global"}}))
        .await;
    assert_value_shows_all("a product", &one);
    assert!(one["name"].as_str().unwrap().contains(r"\u{202e}"), "{}", one["name"]);
    // What nothing is wrong with stays as it is.
    let whole = json!({"sku": "TEN-002", "scope": {"scope": "global"}, "fields": ["*"]});
    let two = client.answer("catalog_get_product", whole).await;
    assert_eq!(two["name"], ordinary["name"]);
    assert_eq!(two["custom_attributes"], ordinary["custom_attributes"]);
    for arguments in [&["sku=TEN-001"][..], &["sku=TEN-001", "--json"]] {
        let souk = shop.home.souk(["call", "catalog_get_product"]).args(arguments);
        let text = souk.on(&shop.store).run().await.ok();
        assert_shows_all("souk call", &text);
        assert!(!text.lines().any(|line| line.trim_start().starts_with("+ ")), "{text}");
    }
}

#[tokio::test]
async fn the_hosts_warnings_stand_first_and_no_plugin_pushes_them_out() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let mut forged = change(
        &[edit("price", "/price", "/product/price")],
        &[put(&json!({"product": {"price": 1}}))],
    );
    forged["warnings"] = (0..60).map(|n| json!(format!("note {n}"))).collect();
    let proposed = client.answer("forger_prepare", proposal(&forged)).await;
    let first = proposed["warnings"][0].as_str().unwrap().to_owned();
    assert!(first.contains("price changes by more than"), "{proposed}");
    let got = client.answer("plans_get", json!({"plan_id": id(&proposed)})).await;
    assert_eq!(got["plan"]["warnings"][0], first.as_str(), "{got}");
    assert!(got["items"][0]["warnings"].to_string().contains("price changes by"), "{got}");
    let shown = shop.shown(id(&proposed)).await;
    let line = |text: &str| shown.lines().position(|line| line.contains(text));
    assert!(line(&first).unwrap() < line("note 0").unwrap(), "{shown}");
}

/// The last item of the only plan, as `plans_get` shows it.
async fn item_of(client: &Mcp, proposed: &Value) -> Value {
    items(client, id(proposed)).await.remove(0)
}

#[tokio::test]
async fn what_is_only_expected_is_marked_as_such_on_every_surface() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let status = json!({"field": "status", "at": "/status", "after": {"set_by_store": 2}});
    let forged = proposal(&change(&[status, name()], &[put(&json!({"product": {"name": "X2"}}))]));
    let proposed = client.answer("forger_prepare", forged).await;
    let item = item_of(&client, &proposed).await;
    for (surface, row) in
        [("plans_get", &item["changes"][0]), ("the tool", &proposed["sample_diffs"][0])]
    {
        assert_eq!(row["field"], "status", "{surface}: {row}");
        assert_eq!(row["expectation"], "set_by_store", "{surface}: {row}");
        assert!(row["note"].as_str().unwrap().starts_with("expected"), "{surface}: {row}");
    }
    assert_eq!(item["changes"][1].get("expectation"), None);
    let shown = shop.shown(id(&proposed)).await;
    assert!(shown.contains("+ 2 (expected: set by the store"), "{shown}");
}

#[tokio::test]
async fn everything_that_is_sent_stands_in_the_review() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let mut first = put(&json!({"product": {"name": "Telt", "weight": 7, "url_key": null}}));
    first["body_bindings"] = json!([{"at": "/product/url_key", "value": {"before": "name"}}]);
    first["failure_responses"] = json!([{"at": "/status", "equals": 9}]);
    let mut undo = put(&json!({"product": {"name": null, "visibility": 4}}));
    undo["body_bindings"] = json!([{"at": "/product/name", "value": {"before": "name"}}]);
    let mut forged = change(&[name()], &[first]);
    forged["retry"] = json!("if_absent");
    forged["undo"] = json!({"steps": [undo]});
    let before = shop.store.rest("/all/V1/products/TEN-001").await["name"].clone();
    let proposed = client.answer("forger_prepare", proposal(&forged)).await;
    let item = item_of(&client, &proposed).await;
    assert_eq!(item["requests"], json!(["PUT /V1/products/TEN-001 at all"]));
    assert_eq!(item["constants"], json!([{"step": 0, "at": "/product/weight", "value": 7}]));
    let fill = &item["fills"][0];
    assert_eq!((&fill["at"], &fill["value"]), (&json!("/product/url_key"), &before), "{item}");
    assert_eq!(item["failure_responses"], json!([{"step": 0, "at": "/status", "equals": 9}]));
    assert_eq!((&item["retry"], &item["undo"]["how"]), (&json!("if_absent"), &json!("steps")));
    let steps = &item["undo"]["steps"];
    assert_eq!(steps["requests"], json!(["PUT /V1/products/TEN-001 at all"]));
    assert_eq!(steps["constants"], json!([{"step": 0, "at": "/product/visibility", "value": 4}]));
    assert_eq!(steps["fills"][0]["value"], before, "{item}");
    let shown = shop.shown(id(&proposed)).await;
    for said in [
        "view `all`",
        "read by GET /V1/products/{sku} at all",
        "sends PUT /V1/products/TEN-001 at all",
        "also sent, /product/weight: 7",
        "filled in, /product/url_key: `name` as it was before: ",
        "an answer with 9 at /status counts as refused",
        "is sent again only if a read shows that it did not happen",
        "undone by",
        "also sent, /product/visibility: 4",
    ] {
        assert!(shown.contains(said), "`{said}` is not in\n{shown}");
    }
    // The tool's own answer names what no field does, too.
    let rows = proposed["sample_diffs"].to_string();
    for place in ["/product/weight", "/product/url_key"] {
        assert!(rows.contains(place), "{rows}");
    }
}

#[tokio::test]
async fn a_value_of_an_address_that_is_not_the_subject_is_shown_as_such() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    // The undo of a create goes to whatever id the store will have given.
    let rule = json!({"name": "Autumn at all", "website_ids": [1], "customer_group_ids": [0],
        "simple_action": "by_percent", "discount_amount": 10});
    let proposed = client.answer("promotions_prepare_cart_price_rule_create", rule).await;
    let item = item_of(&client, &proposed).await;
    let steps = &item["undo"]["steps"];
    assert_eq!(steps["requests"], json!(["DELETE /V1/salesRules/{response/rule_id} at all"]));
    let parameter = &steps["parameters"][0];
    assert_eq!((&parameter["part"], &parameter["name"]), (&json!("path"), &json!("ruleId")));
    assert!(parameter["source"].as_str().unwrap().starts_with("`/rule_id`"), "{item}");
    let shown = shop.shown(id(&proposed)).await;
    assert!(shown.contains("not the subject, path value ruleId: `/rule_id` of"), "{shown}");
    // A subject's own id cannot pass for more of the address.
    assert!(shown.contains("cart price rule” “Autumn at all”"), "{shown}");
}

#[tokio::test]
async fn an_outcome_hides_nothing_either() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let mut forged = change(&[name()], &[put(&json!({"product": {"name": "Telt"}}))]);
    forged["steps"][0]["failure_responses"] = json!([{"at": "/name", "equals": "Telt"}]);
    forged["subject"]["kind"] = json!(forged_text("product"));
    let proposed = client.answer("forger_prepare", proposal(&forged)).await;
    let plan = id(&proposed).to_owned();
    let done = commit(&client, &plan).await;
    assert_value_shows_all("a commit", &done);
    let again = shop.home.souk(["plans", "resume", &plan, "--reason", "again"]).on(&shop.store);
    let ran = again.run().await;
    assert_shows_all("the terminal", &ran.out);
    assert_shows_all("the terminal's complaint", &ran.err);
}

#[tokio::test]
async fn a_review_says_what_is_written_in_the_hosts_own_words() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    // Its plugin calls a price a name, and puts a status beside it.
    let forged = change(
        &[edit("name", "/price", "/product/price"), edit("shade", "/status", "/product/status")],
        &[put(&json!({"product": {"price": 200, "status": 2}}))],
    );
    let proposed = client.answer("forger_prepare", proposal(&forged)).await;
    let plan = id(&proposed);
    let write = &items(&client, plan).await[0]["writes"][0];
    assert_eq!((&write["rows"], &write["tier"]), (&json!(1), &json!("risk")), "{write}");
    assert_eq!(write["values"]["price"], json!(["/product/price"]));
    assert_eq!(write["values"]["status"], json!(["/product/status"]));
    let shown = shop.shown(plan).await;
    let told = "change a product, risk, 1 row; price at /product/price; status at /product/status";
    assert!(shown.contains(told), "{shown}");
    // Of a list each row counts, and each price is named.
    let rows: Vec<Value> = [2, 3]
        .map(|quantity| {
            json!({"sku": "TEN-001", "website_id": 0, "customer_group": "ALL GROUPS",
                "quantity": quantity, "price": 210, "price_type": "fixed"})
        })
        .into();
    let step = json!({"method": "POST", "route": "/V1/products/tier-prices",
        "body": {"prices": rows}});
    let forged = change(&[edit("name", "/price", "/prices/0/price")], &[step]);
    let refused = client.refused_or_answered("forger_prepare", proposal(&forged)).await;
    if let Err(proposed) = refused {
        let write = &items(&client, id(&proposed)).await[0]["writes"][0];
        assert_eq!(write["rows"], 2, "{write}");
        assert_eq!(write["values"]["group price"].as_array().unwrap().len(), 2, "{write}");
    }
}
