//! Limits of single plugins, the plugins that are parked since they keep breaking theirs, and what is
//! shown of what they use.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use souk_tests::{CommandOutput, DemoStore, Era, Home, Mcp, Souk, calls, lines_of, until};

use souk_hostile::case::described_with;

/// Arguments by whose length the plugin knows what to do.
const LONG: &str = "this is so long that it loops for ever and more";
const MIDDLE: &str = "it takes memory";

/// A plugin that answers, or takes 4 MiB of memory, or loops.
fn moody(name: &str, version: &str) -> Vec<u8> {
    let input = r#"{"type":"object","properties":{"n":{"type":"string"}}}"#;
    described_with(
        &format!(
            "name = '{name}'\nversion = '{version}'\n[[action]]\nname = 'run'\ninput = '{input}'"
        ),
        "(func $invoke (param $name i32) (param $name_len i32) (param $arguments i32) (param $len i32) (result i32)
           (if (i32.gt_u (local.get $len) (i32.const 40)) (then (loop $again (br $again))))
           (if (i32.gt_u (local.get $len) (i32.const 15))
             (then (if (i32.eq (memory.grow (i32.const 64)) (i32.const -1)) (then (unreachable)))))
           (call $answer (i32.const 32) (i32.const 2)))",
    )
}

/// `auth`, `scope` and two plugins that are alike but for their names.
fn directory(home: &Home) -> PathBuf {
    let directory = home.plugins();
    home.write("plugins/slow.wasm", moody("slow", "1.0.0"));
    home.write("plugins/other.wasm", moody("other", "1.0.0"));
    directory
}

fn souk<'h>(home: &'h Home, arguments: &[&str]) -> Souk<'h> {
    home.souk(arguments.iter().copied()).env("SOUK_PLUGINS", home.path("plugins"))
}

async fn run(home: &Home, arguments: &[&str]) -> CommandOutput {
    souk(home, arguments).run().await
}

fn noted(home: &Home, code: &str) -> Vec<String> {
    let notices = lines_of(&home.trail(), "notice");
    let of_code = notices.iter().filter(|line| line["code"] == code);
    of_code.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

/// What `souk plugins top` shows of one plugin.
async fn top(home: &Home, plugin: &str) -> Value {
    let text = run(home, &["plugins", "top", "--once", "--json"]).await.ok();
    let all: Value = serde_json::from_str(&text).unwrap();
    let plugins = all["plugins"].as_array().unwrap();
    plugins.iter().find(|one| one["plugin"] == plugin).cloned().unwrap_or_default()
}

/// So many calls that break off.
async fn break_off(client: &Mcp, times: usize) {
    for _ in 0..times {
        let said = client.refusal("slow_run", json!({"n": LONG})).await;
        assert!(said.contains("processor time"), "{said}");
    }
}

#[tokio::test]
async fn a_plugin_has_limits_of_its_own_and_others_keep_those_of_all() {
    let home = Home::new();
    directory(&home);
    let own = "[plugins]\npark_s = 0\n[limits]\ncpu_ms = 200\n[plugins.slow.limits]\n";
    home.configure(format!("{own}cpu_ms = 50\nmemory_bytes = 2097152\n"));
    let client = souk(&home, &["serve", "--demo", "--tools", "all"]).stdio(Era::Modern).await;
    for (tool, cpu, memory) in
        [("slow_run", "50 ms of", Some("2 MiB of memory")), ("other_run", "200 ms of", None)]
    {
        let said = client.refusal(tool, json!({"n": LONG})).await;
        assert!(said.contains(cpu) && said.contains("`limits.cpu_ms`"), "{said}");
        match memory {
            Some(most) => {
                let said = client.refusal(tool, json!({"n": MIDDLE})).await;
                assert!(said.contains(most), "{said}");
            }
            None => assert_eq!(client.answer(tool, json!({"n": MIDDLE})).await, json!({})),
        }
    }
    // They may be more than those of all, and count as soon as the file is rewritten.
    home.configure(format!("{own}cpu_ms = 400\n"));
    until("the file counts", async || {
        client.refusal("slow_run", json!({"n": LONG})).await.contains("400 ms of")
    })
    .await;
    client.answer("slow_run", json!({"n": MIDDLE})).await;
    // What cannot be is refused, and what is in force stays.
    home.configure(format!("{own}memory_bytes = 1000000000\n"));
    let check = run(&home, &["config", "check"]).await;
    let wrong = "souk.toml:6: `plugins.slow.limits.memory_bytes` is 1000000000, and must be from \
                 1048576 to 67108864: there is no room for more in any call";
    assert!(check.status == Some(1) && check.out.contains(wrong), "{}", check.out);
    client.process().logged("what was in force stays so").await;
    assert!(client.refusal("slow_run", json!({"n": LONG})).await.contains("400 ms of"));
    home.configure("[plugins.slwo.limits]\ncpu_ms = 50\n");
    let check = run(&home, &["config", "check"]).await.out;
    assert!(check.contains("`plugins.slwo.limits`: no plugin of that name is loaded"), "{check}");
}

#[tokio::test]
async fn what_is_set_for_files_counts_by_their_names() {
    let home = Home::new();
    directory(&home);
    let input = r#"{"type":"object"}"#;
    let large = |name: &str| {
        let group = format!("name = '{name}'\n[[action]]\nname = 'run'\ninput = '{input}'");
        described_with(&group, &format!("(func $large {})", "nop ".repeat(600_000)))
    };
    home.write("plugins/large.wasm", large("large"));
    home.write("plugins/alike.wasm", large("alike"));
    let loaded = async || run(&home, &["plugins"]).await.ok();
    let refused = |name: &str| {
        format!(
            "refused {name}.wasm: it has a function of 600002 bytes, and 524288 are the most (`limits.function_bytes`)"
        )
    };
    let shown = loaded().await;
    assert!(shown.contains(&refused("large")) && shown.contains(&refused("alike")), "{shown}");
    home.configure(
        "[plugins.large.limits]\nfunction_bytes = 700000\n[plugins.slow.limits]\nfile_bytes = 1024\n",
    );
    let shown = loaded().await;
    assert!(!shown.contains("refused large") && shown.contains(&refused("alike")), "{shown}");
    let small = "more than 1024 (`limits.file_bytes`)";
    assert!(shown.contains("refused slow.wasm") && shown.contains(small), "{shown}");
    assert!(!shown.contains("refused other"), "{shown}");
}

#[tokio::test]
async fn a_plugin_that_keeps_breaking_off_is_parked_told_everywhere_and_comes_back() {
    let home = Home::new();
    directory(&home);
    home.configure("[plugins]\npark_s = 3\n[plugins.slow.limits]\ncpu_ms = 30\n");
    let client = souk(&home, &["serve", "--demo", "--tools", "all"]).logged_in().await;
    let fine = async || client.refused_or_answered("slow_run", json!({})).await.is_err();
    break_off(&client, 4).await;
    assert!(fine().await);
    let since = Instant::now();
    break_off(&client, 1).await;
    let said = client.refusal("slow_run", json!({})).await;
    for part in [
        "PLUGIN_PARKED: the plugin `slow` is parked until ",
        "`budget-cpu`",
        "plugins approve slow",
    ] {
        assert!(said.contains(part), "{said}");
    }
    client.answer("other_run", json!({})).await;
    let log = client.process().log();
    assert!(log.contains("parked the plugin `slow` ("), "{log}");
    let line = noted(&home, "plugin-parked").pop().unwrap();
    assert!(line.starts_with("`slow` (") && line.contains("for `local` until "), "{line}");
    let whoami = client.answer("auth_whoami", json!({})).await;
    let told = &whoami["plugins_parked"][0];
    assert_eq!((&told["plugin"], &told["caller"]), (&json!("slow"), &json!("local")), "{told}");
    until("others see it", async || top(&home, "slow").await["breaches"] == 5).await;
    let parked = top(&home, "slow").await["parked"][0].clone();
    assert_eq!((&parked["caller"], &parked["rule"]), (&json!("local"), &json!("budget-cpu")));
    if since.elapsed() < Duration::from_millis(1_500) {
        let how = "parked for `local` until ";
        let shown = run(&home, &["plugins"]).await.ok();
        assert!(shown.contains(&format!("slow is {how}")), "{shown}");
        assert!(shown.contains("souk plugins approve slow"), "{shown}");
    }

    // After a while one call tries it.
    until("it is let through again", fine).await;
    assert!(since.elapsed() >= Duration::from_secs(3), "{:?}", since.elapsed());
    let line = noted(&home, "plugin-unparked").pop().unwrap();
    assert!(line.contains("serves `local` again: a call of it went well"), "{line}");

    // Soon again it is for longer, unless the operator says otherwise.
    break_off(&client, 5).await;
    until("others see it", async || !top(&home, "slow").await["parked"][0].is_null()).await;
    let doctor = run(&home, &["doctor", "--demo"]).await.out;
    assert!(doctor.contains("parked for `local`"), "{doctor}");
    assert!(doctor.contains("[plugins.slow.limits]"), "{doctor}");
    let approved = run(&home, &["plugins", "approve", "slow"]).await.ok();
    assert!(approved.contains("it was parked, and is not any more"), "{approved}");
    until("the host obeys", fine).await;
    let line = noted(&home, "plugin-unparked").pop().unwrap();
    assert!(line.contains("again: it was approved"), "{line}");

    // Another file is another plugin.
    break_off(&client, 5).await;
    assert!(!fine().await);
    home.write("plugins/slow.wasm", moody("slow", "1.0.1"));
    until("the new file serves", fine).await;
    let line = noted(&home, "plugin-unparked").pop().unwrap();
    assert!(line.contains("again: another file serves"), "{line}");
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}

#[tokio::test]
async fn a_caller_who_makes_a_plugin_break_off_parks_it_for_nobody_else() {
    let home = Home::new();
    directory(&home);
    let callers = ["ann", "bob", "eve"].map(|name| (name, format!("{name}-with-sixteen-letters")));
    let tokens: String = callers
        .iter()
        .map(|(name, token)| format!("[principals.{name}]\ntoken = '{token}'\n"))
        .collect();
    home.configure(format!("[plugins.slow.limits]\ncpu_ms = 30\n{tokens}"));
    let served = souk(&home, &["serve", "--demo", "--tools", "all"]).http().await;
    let mut clients = Vec::new();
    for (_, token) in &callers {
        clients.push(served.connect_as(Era::Modern, token).await);
    }
    let [ann, bob, eve] = &clients[..] else { panic!("three") };
    ann.answer("slow_run", json!({})).await;
    bob.answer("slow_run", json!({})).await;
    break_off(eve, 5).await;
    let said = eve.refusal("slow_run", json!({})).await;
    assert!(said.starts_with("PLUGIN_PARKED: ") && said.contains("your calls of it"), "{said}");
    assert!(said.contains("the operator of this server") && !said.contains("souk "), "{said}");
    // In another session she is who she was.
    let again = served.connect_as(Era::Legacy, &callers[2].1).await;
    assert!(again.refusal("slow_run", json!({})).await.starts_with("PLUGIN_PARKED: "));
    for _ in 0..20 {
        ann.answer("slow_run", json!({})).await;
    }
    // A plugin that breaks off for most of its callers is parked for all.
    break_off(bob, 5).await;
    let said = ann.refusal("slow_run", json!({})).await;
    assert!(said.starts_with("PLUGIN_PARKED: ") && said.contains(": calls of it"), "{said}");
    ann.answer("other_run", json!({})).await;
    let parked = noted(&home, "plugin-parked");
    let whom: Vec<bool> = ["`eve`", "`bob`", "everybody"]
        .iter()
        .zip(&parked)
        .map(|(whom, line)| line.contains(&format!("for {whom} until ")))
        .collect();
    assert_eq!(whom, [true; 3], "{parked:?}");
}

#[tokio::test]
async fn what_is_no_fault_of_a_plugins_does_not_park_it() {
    let home = Home::new();
    directory(&home);
    home.configure("[plugins]\npark_after = 1\n");
    let store = DemoStore::start().await;
    let client = souk(&home, &["serve", "--tools", "all"]).on(&store).logged_in().await;
    for _ in 0..12 {
        client.refusal("slow_run", json!({"m": 1})).await;
        client.refusal("catalog_get_product", json!({"sku": "there is none"})).await;
    }
    client.answer("slow_run", json!({})).await;
    client.answer("catalog_get_product", json!({"sku": "TEN-001"})).await;
    assert_eq!(noted(&home, "plugin-parked"), [""; 0]);
}

#[tokio::test]
async fn what_a_call_used_is_told_beside_its_answer_and_on_the_trail_and_summed_for_people() {
    let home = Home::new();
    directory(&home);
    let usage = |result: &rmcp::model::CallToolResult| {
        result.meta.as_ref().and_then(|meta| meta.get("souk/usage").cloned()).unwrap_or_default()
    };
    let client = souk(&home, &["serve", "--demo", "--tools", "all"]).logged_in().await;
    let product = json!({"sku": "TEN-001"});
    let told = usage(&client.call("catalog_get_product", product.clone()).await.unwrap());
    let line = calls(&home.trail()).pop().unwrap();
    let resources = &line["resources"];
    for (here, there) in [
        ("cpu_us", "cpu_us"),
        ("memory_bytes", "peak_memory_bytes"),
        ("host_calls", "host_calls"),
        ("fetched_bytes", "fetched_bytes"),
    ] {
        assert_eq!(told[here], resources[there], "{told} {resources}");
        assert!(told[here].as_u64().unwrap() > 0, "{told}");
    }
    assert_eq!(told["requests"], resources["requests"].as_array().unwrap().len());
    // Of a failure, too; where no plugin ran, there is nothing to tell.
    let failed = client.call("slow_run", json!({"n": LONG})).await.unwrap();
    assert!(usage(&failed)["cpu_us"].as_u64().unwrap() > 1_000_000, "{failed:?}");
    assert_eq!(usage(&client.call("plans_list", json!({})).await.unwrap()), Value::Null);

    until("it is in the sums", async || top(&home, "catalog").await["calls"] == 1).await;
    let other = souk(&home, &["serve", "--demo"]).logged_in().await;
    other.answer("catalog_get_product", product.clone()).await;
    until("hosts are summed", async || top(&home, "catalog").await["calls"] == 2).await;
    let sums = top(&home, "catalog").await;
    assert!(sums["fetched_bytes"].as_u64() > told["fetched_bytes"].as_u64(), "{sums} {told}");
    assert_eq!(other.close().await, Some(0));
    let table = run(&home, &["plugins", "top", "--once"]).await.ok();
    assert!(table.starts_with("1 host running\nPLUGIN"), "{table}");
    let slow = top(&home, "slow").await;
    assert_eq!(
        (&slow["errors"], &slow["breaches"], &slow["in_flight"]),
        (&json!(1), &json!(1), &json!(0))
    );
    drop(client);

    // How much came back from the store would tell of what is masked.
    let masked = souk(&home, &["serve", "--demo", "--tools", "all", "--mask-pii"]);
    let masked = masked.logged_in().await;
    let told = usage(&masked.call("catalog_get_product", product).await.unwrap());
    assert!(told["cpu_us"].is_u64() && told["fetched_bytes"].is_null(), "{told}");
}
