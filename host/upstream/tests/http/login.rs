//! Logins: who is accepted, and what is said to who is not.

use axum::response::Response;
use souk_model::{AuthMethod, Code, Failure, SessionInfo, StoreView};
use souk_upstream::{Credentials, Magento, Session};

use crate::stand_in::{Got, StandIn, VIEWS, admin, denied, json, oauth, product, secret};

async fn log_in(
    credentials: Credentials,
    answers: impl Fn(&Got) -> Response + Send + Sync + 'static,
) -> (Result<Session, Failure>, StandIn) {
    let shop = StandIn::start(move |got, _| answers(got)).await;
    let store = Magento::new(shop.config()).unwrap();
    (Session::login(&store, credentials).await, shop)
}

fn token() -> Credentials {
    Credentials::IntegrationToken(secret("integration-token"))
}

fn bad_signature() -> Response {
    json(401, r#"{"message":"The signature is invalid. Verify and try again."}"#)
}

/// Whether two requests are signed with the same keys cannot be seen; the stand-in takes the first
/// of each pair for right, as a login sends it first.
fn signature(got: &Got) -> &str {
    got.authorization.split_once("oauth_signature=\"").unwrap().1.split_once('"').unwrap().0
}

#[tokio::test]
async fn an_admin_is_known_by_the_token() {
    let (session, shop) =
        log_in(admin(), |got| if got.method == "POST" { json(200, "\"t\"") } else { denied() })
            .await;
    // The role may not even read store views, and the login holds all the same.
    let info = session.unwrap().info();
    assert_eq!(
        info,
        SessionInfo {
            store: "shop".into(),
            environment: "staging".into(),
            base_url: shop.base_url.clone(),
            username: "agent".into(),
            method: AuthMethod::AdminToken,
            default_scope: None,
        }
    );
}

#[tokio::test]
async fn a_wrong_password_is_said_to_be_one() {
    let wrong = r#"{"message":"The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."}"#;
    let (refused, shop) = log_in(admin(), |_| json(401, wrong)).await;
    let failure = refused.unwrap_err();
    assert_eq!((failure.code, failure.status), (Code::NotAuthenticated, Some(401)));
    assert!(failure.message.contains("The account sign-in was incorrect"));
    assert!(!failure.render().contains("correct horse"));
    assert_eq!(shop.got().len(), 1);
}

#[tokio::test]
async fn a_signature_is_proved_by_one_that_is_wrong() {
    let (session, shop) = log_in(oauth(), {
        let right = std::sync::Mutex::new(None);
        move |got| {
            let mut right = right.lock().unwrap();
            let first = right.get_or_insert_with(|| signature(got).to_owned());
            if first == signature(got) { json(200, VIEWS) } else { bad_signature() }
        }
    })
    .await;
    let session = session.unwrap();
    assert_eq!(session.info().username, "oauth:abcd…");
    assert_eq!(session.info().method, AuthMethod::Oauth);
    assert_eq!(shop.got().len(), 2);
    for got in shop.got() {
        assert!(!got.authorization.contains("secret"));
    }
}

#[tokio::test]
async fn an_integration_with_a_narrow_role_logs_in() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let (session, _) = log_in(oauth(), move |_| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        if first { denied() } else { bad_signature() }
    })
    .await;
    assert!(session.is_ok());
}

#[tokio::test]
async fn a_store_that_never_sees_the_signature_is_found_out() {
    let (refused, _) = log_in(oauth(), |_| denied()).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, Code::NotAuthenticated);
    assert!(failure.remedy.unwrap().contains("`Authorization` header"));
}

#[tokio::test]
async fn wrong_keys_are_refused_with_the_stores_reason() {
    let (refused, shop) = log_in(oauth(), |_| bad_signature()).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, Code::NotAuthenticated);
    assert!(failure.message.contains("The signature is invalid"));
    assert!(failure.remedy.unwrap().contains("signing_base_url"));
    // Its address has a port, so that the signature is made over it without, too.
    assert_eq!(shop.got().len(), 2);
    let short = r#"{"message":"The token length is invalid. Check the length and try again."}"#;
    let (refused, _) = log_in(oauth(), |_| json(400, short)).await;
    assert_eq!(refused.unwrap_err().code, Code::NotAuthenticated);
}

#[tokio::test]
async fn a_token_counts_only_where_a_guest_is_refused() {
    // Guests may read everything but orders; so does a made-up token.
    let (session, shop) = log_in(token(), |got| {
        let guarded = got.target.starts_with("/rest/V1/orders");
        if guarded && got.authorization.is_empty() { denied() } else { json(200, VIEWS) }
    })
    .await;
    let session = session.unwrap();
    assert_eq!(session.info().method, AuthMethod::IntegrationToken);
    assert_eq!(session.info().username, "integration");
    let asked: Vec<_> = shop.got().iter().map(|got| got.authorization.clone()).collect();
    assert_eq!(asked, ["Bearer integration-token", ""].repeat(3));

    let (refused, _) = log_in(token(), |_| json(200, VIEWS)).await;
    assert_eq!(refused.unwrap_err().code, Code::NotAuthenticated);
}

#[tokio::test]
async fn a_token_with_a_narrow_role_logs_in() {
    let (session, _) = log_in(token(), |got| {
        let own = got.target.starts_with("/rest/V1/cmsPage/search");
        if own && !got.authorization.is_empty() { json(200, "{}") } else { denied() }
    })
    .await;
    assert!(session.is_ok());
}

#[tokio::test]
async fn a_refused_token_says_what_was_tried_and_why_it_may_be() {
    let (refused, _) = log_in(token(), |_| denied()).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, Code::NotAuthenticated);
    assert!(failure.message.contains("`/V1/store/storeViews`, `/V1/products`"));
    let remedy = failure.remedy.as_ref().unwrap();
    assert!(remedy.contains("since 2.4.4") && remedy.contains("Consumer Settings"));
    assert!(!failure.render().contains("integration-token"));
}

#[tokio::test]
async fn a_token_that_http_cannot_carry_is_refused_without_showing_it() {
    let (refused, shop) =
        log_in(Credentials::IntegrationToken(secret("a\r\nX-Evil: 1")), |_| denied()).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, Code::ValidationError);
    assert!(!failure.render().contains("Evil"));
    assert!(shop.got().is_empty());
}

/// Later patches of Magento verify the path as it was sent. The first refusal teaches it, and only
/// paths for which it matters are ever signed twice.
#[tokio::test]
async fn the_form_in_which_a_store_verifies_paths_is_learnt() {
    let shop = StandIn::start(|got, before| match got.target.as_str() {
        "/rest/V1/store/storeViews" if before == 0 => json(200, VIEWS),
        "/rest/V1/store/storeViews" => bad_signature(),
        target if target.contains("A%2FB") && before == 0 => bad_signature(),
        _ => json(200, "{}"),
    })
    .await;
    let store = Magento::new(shop.config()).unwrap();
    let session = Session::login(&store, oauth()).await.unwrap();
    let at = || StoreView::SessionDefault;
    for sku in ["A%B", "A/B", "C/D"] {
        session.get(&product(sku, at())).await.unwrap();
    }
    let skus: Vec<_> = shop
        .targets_after_login()
        .iter()
        .map(|target| target.split(['/', '?']).nth(4).unwrap().to_owned())
        .collect();
    assert_eq!(skus, ["A%25B", "A%2FB", "A%2FB", "C%2FD"]);
    assert!(format!("{session:?}").contains("[REDACTED]"));
}
