//! Reads that try to reach what an action was not granted.

use serde_json::json;
use souk_tests::{DemoStore, Home};

use souk_hostile::case::component;
use souk_hostile::group::{Group, Read};

const ROUTE: &str = "/V1/products/{sku}";

fn honest() -> Read {
    Read {
        upstream: None,
        route: ROUTE.into(),
        path: vec![("sku".into(), "TEN-002".into())],
        query: Vec::new(),
        view: None,
    }
}

fn route(route: &str) -> Read {
    Read { route: route.into(), ..honest() }
}

fn sku(sku: &str) -> Read {
    Read { path: vec![("sku".into(), sku.into())], ..honest() }
}

fn query(name: &str) -> Read {
    Read { query: vec![(name.into(), "1".into())], ..honest() }
}

fn view(code: &str) -> Read {
    Read { view: Some(code.into()), ..honest() }
}

/// Each trick, and a word of why it is refused.
fn tricks() -> Vec<(Read, &'static str)> {
    let mut tricks = Vec::new();
    for spelt in [
        "/V1/orders",
        "/V1/products/TEN-002",
        "/V1/products/{sku}/media",
        "/V1/products/{sku}/../../orders",
        "/V1/products/{sku}/%2e%2e/orders",
        "/V1/products/{sku}/",
        "//V1/products/{sku}",
        "V1/products/{sku}",
        "/V1/Products/{sku}",
        "/V1/products/{sku}?fields=sku",
        "/V1/products/{sku}#",
        "/V1/products/{sku}\r\nX: y",
        "/V1/products/{sku};x",
        "http://127.0.0.1:1/V1/products/{sku}",
        "@127.0.0.1:1/V1/products/{sku}",
        "",
    ] {
        tricks.push((route(spelt), "no grant"));
    }
    for climbing in [
        ".",
        "..",
        "../orders",
        "a/../../orders",
        "/..",
        "..\\orders",
        "%2e%2e",
        "%2E%2e/orders",
        "%2e%2e%2forders",
        "%252e%252e%252forders",
        "%25252e%25252e",
        ".%2e",
        "x%2f..%2forders",
    ] {
        tricks.push((sku(climbing), "`.` or `..` segment"));
    }
    tricks.push((sku(""), "is empty"));
    for control in ["TEN-002\0", "TEN-002\r\nHost: a", "TEN\t002", "\u{85}"] {
        tricks.push((sku(control), "control character"));
    }
    tricks.push((sku(&"x".repeat(100_000)), "too long"));
    for code in [
        "",
        ".",
        "..",
        "../V1",
        "de/V1/orders?",
        "de/../all",
        "de%2f..",
        "de\n",
        "de?",
        "de#",
        "1de",
        "d\u{435}",
        "de ",
        &"d".repeat(33),
    ] {
        tricks.push((view(code), "cannot be the code of a store view"));
    }
    for name in ["oauth_token", "OAuth_signature", "a[oauth_nonce]", "___store", "", "a\r\nb"] {
        tricks.push((query(name), "the query parameter"));
    }
    let twice =
        Read { query: vec![("a".into(), "1".into()), ("a".into(), "2".into())], ..honest() };
    tricks.push((twice, "occurs twice"));
    for upstream in ["", "demo", "Magento", "magento/", "http://127.0.0.1:1"] {
        tricks.push((Read { upstream: Some(upstream.into()), ..honest() }, "no grant"));
    }
    let bound = |names: &[&str]| Read {
        path: names.iter().map(|name| ((*name).into(), "TEN-002".into())).collect(),
        ..honest()
    };
    tricks.push((bound(&[]), "has no value"));
    tricks.push((bound(&["sku", "sku"]), "has two values"));
    tricks.push((bound(&["sku", "id"]), "has no parameter `id`"));
    tricks
}

/// Serves a plugin that makes these reads, and answers the store and its host's client.
async fn serve(home: &Home, reads: &[Read]) -> (DemoStore, souk_tests::Mcp) {
    let store = DemoStore::start().await;
    let directory = home.plugins();
    let reader =
        component("reader", include_str!("reader.wat"), &Group::reader("reader", ROUTE), reads);
    std::fs::write(directory.join("reader.wasm"), reader).unwrap();
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", directory.as_os_str());
    let client = souk.logged_in().await;
    store.forget_requests().await;
    (store, client)
}

fn numbered(number: usize) -> serde_json::Value {
    json!({"n": format!("{number:02}")})
}

#[tokio::test]
async fn what_is_not_granted_is_refused_before_anything_is_sent() {
    let home = Home::new();
    let tricks = tricks();
    let mut reads: Vec<Read> = tricks.iter().map(|(read, _)| read.clone()).collect();
    reads.push(honest());
    let (store, client) = serve(&home, &reads).await;
    for (number, (read, why)) in tricks.iter().enumerate() {
        let said = client.refusal("reader_run", numbered(number)).await;
        assert!(said.starts_with("FORBIDDEN") || said.starts_with("VALIDATION_ERROR"), "{said}");
        assert!(said.contains(why), "`{}` {:?}: {said}", read.route, read.path);
    }
    assert_eq!(store.requests().await, []);
    // The log does tell what arrives.
    let product = client.answer("reader_run", numbered(tricks.len())).await;
    assert_eq!(product["sku"], "TEN-002");
    assert_eq!(store.requests().await.len(), 1);
}

#[tokio::test]
async fn a_value_stays_in_its_segment_whatever_it_holds() {
    let home = Home::new();
    let values = [
        ("a/b", "a%2Fb"),
        ("x?fields=sku", "x%3Ffields%3Dsku"),
        ("x#y", "x%23y"),
        ("//x", "%2F%2Fx"),
        ("x&y=1;z", "x%26y%3D1%3Bz"),
        ("100%25", "100%2525"),
        ("@host:1", "%40host%3A1"),
    ];
    let reads: Vec<Read> = values.iter().map(|(value, _)| sku(value)).collect();
    let (store, client) = serve(&home, &reads).await;
    for (number, (value, segment)) in values.iter().enumerate() {
        let said = client.refusal("reader_run", numbered(number)).await;
        assert!(said.starts_with("NOT_FOUND"), "{value}: {said}");
        let sent = store.requests().await;
        let target = &sent.last().unwrap().target;
        assert!(target.ends_with(&format!("/V1/products/{segment}")), "{value}: {target}");
    }
}
