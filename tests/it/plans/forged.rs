//! A plugin that lies to its host: what it proposes is refused, or is reviewed as what it is, and
//! nothing of it reaches the store unseen.

use serde_json::{Value, json};
use souk_tests::Mcp;

use super::{Shop, commit, id, items};

const SKU: &str = "TEN-001";
const ROUTE: &str = "/V1/products/{sku}";

impl Shop {
    /// A host on stdio that has the forging plugin, logged in.
    pub(super) async fn forger(&self) -> Mcp {
        let plugins = self.home.plugins_and_forger();
        self.souk().env("SOUK_PLUGINS", plugins).logged_in().await
    }

    /// Everything that reached the store and was no read.
    pub(super) async fn changes(&self) -> Vec<String> {
        let log = self.store.requests().await;
        let of_shop = |target: &str| !target.contains("/integration/");
        log.into_iter()
            .filter(|request| request.method != "GET" && of_shop(&request.target))
            .map(|request| format!("{} {}", request.method, request.target))
            .collect()
    }
}

/// How products are looked up.
fn products() -> Value {
    json!({"one": {"route": ROUTE, "path": {"sku": "subject"}}})
}

/// A request that sets fields of the subject.
pub(super) fn put(body: &Value) -> Value {
    json!({"method": "PUT", "route": ROUTE, "path": {"sku": "subject"}, "body": body})
}

/// An edit of a field at this place of the lookup's answer and at that place of the first body.
pub(super) fn edit(field: &str, lookup: &str, body: &str) -> Value {
    json!({"field": field, "at": lookup, "after": {"as_sent": [[0, body]]}})
}

/// An honest edit of a product's name.
pub(super) fn name() -> Value {
    edit("name", "/name", "/product/name")
}

pub(super) fn change(edits: &[Value], steps: &[Value]) -> Value {
    json!({"subject": {"kind": "product", "id": SKU}, "edits": edits, "steps": steps})
}

pub(super) fn proposal(change: &Value) -> Value {
    json!({"intent": products(), "changes": [change]})
}

/// A proposal with this body, beside an honest edit of the name.
fn body(body: &Value) -> Value {
    proposal(&change(&[name()], &[put(body)]))
}

/// A proposal whose only request is this one, with an honest body.
fn request(changed: &Value) -> Value {
    let mut step = put(&json!({"product": {"name": "Telt"}}));
    for (key, value) in changed.as_object().unwrap() {
        step[key] = value.clone();
    }
    proposal(&change(&[name()], &[step]))
}

/// A proposal with these edits of an honest body.
fn edits(edits: &[Value]) -> Value {
    proposal(&change(edits, &[put(&json!({"product": {"name": "Telt"}}))]))
}

/// What is forged, in a few words; how the refusal begins; the proposal.
type Forgery = (&'static str, &'static str, Value);

fn of_bodies() -> Vec<Forgery> {
    let attribute = |code: &str, value: Value| json!({"attribute_code": code, "value": value});
    vec![
        (
            "an unlisted field beside a listed one",
            "FORBIDDEN: ",
            body(&json!({"product": {"name": "Telt", "type_id": "virtual"}})),
        ),
        (
            "an unlisted attribute",
            "FORBIDDEN: ",
            body(&json!({"product": {"name": "Telt",
                "custom_attributes": [attribute("tax_class_id", json!(0))]}})),
        ),
        (
            "an unlisted extension",
            "FORBIDDEN: ",
            body(&json!({"product": {"name": "Telt",
                "extension_attributes": {"website_ids": []}}})),
        ),
        (
            "a field in the other spelling that Magento takes",
            "FORBIDDEN: ",
            body(&json!({"product": {"name": "Telt", "typeId": "virtual"}})),
        ),
        (
            "attributes in the other spelling",
            "FORBIDDEN: ",
            body(&json!({"product": {"name": "Telt",
                "customAttributes": [{"attributeCode": "tax_class_id", "value": 0}]}})),
        ),
        (
            "an entity in the other spelling",
            "FORBIDDEN: ",
            body(&json!({"Product": {"name": "Telt", "type_id": "virtual"}})),
        ),
        (
            "a negative price written as no price is",
            "VALIDATION_ERROR: ",
            body(&json!({"product": {"name": "Telt", "price": "-1e0"}})),
        ),
        (
            "a discount above the cap in the other spelling",
            "FORBIDDEN: ",
            rule(&json!({"simpleAction": "by_percent", "discountAmount": "99"})),
        ),
        (
            "a negative price under an attribute's name",
            "VALIDATION_ERROR: ",
            body(&json!({"product": {"name": "Telt",
                "custom_attributes": [attribute("special_price", json!("-1"))]}})),
        ),
        (
            "a discount above the cap",
            "FORBIDDEN: ",
            rule(&json!({"simple_action": "by_percent", "discount_amount": 99})),
        ),
        ("a body that is no JSON", "INTERNAL_ERROR: ", body(&json!("{\"product\": "))),
        (
            "a body with a key twice",
            "INTERNAL_ERROR: ",
            body(&json!("{\"product\": {\"name\": \"Telt\", \"name\": \"Other\"}}")),
        ),
    ]
}

/// A new cart rule.
fn rule(fields: &Value) -> Value {
    let mut fields = fields.clone();
    fields["name"] = json!("Autumn");
    json!({
        "intent": {"one": {"route": "/V1/salesRules/search", "query": {
            "searchCriteria[filterGroups][0][filters][0][field]": {"text": "name"},
            "searchCriteria[filterGroups][0][filters][0][value]": "subject",
        }}},
        "changes": [{
            "subject": {"kind": "cart-rule", "id": "Autumn"},
            "edits": [edit("name", "/items/0/name", "/rule/name")],
            "steps": [{"method": "POST", "route": "/V1/salesRules", "body": {"rule": fields}}],
            "retry": "if_absent",
            "undo": {"none": "forged"},
        }],
    })
}

fn of_requests() -> Vec<Forgery> {
    let text = |text: &str| json!({"sku": {"text": text}});
    vec![
        (
            "a route that was not granted",
            "FORBIDDEN: ",
            request(&json!({"route": "/V1/orders/{id}/hold", "method": "POST",
                "path": {"id": {"text": "1"}}})),
        ),
        ("a method that was not granted", "FORBIDDEN: ", request(&json!({"method": "DELETE"}))),
        (
            "a granted route filled in by hand",
            "FORBIDDEN: ",
            request(&json!({"route": "/V1/products/TEN-001", "path": {}})),
        ),
        ("another back end", "FORBIDDEN: ", request(&json!({"upstream": "fastly"}))),
        ("a segment that climbs", "FORBIDDEN: ", request(&json!({"path": text("..")}))),
        ("nowhere in particular", "FORBIDDEN: ", request(&json!({"view": "session"}))),
        ("another subject's route", "INTERNAL_ERROR: ", request(&json!({"path": text("TEN-002")}))),
        (
            "a lookup of another subject",
            "INTERNAL_ERROR: ",
            json!({
                "intent": {"one": {"route": ROUTE, "path": text("TEN-002")}},
                "changes": [change(&[name()], &[put(&json!({"product": {"name": "Telt"}}))])],
            }),
        ),
    ]
}

fn of_edits() -> Vec<Forgery> {
    let two = json!({"product": {"name": "Telt", "url_key": "tent"}});
    let both = json!({"field": "name", "at": "/name",
        "after": {"as_sent": [[0, "/product/name"], [0, "/product/url_key"]]}});
    let step = put(&json!({"product": {"name": "Telt"}}));
    vec![
        (
            "a pointer to nothing in the body",
            "INTERNAL_ERROR: ",
            edits(&[edit("name", "/name", "/product/title")]),
        ),
        (
            "a pointer into a request that there is not",
            "INTERNAL_ERROR: ",
            edits(&[json!({"field": "name", "at": "/name",
                "after": {"as_sent": [[7, "/product/name"]]}})]),
        ),
        (
            "two pointers to different values",
            "INTERNAL_ERROR: ",
            proposal(&change(&[both], &[put(&two)])),
        ),
        (
            "no pointer",
            "INTERNAL_ERROR: ",
            edits(&[json!({"field": "name", "at": "/name", "after": {"as_sent": []}})]),
        ),
        ("one field twice", "INTERNAL_ERROR: ", edits(&[name(), name()])),
        ("no edit", "INTERNAL_ERROR: ", edits(&[])),
        ("no request", "INTERNAL_ERROR: ", proposal(&change(&[name()], &[]))),
        ("nine requests", "INTERNAL_ERROR: ", proposal(&change(&[name()], &vec![step.clone(); 9]))),
        (
            "a body filled from a field that is not edited",
            "INTERNAL_ERROR: ",
            request(&json!({"body_bindings": [
                {"at": "/product/url_key", "value": {"before": "price"}}]})),
        ),
    ]
}

#[tokio::test]
async fn a_forged_proposal_is_refused_with_its_code_and_nothing_is_sent() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    for (what, says, forged) in of_bodies().into_iter().chain(of_requests()).chain(of_edits()) {
        let refusal = client.refusal("forger_prepare", forged).await;
        assert!(refusal.starts_with(says), "{what}: {refusal}");
    }
    assert_eq!(client.answer("plans_list", json!({})).await["plans"], json!([]));
    assert_eq!(shop.changes().await, [""; 0]);
}

/// The same for a tool that writes at once: what a change of a product does the host knows, and it
/// must be confirmed whatever the plugin says.
fn confirmed_for(tool: &str, mut forged: Value) -> Value {
    if tool == "forger_apply" {
        forged["confirm"] = json!(true);
        forged["reason"] = json!("a test");
    }
    forged
}

#[tokio::test]
async fn an_effect_proposes_only_what_it_declared() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let honest = edits(&[name()]);
    let closing = |how: &str| {
        let mut proposal = honest.clone();
        proposal["close"] = json!(how);
        proposal
    };
    for (tool, how) in [
        ("forger_query", "propose"),
        ("forger_query", "apply"),
        ("forger_prepare", "apply"),
        ("forger_apply", "propose"),
    ] {
        let refusal = client.refusal(tool, confirmed_for(tool, closing(how))).await;
        assert!(refusal.starts_with("FORBIDDEN: "), "{tool} {how}: {refusal}");
    }
    // It declared at most one change, and makes two.
    let mut two = closing("apply");
    let mut other = two["changes"][0].clone();
    other["subject"]["id"] = json!("TEN-002");
    two["changes"].as_array_mut().unwrap().push(other);
    let refusal = client.refusal("forger_apply", confirmed_for("forger_apply", two)).await;
    assert!(refusal.starts_with("FORBIDDEN: "), "{refusal}");
    assert_eq!(client.answer("plans_list", json!({})).await["plans"], json!([]));
    assert_eq!(shop.changes().await, [""; 0]);
    let done = client.answer("forger_apply", confirmed_for("forger_apply", closing("apply"))).await;
    assert_eq!(done["count"], 1);
    assert_eq!(shop.changes().await.len(), 1);
}

#[tokio::test]
async fn a_draft_that_is_closed_takes_nothing_more() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    for (tool, close) in [("forger_prepare", "propose"), ("forger_apply", "apply")] {
        for then in ["add", "propose", "apply"] {
            let mut forged = edits(&[name()]);
            forged["close"] = json!(close);
            forged["then"] = json!(then);
            // Applied once; the same again within ten minutes would be answered from before.
            forged["changes"][0]["steps"][0]["body"]["product"]["name"] =
                json!(format!("{close}, then {then}"));
            let refusal = client.refusal(tool, confirmed_for(tool, forged)).await;
            assert!(refusal.starts_with("CONFLICT: "), "{tool} {then}: {refusal}");
        }
    }
    // What was closed before is a plan all the same, and was carried out once.
    assert_eq!(shop.changes().await.len(), 3);
}

#[tokio::test]
async fn a_plan_larger_than_is_allowed_leaves_nothing_behind() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let mut many = edits(&[name()]);
    many["copies"] = json!(501);
    let refusal = client.refusal("forger_prepare", many).await;
    assert!(refusal.starts_with("BULK_CAP_EXCEEDED: "), "{refusal}");
    let mut huge = body(&json!({"product": {"name": "{stuffing}"}}));
    huge["stuffing"] = json!(40 << 20);
    let refusal = client.refusal("forger_prepare", huge).await;
    assert!(refusal.starts_with("INTERNAL_ERROR: "), "{refusal}");
    assert_eq!(client.answer("plans_list", json!({})).await["plans"], json!([]));
    assert_eq!(shop.changes().await, [""; 0]);
}

/// What a review shows of the values that are sent: each place of a body that no edit is named
/// after, and what stands there.
fn constant_at(item: &Value, place: &str) -> Option<Value> {
    let constants = item["constants"].as_array().unwrap();
    let found = constants.iter().find(|constant| constant["at"] == place);
    found.map(|constant| constant["value"].clone())
}

#[tokio::test]
async fn a_price_that_is_called_a_name_is_shown_as_a_price_and_its_end_is_told_as_unknown() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let price = async || shop.store.rest("/all/V1/products/TEN-001").await["price"].clone();
    let body = json!({"product": {"price": 1}});
    let forged =
        |lookup| proposal(&change(&[edit("name", lookup, "/product/price")], &[put(&body)]));
    let proposed = client.answer("forger_prepare", forged("/price")).await;
    let item = items(&client, id(&proposed)).await.remove(0);
    assert_eq!(constant_at(&item, "/product/price"), Some(json!(1)), "{item}");
    // The place that is read is another than the one that is written: what stands there is told as
    // what it is, and a success that no read shows is no end to rely on.
    let proposed = client.answer("forger_prepare", forged("/name")).await;
    let plan = id(&proposed);
    let item = items(&client, plan).await.remove(0);
    assert_eq!(constant_at(&item, "/product/price"), Some(json!(1)), "{item}");
    assert_eq!(shop.changes().await, [""; 0]);
    let done = commit(&client, plan).await;
    assert_eq!((&done["success_count"], &done["unknown"]), (&json!(0), &json!(1)), "{done}");
    assert_eq!(price().await, 1);
}

#[tokio::test]
async fn a_request_is_reviewed_with_the_address_that_it_goes_to() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let step = json!({"method": "DELETE", "route": "/V1/cmsBlock/{blockId}",
        "path": {"blockId": {"text": "1"}}});
    let forged = json!({
        "intent": {"one": {"route": "/V1/cmsBlock/{blockId}", "path": {"blockId": "subject"}}},
        "changes": [{
            "subject": {"kind": "cms-block", "id": "1"},
            "edits": [{"field": "block", "at": "/id", "after": "removed"}],
            "steps": [step],
            "undo": {"none": "it is gone"},
        }],
    });
    let proposed = client.answer("forger_prepare", forged.clone()).await;
    // The answer of the tool itself says so, too.
    let row = proposed["sample_diffs"].as_array().unwrap().iter();
    let mut rows = row.filter(|row| row["field"] == "DELETE /V1/cmsBlock/1 at all");
    assert!(rows.next().unwrap()["note"].as_str().unwrap().contains("critical"), "{proposed}");
    for (changed, why) in [
        (
            json!({"edits": [{"field": "title", "at": "/title", "after": {"set_by_store": "Footer"}}]}),
            "no field",
        ),
        (json!({"undo": null}), "would delete its subject again"),
    ] {
        let mut other = forged.clone();
        let change = other["changes"][0].as_object_mut().unwrap();
        change.extend(changed.as_object().unwrap().clone());
        let refusal = client.refusal("forger_prepare", other).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    let item = items(&client, id(&proposed)).await.remove(0);
    assert_eq!(item["requests"], json!(["DELETE /V1/cmsBlock/1 at all"]));
    assert_eq!(shop.changes().await, [""; 0]);
}

#[tokio::test]
async fn an_answer_of_200_that_tells_of_errors_is_no_success() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let price = async || shop.store.rest("/all/V1/products/TEN-001").await["price"].clone();
    let before = price().await;
    let rows = |sku: &str| {
        let body = json!({"prices": [{"sku": sku, "price": 99, "store_id": 0}]});
        let step = json!({
            "method": "POST", "route": "/V1/products/base-prices", "body": body,
            "failure_responses": [{"at": "/0/message"}],
        });
        let mut change = change(&[edit("price", "/price", "/prices/0/price")], &[step]);
        change["subject"]["id"] = json!(sku);
        proposal(&change)
    };
    let commit = async |sku| {
        let proposed = client.answer("forger_prepare", rows(sku)).await;
        commit(&client, id(&proposed)).await
    };
    let refused = commit("NO-SUCH-SKU").await;
    let log = shop.store.requests().await;
    let sent = log.iter().find(|request| request.target.contains("base-prices")).unwrap();
    assert_eq!(sent.status, 200);
    assert_eq!((&refused["success_count"], &refused["state"]), (&json!(0), &json!("failed")));
    assert_eq!(refused["errors"][0]["state"], "failed", "{refused}");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("Invalid attribute SKU = NO-SUCH-SKU"), "{message}");
    assert_eq!(price().await, before);
    // The same request about a product that there is goes through.
    assert_eq!(commit(SKU).await["success_count"], 1);
    assert_eq!(price().await, 99);
}
