//! The storefront's pages: one redirect at a time, in the view that a shopper has chosen.

use souk_demo_store::DemoStore;

use crate::client::Store;

#[tokio::test]
async fn pages_show_redirect_or_are_not_there() {
    let store = Store::start(DemoStore::sample()).await;
    let redirects = r#"[{"store": "default", "path": "round", "to": "about"},
                        {"store": "default", "path": "about", "to": "round"},
                        {"store": "default", "path": "out", "to": "https://elsewhere.example/"}]"#;
    let added = store.send("PUT", "/__demo/redirects", &[], Some(redirects)).await.unwrap();
    assert_eq!(added.status, 204);
    let head = async |path: &str, cookie: &str| {
        let headers = [("cookie", cookie.to_owned())];
        let answer = store.send("GET", path, &headers, None).await.unwrap();
        let location = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
        (answer.status, location.map(|to| to.trim().to_owned()))
    };
    let (status, to) = head("/round", "").await;
    assert_eq!(status, 301);
    assert!(to.unwrap().ends_with("/about"), "an address as a browser takes it");
    let out = Some("https://elsewhere.example/".to_owned());
    assert_eq!(head("/out", "store=default").await, (301, out));
    assert_eq!(head("/round", "store=de").await, (404, None));
    assert_eq!(head("/nothing.html", "").await, (404, None));
    assert_eq!(head("/", "").await, (200, None));
}
