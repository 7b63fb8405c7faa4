//! Purges, from the tool to the cache before the store. What arrived there is read from the cache's
//! own log, past the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, Souk, confirmed, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A store with a cache before it, and a home for hosts that work on them.
struct Shop {
    store: DemoStore,
    home: Home,
}

impl Shop {
    async fn new() -> Self {
        Self { store: DemoStore::with_cache().await, home: Home::new() }
    }

    fn souk(&self) -> Souk<'_> {
        self.home.souk(["serve"]).on(&self.store)
    }

    fn with_varnish(&self) -> Souk<'_> {
        self.souk()
            .env("SOUK_CDN", "varnish")
            .env("SOUK_CDN_URL", self.store.credential("SOUK_CDN_URL"))
    }

    fn with_fastly(&self, token: &str) -> Souk<'_> {
        self.souk()
            .env("SOUK_CDN_URL", self.store.credential("SOUK_CDN_URL"))
            .env("FASTLY_SERVICE_ID", self.store.credential("FASTLY_SERVICE_ID"))
            .env("FASTLY_API_TOKEN", token)
    }

    /// What of the log tells purges apart.
    async fn purges(&self) -> Vec<[Value; 3]> {
        let log = self.store.purges().await;
        let purges = log.iter().filter(|request| request["method"] != "GET");
        purges
            .map(|request| ["method", "target", "tags_pattern"].map(|of| request[of].clone()))
            .collect()
    }

    /// The writes on the trail.
    fn writes(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.home.trail()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["kind"] == "write").collect()
    }
}

fn product() -> Value {
    confirmed(json!({"sku": "TEN-001"}))
}

#[tokio::test]
async fn each_tool_purges_what_it_says_and_is_on_the_trail() {
    let shop = Shop::new().await;
    let id = shop.store.rest("/all/V1/products/TEN-001").await["id"].to_string();
    let tag = format!("cat_p_{id}");
    let pages = [("tent.html", tag.as_str()), ("list.html", "cat_c_3"), ("women.html?p=2", "")];
    for (page, tags) in pages {
        assert!(!shop.store.is_cached(page, tags).await);
        assert!(shop.store.is_cached(page, tags).await);
    }
    let client = shop.with_varnish().logged_in().await;

    let answer = client.answer("cache_purge_product", product()).await;
    assert_eq!((&answer["success"], &answer["purge_id"]), (&json!(true), &Value::Null));
    assert!(!shop.store.is_cached(pages[0].0, "").await);
    assert!(shop.store.is_cached(pages[1].0, "").await);

    let category = confirmed(json!({"category_id": 3, "store_view_code": "de"}));
    let answer = client.answer("cache_purge_category", category).await;
    assert!(answer["message"].as_str().unwrap().contains("every store view"), "{answer}");
    assert!(!shop.store.is_cached(pages[1].0, "").await);

    let url = format!("{}/women.html?p=2", shop.store.url());
    assert!(shop.store.is_cached(pages[2].0, "").await);
    let answer = client.answer("cache_purge_by_url", confirmed(json!({"urls": [url]}))).await;
    assert_eq!(answer["results"], json!([{"url": url, "success": true}]));
    assert!(!shop.store.is_cached(pages[2].0, "").await);

    let of_tags = |tag: &str| json!(format!("((^|,){tag}(,|$))"));
    assert_eq!(
        shop.purges().await,
        [
            [json!("PURGE"), json!("/"), of_tags(&tag)],
            [json!("PURGE"), json!("/"), of_tags("cat_c_3")],
            [json!("PURGE"), json!("/women.html?p=2"), Value::Null],
        ]
    );
    let host = shop.store.url().trim_start_matches("http://");
    assert_eq!(shop.store.purges().await.last().unwrap()["method"], "GET");
    assert!(shop.store.purges().await.iter().any(|request| request["host"] == host));

    let writes = shop.writes();
    let lines: Vec<_> = writes
        .iter()
        .map(|line| ["tool", "subject", "route"].map(|of| line[of].as_str().unwrap()))
        .collect();
    assert_eq!(
        lines,
        [
            ["cache_purge_product", &format!("product {id}"), "/purge/product/{id}"],
            ["cache_purge_category", "category 3", "/purge/category/{id}"],
            ["cache_purge_by_url", &format!("url {url}"), "/purge/url"],
        ]
    );
    for line in &writes {
        assert_eq!((&line["status"], &line["outcome"]), (&json!(200), &json!("accepted")));
        assert_eq!(line["reason"], "a test of the whole system");
    }
    let tail = shop.home.souk(["audit", "tail"]).run().await.ok();
    assert!(tail.contains("cache_purge_product  POST /purge/product/{id}"), "{tail}");
    let verified = shop.home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}

#[tokio::test]
async fn a_stock_varnish_is_purged_of_what_a_page_shows() {
    let shop = Shop { store: DemoStore::with_stock_varnish().await, home: Home::new() };
    let product = shop.store.rest("/all/V1/products/TEN-001").await;
    let attributes = product["custom_attributes"].as_array().unwrap();
    let key = attributes.iter().find(|of| of["attribute_code"] == "url_key").unwrap();
    let (id, page) = (&product["id"], format!("{}.html", key["value"].as_str().unwrap()));
    let tag = format!("cat_p_{id}");
    for (page, tag) in
        [(page.as_str(), tag.as_str()), ("list.html", &tag), ("other.html", "cat_p_0")]
    {
        assert!(!shop.store.is_cached(page, tag).await);
    }
    let client = shop.with_varnish().logged_in().await;
    let at = |page: &str| format!("{}/{page}", shop.store.url());

    let urls = json!({"urls": [at(&page), at("")]});
    let answer = client.answer("cache_purge_by_url", confirmed(urls)).await;
    let via = format!("product {id}");
    assert_eq!(answer["results"][0], json!({"url": at(&page), "success": true, "via": via}));
    assert_eq!(answer["results"][1]["success"], false);
    let error = answer["results"][1]["error"].as_str().unwrap();
    assert!(error.contains("it shows a CMS page"), "{error}");
    let message = answer["message"].as_str().unwrap();
    assert!(message.starts_with("purged 1 of 2 pages") && message.contains(&via), "{message}");
    assert!(!shop.store.is_cached(&page, "").await);
    assert!(!shop.store.is_cached("list.html", "").await);
    assert!(shop.store.is_cached("other.html", "").await);

    let outcomes: Vec<_> = shop
        .writes()
        .iter()
        .map(|line| (line["route"].as_str().unwrap().to_owned(), line["status"].clone()))
        .collect();
    let by_url = || ("/purge/url".to_owned(), json!(400));
    let by_tag = ("/purge/product/{id}".to_owned(), json!(200));
    assert_eq!(outcomes, [by_url(), by_url(), by_tag]);

    let nothing = json!({"urls": [at("no-such-page.html")]});
    let refusal = client.refusal("cache_purge_by_url", confirmed(nothing)).await;
    assert!(refusal.starts_with("UNAVAILABLE: ") && refusal.contains("cache:clean"), "{refusal}");
}

#[tokio::test]
async fn fastly_answers_an_id_and_its_token_is_seen_nowhere_else() {
    let shop = Shop::new().await;
    let token = shop.store.credential("FASTLY_API_TOKEN");
    let client = shop.with_fastly(&token).logged_in().await;
    let answer = client.answer("cache_purge_product", product()).await;
    assert_eq!(answer["purge_id"], "demo-1");
    let urls = json!({"urls": [format!("{}/a.html", shop.store.url()), "https://evil.example/"]});
    let answer = client.answer("cache_purge_by_url", confirmed(urls)).await;
    assert_eq!(answer["results"][0]["purge_id"], "demo-2");
    assert_eq!(answer["results"][1]["success"], false);
    let targets: Vec<_> = shop.purges().await.into_iter().map(|[_, target, _]| target).collect();
    let host = shop.store.url().trim_start_matches("http://");
    assert!(targets[0].as_str().unwrap().starts_with("/service/DemoService/purge/p"));
    assert_eq!(targets[1..], [json!(format!("/purge/{host}/a.html"))]);

    let wrong = "a-wrong-fastly-token";
    let client = shop.with_fastly(wrong).logged_in().await;
    let refusal = client.refusal("cache_purge_product", product()).await;
    assert!(refusal.starts_with("FASTLY_API_ERROR: ") && refusal.contains("401"), "{refusal}");
    // A token in the wrong place, where a message might repeat it.
    let again = client.refusal("cache_purge_product", confirmed(json!({"sku": wrong}))).await;
    let trail = std::fs::read_to_string(shop.home.trail()).unwrap();
    let seen = [refusal, trail, client.process().log()].concat();
    assert!(!seen.contains(wrong) && !seen.contains(&token), "{seen}{again}");
    assert_eq!(shop.writes().len(), 3);
}

#[tokio::test]
async fn fastlys_token_does_not_leave_this_machine_unencrypted() {
    let shop = Shop::new().await;
    let souk = shop.with_fastly("token-of-fastly").env("SOUK_CDN_URL", "http://fastly.example/");
    let ran = souk.run().await;
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    assert!(ran.err.contains("must begin with `https://`"), "{}", ran.err);
    assert!(!ran.err.contains("token-of-fastly"), "{}", ran.err);
}

#[tokio::test]
async fn what_is_not_a_page_of_the_store_is_refused_and_never_sent() {
    let shop = Shop::new().await;
    let client = shop.with_varnish().logged_in().await;
    let own = shop.store.url();
    for (url, says) in [
        ("https://evil.example/".to_owned(), "FORBIDDEN: `evil.example` is not of this store"),
        ("http://127.0.0.1:1/".to_owned(), "FORBIDDEN: `127.0.0.1:1` is not of this store"),
        (own.replace("://", "://agent@"), "user name"),
        (format!("{own}/*"), "wildcards"),
        (format!("{own}/#top"), "`#`"),
        ("/women.html".to_owned(), "no address"),
    ] {
        let given = confirmed(json!({"urls": [url]}));
        let refusal = client.refusal("cache_purge_by_url", given).await;
        assert!(refusal.contains(says), "{url}: {refusal}");
    }
    let many: Vec<String> = (0..51).map(|n| format!("{own}/{n}")).collect();
    for urls in [json!(many), json!([])] {
        let refusal = client.refusal("cache_purge_by_url", confirmed(json!({"urls": urls}))).await;
        assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
    }
    for (tool, given) in [
        ("cache_purge_product", json!({"sku": "NOPE"})),
        ("cache_purge_category", json!({"category_id": 99_999})),
    ] {
        let refusal = client.refusal(tool, confirmed(given)).await;
        assert!(refusal.starts_with("NOT_FOUND: "), "{refusal}");
    }
    let elsewhere = confirmed(json!({"sku": "TEN-001", "store_view_code": "mars"}));
    let refusal = client.refusal("cache_purge_product", elsewhere).await;
    assert!(refusal.contains("has no view `mars`"), "{refusal}");
    assert!(shop.purges().await.is_empty());
    assert!(shop.writes().is_empty());
}

#[tokio::test]
async fn a_purge_is_confirmed_or_only_looked_at() {
    let shop = Shop::new().await;
    let client = shop.with_varnish().logged_in().await;
    let refusal = client.refusal("cache_purge_product", json!({"sku": "TEN-001"})).await;
    assert!(refusal.starts_with("CONFIRMATION_REQUIRED: "), "{refusal}");
    let preview = json!({"sku": "TEN-001", "preview": true});
    let answer = client.answer("cache_purge_product", preview).await;
    assert!(answer["message"].as_str().unwrap().starts_with("preview: "), "{answer}");
    assert_eq!(answer["success"], false);
    assert!(shop.purges().await.is_empty());
    assert!(shop.writes().is_empty());

    let reading = shop.with_varnish().args(["--read-only", "--tools", "all"]);
    assert!(
        !reading
            .stdio(Era::Modern)
            .await
            .tools()
            .await
            .iter()
            .any(|tool| { tool.starts_with("cache_") })
    );
}

#[tokio::test]
async fn calls_are_limited_by_the_minute_over_all_callers() {
    let shop = Shop::new().await;
    let served = shop.with_varnish().env("MCP_CACHE_RATE_LIMIT", "2").http().await;
    let (one, other) = (served.connect(Era::Modern).await, served.connect(Era::Legacy).await);
    one.log_in().await;
    other.log_in().await;
    let urls: Vec<String> = (0..50).map(|n| format!("{}/{n}", shop.store.url())).collect();
    one.answer("cache_purge_by_url", confirmed(json!({"urls": urls}))).await;
    // What is refused, or only looked at, takes no turn.
    one.refusal("cache_purge_by_url", confirmed(json!({"urls": ["https://evil.example/"]}))).await;
    one.answer("cache_purge_product", json!({"sku": "TEN-001", "preview": true})).await;
    other.answer("cache_purge_product", product()).await;
    let refusal = one.refusal("cache_purge_product", product()).await;
    assert!(refusal.starts_with("RATE_LIMITED: ") && refusal.contains("try again in"), "{refusal}");
    assert_eq!(shop.purges().await.len(), 51);
}

#[tokio::test]
async fn without_a_cache_it_is_said_what_to_set() {
    let shop = Shop::new().await;
    let client = shop.souk().logged_in().await;
    let refusal = client.refusal("cache_purge_product", product()).await;
    assert!(refusal.starts_with("UNAVAILABLE: "), "{refusal}");
    for way in ["FASTLY_SERVICE_ID", "SOUK_CDN=varnish", "[stores.cdn]"] {
        assert!(refusal.contains(way), "{refusal}");
    }
}

#[tokio::test]
async fn of_several_stores_each_has_its_own_cache() {
    let shop = Shop::new().await;
    let (store, cdn) = (shop.store.url(), shop.store.credential("SOUK_CDN_URL"));
    let oauth = |of: &str| shop.store.credential(&format!("MAGENTO_OAUTH_{of}"));
    let credentials = format!(
        "credentials.oauth = {{ consumer_key = '{}', consumer_secret = '{}', token = '{}', \
         token_secret = '{}' }}",
        oauth("CONSUMER_KEY"),
        oauth("CONSUMER_SECRET"),
        oauth("TOKEN"),
        oauth("TOKEN_SECRET"),
    );
    shop.home.configure(format!(
        "[[stores]]\nname = 'cached'\nbase_url = '{store}'\n{credentials}\n\
             cdn = {{ provider = 'varnish', url = '{cdn}' }}\n\
             [[stores]]\nname = 'plain'\nbase_url = '{}'\n{credentials}\n",
        store.replace("127.0.0.1", "localhost")
    ));
    let client = shop.home.souk(["serve"]).logged_in().await;
    client.answer("cache_purge_product", product()).await;
    let plain = store.replace("127.0.0.1", "localhost");
    client.answer("auth_login", json!({"base_url": plain})).await;
    let refusal = client.refusal("cache_purge_product", product()).await;
    assert!(refusal.starts_with("UNAVAILABLE: "), "{refusal}");
    assert_eq!(shop.purges().await.len(), 1);
    // Whose cache the environment means is not guessed.
    let ran = shop.home.souk(["serve"]).env("SOUK_CDN", "varnish").run().await;
    assert!(ran.err.contains("not clear before which store"), "{}", ran.err);
}

#[tokio::test]
async fn nothing_is_purged_that_cannot_be_written_down() {
    let shop = Shop::new().await;
    let trail = shop.home.path("trail/audit.jsonl");
    std::fs::create_dir(shop.home.path("trail")).unwrap();
    let souk = shop.with_varnish().env("MCP_AUDIT_LOG_PATH", &trail);
    let client = souk.logged_in().await;
    std::fs::remove_file(&trail).unwrap();
    std::fs::create_dir(&trail).unwrap();
    let refusal = client.refusal("cache_purge_product", product()).await;
    assert!(refusal.contains("audit trail cannot be written"), "{refusal}");
    assert!(shop.purges().await.is_empty());
}

#[tokio::test]
async fn the_demo_has_a_cache_of_its_own() {
    let home = Home::new();
    let call = ["call", "cache_purge_product", "sku=TEN-001", "confirm=true", "reason=look"];
    let text = home.souk(call).args(["--demo"]).run().await.ok();
    assert!(text.contains("from varnish"), "{text}");
    // Fastly's variables alone are the real store's.
    let real = home.souk(call).args(["--demo"]).env("FASTLY_API_TOKEN", "t");
    assert!(real.env("FASTLY_SERVICE_ID", "s").run().await.ok().contains("from varnish"));
}

#[tokio::test]
async fn only_a_file_that_imports_the_cache_can_purge() {
    let home = Home::new();
    for (group, purges) in [("cache", true), ("catalog", false)] {
        let file = souk_tests::plugins().join(format!("{group}.wasm"));
        let inspect = ["plugins".into(), "inspect".into(), file.into_os_string()];
        let text = home.souk(inspect).run().await.ok();
        let may = text.lines().find(|line| line.starts_with("may ")).unwrap();
        assert_eq!(may.contains("purge"), purges, "{text}");
        assert_eq!(text.contains("souk:plugin/cache@0.1.0"), purges, "{text}");
    }
}

/// A cache that takes its time, and how many purges have come to it.
async fn slow_cache(delay: Duration) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let count = came.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 4_096];
                while let Ok(1..) = stream.read(&mut head).await {
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(delay).await;
                    let answer = b"HTTP/1.1 200 Purged\r\nContent-Length: 0\r\n\r\n";
                    if stream.write_all(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, came)
}

#[tokio::test]
async fn after_a_stop_of_all_writes_no_purge_begins_and_who_asked_is_told_so() {
    let shop = Shop::new().await;
    let (cache, came) = slow_cache(Duration::from_millis(1_500)).await;
    let client =
        shop.souk().env("SOUK_CDN", "varnish").env("SOUK_CDN_URL", cache).logged_in().await;
    let urls: Vec<String> =
        (0..40).map(|page| format!("{}/page-{page}.html", shop.store.url())).collect();
    let purge = client.call("cache_purge_by_url", confirmed(json!({"urls": urls})));
    let stop = async {
        until("some have come", async || came.load(Ordering::SeqCst) > 0).await;
        drop(shop.home.souk(["stop", "--reason", "stocktaking"]).run().await.ok());
        came.load(Ordering::SeqCst)
    };
    let (purged, at_stop) = tokio::join!(purge, stop);
    let came = came.load(Ordering::SeqCst);
    // What was under way is answered; of what was about to be sent at that instant, some may be.
    assert!(came <= at_stop + 4, "{came} came, {at_stop} before the stop");
    let text = json!(purged.unwrap()).to_string();
    assert!(text.contains("stopped all writes"), "{text}");
    let refusal = client.refusal("cache_purge_by_url", confirmed(json!({"urls": urls}))).await;
    assert!(refusal.starts_with("WRITES_STOPPED: "), "{refusal}");
}
