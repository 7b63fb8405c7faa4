//! Whatever the parameters are, a request stays on its route.

use proptest::prelude::*;
use souk_model::{Binding, Grant, Method, Read, Source, StoreView, WriteMethod};

use super::*;

fn grant(route: &str) -> Grant {
    Grant { upstream: "magento".into(), method: Method::Get, route: route.parse().unwrap() }
}

fn read(route: &str, path: &[(&str, &str)], query: &[(&str, &str)]) -> Read {
    let bind = |list: &[(&str, &str)]| list.iter().map(|(n, v)| Binding::text(*n, *v)).collect();
    Read {
        upstream: "magento".into(),
        route: route.into(),
        path: bind(path),
        query: bind(query),
        at: StoreView::SessionDefault,
    }
}

/// The rule that refuses a read which its own route is granted.
fn rule(read: &Read) -> &'static str {
    permit(&[grant("/V1/products/{sku}")], read).unwrap_err().rule
}

const ROUTE: &str = "/V1/products/{sku}";

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Text as hostile plugins write it: structure of every kind, and anything else.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec![
        "/",
        "..",
        ".",
        "?",
        "#",
        "%",
        "%2e",
        "%2F",
        "&",
        "=",
        "+",
        ";",
        ":",
        "@",
        "\\",
        " ",
        "é",
        "日",
        "V1",
        "customers",
        "\u{0}",
        "\n",
        "*",
        "!",
        "(",
        ")",
        "'",
        "\"",
        "~",
        "50",
        "%25",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_parameter_leaves_its_segment(sku in hostile(), id in hostile()) {
        let route = "/V1/products/{sku}/links/{type_id}/x";
        let asked = read(route, &[("type_id", &id), ("sku", &sku)], &[]);
        let Ok(permitted) = permit(&[grant(route)], &asked) else { return Ok(()) };
        let path = permitted.path();
        prop_assert!(!path.contains(['?', '#', '\\', ' ']));
        let segments: Vec<_> = path.split('/').skip(1).collect();
        prop_assert_eq!(segments.len(), 6);
        prop_assert_eq!([segments[0], segments[1], segments[3], segments[5]],
            ["V1", "products", "links", "x"]);
        prop_assert_eq!(decoded(segments[2]), sku);
        prop_assert_eq!(decoded(segments[4]), id);
        for segment in segments {
            prop_assert!(!segment.is_empty() && segment != "." && segment != "..");
        }
    }

    #[test]
    fn a_query_decodes_to_what_was_asked(
        pairs in proptest::collection::vec((hostile(), hostile()), 0..5),
    ) {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let asked = read(ROUTE, &[("sku", "A")], &pairs);
        let Ok(permitted) = permit(&[grant(ROUTE)], &asked) else { return Ok(()) };
        let split: Vec<(String, String)> = permitted
            .query()
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap();
                assert!(!value.contains('='));
                (decoded(name), decoded(value))
            })
            .collect();
        let split: Vec<_> = split.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        prop_assert_eq!(split, pairs);
        prop_assert!(permitted.query().is_ascii());
        prop_assert!(!permitted.query().contains(['+', ' ', '#', '?', '/']));
    }

    #[test]
    fn a_route_is_compared_as_text(route in "(/V1|/v1|/rest)?(/products|/customers|/[{]sku[}]|/\\.\\.|//|/%2e)*(\\?a=b)?") {
        let asked = read(&route, &[("sku", "A")], &[]);
        prop_assert_eq!(permit(&[grant(ROUTE)], &asked).is_ok(), route == ROUTE);
    }

    #[test]
    fn a_store_code_is_a_code(code in hostile()) {
        let mut asked = read(ROUTE, &[("sku", "A")], &[]);
        asked.at = StoreView::View(code.clone());
        if permit(&[grant(ROUTE)], &asked).is_ok() {
            prop_assert!(code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
            prop_assert!(code.as_bytes()[0].is_ascii_alphabetic());
        }
    }
}

#[test]
fn skus_of_every_kind_are_one_segment() {
    for (sku, segment) in [
        ("LAB space 1", "LAB%20space%201"),
        ("LAB/slash/1", "LAB%2Fslash%2F1"),
        ("LAB+plus&amp=1", "LAB%2Bplus%26amp%3D1"),
        ("LAB-ÜMLAUT-é", "LAB-%C3%9CMLAUT-%C3%A9"),
        ("LAB.dot.jpg", "LAB.dot.jpg"),
        ("LAB#hash%25'q\"", "LAB%23hash%2525%27q%22"),
        ("LAB(paren)*!~", "LAB%28paren%29%2A%21~"),
    ] {
        let permitted = permit(&[grant(ROUTE)], &read(ROUTE, &[("sku", sku)], &[])).unwrap();
        assert_eq!(permitted.path(), format!("/V1/products/{segment}"));
    }
}

#[test]
fn only_get_grants_of_the_same_back_end_count() {
    let asked = read(ROUTE, &[("sku", "A")], &[]);
    let write = Grant { method: Method::Write(WriteMethod::Put), ..grant(ROUTE) };
    let elsewhere = Grant { upstream: "fastly".into(), ..grant(ROUTE) };
    assert_eq!(permit(&[write, elsewhere], &asked).unwrap_err().rule, "grant");
}

#[test]
fn parameters_are_bound_once_each() {
    for path in
        [&[][..], &[("sku", "A"), ("sku", "B")], &[("sku", "A"), ("id", "1")], &[("id", "1")]]
    {
        assert_eq!(rule(&read(ROUTE, path, &[])), "parameters", "{path:?}");
    }
    for value in [Source::Subject, Source::Answered("/id".into())] {
        let mut asked = read(ROUTE, &[], &[]);
        asked.path.push(Binding { name: "sku".into(), value: value.clone() });
        assert_eq!(rule(&asked), "parameters");
        let mut asked = read(ROUTE, &[("sku", "A")], &[]);
        asked.query.push(Binding { name: "fields".into(), value });
        assert_eq!(rule(&asked), "parameters");
    }
}

#[test]
fn path_tricks_are_refused() {
    for sku in ["", ".", "..", "../customers/1", "%2e%2e", "a/../b", "..\\x", "a\nb", "a\u{0}"] {
        assert_eq!(rule(&read(ROUTE, &[("sku", sku)], &[])), "path-segment", "{sku:?}");
    }
    assert_eq!(rule(&read(ROUTE, &[("sku", &"x".repeat(MAX_VALUE + 1))], &[])), "path-segment");
    for code in ["", "de/V1/customers", "..", "1de", "de?x", "de#", "d-e", "dé", &"x".repeat(33)] {
        let mut asked = read(ROUTE, &[("sku", "A")], &[]);
        asked.at = StoreView::View(code.into());
        assert_eq!(rule(&asked), "store-view", "{code:?}");
    }
}

#[test]
fn a_query_cannot_touch_signature_or_store() {
    for name in ["", "oauth_token", "x[oauth_token]", "OAuth_Nonce", "___store", "a\nb"] {
        assert_eq!(rule(&read(ROUTE, &[("sku", "A")], &[(name, "1")])), "query", "{name:?}");
    }
    assert_eq!(rule(&read(ROUTE, &[("sku", "A")], &[("a", "1"), ("a", "2")])), "query");
    assert_eq!(rule(&read(ROUTE, &[("sku", "A")], &[("a", "1\r\nX: y")])), "query");
    let many: Vec<_> = (0..=MAX_PARAMETERS).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(rule(&read(ROUTE, &[("sku", "A")], &many)), "query");
}
