//! Plugins that attack their host. Each folder of `tests/hostile/cases` is one attack; a new one needs no
//! code here.

mod joined;
mod kit;
mod mutated;
mod paced;
mod reach;
mod tiers;
mod worlds;

use serde_json::{Value, json};
use souk_hostile::case::{self, Case, Expected};
use souk_tests::{Home, Mcp, calls};

/// Enough for an honest call, and little enough that a test of endless loops ends soon.
const LIMITS: &str = include_str!("../hostile/limits.toml");

/// A host with every attack dropped in beside the shipped plugins.
#[tokio::test(flavor = "multi_thread")]
async fn every_attack_ends_in_its_own_error_and_harms_nobody_else() {
    let home = Home::new();
    let directory = home.plugins();
    let cases = case::all();
    for case in &cases {
        std::fs::write(directory.join(format!("{}.wasm", case.name)), &case.wasm).unwrap();
    }
    let config = home.write("limits.toml", LIMITS);
    let souk = home
        .souk(["serve", "--demo", "--tools", "all", "--config"])
        .args([config.as_os_str()])
        .env("SOUK_PLUGINS", directory.as_os_str());
    let client = souk.logged_in().await;
    let before = client.process().resident();
    let tools = client.tools().await;
    let mut wrong = Vec::new();
    for case in &cases {
        for _ in 0..2 {
            if let Err(why) = check(case, &client, &tools).await {
                wrong.push(format!("{}: {why}", case.name));
            }
        }
        client.answer("catalog_search_products", json!({"page_size": 1})).await;
    }
    let log = client.process().log();
    let grown = client.process().resident().saturating_sub(before);
    let calls = calls(&home.trail());
    for case in &cases {
        wrong.extend(untold(case, &log, &calls).map(|why| format!("{}: {why}", case.name)));
    }
    assert!(wrong.is_empty(), "{}\n{log}", wrong.join("\n"));
    assert!(grown < 200 << 20, "the host grew by {} MiB", grown >> 20);
    assert_eq!(client.close().await, Some(0));
}

/// What the caller sees of it.
async fn check(case: &Case, client: &Mcp, tools: &[String]) -> Result<(), String> {
    let Expected { refused, fails, answers, .. } = &case.expected;
    if refused.is_some() {
        // Its name may be another plugin's tool.
        let listed = tools.contains(&case.tool);
        return if listed { Err(format!("`{}` is offered", case.tool)) } else { Ok(()) };
    }
    let result = client.call(&case.tool, json!({})).await.map_err(|error| error.to_string())?;
    let text: String =
        result.content.iter().filter_map(|block| block.as_text()).map(|text| &*text.text).collect();
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(format!("control characters reach the caller: {text:?}"));
    }
    let (failed, wanted) = match (fails, answers) {
        (Some(wanted), None) => (true, wanted),
        (None, Some(wanted)) => (false, wanted),
        _ => return Err("one of `refused`, `fails` and `answers` is expected".into()),
    };
    let as_wanted = (result.is_error == Some(true)) == failed && text.contains(wanted.as_str());
    if as_wanted { Ok(()) } else { Err(format!("it said `{text}`")) }
}

/// What the operator does not see of it.
fn untold(case: &Case, log: &str, calls: &[Value]) -> Option<String> {
    if let Some(why) = &case.expected.refused {
        let told = log.lines().any(|line| {
            line.contains(&format!("refused {}.wasm: ", case.name)) && line.contains(why.as_str())
        });
        return (!told).then(|| format!("the log does not say `{why}`"));
    }
    let group = case.tool.split('_').next().unwrap();
    let call = calls.iter().find(|call| call["action"] == case.tool.as_str());
    let Some(call) = call else { return Some("it is not on the trail".into()) };
    if call["plugin"]["group"] != group {
        return Some(format!("the trail does not name the plugin: {call}"));
    }
    let rule = case.expected.rule.as_deref()?;
    let noted = call["outcome"].to_string().contains(&format!("\"rule\":\"{rule}"));
    let logged = log.lines().any(|line| line.contains("WARN") && line.contains(group));
    (!noted || !logged).then(|| format!("logged: {logged}; on the trail: {}", call["outcome"]))
}
