//! The scrape: its grammar, and what it counts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use souk_tests::{Era, Home, confirmed, propose, until};

use super::{page, serve};

/// A series: its name, and its labels with their values.
type Series = (String, BTreeMap<String, String>);

/// Reads Prometheus' text format 0.0.4 as its grammar has it, and nothing else.
fn parse(text: &str) -> BTreeMap<Series, f64> {
    let (mut found, mut types) = (BTreeMap::new(), BTreeMap::new());
    let mut helped = BTreeSet::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && !help.is_empty(), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
        } else {
            let (series, value) = parse_sample(line);
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| {
                series.0.strip_suffix(suffix).filter(|b| types.contains_key(*b))
            });
            let name = base.unwrap_or(&series.0);
            let kind = types.get(name).unwrap_or_else(|| panic!("no type before {line}"));
            assert_eq!(kind == "histogram", base.is_some(), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(found.insert(series, value).is_none(), "{line} is there twice");
        }
    }
    check_histograms(&found, &types);
    found
}

fn parse_sample(line: &str) -> (Series, f64) {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    let value = if let Some(mut rest) = rest.strip_prefix('{') {
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            assert!(is_name(label), "{line}");
            let (mut text, mut chars) = (String::new(), after.char_indices());
            let end = loop {
                match chars.next().unwrap() {
                    (_, '\\') => text.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        c => panic!("\\{c} in {line}"),
                    }),
                    (at, '"') => break at + 1,
                    (_, c) => text.push(c),
                }
            };
            assert!(labels.insert(label.to_owned(), text).is_none(), "{line}");
            match &after[end..] {
                more if more.starts_with(',') => rest = &after[end + 1..],
                last => break last.strip_prefix("} ").unwrap(),
            }
        }
    } else {
        &rest[1..]
    };
    let value = if value == "+Inf" { f64::INFINITY } else { value.parse().unwrap() };
    ((name.to_owned(), labels), value)
}

/// Each histogram counts upwards and ends with all there are.
fn check_histograms(found: &BTreeMap<Series, f64>, types: &BTreeMap<String, String>) {
    for name in types.iter().filter(|(_, kind)| *kind == "histogram").map(|(name, _)| name) {
        for ((_, labels), count) in found.iter().filter(|((n, _), _)| *n == format!("{name}_count"))
        {
            let mut buckets: Vec<(f64, f64)> = found
                .iter()
                .filter(|((n, _), _)| *n == format!("{name}_bucket"))
                .filter(|((_, of), _)| labels.iter().all(|(label, value)| of[label] == *value))
                .map(|((_, of), value)| {
                    let bound = &of["le"];
                    (if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() }, *value)
                })
                .collect();
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.windows(2).all(|two| two[0].1 <= two[1].1), "{name}: {buckets:?}");
            assert_eq!(buckets.last(), Some(&(f64::INFINITY, *count)), "{name}");
        }
    }
}

fn value(found: &BTreeMap<Series, f64>, name: &str, labels: &[(&str, &str)]) -> f64 {
    let fits = |of: &BTreeMap<String, String>| {
        labels.iter().all(|(label, value)| of.get(*label).is_some_and(|of| of == value))
    };
    let series = found.iter().filter(|((n, of), _)| n == name && fits(of));
    series.map(|(_, value)| value).sum()
}

#[tokio::test]
async fn a_scrape_tells_of_calls_stores_plugins_plans_and_money_and_of_nobody() {
    let home = Home::new();
    let (served, own) =
        serve(&home, "[principals.ann-of-sales]\ntoken = \"ann-0123456789abcdef\"").await;
    let ann = served.connect_as(Era::Modern, "ann-0123456789abcdef").await;
    ann.log_in().await;
    ann.answer("catalog_get_product", json!({"sku": "TEN-001"})).await;
    ann.refusal("catalog_get_product", json!({"sku": "no-such-ada@example.com"})).await;
    let plan = propose(&ann, &["TEN-001", "TEN-002"], json!({"meta_title": "New"})).await;
    ann.answer("catalog_commit_bulk_update", confirmed(json!({"plan_id": plan}))).await;
    // Plugins are counted each second.
    until("all plugins are counted", || async {
        page(&own, "/metrics").await.1.contains("\nsouk_plugins{state=\"loaded\"} 10\n")
    })
    .await;
    let (status, text) = page(&own, "/metrics").await;
    assert_eq!(status, 200);
    let found = parse(&text);
    let at = |name, labels: &[(&str, &str)]| value(&found, name, labels);
    let get = ("tool", "catalog_get_product");
    assert_eq!(at("souk_calls_total", &[get, ("outcome", "ok")]), 1.0);
    assert_eq!(at("souk_calls_total", &[get, ("outcome", "NOT_FOUND")]), 1.0);
    assert_eq!(at("souk_call_seconds_count", &[get]), 2.0);
    assert_eq!(at("souk_calls_running", &[]), 0.0);
    assert!(at("souk_upstream_requests_total", &[("method", "GET"), ("status", "200")]) >= 2.0);
    assert!(at("souk_upstream_requests_total", &[("status", "404")]) >= 1.0);
    assert!(at("souk_upstream_received_bytes_total", &[("store", "demo")]) > 100.0);
    assert!(at("souk_plugin_cpu_seconds_total", &[("plugin", "catalog")]) > 0.0);
    assert!(at("souk_plugin_runs_total", &[("plugin", "catalog"), ("outcome", "ok")]) >= 2.0);
    for event in ["proposed", "started", "done"] {
        assert_eq!(at("souk_plans_total", &[("event", event)]), 1.0, "{event}");
    }
    assert_eq!(at("souk_plan_items_total", &[("outcome", "done")]), 2.0);
    assert_eq!(at("souk_plans_running", &[]), 0.0);
    assert!(at("souk_http_connections", &[]) >= 1.0);
    assert!(at("process_resident_memory_bytes", &[]) > 1e6);
    // Neither who called nor what they asked for.
    for private in ["ann", "0123456789abcdef", "TEN-001", "ada@", "no-such", &plan] {
        assert!(!text.contains(private), "{private} in\n{text}");
    }
}

#[tokio::test]
async fn what_callers_make_up_begins_no_series() {
    let home = Home::new();
    let (served, own) = serve(&home, "").await;
    let mcp = served.connect(Era::Modern).await;
    for n in 0..50 {
        let _ =
            mcp.call("tools_read", json!({"name": format!("made_up_{n}"), "arguments": {}})).await;
    }
    let (_, text) = page(&own, "/metrics").await;
    assert!(!text.contains("made_up"), "{text}");
    let found = parse(&text);
    assert_eq!(value(&found, "souk_calls_total", &[("outcome", "ACTION_NOT_FOUND")]), 50.0);
}

#[tokio::test]
async fn money_is_counted_when_it_is_set_aside() {
    let home = Home::new();
    let (served, own) = serve(&home, "[policy]\nmax_tier = \"critical\"").await;
    let mcp = served.connect(Era::Modern).await;
    mcp.log_in().await;
    let found = parse(&page(&own, "/metrics").await.1);
    assert_eq!(value(&found, "souk_money_set_aside_total", &[]), 0.0);
    let refund =
        json!({"order_id": 41, "method": "offline", "shipping": 0, "adjustment_refund": 40});
    let done = mcp.answer("orders_refund", confirmed(refund)).await;
    assert_eq!(done["done"], true, "{done}");
    let text = page(&own, "/metrics").await.1;
    let money = [("kind", "refund"), ("store", "demo")];
    assert_eq!(value(&parse(&text), "souk_money_set_aside_total", &money), 40.0, "{text}");
}
