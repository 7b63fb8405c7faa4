//! What somebody else has changed is left alone, and named.

use serde_json::{Value, json};

use souk_tests::LoggedRequest;

use super::forged::{change, name, proposal, put};
use super::{Shop, commit, id, in_state, items, propose, titled, undo};

#[tokio::test]
async fn what_drifted_since_the_review_is_left_out() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(60).await;
    let plan = propose(&client, &skus, "Ours").await;
    let theirs = skus[55].clone();
    shop.store.put(&format!("/all/V1/products/{theirs}"), &titled("Theirs")).await;
    let done = commit(&client, &plan).await;
    assert_eq!((&done["success_count"], &done["drifted"]), (&json!(59), &json!(1)), "{done}");
    assert_eq!(done["errors"][0]["subject"], *theirs, "{done}");
    assert_eq!(done["state"], "partly_done");
    let ended = items(&client, &plan).await;
    assert_eq!(in_state(&ended, "drifted"), std::slice::from_ref(&theirs));
    let now = shop.field("all", &skus, "meta_title").await;
    for (sku, value) in &now {
        assert_eq!(*value, if *sku == theirs { "Theirs" } else { "Ours" }, "{sku}");
    }
}

#[tokio::test]
async fn an_undo_leaves_alone_what_somebody_changed_after_the_commit() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(4).await;
    let before = shop.field("all", &skus, "meta_title").await;
    let plan = propose(&client, &skus, "Ours").await;
    commit(&client, &plan).await;
    let put = |sku: &str| format!("/all/V1/products/{sku}");
    shop.store.put(&put(&skus[1]), &titled("Theirs")).await;
    let proposed = undo(&client, &plan).await;
    assert_eq!(proposed["affected_count"], 3, "{proposed}");
    let warnings = proposed["warnings"].to_string();
    assert!(warnings.contains(&skus[1]), "{warnings}");
    // And another between the undo's review and its commit.
    shop.store.put(&put(&skus[2]), &titled("Theirs too")).await;
    let done = commit(&client, id(&proposed)).await;
    assert_eq!((&done["success_count"], &done["drifted"]), (&json!(2), &json!(1)), "{done}");
    let now = shop.field("all", &skus, "meta_title").await;
    assert_eq!(now[&skus[0]], before[&skus[0]]);
    assert_eq!(now[&skus[1]], "Theirs");
    assert_eq!(now[&skus[2]], "Theirs too");
    assert_eq!(now[&skus[3]], before[&skus[3]]);
}

/// Requests that changed, or tried to change, what this path begins with.
fn written(log: &[LoggedRequest], path: &str) -> usize {
    let is = |request: &&LoggedRequest| {
        request.method != "GET" && request.method != "DELETE" && request.target.contains(path)
    };
    log.iter().filter(is).count()
}

#[tokio::test]
async fn what_is_gone_when_it_is_committed_is_drifted_and_never_made_anew() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(3).await;
    let gone = skus[1].clone();
    let products = |updates: Value| json!({"match": {"sku_list": skus}, "updates": updates, "scope": {"scope": "global"}});
    let pages = json!({"match": {"page_ids": [2]}, "updates": {"meta_keywords": "tents"},
        "scope": {"scope": "global"}});
    let blocks = json!({"match": {"block_ids": [1]}, "updates": {"title": "Ours"},
        "scope": {"scope": "global"}});
    let rule = json!({"rule_id": 1, "patch": {"description": "Ours"}, "preview": true});
    // Of a field with nothing in it, too: what is gone looks the same there.
    let empty = products(json!({"meta_keyword": "tents"}));
    let filled = products(json!({"name": "Ours"}));
    let mut plans = Vec::new();
    for (tool, given) in [
        ("catalog_prepare_bulk_update", empty),
        ("catalog_prepare_bulk_update", filled),
        ("cms_prepare_bulk_update_pages", pages),
        ("cms_prepare_bulk_update_blocks", blocks),
        ("promotions_update_rule", rule),
    ] {
        let proposed = client.answer(tool, given).await;
        plans.push(id(&proposed).to_owned());
    }
    let paths = [
        format!("/V1/products/{gone}"),
        "/V1/cmsPage/2".to_owned(),
        "/V1/cmsBlock/1".to_owned(),
        "/V1/salesRules/1".to_owned(),
    ];
    for path in &paths {
        shop.store.delete(path).await;
    }
    shop.store.forget_requests().await;
    for plan in &plans {
        drop(client.call("plans_commit", super::confirmed(plan)).await.unwrap());
        let ended = items(&client, plan).await;
        let drifted: Vec<_> = ended.iter().filter(|item| item["state"] == "drifted").collect();
        assert_eq!(drifted.len(), 1, "{plan}: {ended:?}");
        let told = drifted[0]["failure"]["message"].as_str().unwrap();
        assert!(told.contains("is gone now"), "{told}");
        // Nor does a resume make it.
        drop(client.call("plans_resume", super::confirmed(plan)).await.unwrap());
    }
    let log = shop.store.requests().await;
    for path in &paths {
        assert_eq!(written(&log, path), 0, "{path}");
    }
    assert_eq!(written(&log, "/V1/products/"), 4, "the others of both plans were written");
    let left = shop.store.rest("/all/V1/products?searchCriteria[pageSize]=300&fields=items[sku]");
    assert!(!left.await.to_string().contains(&format!("\"{gone}\"")));
}

#[tokio::test]
async fn what_is_gone_is_not_made_anew_by_a_later_request_either() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    for route in ["/async/V1/products/{sku}", "/V1/products/{sku}"] {
        let sku = if route.starts_with("/async") { "TEN-001" } else { "TEN-002" };
        let mut step = put(&json!({"product": {"name": "Ours"}}));
        step["route"] = json!(route);
        let mut forged = change(&[name()], &[step]);
        forged["subject"]["id"] = json!(sku);
        let proposed = client.answer("forger_prepare", proposal(&forged)).await;
        shop.store.delete(&format!("/V1/products/{sku}")).await;
        drop(client.call("plans_commit", super::confirmed(id(&proposed))).await.unwrap());
        let ended = items(&client, id(&proposed)).await;
        assert_eq!(ended[0]["state"], "drifted", "{ended:?}");
    }
    let log = shop.store.requests().await;
    assert_eq!(written(&log, "/products/"), 0);
}

#[tokio::test]
async fn an_undo_makes_nothing_anew_that_is_gone() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(2).await;
    let given = json!({"match": {"sku_list": skus}, "meta_updates": {"meta_title": null},
        "scope": {"scope": "global"}});
    for sku in &skus {
        shop.store.put(&format!("/all/V1/products/{sku}"), &titled("Theirs")).await;
    }
    let done = client.answer("seo_bulk_update_meta", souk_tests::confirmed(given)).await;
    assert_eq!(done["success_count"], 2, "{done}");
    shop.store.delete(&format!("/V1/products/{}", skus[0])).await;
    let back = undo(&client, id(&done)).await;
    assert_eq!(back["affected_count"], 1, "{back}");
    let warnings = back["warnings"].to_string();
    assert!(warnings.contains(&skus[0]) && warnings.contains("gone"), "{warnings}");
}
