//! What a group says beside its actions: settings, prompts, deprecation, the contract it needs.

use serde_json::{Value, json};
use souk_tests::{Home, Souk};

fn serve<'h>(home: &'h Home, settings: &str) -> Souk<'h> {
    let config = home.write("souk.toml", format!("[plugins.probe.settings]\n{settings}\n"));
    home.souk(["serve", "--demo", "--config"])
        .args([config.as_os_str()])
        .env("SOUK_PLUGINS", home.plugins_and_probe())
}

#[tokio::test]
async fn settings_that_a_plugin_does_not_take_keep_it_from_being_called() {
    let home = Home::new();
    let mcp = serve(&home, "colour = 7").logged_in().await;
    let refusal = mcp.refusal("probe_safe", json!({})).await;
    assert!(refusal.starts_with("UNAVAILABLE: "), "{refusal}");
    assert!(refusal.contains("`colour`") && refusal.contains("[plugins.probe.settings]"));
    assert!(!refusal.contains('7'), "a setting is told: {refusal}");
    // Others are served, and the operator is told.
    mcp.answer("scope_list_websites_stores", json!({})).await;
    mcp.process().logged("settings for the plugin `probe`").await;
    // So is who asks beforehand, with the place.
    let check = async |home: &Home| {
        home.souk(["config", "check", "--config", "souk.toml"])
            .env("SOUK_PLUGINS", home.plugins_and_probe())
            .run()
            .await
    };
    let checked = check(&home).await;
    assert_ne!(checked.status, Some(0));
    for part in ["souk.toml:1", "plugins.probe.settings", "colour"] {
        assert!(checked.out.contains(part), "`{part}` is not in {}", checked.out);
    }
    let other = Home::new();
    let mcp = serve(&other, "colour = 'red'").logged_in().await;
    mcp.answer("probe_safe", json!({})).await;
    assert_eq!(check(&other).await.status, Some(0));
}

#[tokio::test]
async fn what_a_group_says_beside_its_actions_is_shown() {
    let home = Home::new();
    let file = home.plugins_and_probe().join("probe.wasm");
    let inspect = |more: &[&str]| {
        let arguments = ["plugins", "inspect"].iter().chain(more).copied().collect::<Vec<_>>();
        home.souk(arguments).args([file.as_os_str()])
    };
    let shown = inspect(&[]).run().await.ok();
    for line in [
        "deprecated: nobody needs it",
        "also found by echo",
        "needs the contract 0.1.0 or newer",
        "settings `colour`",
        "prompt look: Look at a product",
        "resource souk://probe/{sku}: A product, as `read` answers it",
    ] {
        assert!(shown.contains(line), "`{line}` is not in\n{shown}");
    }
    let shown: Value = serde_json::from_str(&inspect(&["--json"]).run().await.ok()).unwrap();
    assert_eq!(shown["details"]["prompts"][0]["arguments"][0]["name"], "sku");
    assert_eq!(shown["details"]["resource_templates"][0]["argument"], "sku");
    let mcp = serve(&home, "").logged_in().await;
    let prompts = mcp.prompts().await;
    let names: Vec<&str> = prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    // Of the host's own those whose tools are the host's own, too: the others are not loaded here.
    assert_eq!(names, ["explain_tool", "probe_look", "review_plan"]);
    assert_eq!(mcp.prompt("probe_look", json!({"sku": "TEN-002"})).await, "Look at TEN-002.");
    let product = mcp.read("souk://probe/TEN-002").await.unwrap();
    assert!(product.contains("Skarv 2 Tent"), "{product}");
    let tools = mcp.list().await;
    let old = tools.iter().find(|tool| tool.name == "probe_picture").unwrap();
    assert!(old.description.as_deref().unwrap().starts_with("Deprecated: nobody needs it\n\n"));
}

#[tokio::test]
async fn the_hosts_own_prompts_are_for_whoever_may_call_what_they_name() {
    let home = Home::new();
    let names = async |souk: Souk<'_>| -> Vec<String> {
        let mcp = souk.stdio(souk_tests::Era::Modern).await;
        mcp.prompts().await.into_iter().map(|prompt| prompt.name).collect()
    };
    let all = [
        "content_check",
        "explain_tool",
        "late_orders",
        "morning_briefing",
        "orders_in_status",
        "review_plan",
    ];
    assert_eq!(names(home.souk(["serve", "--demo", "--max-tier", "safe"])).await, all);
    let denied = home.souk(["serve", "--demo", "--max-tier", "safe", "--deny", "orders_stuck"]);
    let others = ["content_check", "explain_tool", "orders_in_status", "review_plan"];
    assert_eq!(names(denied).await, others);
}
