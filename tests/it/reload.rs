//! Plugins come, change and go while the host serves.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rmcp::model::ErrorCode;
use rmcp::service::ServiceError;
use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Era, Gate, Home, Mcp, Versions, until};
use tokio::process::Command;

/// Replacements of a plugin under load.
const REPLACEMENTS: u16 = 1_000;

/// Within which the memory of the busiest moment is given back.
const REST: Duration = Duration::from_secs(60);

async fn has_probe(mcp: &Mcp) -> bool {
    mcp.tools().await.contains(&"probe_safe".to_owned())
}

async fn build(mcp: &Mcp) -> Value {
    mcp.answer("probe_safe", json!({})).await["build"].clone()
}

#[tokio::test]
async fn a_plugin_dropped_in_replaced_and_removed_is_picked_up_and_told_of() {
    let versions = Versions::new();
    for http in [false, true] {
        for era in ERAS {
            let home = Home::new();
            let plugins = home.plugins();
            let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", &plugins);
            let served = if http { Some(souk.http().await) } else { None };
            let mcp = match &served {
                Some(served) => served.connect(era).await,
                None => souk.stdio(era).await,
            };
            assert!(!has_probe(&mcp).await);

            mcp.notified_of(|attempt| {
                home.write("plugins/probe.wasm", versions.file(10 + attempt));
            })
            .await;
            until("the plugin is there", async || has_probe(&mcp).await).await;

            mcp.notified_of(|attempt| {
                home.write("plugins/probe.wasm", versions.file(30 + attempt));
            })
            .await;
            until("it is replaced", async || build(&mcp).await == Versions::mark(30)).await;
            let tools = mcp.list().await;
            let described = tools.iter().find(|tool| tool.name == "probe_safe").unwrap();
            assert_eq!(described.description.as_deref(), Some(&*Versions::mark(30)));

            mcp.notified_of(|_| std::fs::remove_file(plugins.join("probe.wasm")).unwrap()).await;
            until("it is gone", async || !has_probe(&mcp).await).await;
            let Err(ServiceError::McpError(error)) = mcp.call("probe_safe", json!({})).await else {
                panic!("a tool that is gone answers")
            };
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
            // Nothing else was touched.
            mcp.log_in().await;
        }
    }
}

#[tokio::test]
async fn a_call_under_way_finishes_on_the_code_it_began_with() {
    let (store, home, versions) = (DemoStore::start().await, Home::new(), Versions::new());
    let gate = Gate::before(&store, "products/TEN-002").await;
    let plugins = home.plugins_and_probe();
    let souk = home.souk(["serve"]).on_at(&store, gate.url()).env("SOUK_PLUGINS", &plugins);
    for era in ERAS {
        home.write("plugins/probe.wasm", versions.file(0));
        let mcp = souk.stdio(era).await;
        mcp.log_in().await;
        let held = || mcp.answer("probe_read", json!({"sku": "TEN-002"}));
        let replacing = async {
            gate.arrived().await;
            home.write("plugins/probe.wasm", versions.file(1));
            until("the plugin is replaced", async || build(&mcp).await == Versions::mark(1)).await;
            gate.let_through();
        };
        let (answer, ()) = tokio::join!(held(), replacing);
        assert_eq!(answer, json!({"build": Versions::mark(0), "name": "Skarv 2 Tent"}));

        let removing = async {
            gate.arrived().await;
            std::fs::remove_file(plugins.join("probe.wasm")).unwrap();
            until("the plugin is gone", async || !has_probe(&mcp).await).await;
            gate.let_through();
        };
        let (answer, ()) = tokio::join!(held(), removing);
        assert_eq!(answer["build"], Versions::mark(1));
    }
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_by_name_and_the_rest_serves() {
    let home = Home::new();
    let plugins = home.plugins();
    let whole = Versions::new().file(0);
    std::fs::write(home.path("elsewhere.wasm"), &whole).unwrap();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", &plugins);
    let mcp = souk.stdio(Era::Modern).await;
    let before = mcp.tools().await;

    std::fs::write(plugins.join("half.wasm"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(plugins.join("empty.wasm"), "").unwrap();
    std::fs::write(plugins.join("text.wasm"), "(module)").unwrap();
    std::fs::create_dir(plugins.join("directory.wasm")).unwrap();
    symlink(home.path("elsewhere.wasm"), plugins.join("link.wasm")).unwrap();
    symlink("nowhere", plugins.join("dangling.wasm")).unwrap();
    let pipe = plugins.join("pipe.wasm");
    assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
    std::fs::write(plugins.join(".hidden.wasm"), &whole).unwrap();
    std::fs::write(plugins.join("notes.txt"), "not a plugin").unwrap();
    // One file takes another's group: the one that is named after it keeps it.
    std::fs::copy(plugins.join("catalog.wasm"), plugins.join("acatalog.wasm")).unwrap();

    let refused = [
        ("half.wasm", ""),
        ("empty.wasm", ""),
        ("text.wasm", ""),
        ("directory.wasm", "not a regular file"),
        ("link.wasm", "symbolic link"),
        ("dangling.wasm", "symbolic link"),
        ("pipe.wasm", "not a regular file"),
        ("acatalog.wasm", "the group `catalog` is catalog.wasm's"),
    ];
    for (file, _) in refused {
        mcp.process().logged(&format!("refused {file}: ")).await;
    }
    assert_eq!(mcp.tools().await, before);
    mcp.log_in().await;
    mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;

    let listed = home.souk(["plugins"]).env("SOUK_PLUGINS", &plugins).run().await;
    for (file, why) in refused {
        let line = format!("refused {file}: ");
        let line = listed.out.lines().find_map(|said| said.strip_prefix(&line));
        assert!(line.is_some_and(|said| !said.is_empty() && said.contains(why)), "{}", listed.out);
    }
    assert!(!listed.out.contains("hidden") && !listed.out.contains("notes"), "{}", listed.out);
}

#[tokio::test]
async fn a_broken_replacement_leaves_the_old_code_serving() {
    let (home, versions) = (Home::new(), Versions::new());
    let plugins = home.plugins_and_probe();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", &plugins);
    let mcp = souk.stdio(Era::Modern).await;
    home.write("plugins/probe.wasm", "not a component");
    mcp.process().logged("refused probe.wasm: ").await;
    assert_eq!(build(&mcp).await, Versions::mark(0));

    // Written in place, half by half, as `cp` over a slow network does.
    let new = versions.file(2);
    let (first, rest) = new.split_at(new.len() / 2);
    std::fs::write(plugins.join("probe.wasm"), first).unwrap();
    for _ in 0..100 {
        assert_eq!(build(&mcp).await, Versions::mark(0));
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let mut file =
        std::fs::OpenOptions::new().append(true).open(plugins.join("probe.wasm")).unwrap();
    std::io::Write::write_all(&mut file, rest).unwrap();
    drop(file);
    until("the whole file serves", async || build(&mcp).await == Versions::mark(2)).await;
}

#[tokio::test]
async fn a_plugin_is_compiled_once_for_all_starts() {
    let home = Home::new();
    let starts = async || {
        let souk = home.souk(["serve", "--demo"]).env("SOUK_CACHE_DIR", home.path("cache"));
        let mcp = souk.stdio(Era::Modern).await;
        let log = mcp.process().log();
        assert_eq!(mcp.close().await, Some(0));
        log
    };
    let first = starts().await;
    for plugin in ["auth.wasm", "catalog.wasm", "scope.wasm"] {
        assert!(first.contains(&format!("compiled {plugin}")), "{first}");
    }
    let second = starts().await;
    assert!(!second.contains("compiled"), "{second}");
}

#[tokio::test]
async fn confirmation_and_accepted_credentials_reload_with_the_rest_of_the_policy() {
    let home = Home::new();
    let config = home.write("rules.toml", "");
    let souk = home.souk(["serve", "--demo", "--config"]).args([config]);
    let mcp = souk.logged_in().await;
    let commit = async || {
        mcp.refusal("plans_commit", json!({"plan_id": "plan_CFeq3uMMrUtjqex2e3qrNR"})).await
    };
    let login =
        async || mcp.refusal("auth_login", json!({"username": "ann", "password": "wrong"})).await;
    assert!(commit().await.starts_with("CONFIRMATION_REQUIRED: "));
    assert!(login().await.starts_with("FORBIDDEN: "));
    home.write("rules.toml", "[policy]\nconfirm = false\naccept_credentials = true");
    until("nothing needs to be confirmed", async || commit().await.starts_with("PLAN_NOT_FOUND: "))
        .await;
    assert!(login().await.starts_with("NOT_AUTHENTICATED: "));
    home.write("rules.toml", "# nothing\n");
    until("it does again", async || commit().await.starts_with("CONFIRMATION_REQUIRED: ")).await;
    assert!(login().await.starts_with("FORBIDDEN: "));
}

/// Memory and open files are looked at when everything has happened often enough to be warm, and when
/// nothing happens any more: what calls at once took is kept for the next, until there are none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_replacements_under_load_fail_no_call_and_leave_nothing_behind() {
    let (home, versions) = (Home::new(), Versions::new());
    let files = [versions.file(0), versions.file(1)];
    let plugins = home.plugins_and_probe();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", &plugins);
    let served = souk.http().await;
    let watcher = served.connect(Era::Modern).await;

    let (ended, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut callers = Vec::new();
    for era in [ERAS, ERAS].concat() {
        let mcp = served.connect(era).await;
        let (ended, calls) = (ended.clone(), calls.clone());
        callers.push(tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let build = build(&mcp).await;
                assert!(build == Versions::mark(0) || build == Versions::mark(1), "{build}");
                calls.fetch_add(1, Ordering::Relaxed);
                // So many at once are load enough; the machine runs other tests too.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }));
    }
    let mut warm = None;
    for count in 1..=REPLACEMENTS {
        let next = count % 2;
        home.write("plugins/probe.wasm", &files[usize::from(next)]);
        until("the replacement serves", async || build(&watcher).await == Versions::mark(next))
            .await;
        if count == REPLACEMENTS / 5 {
            warm = Some((served.process().resident(), served.process().open_files()));
        }
    }
    let open = served.process().open_files();
    ended.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let (warm_memory, warm_open) = warm.unwrap();
    let resident = || served.process().resident();
    let has_come_down = async || {
        while resident() >= warm_memory + (16 << 20) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let came_down = tokio::time::timeout(REST, has_come_down()).await;
    let calls = calls.load(Ordering::Relaxed);
    assert!(calls > u64::from(REPLACEMENTS), "{calls} calls are no load");
    assert!(came_down.is_ok(), "{warm_memory} bytes grew to {}", resident());
    assert!(open <= warm_open + 4, "{warm_open} open files grew to {open}");
}
