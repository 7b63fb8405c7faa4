//! What must not get past the person: each is refused, and on the trail.

use reqwest::Method;
use serde_json::json;

use super::browser::encoded;
use super::{ANNA, PERSON, Shop, TOKEN, propose};

#[tokio::test]
async fn a_callers_token_opens_nothing() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let bearer = format!("Bearer {TOKEN}");
    let mut agents_browser = shop.browser();
    let paths = [
        "/console".to_owned(),
        format!("/console/plans/{plan}"),
        format!("{}/plans/{plan}", anna.tab),
    ];
    for path in &paths {
        let extra = [("authorization", bearer.as_str())];
        let page = agents_browser.send(Method::GET, path, None, &extra).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(!page.text.contains("TEN-001"));
        // Nor does it go with a person's session.
        let page = anna.send(Method::GET, path, None, &extra).await;
        assert_eq!(page.status, 403, "{path}");
    }
    assert_eq!(shop.refused_by("console-token"), 2 * paths.len());
    assert_eq!(shop.state(&agent, &plan).await, "proposed");
}

#[tokio::test]
async fn a_form_that_no_page_of_this_tab_made_does_nothing() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let to = format!("{}/plans/{plan}/decide", anna.tab);
    let page = anna.page(&format!("/plans/{plan}/decide?verdict=approve")).await;
    let fields = page.hidden(&to);
    let other_forms = anna.page(&format!("/plans/{plan}")).await;
    let other_page = other_forms.code(&format!("{}/plans/{plan}", anna.tab));
    let mut second = shop.signed_in("anna", ANNA).await;
    let others = second.page(&format!("/plans/{plan}/decide?verdict=approve")).await;
    let other_session = others.code(&format!("{}/plans/{plan}/decide", second.tab));
    let with_code = |code: &str| -> String {
        let mut body: Vec<(&str, &str)> = fields
            .iter()
            .filter(|(name, _)| name != "code")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        body.extend([("reason", "x"), ("code", code)]);
        encoded(&body)
    };
    for code in ["", "x", &other_page, &other_session] {
        let refused = anna.send(Method::POST, &to, Some(with_code(code)), &[]).await;
        assert_eq!(refused.status, 403, "{code}");
    }
    assert_eq!(shop.refused_by("console-form"), 4);
    let right = page.code(&to);
    let foreign: [&[(&'static str, &str)]; 7] = [
        &[("origin", "https://evil.example"), ("sec-fetch-site", "")],
        &[("origin", "http://souk.localhost:1"), ("sec-fetch-site", "")],
        &[("origin", "null"), ("sec-fetch-site", "")],
        &[("origin", ""), ("sec-fetch-site", "")],
        &[("origin", ""), ("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
    ];
    for extra in foreign {
        let refused = anna.send(Method::POST, &to, Some(with_code(&right)), extra).await;
        assert_eq!(refused.status, 403, "{extra:?}");
    }
    assert_eq!(shop.state(&agent, &plan).await, "proposed");
    assert!(souk_tests::lines_of(&shop.home.trail(), "plan-approved").is_empty());
    let done = anna.send(Method::POST, &to, Some(with_code(&right)), &[]).await;
    assert_eq!(done.status, 303, "{}", done.text);
}

#[tokio::test]
async fn no_page_is_framed_kept_or_sent_on() {
    let (shop, _agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let plan_page = format!("{}/plans/{plan}", anna.tab);
    for path in
        ["/console", "/console/nothing", "/console/login/x", "/console/style.css", &plan_page]
    {
        let page = anna.get(path).await;
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        if !path.ends_with(".css") {
            assert_eq!(header("cache-control"), "no-store", "{path}");
        }
        assert!(page.headers.get("access-control-allow-origin").is_none(), "{path}");
    }
    for (name, value) in
        [("sec-fetch-dest", "iframe"), ("sec-fetch-dest", "object"), ("sec-purpose", "prefetch")]
    {
        let refused = anna.send(Method::GET, &plan_page, None, &[(name, value)]).await;
        assert_eq!(refused.status, 403, "{name}: {value}");
    }
    for site in ["cross-site", "same-site"] {
        let extra = [("sec-fetch-site", site)];
        assert_eq!(anna.send(Method::GET, &plan_page, None, &extra).await.status, 403);
    }
    for method in [Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let refused = anna.send(method.clone(), &plan_page, None, &[]).await;
        assert_eq!(refused.status, 403, "{method}");
    }
}

#[tokio::test]
async fn what_is_loaded_in_advance_uses_no_link_up() {
    let shop = Shop::new(PERSON).await;
    let link = shop.link().await;
    let mut browser = shop.browser();
    let ahead = [("sec-purpose", "prefetch;prerender")];
    assert_eq!(browser.send(Method::GET, &link, None, &ahead).await.status, 403);
    assert_eq!(browser.send(Method::HEAD, &link, None, &[]).await.status, 403);
    assert_eq!(browser.get(&link).await.status, 200);
}

#[tokio::test]
async fn texts_of_the_store_and_of_people_are_texts() {
    let shop = Shop::new(PERSON).await;
    let script = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u{202e}";
    let product = json!({"product": {"sku": "TEN-001", "name": script}});
    shop.store.put("/all/V1/products/TEN-001", &product).await;
    let agent = shop.agent().await;
    let plan = propose(&agent, &["TEN-001"], "</code><script>alert(3)</script>").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let reason = "\"><svg onload=alert(4)>\r\nSet-Cookie: a=b";
    let done = anna.decide(&plan, "approve", &[], &[("reason", reason)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let here = format!("/plans/{plan}");
    let query = "text=%22%3E%3Cscript%3Ealert(5)%3C%2Fscript%3E&field=%3Cb%3E";
    for path in ["/", &here, &format!("{here}?{query}"), &format!("{here}/decide?verdict=approve")]
    {
        let page = anna.page(path).await;
        assert_eq!(page.status, 200);
        for raw in ["<script>alert", "<img src=x", "<svg", "\u{202e}", "<b>"] {
            assert!(!page.text.contains(raw), "{raw} in {path}:\n{}", page.text);
        }
        assert!(page.headers.get("set-cookie").is_none());
    }
    let page = anna.page(&here).await;
    assert!(page.text.contains("&#60;script&#62;alert(3)"), "{}", page.text);
}

#[tokio::test]
async fn no_address_splits_a_header() {
    let (shop, _agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let split = "%0d%0aset-cookie:%20evil=1%0d%0a";
    for path in [
        format!("/console/plans/{plan}{split}"),
        format!("/console/login/{split}"),
        format!("{}/plans/{split}", anna.tab),
        format!("{}/plans/{plan}?leave={split}&after={split}", anna.tab),
    ] {
        let page = anna.get(&path).await;
        assert!(page.headers.get("set-cookie").is_none(), "{path}");
    }
    let page = anna.page(&format!("/plans/{plan}")).await;
    let fields = [("text", "a\r\nset-cookie: evil=1"), ("go", "filter")];
    let turned = anna.press(&page, &format!("/plans/{plan}"), &fields).await;
    assert_eq!(turned.status, 303);
    assert!(turned.headers.get("set-cookie").is_none() && !turned.location().contains('\n'));
}

#[tokio::test]
async fn an_approval_is_of_the_plan_that_was_seen() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let other = propose(&agent, &["TEN-004"], "Summer").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let (here, there) = (format!("/plans/{plan}/decide"), format!("/plans/{other}/decide"));
    let seen = anna.page(&format!("{here}?verdict=approve")).await;
    let digest_of_seen =
        seen.hidden(&format!("{}{here}", anna.tab)).into_iter().find(|(name, _)| name == "digest");
    let asked = anna.page(&format!("{there}?verdict=approve")).await;
    let to = format!("{}{there}", anna.tab);
    let body = encoded(&[
        ("code", &asked.code(&to)),
        ("digest", &digest_of_seen.unwrap().1),
        ("verdict", "approve"),
        ("reason", "x"),
    ]);
    let refused = anna.send(Method::POST, &to, Some(body), &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(souk_tests::lines_of(&shop.home.trail(), "plan-approved").is_empty());
    assert_eq!(shop.state(&agent, &other).await, "proposed");
}

#[tokio::test]
async fn a_plan_that_has_expired_is_not_approved() {
    let shop = Shop::new(&format!("{PERSON}\n[plans]\nexpiry_min = 0\n")).await;
    let agent = shop.agent().await;
    let plan = propose(&agent, &["TEN-001"], "Spring").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let page = anna.page(&format!("/plans/{plan}")).await;
    assert!(page.text.contains("It has expired"), "{}", page.text);
    let to = format!("/plans/{plan}/decide");
    let page = anna.page(&format!("/plans/{plan}")).await;
    // The page has no such form any more; whoever makes one up is told.
    let body = encoded(&[("code", &page.code(&format!("{}/plans/{plan}", anna.tab)))]);
    let refused = anna.send(Method::POST, &format!("{}{to}", anna.tab), Some(body), &[]).await;
    assert_eq!(refused.status, 403);
    assert!(souk_tests::lines_of(&shop.home.trail(), "plan-approved").is_empty());
}

#[tokio::test]
async fn the_console_has_one_name_and_no_other_shows_it() {
    let (shop, _agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let port = anna.origin.rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost"] {
        let host = format!("{host}:{port}");
        for path in ["/console", &format!("{}/plans/{plan}", anna.tab)] {
            let page = anna.send(Method::GET, path, None, &[("host", &host)]).await;
            assert_eq!(page.status, 421, "{host} {path}");
            assert!(page.text.contains(&format!("http://souk.localhost:{port}/console")));
            assert!(!page.text.contains("TEN-001"));
        }
    }
    let evil = anna.send(Method::GET, "/console", None, &[("host", "evil.example")]).await;
    assert_eq!(evil.status, 403);
}

#[tokio::test]
async fn items_that_cannot_be_read_are_not_carried_out() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let to = format!("{}/plans/{plan}/decide", anna.tab);
    let page = anna.page(&format!("/plans/{plan}/decide?verdict=approve&leave=1")).await;
    assert!(page.text.contains("TEN-002"), "{}", page.text);
    let body = |leave: &[&str]| -> String {
        let hidden = page.hidden(&to);
        let mut all: Vec<(&str, &str)> = hidden
            .iter()
            .filter(|(name, _)| name != "leave")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.push(("reason", "x"));
        all.extend(leave.iter().map(|leave| ("leave", *leave)));
        encoded(&all)
    };
    for leave in [&["1;2"][..], &["1,x"], &["2-1"], &["0-4000000000"], &["1", "2"]] {
        let refused = anna.send(Method::POST, &to, Some(body(leave)), &[]).await;
        assert!(refused.status.is_client_error(), "{leave:?}: {}", refused.status);
        assert_eq!(shop.state(&agent, &plan).await, "proposed");
    }
    for query in ["leave=1;2", "leave=1&leave=2"] {
        let page = format!("/plans/{plan}/decide?verdict=approve&{query}");
        assert!(anna.page(&page).await.status.is_client_error(), "{query}");
    }
    assert!(souk_tests::lines_of(&shop.home.trail(), "plan-approved").is_empty());
    let done = anna.send(Method::POST, &to, Some(body(&["1"])), &[]).await;
    assert_eq!(done.status, 303, "{}", done.text);
}
