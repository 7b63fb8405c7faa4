//! Purges: what the cache is sent, what is not, and what is said of its answers.

use axum::body::Body;
use axum::response::Response;
use souk_model::{Code, Failure, Grant, Method, PurgeTarget, WriteMethod};
use souk_policy::{PermittedPurge, permit_purge};
use souk_upstream::{CdnProvider, CdnSettings, PurgeReceipt, RequestLimits, Session, StoreConfig};

use crate::stand_in::{Got, StandIn, denied, json, login, secret};

const CONFIGS: &str = r#"[{"id": 1, "code": "default", "base_url": "http://shop.example/",
    "secure_base_url": "https://shop.example/"}]"#;

/// A store that tells its addresses.
async fn store() -> StandIn {
    StandIn::start(|got, _| {
        login(got).unwrap_or_else(|| match got.target.as_str() {
            "/rest/V1/store/storeConfigs" => json(200, CONFIGS),
            _ => json(404, "{}"),
        })
    })
    .await
}

async fn cache(answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static) -> StandIn {
    StandIn::start(answers).await
}

fn synth(status: u16, reason: &str) -> Response {
    let page = format!("<html><body><h1>Error {status} {reason}</h1></body></html>");
    Response::builder().status(status).body(Body::from(page)).unwrap()
}

fn varnish(at: &StandIn) -> CdnSettings {
    CdnSettings {
        provider: Some(CdnProvider::Varnish),
        url: Some(at.base_url.parse().unwrap()),
        ..CdnSettings::default()
    }
}

fn fastly(at: &StandIn) -> CdnSettings {
    CdnSettings {
        service_id: Some("SU1Z".to_owned()),
        token: Some(secret("fastly-token")),
        url: Some(at.base_url.parse().unwrap()),
        ..CdnSettings::default()
    }
}

async fn session(store: &StandIn, cdn: CdnSettings) -> Session {
    let limits = RequestLimits { max_retries: 1, ..RequestLimits::default() };
    store.admin(StoreConfig { cdn, limits, ..store.config() }).await
}

fn permitted(target: PurgeTarget) -> PermittedPurge {
    let grant =
        Grant::new("cdn", Method::Write(WriteMethod::Post), target.route().parse().unwrap());
    permit_purge(&[grant], target).unwrap()
}

async fn purge(session: &Session, target: PurgeTarget) -> Result<PurgeReceipt, Failure> {
    let purger = session.purger()?;
    let purge = purger.verify(&permitted(target)).await?;
    purger.send(&purge).await
}

fn url(text: &str) -> PurgeTarget {
    PurgeTarget::Url(text.to_owned())
}

#[tokio::test]
async fn varnish_is_asked_by_exact_tags_and_a_page_by_its_own_address() {
    let (store, cache) = (store().await, cache(|_, _| synth(200, "Purged")).await);
    let session = session(&store, varnish(&cache)).await;
    let done = PurgeReceipt { id: None, status: 200 };
    for target in [
        PurgeTarget::Product(123),
        PurgeTarget::Category(7),
        url("https://shop.example/women.html?p=2"),
    ] {
        assert_eq!(purge(&session, target).await.unwrap(), done);
    }
    let got = cache.got();
    assert!(got.iter().all(|got| got.method == "PURGE" && got.authorization.is_empty()));
    let sent: Vec<_> =
        got.iter().map(|got| (got.target.as_str(), got.header("x-magento-tags-pattern"))).collect();
    assert_eq!(
        sent,
        [("/", "((^|,)cat_p_123(,|$))"), ("/", "((^|,)cat_c_7(,|$))"), ("/women.html?p=2", "")]
    );
    assert_eq!(got[2].header("host"), "shop.example");
    assert_eq!(got[2].header("x-forwarded-proto"), "https");
}

#[tokio::test]
async fn a_vcl_that_wants_tags_is_named_and_no_tags_are_sent_for_a_page() {
    let store = store().await;
    let cache = cache(|_, _| synth(400, "X-Magento-Tags-Pattern or X-Pool header required")).await;
    let session = session(&store, varnish(&cache)).await;
    let failure = purge(&session, url("https://shop.example/")).await.unwrap_err();
    let known_by = (failure.code_text(), failure.upstream.as_deref(), failure.status);
    assert_eq!(known_by, ("UNAVAILABLE".to_owned(), Some("varnish"), Some(400)));
    assert!(failure.message.contains("cannot purge by URL"), "{failure}");
    assert!(failure.remedy.unwrap().contains("cache_purge_product"));
    assert_eq!(cache.got().len(), 1);
    assert_eq!(cache.got()[0].header("x-magento-tags-pattern"), "");
}

#[tokio::test]
async fn fastly_is_asked_by_keys_with_its_token_and_tells_an_id() {
    let store = store().await;
    let cache = cache(|_, _| json(200, r#"{"status": "ok", "id": "108-1391560174"}"#)).await;
    let session = session(&store, CdnSettings { soft: true, ..fastly(&cache) }).await;
    for target in
        [PurgeTarget::Product(123), PurgeTarget::Category(7), url("http://shop.example/a?b=c")]
    {
        let receipt = purge(&session, target).await.unwrap();
        assert_eq!(receipt.id.as_deref(), Some("108-1391560174"));
    }
    let got = cache.got();
    let targets: Vec<_> = got.iter().map(|got| got.target.as_str()).collect();
    assert_eq!(
        targets,
        ["/service/SU1Z/purge/p123", "/service/SU1Z/purge/c7", "/purge/shop.example/a?b=c"]
    );
    assert!(got.iter().all(|got| got.method == "POST"
        && got.header("fastly-key") == "fastly-token"
        && got.header("fastly-soft-purge") == "1"));
    assert!(store.got().iter().all(|got| got.header("fastly-key").is_empty()));
}

#[tokio::test]
async fn fastlys_refusals_are_told_and_an_answer_of_somebody_else_is_none() {
    let store = store().await;
    for (status, body, word) in [
        (401, r#"{"msg": "Provided credentials are missing or invalid"}"#, "credentials"),
        (404, r#"{"msg": "Record not found"}"#, "no such service"),
        (500, "oops", "did not purge"),
        (200, "<html>Welcome</html>", "not Fastly's"),
        (200, r#"{"status": "error"}"#, "not Fastly's"),
    ] {
        let cache = cache(move |_, _| json(status, body)).await;
        let session = session(&store, fastly(&cache)).await;
        let failure = purge(&session, PurgeTarget::Product(1)).await.unwrap_err();
        assert_eq!(
            (failure.code_text().as_str(), failure.status),
            ("FASTLY_API_ERROR", Some(status))
        );
        assert!(failure.message.contains(word), "{failure}");
        assert!(!format!("{failure:?}{session:?}").contains("fastly-token"));
    }
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let (store, elsewhere) = (store().await, cache(|_, _| json(200, "{}")).await);
    let to = elsewhere.base_url.clone();
    let cache = cache(move |_, _| {
        Response::builder().status(302).header("location", &to).body(Body::empty()).unwrap()
    })
    .await;
    let session = session(&store, fastly(&cache)).await;
    let failure = purge(&session, PurgeTarget::Product(1)).await.unwrap_err();
    assert_eq!(failure.status, Some(302));
    assert!(elsewhere.got().is_empty());
}

#[tokio::test]
async fn a_purge_is_sent_again_where_that_may_help() {
    let store = store().await;
    let cache = cache(|_, before| match before {
        0 => synth(503, "Backend fetch failed"),
        _ => synth(200, "Purged"),
    })
    .await;
    let session = session(&store, varnish(&cache)).await;
    purge(&session, PurgeTarget::Product(1)).await.unwrap();
    assert_eq!(cache.got().len(), 2);
}

#[tokio::test]
async fn pages_are_the_stores_own_by_its_word_which_is_asked_once() {
    let (store, cache) = (store().await, cache(|_, _| synth(200, "Purged")).await);
    let session = session(&store, varnish(&cache)).await;
    purge(&session, url(&format!("{}/a.html", store.base_url))).await.unwrap();
    assert!(store.targets_after_login().is_empty(), "the operator's word was enough");
    purge(&session, url("https://shop.example/b.html")).await.unwrap();
    let scoped = session.with_scope("de").await.unwrap();
    for foreign in ["https://evil.example/", "https://shop.example:8443/"] {
        let failure = purge(&scoped, url(foreign)).await.unwrap_err();
        assert_eq!(failure.code, Code::Forbidden);
        assert!(failure.remedy.unwrap().contains("`https://shop.example`"));
    }
    assert_eq!(store.targets_after_login(), ["/rest/V1/store/storeConfigs"]);
    assert_eq!(cache.got().len(), 2);
}

#[tokio::test]
async fn whoever_may_not_read_the_addresses_has_the_operators() {
    let store = StandIn::start(|got, _| login(got).unwrap_or_else(denied)).await;
    let cache = cache(|_, _| synth(200, "Purged")).await;
    let session = session(&store, varnish(&cache)).await;
    purge(&session, url(&format!("{}/a.html", store.base_url))).await.unwrap();
    let failure = purge(&session, url("https://shop.example/")).await.unwrap_err();
    assert_eq!(failure.code, Code::Forbidden);
}

#[tokio::test]
async fn without_a_cache_it_is_said_what_to_set() {
    let store = store().await;
    let session = session(&store, CdnSettings::default()).await;
    let failure = session.purger().unwrap_err();
    assert_eq!(failure.code, Code::Unavailable);
    assert!(failure.remedy.unwrap().contains("FASTLY_SERVICE_ID"));
}
