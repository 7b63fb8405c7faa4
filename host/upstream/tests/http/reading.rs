//! Reads: what is sent, what is sent again, what is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures::StreamExt;
use souk_model::{AccessGrant, Code, Principal, StoreView};
use souk_upstream::{CredentialsOf, Magento, RequestLimits, Session, SessionRegistry, StoreConfig};

use crate::stand_in::{Got, StandIn, denied, json, login, product};

/// A store whose products answer so.
async fn shop(answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |got, before| login(got).unwrap_or_else(|| answers(got, before))).await
}

fn anywhere() -> StoreView {
    StoreView::SessionDefault
}

fn retry_later(status: u16) -> Response {
    Response::builder().status(status).header("retry-after", "0").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_read_is_sent_as_it_was_permitted() {
    let shop = shop(|_, _| json(200, r#"{"sku":"A/B"}"#)).await;
    let session = shop.admin(shop.config()).await;
    let body = session.get(&product("A/B + 50%", StoreView::Global)).await.unwrap();
    assert_eq!(body, r#"{"sku":"A/B"}"#);
    let got = shop.got().pop().unwrap();
    assert_eq!(got.method, "GET");
    assert_eq!(got.target, "/rest/all/V1/products/A%2FB%20%2B%2050%25?fields=sku%2Cname");
    assert_eq!(got.authorization, "Bearer token-1");
    assert_eq!(got.accept, "application/json");
    assert_eq!(got.agent, concat!("souk/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_busy_store_is_asked_again_when_it_says() {
    for status in [429, 502, 503, 504] {
        let shop =
            shop(move |_, before| if before < 2 { retry_later(status) } else { json(200, "{}") })
                .await;
        let session = shop.admin(shop.config()).await;
        session.get(&product("A", anywhere())).await.unwrap();
        assert_eq!(shop.targets_after_login().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn a_store_that_stays_busy_is_given_up() {
    let shop = shop(|_, _| retry_later(429)).await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&product("A", anywhere())).await.unwrap_err();
    assert_eq!((failure.code, failure.status), (Code::RateLimited, Some(429)));
    assert_eq!(shop.targets_after_login().len(), 4);
}

#[tokio::test]
async fn a_long_wait_is_told_and_not_waited_for() {
    let shop = shop(|_, _| {
        let busy = Response::builder().status(503).header("retry-after", "600");
        busy.body(Body::from("Maintenance")).unwrap()
    })
    .await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&product("A", anywhere())).await.unwrap_err();
    assert_eq!(failure.remedy.as_deref(), Some("try again in 600 s"));
    assert_eq!(shop.targets_after_login().len(), 1);
}

#[tokio::test]
async fn what_would_fail_again_is_asked_once() {
    for (status, code) in
        [(400, Code::UpstreamError), (404, Code::NotFound), (500, Code::UpstreamError)]
    {
        let shop = shop(move |_, _| json(status, r#"{"message":"No."}"#)).await;
        let session = shop.admin(shop.config()).await;
        let failure = session.get(&product("A", anywhere())).await.unwrap_err();
        assert_eq!((failure.code, failure.status), (code, Some(status)));
        assert_eq!(failure.message, "the store said: No");
        assert_eq!(shop.targets_after_login().len(), 1);
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_tried_again_and_then_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = Magento::new(StoreConfig::new("shop", base_url.parse().unwrap())).unwrap();
    let failure = Session::login(&store, crate::stand_in::admin()).await.unwrap_err();
    assert_eq!(failure.code_text(), "MAGENTO_API_ERROR");
    assert!(failure.message.starts_with(&format!("`{base_url}` cannot be reached: ")));
    assert!(!failure.render().contains("correct horse"));
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all_who_need_it() {
    let shop = StandIn::start(|got, before| match got.target.as_str() {
        "/rest/V1/integration/admin/token" => json(200, &format!("\"token-{}\"", before + 1)),
        "/rest/V1/store/storeViews" => json(200, crate::stand_in::VIEWS),
        _ if got.authorization == "Bearer token-2" => json(200, "{}"),
        _ => denied(),
    })
    .await;
    let session = shop.admin(shop.config()).await;
    let reads = (0..8).map(|n| {
        let session = session.clone();
        async move { session.get(&product(&n.to_string(), anywhere())).await }
    });
    for answer in futures::future::join_all(reads).await {
        answer.unwrap();
    }
    let logins = shop.got().into_iter().filter(|got| got.method == "POST");
    let bodies: Vec<_> = logins.map(|got| got.body).collect();
    assert_eq!(bodies, [r#"{"username":"agent","password":"correct horse"}"#; 2]);
}

#[tokio::test]
async fn a_role_that_is_too_small_does_not_log_in_again_and_again() {
    let shop = shop(|_, _| denied()).await;
    let session = shop.admin(shop.config()).await;
    for _ in 0..3 {
        let failure = session.get(&product("A", anywhere())).await.unwrap_err();
        assert_eq!(failure.code, Code::Forbidden);
        assert_eq!(failure.rule.as_deref(), Some("store-acl"));
    }
    assert_eq!(shop.got().iter().filter(|got| got.method == "POST").count(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let shop = shop(|_, _| {
        // The pause lets the head and the first piece out before the connection is lost.
        let lost = futures::stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(std::io::Error::other("gone"))
        });
        let body = Body::from_stream(futures::stream::iter([Ok("{\"sku\":")]).chain(lost));
        Response::builder().header("content-type", "application/json").body(body).unwrap()
    })
    .await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&product("A", anywhere())).await.unwrap_err();
    assert_eq!(failure.code, Code::UpstreamError);
    assert!(failure.message.starts_with("the store's answer broke off"), "{failure}");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_cut_off() {
    let endless = || {
        let pieces = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096]));
        Body::from_stream(pieces)
    };
    let shop = shop(move |got, _| {
        let body = if got.target.contains("endless") { endless() } else { " ".repeat(9000).into() };
        Response::builder().header("content-type", "application/json").body(body).unwrap()
    })
    .await;
    let mut config = shop.config();
    config.limits.max_answer_bytes = 8192;
    let session = shop.admin(config).await;
    for sku in ["endless", "long"] {
        let failure = session.get(&product(sku, anywhere())).await.unwrap_err();
        assert_eq!(failure.message, "the store's answer is longer than 8192 bytes");
        assert!(failure.remedy.is_some());
    }
}

#[tokio::test]
async fn a_store_that_says_nothing_is_left_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = StoreConfig::new("shop", base_url.parse().unwrap());
    config.limits =
        RequestLimits { total_timeout: Duration::from_millis(50), ..RequestLimits::default() };
    let store = Magento::new(config).unwrap();
    let failure = Session::login(&store, crate::stand_in::admin()).await.unwrap_err();
    assert_eq!(failure.message, "the store did not answer within 0.05 s");
    assert_eq!(failure.code_text(), "MAGENTO_API_ERROR");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = StandIn::start(|_, _| json(200, "{}")).await;
    let to = elsewhere.base_url.clone();
    let shop = shop(move |_, _| {
        let moved = Response::builder().status(302).header("location", &to);
        moved.body(Body::empty()).unwrap()
    })
    .await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&product("A", anywhere())).await.unwrap_err();
    assert!(failure.message.contains(&elsewhere.base_url), "{failure}");
    assert!(elsewhere.got().is_empty());
}

#[tokio::test]
async fn a_page_is_not_taken_for_an_answer() {
    let shop = shop(|_, _| {
        let page = Response::builder().header("content-type", "text/html");
        page.body(Body::from("<html>welcome</html>")).unwrap()
    })
    .await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&product("A", anywhere())).await.unwrap_err();
    assert_eq!(failure.message, "the store answered with something that is not JSON");
}

#[tokio::test]
async fn an_address_that_is_too_long_is_not_sent() {
    let shop = shop(|_, _| json(200, "{}")).await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&product(&"x".repeat(9000), anywhere())).await.unwrap_err();
    assert_eq!(failure.code, Code::ValidationError);
    assert!(shop.targets_after_login().is_empty());
}

#[tokio::test]
async fn no_more_requests_are_open_than_the_store_is_to_bear() {
    let (open, most) = (Arc::new(std::sync::atomic::AtomicUsize::new(0)), 2);
    let seen = open.clone();
    let shop = shop(move |_, _| {
        let open = seen.clone();
        assert!(open.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < most);
        let body = futures::stream::once(async move {
            tokio::task::yield_now().await;
            open.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            Ok::<_, std::io::Error>("{}")
        });
        let answer = Response::builder().header("content-type", "application/json");
        answer.body(Body::from_stream(body)).unwrap()
    })
    .await;
    let mut config = shop.config();
    config.limits.concurrency = most;
    let session = shop.admin(config).await;
    let read = product("A", anywhere());
    let reads = (0..20).map(|_| session.get(&read));
    for answer in futures::future::join_all(reads).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn sessions_belong_to_their_principal() {
    let shop = shop(|_, _| json(200, "{}")).await;
    let session = shop.admin(shop.config()).await;
    let sessions = SessionRegistry::new();
    let (alice, bob) = (Principal::named("alice"), Principal::named("bob"));
    sessions.put(&alice, &session, CredentialsOf::Operator);
    assert!(sessions.get(&bob).is_none());
    let snapshot = sessions.get(&alice).unwrap();
    sessions.update(&alice, &session.with_scope("de").await.unwrap());
    sessions.update(&bob, &session);
    assert_eq!(snapshot.info().default_scope, None);
    assert_eq!(sessions.get(&alice).unwrap().info().default_scope.as_deref(), Some("de"));
    assert!(!sessions.remove(&bob));
    assert!(sessions.remove(&alice));
    assert!(sessions.get(&alice).is_none());
}

#[tokio::test]
async fn a_login_belongs_to_the_session_of_its_client_where_it_has_one() {
    let shop = shop(|_, _| json(200, "{}")).await;
    let session = shop.admin(shop.config()).await;
    let german = session.with_scope("de").await.unwrap();
    let sessions = SessionRegistry::new();
    let alice = Principal::named("alice");
    let [one, other, next] = ["1", "2", "3"].map(|id| alice.clone().in_session(id));
    let scope =
        |principal: &Principal| sessions.get(principal).map(|session| session.info().default_scope);
    sessions.put(&one, &session, CredentialsOf::Operator);
    assert_eq!((scope(&other), scope(&alice)), (None, None));
    sessions.put(&other, &session, CredentialsOf::Operator);
    sessions.update(&other, &german);
    assert_eq!((scope(&one), scope(&other)), (Some(None), Some(Some("de".into()))));
    // One that its client ended is over; one that was lost is taken up again, once, as it was.
    sessions.client_session_ended(&one, false);
    assert_eq!(scope(&next), None);
    sessions.client_session_ended(&other, true);
    assert_eq!(scope(&Principal::named("bob").in_session("4")), None);
    assert_eq!(scope(&alice), None, "it is a client session's");
    assert_eq!((scope(&next), scope(&one)), (Some(Some("de".into())), None));
    // Credentials of a caller's own are not: whoever comes next may be somebody else.
    sessions.put(&one, &session, CredentialsOf::Caller);
    sessions.client_session_ended(&one, true);
    assert_eq!(scope(&one), None);
    sessions.remove_all(&alice);
    assert_eq!(scope(&next), None);
}

#[tokio::test]
async fn logins_of_those_who_are_vouched_for_end_when_they_are_unused_and_others_do_not() {
    let shop = shop(|_, _| json(200, "{}")).await;
    let session = shop.admin(shop.config()).await;
    let idle = Duration::from_secs(1);
    let sessions = SessionRegistry::with_idle(idle);
    let vouched = |name: &str| {
        Principal::by_access(name, Arc::new(AccessGrant::new(["souk:read"], u64::MAX)))
    };
    let (ann, bob, keeper) = (vouched("ann"), vouched("bob"), Principal::named("keeper"));
    let lost = vouched("cid").in_session("1");
    for caller in [&ann, &bob, &keeper, &lost] {
        sessions.put(caller, &session, CredentialsOf::Operator);
    }
    sessions.client_session_ended(&lost, true);
    // Whoever uses a login keeps it. Nobody has to come for the others to end.
    let begun = std::time::Instant::now();
    while begun.elapsed() < idle * 3 {
        assert!(sessions.get(&ann).is_some());
        tokio::time::sleep(idle / 40).await;
    }
    assert!(sessions.get(&bob).is_none());
    assert!(sessions.get(&vouched("cid").in_session("2")).is_none());
    assert!(sessions.get(&keeper).is_some());
    // And all of them at once, where that service is asked no more.
    sessions.put(&lost, &session, CredentialsOf::Operator);
    sessions.remove_vouched_for();
    assert!(sessions.get(&ann).is_none() && sessions.get(&lost).is_none());
    assert!(sessions.get(&keeper).is_some());
}

/// The host makes calls on any worker.
#[test]
fn a_read_may_move_between_threads() {
    fn sent<T: Send>(_: impl FnOnce(Session) -> T) {}
    sent(|session| async move { session.get(&product("A", anywhere())).await });
    sent(|session| async move { session.with_scope("de").await });
    sent(|session: Session| async move {
        Session::login(session.store(), crate::stand_in::admin()).await
    });
}
