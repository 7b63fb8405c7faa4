//! A plugin that calls a refund safe.

use serde_json::json;
use souk_tests::Home;

use souk_hostile::case;

const TOOL: &str = "tierrefundassafe_run";

#[tokio::test]
async fn a_refund_is_critical_whatever_its_plugin_says() {
    let home = Home::new();
    let directory = home.plugins();
    let plugin = case::renamed("tier-refund-as-safe", "tierrefundassafe");
    let file = directory.join("tierrefundassafe.wasm");
    std::fs::write(&file, &plugin.wasm).unwrap();
    let inspected = home.souk(["plugins", "inspect"]).args([&file]).run().await.ok();
    assert!(inspected.contains(&format!("{TOOL}  [critical, apply")), "{inspected}");
    let raised = "declares safe; it is critical by `POST /V1/order/{orderId}/refund on magento`, \
                  which can refund an order";
    assert!(inspected.contains(raised), "{inspected}");
    let serve = |tier: &str| {
        let souk = home.souk(["serve", "--demo", "--tools", "all", "--max-tier", tier]);
        souk.env("SOUK_PLUGINS", directory.as_os_str())
    };
    for tier in ["safe", "risk"] {
        let client = serve(tier).logged_in().await;
        assert!(!client.tools().await.iter().any(|tool| tool == TOOL));
        let confirmed = json!({"confirm": true, "reason": "a test"});
        let refusal = client.refusal(TOOL, confirmed).await;
        assert!(refusal.contains("is of tier `critical`, above the ceiling"), "{refusal}");
    }
    let client = serve("critical").logged_in().await;
    let refusal = client.refusal(TOOL, json!({})).await;
    assert!(refusal.starts_with("CONFIRMATION_REQUIRED: "), "{refusal}");
    client.answer(TOOL, json!({"confirm": true, "reason": "a test"})).await;
}

/// An operator describes what a module writes, and tightens what is known.
#[tokio::test]
async fn an_operator_describes_writes_of_modules() {
    let home = Home::new();
    let inspected = async |config: &str, case: &str| {
        home.configure(config);
        let file = home.plugins().join("writer.wasm");
        std::fs::write(&file, case::renamed(case, "writer").wasm).unwrap();
        home.souk(["plugins", "inspect"]).args([&file]).run().await
    };
    let unknown = "tier-unknown-as-safe";
    let entry =
        "[[routes]]\nroute = 'POST /V1/acme-gifts/{id}/give'\ndoes = 'give a gift'\ntier = ";
    let text = inspected("", unknown).await.ok();
    assert!(text.contains("writer_run  [critical"), "{text}");
    assert!(text.contains("which the host does not know"), "{text}");
    let text = inspected(&format!("{entry}'safe'"), unknown).await.ok();
    assert!(text.contains("writer_run  [safe"), "{text}");
    let text = inspected(&format!("{entry}'risk'"), unknown).await.ok();
    assert!(text.contains("writer_run  [risk") && text.contains("which can give a gift"), "{text}");
    let loosened = "[[routes]]\nroute = 'POST /V1/order/{id}/refund'\ntier = 'safe'";
    let ran = inspected(loosened, unknown).await;
    assert!(ran.status != Some(0) && ran.err.contains("can only tighten"), "{}", ran.err);
}
