use super::*;

/// A store whose English and French views share an address, and whose German one has its code
/// in it; and one in a directory, with codes in all addresses.
fn bases() -> Vec<ViewBaseUrls> {
    let of = |code: &str, base: &str, link: &str| {
        json!({
            "code": code,
            "base_url": format!("http://{base}"),
            "secure_base_url": format!("https://{base}"),
            "base_link_url": format!("http://{link}"),
            "secure_base_link_url": format!("https://{link}")
        })
    };
    let bases = json!([
        of("en", "shop.example/", "shop.example/"),
        of("fr", "shop.example/", "shop.example/"),
        of("de", "shop.example/", "shop.example/de/"),
        of("b2b", "b2b.example:8443/shop/", "b2b.example:8443/shop/b2b/"),
    ]);
    serde_json::from_value(bases).unwrap()
}

#[test]
fn the_longest_base_url_tells_the_views_and_the_path() {
    let shared: &[&str] = &["en", "fr"];
    for (url, path, views) in [
        ("https://SHOP.example/women.html?p=2", "women.html", shared),
        ("http://shop.example:80/a/b.html", "a/b.html", shared),
        ("https://shop.example", "/", shared),
        ("https://shop.example?p=2", "/", shared),
        ("https://shop.example/deutsch.html", "deutsch.html", shared),
        ("https://shop.example/de/zelt.html", "zelt.html", &["de"]),
        ("https://shop.example/de", "/", &["de"]),
        ("https://b2b.example:8443/shop/b2b/x.html", "x.html", &["b2b"]),
    ] {
        let views = views.iter().map(|code| StoreView::View((*code).to_owned())).collect();
        assert_eq!(resolve(url, &bases()), Some(PageAddress { path, views }), "{url}");
    }
}

#[test]
fn an_address_without_a_code_is_the_default_views() {
    let found = resolve("https://b2b.example:8443/shop/x.html", &bases());
    assert_eq!(found, Some(PageAddress { path: "x.html", views: vec![StoreView::Global] }));
}

#[test]
fn what_no_base_url_begins_is_nowhere() {
    for url in [
        "https://b2b.example:8443/shopping.html",
        "https://b2b.example/shop/x.html",
        "https://other.example/x.html",
        "https://shop.example.other.example/",
        "women.html",
    ] {
        assert_eq!(resolve(url, &bases()), None, "{url}");
    }
}
