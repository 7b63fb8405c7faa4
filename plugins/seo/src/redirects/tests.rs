//! Addresses followed one by one, answered as `graphql.jsonl` has it, and chains in a list.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;
use souk_sdk::testing::Host;

use crate::seo;

const TOOL: &str = "report_redirect_chains";

fn views() -> Value {
    json!([
        {"id": 1, "code": "default", "is_active": 1},
        {"id": 0, "code": "admin", "is_active": 1},
        {"id": 2, "code": "de", "is_active": 1},
        {"id": 4, "code": "off", "is_active": 0},
    ])
}

fn given(read: &Read, name: &str) -> String {
    let binding = read.query.iter().find(|binding| binding.name == name).unwrap();
    let BindingSource::Text(text) = &binding.value else { panic!("{binding:?}") };
    text.clone()
}

fn route(to: &str, code: u16) -> Value {
    json!({"__typename": "SimpleProduct", "type": "PRODUCT", "relative_url": to, "redirect_code": code})
}

/// A store of which `led` says where an address leads in a view.
fn storefront(led: fn(&str, &str) -> Result<Value, Failure>) -> Host {
    Host::answering(move |read| match read.route.template.as_str() {
        "/V1/store/storeViews" => Ok(views()),
        "/graphql" => {
            let StoreView::View(view) = &read.view else { panic!("{read:?}") };
            let variables: Value = serde_json::from_str(&given(read, "variables")).unwrap();
            let query = given(read, "query");
            assert!(query.starts_with("query(") && !query.contains('\n'), "{query}");
            Ok(json!({"data": {"route": led(view, variables["u"].as_str().unwrap())?}}))
        }
        other => panic!("{other} was read"),
    })
}

fn followed(led: fn(&str, &str) -> Result<Value, Failure>, arguments: &Value) -> Value {
    storefront(led).call(&seo(), TOOL, arguments).unwrap()
}

#[test]
fn each_address_is_followed_to_its_end_in_each_view() {
    let answer = followed(
        |view, url| {
            Ok(match (view, url) {
                (_, "beta-new.html") => route("beta-new.html", 0),
                (_, "beta-shirt.html") => route("beta-new.html", 301),
                ("de", "sale.html") => route("angebot.html", 302),
                ("de", "angebot.html") => route("angebote.html", 301),
                ("de", "angebote.html") => route("angebote.html", 0),
                _ => Value::Null,
            })
        },
        &json!({"urls": ["beta-shirt.html", "beta-new.html", "sale.html"]}),
    );
    assert_eq!((&answer["total_redirects"], &answer["chains_found"]), (&json!(3), &json!(1)));
    assert_eq!(
        answer["chains"],
        json!([{
            "store_view": "de", "path": ["sale.html", "angebot.html", "angebote.html"],
            "codes": [302, 301], "hops": 2, "ends": "page", "target_type": "PRODUCT",
        }])
    );
    assert_eq!(answer["temporary_redirects"], 1);
    let views: Vec<_> =
        answer["redirects"].as_array().unwrap().iter().map(|r| &r["store_view"]).collect();
    assert_eq!(views, ["default", "de"]);
    assert_eq!(answer["dead_ends"], json!([{"store_view": "default", "url": "sale.html"}]));
    assert_eq!(answer["source"], "graphql");
}

#[test]
fn a_circle_and_a_chain_that_does_not_end_are_told_apart() {
    let led = |_: &str, url: &str| {
        let next = |n: u32| route(&format!("step-{}", n + 1), 301);
        Ok(match url {
            "round" => route("about", 301),
            "about" => route("round", 301),
            step => next(step.strip_prefix("step-").unwrap().parse().unwrap()),
        })
    };
    let arguments = json!({"urls": ["round", "step-0"], "max_depth": 3, "store_view_code": "de"});
    let answer = followed(led, &arguments);
    let ends: Vec<_> = answer["chains"].as_array().unwrap().iter().map(|c| &c["ends"]).collect();
    assert_eq!(ends, ["loop", "unfinished"]);
    assert_eq!(answer["chains"][0]["path"], json!(["round", "about", "round"]));
    assert_eq!(answer["chains"][1]["hops"], 3);
    assert_eq!(answer["max_depth_checked"], 3);
}

#[test]
fn what_the_store_does_not_answer_is_not_resolved() {
    let answer = followed(
        |_, url| match url {
            "old" => Ok(route("new", 301)),
            _ => Err(Failure::new(FailureCode::UpstreamError, "the store said: no")),
        },
        &json!({"urls": ["old", "broken"], "store_view_code": "default"}),
    );
    assert_eq!(answer["redirects"][0]["ends"], "unknown");
    let left: Vec<_> =
        answer["not_resolved"].as_array().unwrap().iter().map(|n| &n["url"]).collect();
    assert_eq!(left, ["broken", "new"]);
    assert_eq!(answer["not_resolved"][0]["reason"], "the store said: no");
    assert_eq!(answer["dead_ends"], json!([]));
}

#[test]
fn without_a_list_of_rewrites_nothing_is_said_of_them() {
    let host = Host::answering(|read| match read.route.template.as_str() {
        "/V1/store/storeViews" => Ok(views()),
        _ => Err(Failure::unavailable("the store has no such route")),
    });
    let failure = host.call(&seo(), TOOL, &json!({})).unwrap_err();
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(failure.remedy.unwrap().contains("`urls`"));
}

#[test]
fn a_list_of_rewrites_shows_whole_chains() {
    let rewrite = |from: &str, to: &str, kind: u16, store: u8| json!({"request_path": from, "target_path": to, "redirect_type": kind, "store_id": store});
    let all = json!([
        rewrite("a", "b", 301, 1),
        rewrite("b", "c", 302, 1),
        rewrite("c", "catalog/product/view/id/2", 0, 1),
        rewrite("x", "y", 301, 1),
        rewrite("y", "z", 301, 1),
        rewrite("z", "x", 301, 1),
        rewrite("out", "https://elsewhere.example/", 301, 1),
        rewrite("a", "c", 301, 2),
    ]);
    let host = Host::answering(move |read| {
        Ok(match read.route.template.as_str() {
            "/V1/store/storeViews" => views(),
            "/V1/souk/url-rewrites" => json!({"items": all, "total_count": 8}),
            other => panic!("{other} was read"),
        })
    });
    let answer = host.call(&seo(), TOOL, &json!({"store_view_code": "default"})).unwrap();
    assert_eq!(answer["total_redirects"], 6);
    let told = |key: &str| {
        let chains = answer[key].as_array().unwrap().iter();
        chains.map(|c| format!("{} {}", c["path"], c["ends"])).collect::<Vec<_>>()
    };
    assert_eq!(told("chains"), [r#"["a","b","c"] "page""#, r#"["x","y","z","x"] "loop""#]);
    assert_eq!(told("redirects"), [r#"["out","https://elsewhere.example/"] "outside""#]);
}

#[test]
fn more_than_can_be_asked_is_refused() {
    let urls: Vec<String> = (0..100).map(|n| format!("{n}")).collect();
    let host = Host::answering(|_| {
        let view = |n: u32| json!({"id": n, "code": format!("v{n}"), "is_active": 1});
        Ok((1..=5).map(view).collect())
    });
    let failure = host.call(&seo(), TOOL, &json!({"urls": urls})).unwrap_err();
    assert_eq!(failure.argument.as_deref(), Some("/urls"));
    let failure = host.call(&seo(), TOOL, &json!({"urls": ["a"], "max_depth": 11})).unwrap_err();
    assert_eq!(failure.argument.as_deref(), Some("/max_depth"));
}
