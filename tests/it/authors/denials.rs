//! What was refused is explained as the plugin's author writes what would allow it.

use std::path::PathBuf;

use souk_hostile::case::component;
use souk_hostile::group::{Group, Read};
use souk_tests::{DemoStore, Home, Souk};

use super::terminal::Terminal;

/// A plugin that may read products and asks for orders.
fn asks_for_orders(home: &Home) -> PathBuf {
    let read = Read {
        upstream: None,
        route: "/V1/orders/{id}".into(),
        path: vec![("id".into(), "1".into())],
        query: Vec::new(),
        view: None,
    };
    let group = Group::reader("reader", "/V1/products/{sku}");
    let wat = include_str!("../hostile/reader.wat");
    let directory = home.path("work");
    std::fs::create_dir_all(&directory).unwrap();
    home.write("work/reader.wasm", component("reader", wat, &group, &[read]));
    directory
}

fn call<'h>(home: &'h Home, store: &DemoStore) -> Souk<'h> {
    let call = home.souk(["call", "reader_run", "n=00"]).on(store);
    call.env("SOUK_PLUGINS", home.path("work"))
}

#[tokio::test]
async fn a_refused_call_is_explained_from_the_trail_or_from_what_it_said() {
    let (store, home) = (DemoStore::start().await, Home::new());
    asks_for_orders(&home);
    let nothing = home.souk(["explain-denial"]).run().await;
    assert!(nothing.err.contains("no refused call is on the audit trail"), "{}", nothing.err);

    let refused = call(&home, &store).run().await;
    assert!(refused.err.contains("no grant for `GET /V1/orders/{id}`"), "{}", refused.err);
    let explained = home.souk(["explain-denial"]).run().await.ok();
    for said in [
        "`reader_run` may do that once it declares `GET /V1/orders/{id}`",
        "const ORDERS: Route<1> = Route::new(\"/V1/orders/{id}\");",
        "reads: [ORDERS],",
        "@query(reads=[ORDERS])",
    ] {
        assert!(explained.contains(said), "`{said}` is not in:\n{explained}");
    }
    // In the language of the directory that it is asked in, or the one that is named.
    home.write("package.json", "{}");
    let explained = home.souk(["explain-denial", refused.err.trim()]).run().await.ok();
    assert!(explained.contains("TypeScript") && !explained.contains("Route<1>"), "{explained}");
    let python = home.souk(["explain-denial", "--lang", "py"]).run().await.ok();
    assert!(python.contains("ORDERS = Route(\"/V1/orders/{id}\")"), "{python}");
    assert!(!python.contains("TypeScript"), "{python}");
}

#[tokio::test]
async fn what_the_operator_forbids_is_no_grants_to_change() {
    let (store, home) = (DemoStore::start().await, Home::new());
    asks_for_orders(&home);
    let denied = call(&home, &store).args(["--deny", "reader_*"]).run().await;
    assert!(denied.err.contains("is denied by `reader_*`"), "{}", denied.err);
    let explained = home.souk(["explain-denial"]).run().await.ok();
    assert!(explained.contains("the rule `deny-list`"), "{explained}");
    assert!(explained.contains("souk policy explain local reader_run"), "{explained}");
    assert!(!explained.contains("Route"), "{explained}");

    let other = home.souk(["explain-denial", "NOT_FOUND: no product has the sku `X`"]).run().await;
    assert_eq!(other.status, Some(1));
    assert!(other.err.contains("this is no refusal"), "{}", other.err);
}

#[tokio::test]
async fn whoever_works_on_a_plugin_reads_it_at_once() {
    let home = Home::new();
    let directory = asks_for_orders(&home);
    std::fs::rename(directory.join("reader.wasm"), directory.join("source.bin")).unwrap();
    home.write("work/build.sh", "cp source.bin reader.wasm\n");
    home.write("work/main.py", "");
    let mut author = Terminal::open(&home, &directory, &[]);
    author.type_line("run n=00").await;
    let shown = author.shows("@query(reads=[ORDERS])", 1).await;
    assert!(shown.contains("GET /V1/orders/{id}  refused"), "{shown}");
    assert!(!shown.contains("Route<1>"), "{shown}");
    assert_eq!(author.close().await, Some(0));
}

#[tokio::test]
async fn cases_in_which_a_read_was_refused_say_what_would_allow_it() {
    let home = Home::new();
    asks_for_orders(&home);
    let case = "[[case]]\ncall = 'run'\narguments = {n = '00'}\nfails = 'FORBIDDEN'\n";
    home.write("work/cases.toml", case);
    home.write("work/Cargo.toml", "");
    let tried = home.souk(["test", "work/reader.wasm", "work/cases.toml"]).run().await.ok();
    assert!(tried.contains("reads that were refused: GET /V1/orders/{id}\n"), "{tried}");
    assert!(tried.contains("#[action(query, reads(ORDERS))]"), "{tried}");
    assert!(!tried.contains("@query"), "{tried}");
}
