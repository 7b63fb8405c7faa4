//! Personal data: told to whom the operator allows, and to nobody else by any way out.

use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Era, Home, Mcp, calls};

const ANN: &str = "ann-0123456789abcdef";
const SUPPORT: &str = "sup-0123456789abcdef";
const EMAIL: &str = "geraldine.roe@example.com";
const NUMBER: &str = "+49 30 1234567";
/// What must not be told, in any answer to a masked caller.
const PERSONAL: [&str; 4] = [EMAIL, "geraldine.roe", "Geraldine", NUMBER];

fn whom(by: &str) -> Value {
    json!({"email": EMAIL, "by": by})
}

/// Everything that a caller is told, as one text.
async fn everything_answered(mcp: &Mcp) -> String {
    let mut texts = String::new();
    for by in ["answer", "fail", "export", "page"] {
        let result = mcp.call("probe_person", whom(by)).await.unwrap();
        texts.push_str(&serde_json::to_string(&result).unwrap());
        let structured = result.structured_content.unwrap_or_default();
        if let Some(uri) = structured["document"]["uri"].as_str() {
            texts.push_str(&mcp.read(uri).await.unwrap());
        }
    }
    // Arguments that are refused are quoted.
    let wrong = mcp.refusal("probe_person", json!({"email": EMAIL, "by": [EMAIL]})).await;
    let stray = mcp.call("probe_person", json!({EMAIL: 1})).await.unwrap();
    texts.push_str(&wrong);
    texts.push_str(&serde_json::to_string(&stray).unwrap());
    texts.push_str(&serde_json::to_string(&mcp.resources().await).unwrap());
    texts
}

fn is_masked(told: &str) {
    for personal in PERSONAL {
        assert!(!told.contains(personal), "`{personal}` is told: {told}");
    }
    for mask in ["[masked:email]", "[masked:name]", "[masked:phone]"] {
        assert!(told.contains(mask), "{told}");
    }
    // A product is no person; and a page cannot be masked, so it is not to be had.
    assert!(told.contains("City Tent") && told.contains("FORBIDDEN: "), "{told}");
}

fn is_whole(told: &str) {
    for personal in PERSONAL {
        assert!(told.contains(personal), "`{personal}` is missing: {told}");
    }
    assert!(!told.contains("[masked:") && !told.contains("FORBIDDEN"), "{told}");
}

#[tokio::test]
async fn of_two_principals_one_sees_and_the_other_does_not() {
    let home = Home::new();
    home.configure(format!(
        "[[policy.mask_pii]]\nprincipals = ['support-*', 'local']\nplugins = ['probe']\n\
             [principals.ann]\ntoken = '{ANN}'\n[principals.support-1]\ntoken = '{SUPPORT}'\n"
    ));
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    let served = souk.http().await;
    for era in ERAS {
        is_masked(&everything_answered(&served.connect_as(era, SUPPORT).await).await);
        is_masked(&everything_answered(&souk.stdio(era).await).await);
    }
    let trail = std::fs::read_to_string(home.trail()).unwrap();
    for personal in PERSONAL {
        assert!(!trail.contains(personal), "`{personal}` is on the trail");
    }
    assert!(calls(&home.trail()).len() > 20 && trail.contains("[masked:email]"));
    // Nor is it on the disk, in what was exported.
    for file in std::fs::read_dir(home.path("state/exports")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(EMAIL) && !path.to_str().unwrap().contains("geraldine"), "{text}");
    }
    for era in ERAS {
        is_whole(&everything_answered(&served.connect_as(era, ANN).await).await);
    }
}

#[tokio::test]
async fn the_file_cannot_show_what_the_environment_or_a_flag_masks() {
    let home = Home::new();
    home.configure("policy.mask_pii = false");
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    is_whole(&everything_answered(&souk.stdio(Era::Modern).await).await);
    is_masked(
        &everything_answered(&souk.clone().env("SOUK_MASK_PII", "true").stdio(Era::Modern).await)
            .await,
    );
    is_masked(
        &everything_answered(&souk.clone().args(["--mask-pii"]).stdio(Era::Legacy).await).await,
    );
    home.configure("policy.mask_pii = true");
    is_masked(&everything_answered(&souk.stdio(Era::Legacy).await).await);

    let explained = home
        .souk(["policy", "explain", "local", "probe_person"])
        .env("SOUK_PLUGINS", home.path("plugins"))
        .run()
        .await
        .ok();
    assert!(explained.contains("personal data is masked, set by `policy.mask_pii`"), "{explained}");
    let listed = home.souk(["actions"]).env("SOUK_PLUGINS", home.path("plugins")).run().await.ok();
    assert!(listed.contains("yes, masked"), "{listed}");
}

#[tokio::test]
async fn a_document_made_before_the_rule_is_masked_when_it_is_read() {
    let home = Home::new();
    home.configure("");
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    let mcp = souk.stdio(Era::Modern).await;
    let kept = mcp.answer_linked("probe_person", whom("export")).await;
    let uri = kept["document"]["uri"].as_str().unwrap();
    assert!(mcp.read(uri).await.unwrap().contains(EMAIL));
    home.configure("policy.mask_pii = true");
    souk_tests::until("the rule is in force", async || {
        !mcp.read(uri).await.unwrap().contains("geraldine")
    })
    .await;
    assert_eq!(
        mcp.read(uri).await.unwrap(),
        "email,firstname,product\n[masked:email],[masked:name],City Tent\n"
    );
}

#[tokio::test]
async fn a_plan_is_shown_masked_and_carried_out_as_it_is() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("policy.mask_pii = true");
    let mcp = home.souk(["serve"]).on(&store).logged_in().await;
    let title = format!("Tents by {EMAIL}, {NUMBER}");
    let proposed = mcp
        .answer(
            "catalog_prepare_bulk_update",
            json!({
                "match": {"sku_list": ["TEN-001"]},
                "updates": {"meta_title": title},
                "scope": {"scope": "global"},
            }),
        )
        .await;
    let plan = proposed["plan_id"].as_str().unwrap();
    let shown = mcp.answer("plans_get", json!({"plan_id": plan})).await;
    for told in [&proposed, &shown] {
        assert!(told.to_string().contains("Tents by [masked:email], [masked:phone]"), "{told}");
        assert!(!told.to_string().contains("geraldine"), "{told}");
    }
    let terminal = home.souk(["plans", "show", plan]).on(&store).run().await.ok();
    assert!(terminal.contains("Tents by [masked:email]") && !terminal.contains("geraldine"));
    let reason = format!("{EMAIL} asked for it");
    let commit = json!({"plan_id": plan, "confirm": true, "reason": reason});
    let done = mcp.answer("catalog_commit_bulk_update", commit).await;
    assert_eq!(done["success_count"], 1, "{done}");
    // The store has what was meant, the trail does not.
    let product = store.rest("/all/V1/products/TEN-001").await;
    assert!(product.to_string().contains(&title), "{product}");
    let trail = std::fs::read_to_string(home.trail()).unwrap();
    assert!(trail.contains("[masked:email] asked for it") && !trail.contains("geraldine"));
}

/// Whoever may not see who bought something finds it out neither by asking around it nor in another
/// place.
#[tokio::test]
async fn a_masked_caller_matches_whole_or_not_at_all_and_finds_no_name_elsewhere() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(format!(
        "[[policy.mask_pii]]\nprincipals = ['support-*']\n[principals.ann]\ntoken = '{ANN}'\n\
         [principals.support-1]\ntoken = '{SUPPORT}'\n"
    ));
    let served = home.souk(["serve"]).on(&store).http().await;
    let ann = served.connect_as(Era::Modern, ANN).await;
    let support = served.connect_as(Era::Modern, SUPPORT).await;
    ann.log_in().await;
    support.log_in().await;
    for part in [
        json!({"customer_email": "ida.l"}),
        json!({"customer_email": "lind"}),
        json!({"customer_name": "Ida"}),
    ] {
        ann.answer("orders_search", part.clone()).await;
        let refused = support.refusal("orders_search", part).await;
        assert!(refused.starts_with("FORBIDDEN: "), "{refused}");
        assert!(refused.contains("matched whole") && refused.contains("hint: "), "{refused}");
    }
    let whole = json!({"customer_email": "ida.lind@example.com"});
    let found = support.answer("orders_search", whole.clone()).await;
    let seen = ann.answer("orders_search", whole).await;
    assert!(seen.to_string().contains("ida.lind@example.com"), "{seen}");
    assert_eq!(found["total_count"], seen["total_count"]);
    assert!(!found.to_string().to_lowercase().contains("ida.lind"), "{found}");

    // A name comes back in prose, in another case, and in a label.
    let comment = "IDA lind called; mrs. Lind of Ida's wants it sent elsewhere";
    let said = json!({"order_id": 1, "comment": comment, "confirm": true, "reason": "a test"});
    ann.answer("orders_comment", said).await;
    let names = |told: &Value| {
        let told = told.to_string().to_lowercase();
        ["ida", "lind"].map(|name| {
            told.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == name).count()
        })
    };
    for (tool, arguments) in [
        ("orders_get", json!({"order_id": 1})),
        ("orders_why", json!({"order_id": 1})),
        ("orders_items", json!({"order_ids": [1]})),
        ("orders_tracking", json!({"order_id": 1})),
    ] {
        let told = serde_json::to_value(support.call(tool, arguments).await.unwrap()).unwrap();
        assert_eq!(names(&told), [0, 0], "{tool}: {told}");
    }
    let timeline = ann.answer("orders_get", json!({"order_id": 1})).await;
    assert!(timeline.to_string().contains("IDA lind"), "{timeline}");
    let hidden = support.answer("orders_get", json!({"order_id": 1})).await;
    assert!(
        hidden.to_string().contains("] called; mrs. [masked:name] of [masked:name]'s"),
        "{hidden}"
    );
}

/// A plugin that only reads cannot tell what it was never given, in whatever disguise.
#[tokio::test]
async fn a_hostile_plugin_finds_no_disguise_for_what_is_masked() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(format!(
        "[[policy.mask_pii]]\nprincipals = ['support-*']\n[principals.ann]\ntoken = '{ANN}'\n\
         [principals.support-1]\ntoken = '{SUPPORT}'\n"
    ));
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", home.plugins_and_probe());
    let served = souk.http().await;
    let ann = served.connect_as(Era::Modern, ANN).await;
    let support = served.connect_as(Era::Modern, SUPPORT).await;
    ann.log_in().await;
    support.log_in().await;
    let orders = [json!([1, 2, 3, 4, 5, 6]), json!([6, 5, 4, 3, 2, 1])];
    let whole = ann.answer("probe_disguise", json!({"orders": orders[0]})).await;
    assert_ne!(whole["sorted"], orders[0], "they are not in that order by chance: {whole}");
    for asked in &orders {
        let told = support.answer("probe_disguise", json!({"orders": asked})).await;
        assert_eq!(told["sorted"], *asked, "by what is masked nothing can be sorted");
        let text = told.to_string();
        let disguises = told["colours"].as_array().unwrap();
        for (seen, disguise) in whole["colours"].as_array().unwrap().iter().zip(disguises) {
            for (form, value) in seen.as_object().unwrap() {
                assert_ne!(disguise[form], *value, "{form}");
                assert!(value.as_str().is_none_or(|value| !text.contains(value)), "{form}: {text}");
            }
            assert_eq!(disguise, &disguises[0], "all buyers are alike");
        }
    }
}

/// A plugin that proposes a change names its fields, and the host reads them: what the host's own
/// review tells goes by where it read them and not by their names.
#[tokio::test]
async fn a_field_of_another_name_shows_nothing_that_is_masked() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("policy.mask_pii = true");
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", home.plugins_and_forger());
    let mcp = souk.logged_in().await;
    let order = store.rest("/all/V1/orders/5").await;
    for at in [
        "/customer_email",
        "/customer_firstname",
        "/customer_lastname",
        "/billing_address/street/0",
        "/billing_address/city",
        "/billing_address/postcode",
        "/billing_address/telephone",
        "/extension_attributes/shipping_assignments/0/shipping/address/city",
    ] {
        let secret = order.pointer(at).and_then(Value::as_str).unwrap();
        // Read under a name that tells nothing, and put into a comment besides.
        for bindings in
            [json!([]), json!([{"at": "/statusHistory/comment", "value": {"before": "sku"}}])]
        {
            let fills = bindings != json!([]);
            let proposal = json!({
                "intent": {"one": {"route": "/V1/orders/{id}", "path": {"id": "subject"}}},
                "changes": [{
                    "subject": {"kind": "order", "id": "5"},
                    "edits": [{"field": "sku", "at": at, "after": {"set_by_store": "zzz"}}],
                    "steps": [{
                        "method": "POST", "route": "/V1/orders/{id}/comments",
                        "path": {"id": "subject"},
                        "body": {"statusHistory": {
                            "comment": "seen", "is_customer_notified": 0, "is_visible_on_front": 0,
                        }},
                        "body_bindings": bindings,
                    }],
                    "retry": "if_absent",
                    "undo": {"none": "a comment stays"},
                }],
            });
            let proposed = mcp.answer("forger_prepare", proposal).await;
            let plan = proposed["plan_id"].as_str().unwrap();
            let kept = mcp.answer("plans_get", json!({"plan_id": plan})).await;
            let terminal = home.souk(["plans", "show", plan]).on(&store).run().await.ok();
            for told in [proposed.to_string(), kept.to_string(), terminal] {
                assert!(!told.contains(secret), "{at} {fills}: `{secret}` is told: {told}");
                assert!(told.contains(at) && told.contains("[masked:"), "{at} {fills}: {told}");
            }
        }
    }
}
