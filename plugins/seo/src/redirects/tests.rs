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

fn configs() -> Value {
    let base = |id: u64, path: &str| {
        json!({"id": id, "base_link_url": format!("http://shop.example/{path}"),
               "secure_base_link_url": format!("https://shop.example/{path}")})
    };
    json!([base(1, ""), base(2, ""), base(4, "off/")])
}

/// What a page answers: a redirect, by its code, or the page.
fn to(address: &str, code: u16) -> Value {
    json!({"status": code, "location": format!("https://shop.example/{address}")})
}

fn status(status: u16) -> Value {
    json!({"status": status, "location": null})
}

/// A store of which `led` says what an address answers in a view.
fn storefront(led: fn(&str, &str) -> Result<Value, Failure>) -> Host {
    Host::answering(move |read| match read.route.template.as_str() {
        "/V1/store/storeViews" => Ok(views()),
        "/V1/store/storeConfigs" => Ok(configs()),
        "/storefront" => {
            let StoreView::View(view) = &read.view else { panic!("{read:?}") };
            led(view, &given(read, "path"))
        }
        "/graphql" => {
            let variables: Value = serde_json::from_str(&given(read, "variables")).unwrap();
            let page = led("default", variables["u"].as_str().unwrap())?;
            assert_eq!(page["status"], 200, "Magento comes back from no circle");
            Ok(json!({"data": {"route": {"type": "PRODUCT"}}}))
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
                (_, "beta-new.html") => status(200),
                (_, "beta-shirt.html") => to("beta-new.html", 301),
                ("de", "sale.html") => to("angebot.html", 302),
                ("de", "angebot.html") => to("angebote.html", 301),
                (_, "angebote.html") => status(200),
                _ => status(404),
            })
        },
        &json!({"urls": ["beta-shirt.html", "/beta-new.html", "sale.html", "https://shop.example/gone"]}),
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
    // What another view has is told apart from what nobody has.
    let other = json!([{"store_view": "default", "url": "sale.html", "shown_in": "de"}]);
    assert_eq!(answer["other_views"], other);
    let gone = |view: &str| json!({"store_view": view, "url": "gone"});
    assert_eq!(answer["dead_ends"], json!([gone("default"), gone("de")]));
    assert_eq!(answer["source"], "storefront");
}

#[test]
fn a_circle_and_a_chain_that_does_not_end_are_told_apart() {
    let led = |_: &str, url: &str| {
        let next = |n: u32| to(&format!("step-{}", n + 1), 301);
        Ok(match url {
            "round" => to("about", 301),
            "about" => to("round", 301),
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
            "old" => Ok(to("new", 301)),
            "busy" => Ok(status(503)),
            _ => Err(Failure::new(FailureCode::UpstreamError, "the store said: no")),
        },
        &json!({"urls": ["old", "broken", "busy"], "store_view_code": "default"}),
    );
    assert_eq!(answer["redirects"][0]["ends"], "unknown");
    let left: Vec<_> =
        answer["not_resolved"].as_array().unwrap().iter().map(|n| &n["url"]).collect();
    assert_eq!(left, ["broken", "busy", "new"]);
    assert_eq!(answer["not_resolved"][0]["reason"], "the store said: no");
    assert_eq!(answer["not_resolved"][1]["reason"], "the storefront answered 503");
    assert_eq!(answer["dead_ends"], json!([]));
}

#[test]
fn an_address_of_another_site_is_refused_and_one_that_is_redirected_to_is_told_apart() {
    let led = |_: &str, url: &str| {
        Ok(match url {
            "out" => json!({"status": 302, "location": "https://elsewhere.example/x"}),
            "there" => to("off/x", 301),
            _ => status(404),
        })
    };
    for foreign in ["https://evil.example/old.html", "//evil.example/a", "http://shop.example:81/a"]
    {
        let arguments = json!({"urls": ["out", foreign]});
        let failure = storefront(led).call(&seo(), TOOL, &arguments).unwrap_err();
        assert_eq!(failure.argument.as_deref(), Some("/urls/1"), "{foreign}");
        assert!(failure.remedy.unwrap().contains("shop.example"), "{foreign}");
    }
    let answer = followed(led, &json!({"urls": ["out", "there"], "store_view_code": "de"}));
    let ends: Vec<_> = answer["redirects"].as_array().unwrap().iter().map(|c| &c["ends"]).collect();
    // A view without a path of its own has whatever is under its host.
    assert_eq!(ends, ["outside", "dead_end"]);
    assert_eq!(answer["redirects"][0]["path"], json!(["out", "https://elsewhere.example/x"]));
}

#[test]
fn without_a_list_of_rewrites_nothing_is_said_of_them() {
    let host = Host::answering(|read| match read.route.template.as_str() {
        "/V1/store/storeViews" => Ok(views()),
        "/V1/store/storeConfigs" => Ok(configs()),
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
        rewrite("own", "https://shop.example/c", 301, 1),
        rewrite("gone", "nowhere", 301, 1),
        rewrite("form", "contact", 301, 1),
        rewrite("german", "nur-de", 301, 1),
        rewrite("nur-de", "catalog/product/view/id/3", 0, 2),
        rewrite("a", "c", 301, 2),
    ]);
    let host = Host::answering(move |read| {
        Ok(match read.route.template.as_str() {
            "/V1/store/storeViews" => views(),
            "/V1/store/storeConfigs" => configs(),
            "/V1/souk/url-rewrites" => json!({"items": all, "total_count": 13}),
            "/storefront" => status(if given(read, "path") == "contact" { 200 } else { 404 }),
            other => panic!("{other} was read"),
        })
    });
    let answer = host.call(&seo(), TOOL, &json!({"store_view_code": "default"})).unwrap();
    assert_eq!(answer["total_redirects"], 10);
    let told = |key: &str| {
        let chains = answer[key].as_array().unwrap().iter();
        chains.map(|c| format!("{} {}", c["path"], c["ends"])).collect::<Vec<_>>()
    };
    assert_eq!(told("chains"), [r#"["a","b","c"] "page""#, r#"["x","y","z","x"] "loop""#]);
    assert_eq!(
        told("redirects"),
        [
            r#"["form","contact"] "page""#,
            r#"["german","nur-de"] "other_view""#,
            r#"["gone","nowhere"] "dead_end""#,
            r#"["out","https://elsewhere.example/"] "outside""#,
            r#"["own","c"] "page""#,
        ]
    );
    assert_eq!(answer["dead_ends"], json!([{"store_view": "default", "url": "nowhere"}]));
}

#[test]
fn more_than_can_be_asked_is_refused() {
    let urls: Vec<String> = (0..100).map(|n| format!("{n}")).collect();
    let host = Host::answering(|read| {
        let view = |n: u32| json!({"id": n, "code": format!("v{n}"), "is_active": 1});
        match read.route.template.as_str() {
            "/V1/store/storeConfigs" => Ok(configs()),
            _ => Ok((1..=5).map(view).collect()),
        }
    });
    let failure = host.call(&seo(), TOOL, &json!({"urls": urls})).unwrap_err();
    assert_eq!(failure.argument.as_deref(), Some("/urls"));
    let failure = host.call(&seo(), TOOL, &json!({"urls": ["a"], "max_depth": 11})).unwrap_err();
    assert_eq!(failure.argument.as_deref(), Some("/max_depth"));
}
