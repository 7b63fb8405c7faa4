//! A host that has just been started answers before its plugins are compiled; who asks for what is not
//! there yet waits for it, and is told of no change where there was none.

use serde_json::{Value, json};
use souk_tests::{Era, Home, RawClient, Versions, modern, plugins, until};

/// Sends a request, and answers it with everything that came before its answer.
async fn ask(client: &mut RawClient, request: &Value) -> (Value, Vec<Value>) {
    client.send(request).await;
    let mut before = Vec::new();
    loop {
        let message = client.next().await.unwrap();
        if message["id"] == request["id"] {
            return (message, before);
        }
        before.push(message);
    }
}

fn older(id: i64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn names(list: &Value) -> Vec<String> {
    let tools = list["result"]["tools"].as_array().unwrap_or_else(|| panic!("{list}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn changed(messages: &[Value]) -> bool {
    messages.iter().any(|message| message["method"] == "notifications/tools/list_changed")
}

async fn signal(pid: u32, name: &str) {
    let kill = tokio::process::Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(kill.await.unwrap().success());
}

#[tokio::test]
async fn a_client_is_welcomed_before_plugins_are_compiled_and_its_first_list_is_whole() {
    let home = Home::new();
    std::fs::create_dir(home.path("plugins")).unwrap();
    // Few, so that a busy machine compiles them while a list waits.
    for file in ["auth.wasm", "cms.wasm", "scope.wasm"] {
        std::fs::copy(plugins().join(file), home.path("plugins").join(file)).unwrap();
    }
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.path("plugins"));
    let whole = souk.stdio(Era::Modern).await.tools().await;
    let souk = souk.env("SOUK_CACHE_DIR", home.path("cache"));
    let mut client = souk.wire();
    client.open_legacy().await;
    assert!(!client.process().log().contains(" plugins from "), "{}", client.process().log());
    let (list, before) = ask(&mut client, &older(1, "tools/list", &json!({}))).await;
    assert_eq!(names(&list), whole);
    // Nor is anything told afterwards: there was no change.
    let login = older(2, "tools/call", &json!({"name": "auth_login", "arguments": {}}));
    let (_, after) = ask(&mut client, &login).await;
    assert!(!changed(&before) && !changed(&after), "{before:?} {after:?}");
    assert_eq!(names(&ask(&mut client, &older(3, "tools/list", &json!({}))).await.0), whole);
}

#[tokio::test]
async fn a_call_of_a_tool_that_is_still_compiled_waits_for_it() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_CACHE_DIR", home.path("cache"));
    let client = &mut souk.wire();
    let call = |id, name: &str, arguments: Value| {
        modern(id, "tools/call", json!({"name": name, "arguments": arguments}))
    };
    let (answer, _) = ask(client, &call(1, "auth_login", json!({}))).await;
    assert!(answer["result"]["isError"] != true, "{answer}");
    let through = json!({"name": "seo_report_redirect_chains", "arguments": {}});
    let (answer, _) = ask(client, &call(2, "tools_read", through)).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
    assert!(!text.contains("no tool is called"), "{answer}");
    // What never comes is told to be missing as soon as nothing more is coming.
    let (answer, _) = ask(client, &call(3, "acme_thing", json!({}))).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("no tool is called"), "{answer}");
}

#[tokio::test]
async fn a_list_does_not_wait_for_ever_and_the_rest_is_told_when_it_comes() {
    let home = Home::new();
    std::fs::create_dir(home.path("plugins")).unwrap();
    home.write("plugins/probe.wasm", Versions::new().file(0));
    let souk = home.souk(["serve", "--demo"]).env("SOUK_CACHE_DIR", home.path("cache"));
    let mut client = souk.env("SOUK_PLUGINS", home.path("plugins")).wire();
    until("it is compiled", async || !client.process().compilers().is_empty()).await;
    let compiler = client.process().compilers()[0];
    signal(compiler, "-STOP").await;
    client.open_legacy().await;
    let (list, before) = ask(&mut client, &older(1, "tools/list", &json!({}))).await;
    let is_there = |list: &Value| names(list).contains(&"probe_safe".to_owned());
    assert!(!is_there(&list) && !changed(&before), "{list}");
    // What it calls meanwhile waits for it.
    let call = older(2, "tools/call", &json!({"name": "probe_safe", "arguments": {}}));
    client.send(&call).await;
    signal(compiler, "-CONT").await;
    let (mut told, mut answered) = (false, false);
    while !(told && answered) {
        let message = client.next().await.unwrap();
        told |= changed(std::slice::from_ref(&message));
        if message["id"] == 2 {
            assert!(message["result"]["isError"] != true, "{message}");
            answered = true;
        }
    }
    assert!(is_there(&ask(&mut client, &older(3, "tools/list", &json!({}))).await.0));
}

#[tokio::test]
async fn nothing_is_told_of_a_list_that_has_not_changed() {
    let (home, versions) = (Home::new(), Versions::new());
    let file = versions.file(0);
    std::fs::create_dir(home.path("plugins")).unwrap();
    home.write("plugins/probe.wasm", &file);
    let rules = home.write("rules.toml", "");
    let souk = home.souk(["serve", "--demo", "--config"]).args([rules]);
    let souk = souk.env("SOUK_PLUGINS", home.path("plugins"));
    let mut client = souk.wire();
    client.open_legacy().await;
    ask(&mut client, &older(1, "tools/list", &json!({}))).await;
    // The same plugin from another file's bytes, and a rule that changes nothing for this caller.
    let replaced = [file, vec![0, 2, 1, b'x']].concat();
    home.write("plugins/probe.wasm", &replaced);
    let trail = async || std::fs::read_to_string(home.trail()).unwrap();
    until("it serves", async || trail().await.contains("plugin-replaced")).await;
    home.write("rules.toml", "policy.deny = ['acme_*']");
    client.process().logged("rules.toml is in force").await;
    let ping = older(2, "ping", &json!({}));
    let (_, before) = ask(&mut client, &ping).await;
    assert!(!changed(&before), "{before:?}");
    // Where it has changed it is told.
    home.write("rules.toml", "policy.deny = ['probe_risk']");
    while !changed(&[client.next().await.unwrap()]) {}
}
