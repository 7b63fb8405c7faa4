//! Whatever the parameters are, a request stays on its route.

use proptest::prelude::*;
use serde_json::{Value, json};
use souk_model::plan::{Batch, Step};
use souk_model::{Binding, BindingSource, Grant, Method, Read, StoreView, WriteMethod};

use super::path_and_query::{MAX_PARAMETERS, MAX_VALUE};
use super::*;

fn grant(route: &str) -> Grant {
    Grant::new("magento", Method::Get, route.parse().unwrap())
}

fn read(route: &str, path: &[(&str, &str)], query: &[(&str, &str)]) -> Read {
    let bind = |list: &[(&str, &str)]| list.iter().map(|(n, v)| Binding::text(*n, *v)).collect();
    Read {
        upstream: "magento".into(),
        route: route.into(),
        path: bind(path),
        query: bind(query),
        view: StoreView::SessionDefault,
    }
}

/// The rule that refuses a read which its own route is granted.
fn rule(read: &Read) -> &'static str {
    permit(&[grant("/V1/products/{sku}")], read).unwrap_err().rule
}

const ROUTE: &str = "/V1/products/{sku}";

const LIST: &str = "/V1/products";

fn batch(ids: &str) -> Batch {
    Batch {
        read: read(LIST, &[], &[("condition", "in")]),
        ids: ids.into(),
        items: "/items".parse().unwrap(),
        id: "/sku".parse().unwrap(),
    }
}

fn writes() -> [Grant; 1] {
    [Grant { method: Method::Write(WriteMethod::Put), ..grant(ROUTE) }]
}

fn write(path: &[(&str, BindingSource)]) -> Step {
    let bind = |(name, value): &(&str, BindingSource)| Binding {
        name: (*name).to_owned(),
        value: value.clone(),
    };
    Step {
        upstream: "magento".into(),
        method: WriteMethod::Put,
        route: ROUTE.into(),
        path: path.iter().map(bind).collect(),
        query: vec![],
        view: StoreView::Global,
        body: None,
        body_bindings: vec![],
        failure_responses: vec![],
    }
}

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

    /// A value is one segment wherever it comes from; and what is refused as a text is refused as a
    /// subject or an answer too.
    #[test]
    fn a_write_stays_on_its_route_wherever_its_values_come_from(value in hostile()) {
        let answer = json!({"id": value});
        let texts = write(&[("sku", BindingSource::Text(value.clone()))]);
        let expected = permit_step(&writes(), &texts, "", None);
        for source in [BindingSource::Subject, BindingSource::FromResponse("/id".into())] {
            let step = write(&[("sku", source)]);
            let permitted = permit_step(&writes(), &step, &value, Some(&answer));
            prop_assert_eq!(&permitted, &expected);
            if permitted.is_ok() {
                prop_assert_eq!(check_step(&writes(), &step, &value), Ok(()));
            }
        }
        let plain = permit(&[grant(ROUTE)], &read(ROUTE, &[("sku", &value)], &[]));
        prop_assert_eq!(
            plain.map(|read| read.path().to_owned()),
            expected.map(|write| write.path().to_owned())
        );
        let mut about = read(ROUTE, &[], &[]);
        about.path.push(Binding { name: "sku".into(), value: BindingSource::Subject });
        prop_assert_eq!(
            permit_lookup(&[grant(ROUTE)], &about, &value),
            permit(&[grant(ROUTE)], &read(ROUTE, &[("sku", &value)], &[]))
        );
    }

    /// Splitting the list gives back exactly the ids, and they touch no other parameter.
    #[test]
    fn a_batch_names_its_ids_and_no_others(ids in proptest::collection::vec(hostile(), 0..5)) {
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let Ok(permitted) = permit_batch(&[grant(LIST)], &batch("value"), &ids) else {
            return Ok(());
        };
        let list = permitted.query().strip_prefix("condition=in&value=").unwrap();
        prop_assert!(!list.contains(['&', '=']));
        let list = decoded(list);
        prop_assert_eq!(list.split(',').collect::<Vec<_>>(), ids);
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
        asked.view = StoreView::View(code.clone());
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
    for value in [BindingSource::Subject, BindingSource::FromResponse("/id".into())] {
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
    let long = "x".repeat(33);
    let codes = ["", "de/V1/customers", "..", "1de", "de?x", "de#", "d-e", "dé", &long];
    let other_apis = ["all", "ALL", "async", "V1", "v12"];
    for code in codes.into_iter().chain(other_apis) {
        let mut asked = read(ROUTE, &[("sku", "A")], &[]);
        asked.view = StoreView::View(code.into());
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

#[test]
fn a_write_says_where_it_goes() {
    let step = write(&[("sku", BindingSource::Subject)]);
    let nowhere = Step { view: StoreView::SessionDefault, ..step.clone() };
    assert_eq!(check_step(&writes(), &nowhere, "A").unwrap_err().rule, "write-scope");
    assert_eq!(permit_step(&writes(), &nowhere, "A", None).unwrap_err().rule, "write-scope");
    let permitted = permit_step(&writes(), &step, "A", None).unwrap();
    assert_eq!((permitted.view(), permitted.method()), (&StoreView::Global, WriteMethod::Put));
    assert_eq!(permitted.upstream(), "magento");
    assert_eq!(permitted.route().as_str(), ROUTE);
}

#[test]
fn a_write_needs_a_grant_of_its_method() {
    let step = write(&[("sku", BindingSource::Subject)]);
    let others =
        [Method::Get, Method::Write(WriteMethod::Post), Method::Write(WriteMethod::Delete)];
    let others = others.map(|method| Grant { method, ..grant(ROUTE) });
    let refusal = check_step(&others, &step, "A").unwrap_err();
    assert_eq!(refusal.rule, "grant");
    assert!(refusal.message.contains("`PUT /V1/products/{sku}` on `magento`"));
    let elsewhere = writes().map(|grant| Grant { upstream: "fastly".into(), ..grant });
    assert_eq!(check_step(&elsewhere, &step, "A").unwrap_err().rule, "grant");
}

fn answered(place: &str, answer: Option<&Value>) -> Result<String, &'static str> {
    let step = write(&[("sku", BindingSource::FromResponse(place.into()))]);
    let permitted = permit_step(&writes(), &step, "A", answer);
    permitted.map(|write| write.path().to_owned()).map_err(|refusal| refusal.rule)
}

#[test]
fn an_answer_gives_a_text_or_a_number_or_nothing_is_sent() {
    let answer = json!({"id": 7, "sku": "A/1", "sub": {}, "no": null, "yes": true, "empty": ""});
    let at = |place| answered(place, Some(&answer));
    assert_eq!(at("/id").unwrap(), "/V1/products/7");
    assert_eq!(at("/sku").unwrap(), "/V1/products/A%2F1");
    for place in ["/sub", "/no", "/yes", "", "/missing"] {
        assert_eq!(at(place), Err("from-response"), "{place}");
    }
    assert_eq!(at("/empty"), Err("path-segment"));
    assert_eq!(at("id"), Err("parameters"));
    assert_eq!(answered("", Some(&json!(12))).unwrap(), "/V1/products/12");
    assert_eq!(answered("/id", None), Err("parameters"));
}

#[test]
fn what_needs_no_answer_is_judged_before_there_is_one() {
    let place = || BindingSource::FromResponse("/id".into());
    assert_eq!(check_step(&writes(), &write(&[("sku", place())]), "A"), Ok(()));
    let rule = |step: &Step, subject: &str| check_step(&writes(), step, subject).unwrap_err().rule;
    assert_eq!(
        rule(&write(&[("sku", BindingSource::FromResponse("id".into()))]), "A"),
        "parameters"
    );
    assert_eq!(rule(&write(&[("sku", place()), ("id", place())]), "A"), "parameters");
    assert_eq!(rule(&write(&[("sku", BindingSource::Subject)]), ".."), "path-segment");
    let mut step = write(&[("sku", place())]);
    step.query = vec![Binding { name: "oauth_token".into(), value: place() }];
    assert_eq!(rule(&step, "A"), "query");
}

#[test]
fn a_batch_takes_only_ids_that_a_list_can_hold() {
    let rule =
        |batch: &Batch, ids: &[&str]| permit_batch(&[grant(LIST)], batch, ids).unwrap_err().rule;
    for ids in [&[][..], &["A", "B,C"], &["A", ""]] {
        assert_eq!(rule(&batch("value"), ids), "batch", "{ids:?}");
    }
    assert_eq!(rule(&batch("condition"), &["A"]), "query");
    let mut about_one = batch("value");
    about_one.read.query.push(Binding { name: "x".into(), value: BindingSource::Subject });
    assert_eq!(rule(&about_one, &["A"]), "parameters");
    assert_eq!(permit_batch(&[], &batch("value"), &["A"]).unwrap_err().rule, "grant");
}

#[test]
fn a_body_holds_only_what_its_grant_names() {
    let granted = |fields: &[&str]| {
        let fields = fields.iter().map(|field| field.parse().unwrap()).collect();
        [Grant { fields: Some(fields), ..writes().into_iter().next().unwrap() }]
    };
    let mut step = write(&[("sku", BindingSource::Subject)]);
    step.body = Some(serde_json::json!({"product": {"name": "Telt", "sku": null}}));
    let refused = |grants: &[Grant], step: &Step| permit_step(grants, step, "A", None).err();
    assert_eq!(refused(&granted(&["/product"]), &step), None);
    assert_eq!(refused(&granted(&["/product/name", "/product/sku"]), &step), None);
    let refusal = refused(&granted(&["/product/name"]), &step).unwrap();
    assert_eq!(refusal.rule, "grant-fields");
    assert!(refusal.message.contains("`/product/sku`"), "{refusal}");
    // One of two grants that names all of it is enough, and two that name half each are not.
    let both = [granted(&["/product/name"]), granted(&["/product/sku"])].concat();
    assert_eq!(refused(&both, &step).unwrap().rule, "grant-fields");
    let both = [granted(&["/product/name"]), granted(&["/product"])].concat();
    assert_eq!(refused(&both, &step), None);
    // What the host puts into the body is a value of it like any other.
    step.body = Some(serde_json::json!({"product": {"name": "Telt"}}));
    assert_eq!(refused(&granted(&["/product/name"]), &step), None);
    step.body_bindings.push(souk_model::plan::BodyBinding {
        at: "/product/price".parse().unwrap(),
        value: souk_model::plan::BodySource::Before("price".into()),
    });
    assert_eq!(refused(&granted(&["/product/name"]), &step).unwrap().rule, "grant-fields");
    // No body holds nothing.
    step.body = None;
    assert_eq!(refused(&granted(&[]), &step), None);
}
