//! Writes: what is sent, how often, and what is known of it after.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json as value};
use souk_model::{Code, ExposeSecret, StoreView, WriteMethod};
use souk_upstream::{
    Magento, OnSecret, RequestLimits, SendError, Session, StoreConfig, StoreHooks, WriteResponse,
};

use crate::stand_in::{Got, StandIn, VIEWS, admin, denied, json, login, oauth, write};
use crate::wire::{Then, Wire};

/// A store that answers writes so.
async fn shop(answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |got, before| login(got).unwrap_or_else(|| answers(got, before))).await
}

fn plain(status: u16, kind: &str, body: &str) -> Response {
    let builder = Response::builder().status(status).header("content-type", kind);
    builder.body(Body::from(body.to_owned())).unwrap()
}

/// Renames a product.
async fn put(session: &Session) -> Result<WriteResponse, SendError> {
    let what = write(WriteMethod::Put, "A", StoreView::Global);
    session.writer().send(&what, Some(&value!({"product": {"name": "B"}}))).await
}

fn not_sent(outcome: Result<WriteResponse, SendError>) -> souk_model::Failure {
    match outcome {
        Err(SendError::NotSent(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

fn refused(outcome: Result<WriteResponse, SendError>) -> souk_model::Failure {
    match outcome {
        Err(SendError::Refused(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

fn unknown(outcome: Result<WriteResponse, SendError>) -> souk_model::Failure {
    match outcome {
        Err(SendError::Unknown(failure)) => {
            assert!(failure.remedy.as_ref().unwrap().starts_with("it may have been done"));
            failure
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_write_is_sent_as_it_was_permitted() {
    let shop = shop(|_, _| json(200, r#"{"id":7}"#)).await;
    let writer = shop.admin(shop.config()).await.writer();
    let body = value!({"product": {"price": 9.5, "name": "Größe"}});
    for method in [WriteMethod::Post, WriteMethod::Put, WriteMethod::Patch, WriteMethod::Delete] {
        let what = write(method, "A/B + 50%", StoreView::Global);
        let answer = writer.send(&what, Some(&body)).await.unwrap();
        assert_eq!(answer, WriteResponse { status: 200, body: value!({"id": 7}) });
        let got = shop.got().pop().unwrap();
        assert_eq!(got.method, format!("{method:?}").to_uppercase());
        assert_eq!(got.target, "/rest/all/V1/products/A%2FB%20%2B%2050%25");
        assert_eq!(got.content_type, "application/json");
        assert_eq!(got.authorization, "Bearer token-1");
        assert_eq!(got.accept, "application/json");
        assert_eq!(serde_json::from_str::<Value>(&got.body).unwrap(), body);
    }
    assert_eq!(writer.concurrency(), 16);
}

#[tokio::test]
async fn a_write_without_a_body_has_none() {
    let shop = shop(|_, _| json(200, "true")).await;
    let writer = shop.admin(shop.config()).await.writer();
    for (method, length) in [(WriteMethod::Post, "0"), (WriteMethod::Delete, "")] {
        let what = write(method, "A", StoreView::Global);
        assert_eq!(writer.send(&what, None).await.unwrap().body, value!(true));
        let got = shop.got().pop().unwrap();
        assert_eq!((got.content_type.as_str(), got.body.as_str()), ("", ""));
        assert_eq!(got.content_length, length);
    }
}

#[tokio::test]
async fn a_write_goes_where_it_says_and_never_where_the_session_is() {
    let shop = shop(|_, _| json(200, "{}")).await;
    let session = shop.admin(shop.config()).await.with_scope("de").await.unwrap();
    put(&session).await.unwrap();
    assert_eq!(shop.got().pop().unwrap().target, "/rest/all/V1/products/A");
    let what = write(WriteMethod::Put, "A", StoreView::View("default".into()));
    session.writer().send(&what, None).await.unwrap();
    assert_eq!(shop.got().pop().unwrap().target, "/rest/default/V1/products/A");

    let asked = shop.got().len();
    let nowhere = write(WriteMethod::Put, "A", StoreView::View("gone".into()));
    let failure = not_sent(session.writer().send(&nowhere, None).await);
    assert_eq!(failure.code, Code::ValidationError);
    assert_eq!(shop.got().len(), asked);
}

#[tokio::test]
async fn every_2xx_that_can_be_read_is_an_answer() {
    for (status, kind, body, expected) in [
        (200, "application/json", r#"[{"message":"row 1"}]"#, value!([{"message": "row 1"}])),
        (202, "application/json", r#"{"bulk_uuid":"x"}"#, value!({"bulk_uuid": "x"})),
        (200, "application/json", "false", value!(false)),
        (200, "application/json", "", Value::Null),
        (204, "text/plain", "", Value::Null),
        (200, "text/plain", "done", value!("done")),
    ] {
        let shop = shop(move |_, _| plain(status, kind, body)).await;
        let answer = put(&shop.admin(shop.config()).await).await.unwrap();
        assert_eq!(answer, WriteResponse { status, body: expected });
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_the_write_unknown() {
    for (kind, body) in [
        ("text/html", "<!doctype html><title>Please wait</title>"),
        ("text/plain", "  <br />\n<b>Warning</b>: {\"id\": 7}"),
        ("application/json", r#"{"id": 7"#),
    ] {
        let shop = shop(move |_, _| plain(200, kind, body)).await;
        let failure = unknown(put(&shop.admin(shop.config()).await).await);
        assert_eq!(failure.status, Some(200));
        assert_eq!(shop.targets_after_login().len(), 1);
    }
    let long = shop(|_, _| json(200, &format!("\"{}\"", "x".repeat(5000)))).await;
    let limits = RequestLimits { max_answer_bytes: 4000, ..RequestLimits::default() };
    unknown(put(&long.admin(StoreConfig { limits, ..long.config() }).await).await);
    assert_eq!(long.targets_after_login().len(), 1);
}

#[tokio::test]
async fn a_refusal_says_that_nothing_was_done_and_why() {
    let errors = r#"{"message":"Invalid data","errors":[{"message":"%1 is required","parameters":["sku"]}]}"#;
    for (status, code) in [
        (400, Code::UpstreamError),
        (403, Code::UpstreamError),
        (404, Code::NotFound),
        (405, Code::UpstreamError),
        (413, Code::UpstreamError),
    ] {
        let shop = shop(move |_, _| json(status, errors)).await;
        let failure = refused(put(&shop.admin(shop.config()).await).await);
        assert_eq!((failure.code, failure.status), (code, Some(status)));
        assert_eq!(failure.message, "the store said: Invalid data sku is required");
        assert_eq!(shop.targets_after_login().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_not_followed() {
    for status in [301, 302, 307, 308] {
        let shop = shop(move |got, _| match got.target.as_str() {
            "/elsewhere" => json(200, "{}"),
            _ => {
                let moved = Response::builder().status(status).header("location", "/elsewhere");
                moved.body(Body::empty()).unwrap()
            }
        })
        .await;
        let failure = refused(put(&shop.admin(shop.config()).await).await);
        assert!(failure.message.contains("`/elsewhere`"));
        assert_eq!(shop.targets_after_login(), ["/rest/all/V1/products/A"]);
    }
}

#[tokio::test]
async fn a_server_error_leaves_the_write_unknown_and_is_not_tried_again() {
    for status in [500, 502, 503, 504] {
        let shop = shop(move |_, _| {
            let later = Response::builder().status(status).header("retry-after", "0");
            later.body(Body::from(r#"{"message":"No."}"#)).unwrap()
        })
        .await;
        let failure = unknown(put(&shop.admin(shop.config()).await).await);
        assert_eq!(failure.status, Some(status));
        assert_eq!(shop.targets_after_login().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_busy_store_is_waited_for_and_given_up_in_the_end() {
    let busy = |wait: &str| {
        Response::builder().status(429).header("retry-after", wait).body(Body::empty()).unwrap()
    };
    let shop_then_free =
        shop(move |_, before| if before < 2 { busy("0") } else { json(200, "{}") }).await;
    put(&shop_then_free.admin(shop_then_free.config()).await).await.unwrap();
    assert_eq!(shop_then_free.targets_after_login().len(), 3);

    for (wait, sent) in [("0", 4), ("600", 1)] {
        let shop = shop(move |_, _| busy(wait)).await;
        let failure = refused(put(&shop.admin(shop.config()).await).await);
        assert_eq!(failure.code, Code::RateLimited);
        assert_eq!(shop.targets_after_login().len(), sent);
    }
}

#[tokio::test]
async fn a_store_that_is_gone_was_sent_nothing() {
    let wire = Wire::start(|_| Then::Answer("{}")).await;
    let session = wire.session(RequestLimits::default()).await;
    wire.stop().await;
    let failure = not_sent(put(&session).await);
    assert!(failure.message.contains("cannot be reached"));
    assert!(wire.lines().is_empty());
}

#[tokio::test]
async fn a_lost_connection_leaves_the_write_unknown_and_it_is_not_sent_again() {
    let half =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{\"i";
    for then in
        [Then::HangUp, Then::Say("HTTP/1.1 20"), Then::Say("gibberish\r\n\r\n"), Then::Say(half)]
    {
        // The write goes over the connection that the login left open.
        let wire = Wire::start(move |_| then).await;
        let session = wire.session(RequestLimits::default()).await;
        let failure = unknown(put(&session).await);
        assert_eq!(failure.code_text(), "MAGENTO_API_ERROR");
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(wire.lines(), ["PUT /rest/all/V1/products/A HTTP/1.1"], "{then:?}");
    }
}

/// What a store may do between two requests: the connection that looked open is not. Whether the
/// client sees it in time is chance; that nothing is sent twice is not.
#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_makes_no_write_twice() {
    let wire = Wire::start(|_| Then::AnswerAndLeave("{}")).await;
    let session = wire.session(RequestLimits::default()).await;
    let mut known = 0;
    for sent in 1..=50 {
        match put(&session).await {
            Ok(_) => known += 1,
            Err(SendError::Unknown(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
        assert!(wire.lines().len() <= sent);
    }
    assert!(wire.lines().len() >= known);
}

#[tokio::test]
async fn a_silent_store_leaves_the_write_unknown() {
    let wire = Wire::start(|_| Then::FallSilent).await;
    let limits =
        RequestLimits { write_timeout: Duration::from_millis(150), ..RequestLimits::default() };
    let session = wire.session(limits).await;
    let failure = unknown(put(&session).await);
    assert_eq!(failure.message, "the store did not answer within 0.15 s");
    assert_eq!(wire.lines().len(), 1);
}

#[tokio::test]
async fn a_write_that_never_got_its_turn_was_not_sent() {
    let wire = Wire::start(|_| Then::FallSilent).await;
    let limits = RequestLimits {
        concurrency: 1,
        write_timeout: Duration::from_millis(150),
        total_timeout: Duration::from_secs(30),
        ..RequestLimits::default()
    };
    let session = wire.session(limits).await;
    let reading = tokio::spawn({
        let session = session.clone();
        async move { session.get(&crate::stand_in::product("A", StoreView::Global)).await }
    });
    while wire.lines().is_empty() {
        tokio::task::yield_now().await;
    }
    let failure = not_sent(put(&session).await);
    assert_eq!(failure.message, "the write could not be sent within 0.15 s");
    assert_eq!(wire.lines(), ["GET /rest/all/V1/products/A?fields=sku%2Cname HTTP/1.1"]);
    reading.abort();
}

#[tokio::test]
async fn an_address_that_is_too_long_is_not_sent() {
    let shop = shop(|_, _| json(200, "{}")).await;
    let session = shop.admin(shop.config()).await;
    let what = write(WriteMethod::Delete, &"x".repeat(9000), StoreView::Global);
    let failure = not_sent(session.writer().send(&what, None).await);
    assert_eq!(failure.code, Code::ValidationError);
    assert!(shop.targets_after_login().is_empty());
}

/// A store whose admin tokens are numbered, and which takes only this one for writes.
async fn takes_token(number: usize) -> StandIn {
    StandIn::start(move |got, before| match got.target.as_str() {
        "/rest/V1/integration/admin/token" => json(200, &format!("\"token-{}\"", before + 1)),
        "/rest/V1/store/storeViews" => json(200, VIEWS),
        _ if got.authorization == format!("Bearer token-{number}") => json(200, "{}"),
        _ => denied(),
    })
    .await
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_the_write_sent_again() {
    let shop = takes_token(2).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let on_secret: OnSecret = {
        let told = Arc::clone(&told);
        Arc::new(move |secret| told.lock().unwrap().push(secret.expose_secret().to_owned()))
    };
    let hooks = StoreHooks { on_secret: Some(on_secret), ..StoreHooks::default() };
    let store = Magento::with_hooks(shop.config(), hooks);
    let session = Session::login(&store.unwrap(), admin()).await.unwrap();
    put(&session).await.unwrap();
    let writes = || shop.got().iter().filter(|got| got.method == "PUT").count();
    assert_eq!(writes(), 2);
    assert_eq!(*told.lock().unwrap(), ["token-1", "token-2"]);

    let shop = takes_token(9).await;
    let failure = refused(put(&shop.admin(shop.config()).await).await);
    assert_eq!((failure.code, failure.status), (Code::Forbidden, Some(401)));
    assert_eq!(shop.got().iter().filter(|got| got.method == "PUT").count(), 2);
}

#[tokio::test]
async fn a_write_is_not_sent_again_without_a_new_token() {
    let shop = StandIn::start(|got, before| match got.target.as_str() {
        "/rest/V1/integration/admin/token" if before > 0 => json(401, r#"{"message":"Locked."}"#),
        _ => login(got).unwrap_or_else(denied),
    })
    .await;
    let failure = not_sent(put(&shop.admin(shop.config()).await).await);
    assert_eq!(failure.code, Code::NotAuthenticated);
    assert_eq!(shop.got().iter().filter(|got| got.method == "PUT").count(), 1);
}

#[tokio::test]
async fn a_signature_refused_for_its_path_is_made_in_the_other_form() {
    let shop = StandIn::start(|got, before| match got.target.as_str() {
        "/rest/V1/store/storeViews" if before == 0 => json(200, VIEWS),
        target if before == 0 || target.ends_with("storeViews") => {
            json(401, r#"{"message":"The signature is invalid. Verify and try again."}"#)
        }
        _ => json(200, "{}"),
    })
    .await;
    let store = Magento::new(shop.config()).unwrap();
    let writer = Session::login(&store, oauth()).await.unwrap().writer();
    let what = write(WriteMethod::Put, "A/B", StoreView::Global);
    writer.send(&what, Some(&value!({}))).await.unwrap();
    let signed: Vec<_> = shop.got().into_iter().filter(|got| got.method == "PUT").collect();
    assert_eq!(signed.len(), 2);
    assert!(signed.iter().all(|got| got.authorization.starts_with("OAuth ")));
    // A path that has one form only is refused for good.
    let what = write(WriteMethod::Put, "A", StoreView::Global);
    refused(writer.send(&what, None).await);
}
