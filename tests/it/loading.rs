//! Files that are heavy to load: none takes the host's memory, the calls' places, or another file's
//! time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use souk_tests::{DemoStore, Era, Gate, Home, Mcp, Versions, calls, plugins, scaled, until};

use souk_hostile::case::renamed;

/// More than the instance pool has places.
const MANY: usize = 80;
const MIB: u64 = 1 << 20;

/// A component that is valid, and that a compiler works on for many seconds.
fn heavy() -> Vec<u8> {
    let mut body = vec![0, 0x20, 0];
    // local.get 0, i32.mul, local.get 0, i32.add
    body.extend([0x20, 0, 0x6c, 0x20, 0, 0x6a].repeat(40_000));
    body.push(0x0b);
    let functions = 60;
    let code: Vec<u8> = [leb(body.len()), body].concat();
    let code = [leb(functions), code.repeat(functions)].concat();
    let module = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, vec![1, 0x60, 1, 0x7f, 1, 0x7f]),
        section(3, [leb(functions), vec![0; functions]].concat()),
        section(10, code),
    ];
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, module.concat())].concat()
}

fn section(id: u8, content: Vec<u8>) -> Vec<u8> {
    [vec![id], leb(content.len()), content].concat()
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

#[tokio::test]
async fn plugins_that_describe_themselves_for_ever_keep_no_honest_one_out() {
    let home = Home::new();
    let directory = home.plugins();
    for number in 0..scaled(MANY) {
        // Before `auth` and after it in the order of names.
        let group = format!("{}loop{number}", if number % 2 == 0 { "a" } else { "z" });
        let file = directory.join(format!("{group}.wasm"));
        std::fs::write(file, renamed("loop-describe", &group).wasm).unwrap();
    }
    home.configure("[limits]\ndescribe_cpu_ms = 50");
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
    let mcp = souk.logged_in().await;
    mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
    let log = mcp.process().log();
    let refused = log.matches("it used more than 50 ms of processor time").count();
    assert_eq!(refused, scaled(MANY), "{log}");
}

#[tokio::test]
async fn a_files_time_to_compile_is_its_own_however_many_are_compiled() {
    let home = Home::new();
    home.configure("[limits]\ncompile_ms = 4000");
    let souk = home.souk(["plugins"]).env("SOUK_CACHE_DIR", home.path("cache"));
    let listed = souk.run().await.ok();
    assert!(!listed.contains("refused"), "{listed}");
    let files = std::fs::read_dir(plugins()).unwrap().count();
    // A line each, and one above them.
    assert_eq!(listed.lines().count(), files + 1, "{listed}");
}

#[tokio::test]
async fn large_files_are_not_held_all_at_once_and_take_no_honest_ones_room() {
    let home = Home::new();
    let directory = home.plugins();
    for number in 0..scaled(40) {
        let file = std::fs::File::create(directory.join(format!("a{number:02}.wasm"))).unwrap();
        std::io::Write::write_all(&mut &file, b"\0asm\x0d\0\x01\0").unwrap();
        file.set_len(15 * MIB).unwrap();
    }
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
    let mcp = souk.logged_in().await;
    mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
    let peak = mcp.process().peak();
    assert!(peak < 250 * MIB, "the host took {} MiB", peak / MIB);
    let log = mcp.process().log();
    assert!(log.contains("`limits.all_files_bytes`"), "{log}");
}

#[tokio::test]
async fn a_file_that_takes_the_compilers_time_or_memory_takes_none_of_the_hosts() {
    let home = Home::new();
    let (directory, heavy) = (home.plugins(), heavy());
    for (limits, why) in [
        ("compile_ms = 1000", "more than 1000 ms of processor time (`limits.compile_ms`)"),
        ("compile_memory_bytes = 268435456", "more than 256 MiB of memory"),
    ] {
        home.configure(format!("[limits]\n{limits}"));
        let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
        let mcp = souk.logged_in().await;
        mcp.process().forget_peak();
        let before = mcp.process().resident();
        home.write("plugins/heavy.wasm", &heavy);
        mcp.process().logged("refused heavy.wasm: ").await;
        let log = mcp.process().log();
        assert!(log.contains(why), "{log}");
        let grown = mcp.process().peak().saturating_sub(before);
        assert!(grown < 80 * MIB, "the host grew by {} MiB", grown / MIB);
        mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;

        let inspect = home.souk(["plugins", "inspect"]).args([directory.join("heavy.wasm")]);
        let inspected = inspect.run().await;
        assert_eq!(inspected.status, Some(1), "{}", inspected.out);
        assert!(inspected.err.contains(why), "{}", inspected.err);
        std::fs::remove_file(directory.join("heavy.wasm")).unwrap();
    }
}

#[tokio::test]
async fn what_the_machine_was_at_fault_for_is_tried_again() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let directory = home.plugins();
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", directory.as_os_str());
    let mcp = souk.stdio(Era::Modern).await;
    let compilers = || mcp.process().compilers();
    home.write("plugins/heavy.wasm", heavy());
    until("it is compiled", async || !compilers().is_empty()).await;
    let first = compilers();
    for pid in &first {
        let kill = tokio::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        assert!(kill.await.unwrap().success());
    }
    mcp.process().logged("it is tried again").await;
    until("it is compiled again", async || compilers().iter().any(|pid| !first.contains(pid)))
        .await;
    // A compiler that nobody waits for any more is ended.
    let second = compilers();
    assert_eq!(mcp.close().await, Some(0));
    until("the compiler is gone", async || {
        !second.iter().any(|pid| Path::new(&format!("/proc/{pid}/exe")).exists())
    })
    .await;
}

/// All at once, and while somebody calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_dropped_in_while_calls_run_fails_none_and_keeps_no_honest_file_out() {
    const CHANGES: u16 = 100;
    let (home, versions) = (Home::new(), Versions::new());
    let directory = home.plugins();
    home.write("plugins/probe.wasm", versions.file(0));
    home.configure("[limits]\ndescribe_cpu_ms = 50");
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", &directory);
    let served = souk.http().await;
    let watcher = served.connect(Era::Modern).await;
    let caller = served.connect(Era::Modern).await;
    caller.log_in().await;
    let before = served.process().resident();
    let ended = Arc::new(AtomicBool::new(false));
    let calling = tokio::spawn({
        let ended = ended.clone();
        async move {
            let mut calls = 0;
            while !ended.load(Ordering::Relaxed) {
                caller.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
                calls += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            calls
        }
    });
    let write = |name: String, bytes: &[u8]| std::fs::write(directory.join(name), bytes).unwrap();
    for number in 0..scaled(MANY / 4) {
        let group = format!("loop{number}");
        write(format!("{group}.wasm"), &renamed("loop-describe", &group).wasm);
    }
    for number in 0..scaled(2_000) {
        write(format!("z{number:05}.wasm"), b"\0asm\x0d\0\x01\0");
    }
    std::fs::File::create(directory.join("huge.wasm")).unwrap().set_len(1 << 30).unwrap();
    // And one that changes faster than it can be loaded.
    for version in 1..=CHANGES {
        home.write("plugins/probe.wasm", versions.file(version));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until("the last change serves", async || {
        watcher.answer("probe_safe", json!({})).await["build"] == Versions::mark(CHANGES)
    })
    .await;
    ended.store(true, Ordering::Relaxed);
    assert!(calling.await.unwrap() > 10, "somebody called meanwhile");
    let grown = served.process().resident().saturating_sub(before);
    assert!(grown < 200 * MIB, "the host grew by {} MiB", grown / MIB);
}

/// More small files than are read at once, there before the host and while it serves.
#[tokio::test]
async fn a_crowd_of_small_files_keeps_no_honest_one_out_at_a_start_or_later() {
    let (home, versions) = (Home::new(), Versions::new());
    let directory = home.plugins();
    for number in 0..scaled(2_000) {
        std::fs::write(directory.join(format!("a{number:05}.wasm")), b"\0asm\x0d\0\x01\0").unwrap();
    }
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
    let mcp = souk.logged_in().await;
    mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
    // The crowd is older than this one.
    home.write("plugins/probe.wasm", versions.file(0));
    until("it serves", async || mcp.tools().await.contains(&"probe_safe".to_owned())).await;
    assert_eq!(mcp.answer("probe_safe", json!({})).await["build"], Versions::mark(0));
}

/// Each document that is being written is an open file, and a process may have 1,024.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_many_calls_hold_open_leave_descriptors_for_others() {
    let home = Home::new();
    let directory = home.plugins();
    std::fs::write(directory.join("hoard.wasm"), renamed("handles-open", "hoard").wasm).unwrap();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
    let served = souk.http().await;
    let (hoarder, honest) = (served.connect(Era::Modern).await, served.connect(Era::Modern).await);
    honest.log_in().await;
    let mut most = 0;
    for _ in 0..scaled(4) {
        let hoarding = (0..16).map(|_| hoarder.call("hoard_run", json!({})));
        let others = async {
            for _ in 0..8 {
                honest.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
                most = most.max(served.process().open_files());
            }
        };
        let (ends, ()) = tokio::join!(futures::future::join_all(hoarding), others);
        assert!(ends.iter().all(|end| end.as_ref().is_ok_and(|end| end.is_error == Some(true))));
    }
    assert!(most < 512, "{most} files were open");
}

/// A deployment: every plugin is replaced, while as many calls as there is room for wait for the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_while_every_place_is_taken_is_refused_nothing_and_fails_no_call() {
    const EACH: usize = 32;
    const TOKENS: [&str; 2] = ["ann-0123456789abcdef", "bob-0123456789abcdef"];
    let (store, home) = (DemoStore::start().await, Home::new());
    let gate = Gate::before(&store, "products/TEN-002").await;
    let directory = home.plugins_and_probe();
    let shipped: Vec<String> = std::fs::read_dir(plugins())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    for file in &shipped {
        std::fs::copy(plugins().join(file), directory.join(file)).unwrap();
    }
    let [ann, bob] = TOKENS;
    home.configure(format!(
        "[principals.ann]\ntoken = \"{ann}\"\n[principals.bob]\ntoken = \"{bob}\"\n"
    ));
    let souk = home.souk(["serve"]).on_at(&store, gate.url()).env("SOUK_PLUGINS", &directory);
    // Nothing of what is to be compiled has been.
    let served = souk.env("SOUK_CACHE_DIR", home.path("cache")).http().await;
    let (ann, bob) =
        (served.connect_as(Era::Modern, ann).await, served.connect_as(Era::Legacy, bob).await);
    ann.log_in().await;
    bob.log_in().await;
    let ended = AtomicBool::new(false);
    let call = async |mcp: &Mcp, tool: &str| {
        while !ended.load(Ordering::Relaxed) {
            mcp.answer(tool, json!({"sku": "TEN-002"})).await;
        }
    };
    let reading = futures::future::join_all((0..EACH).map(|_| call(&ann, "probe_read")));
    let getting = futures::future::join_all((0..EACH).map(|_| call(&bob, "catalog_get_product")));
    let deploying = async {
        for _ in 0..2 * EACH {
            gate.arrived().await;
        }
        let before = served.process().log().len();
        for file in &shipped {
            let old = std::fs::read(directory.join(file)).unwrap();
            let mark = section(0, b"\x01vsecond".to_vec());
            home.write(&format!("plugins/{file}"), [old, mark].concat());
        }
        for file in &shipped {
            let compiled = format!("compiled {file}");
            until("it is compiled", async || served.process().log()[before..].contains(&compiled))
                .await;
        }
        let log = served.process().log();
        assert!(!log[before..].contains("refused"), "{log}");
        ended.store(true, Ordering::Relaxed);
    };
    // Each call has waited for long when it is let through, and another takes its place.
    let passing = async {
        while !ended.load(Ordering::Relaxed) {
            gate.let_through();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        (0..2 * EACH).for_each(|_| gate.let_through());
    };
    tokio::join!(reading, getting, deploying, passing);
    // What serves now is what lies there.
    for (tool, given) in [
        ("auth_whoami", json!({})),
        ("catalog_search_products", json!({"page_size": 1})),
        ("cms_search_pages", json!({})),
        ("orders_search", json!({"page_size": 1})),
        ("promotions_search_rules", json!({})),
        ("scope_list_websites_stores", json!({})),
    ] {
        let file = format!("{}.wasm", tool.split('_').next().unwrap());
        let digest = digest_of(&directory.join(&file)).await;
        until("the file that lies there serves", async || {
            bob.answer(tool, given.clone()).await;
            let line = calls(&home.trail()).pop().unwrap();
            assert_eq!(line["action"], tool);
            line["plugin"]["digest"] == digest
        })
        .await;
    }
}

/// A file's SHA-256, in hexadecimal.
async fn digest_of(path: &Path) -> String {
    let said = tokio::process::Command::new("sha256sum").arg(path).output().await.unwrap();
    String::from_utf8(said.stdout).unwrap().split(' ').next().unwrap().to_owned()
}
