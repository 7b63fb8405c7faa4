//! Logins other than by password or key alone, and how long they last.

use std::sync::{Arc, Mutex};

use axum::response::Response;
use souk_model::{AuthMethod, Code, Failure, StoreView};
use souk_upstream::{Credentials, ImsCredentials, Magento, RequestLimits, Session, StoreConfig};

use crate::stand_in::{Got, StandIn, VIEWS, admin, denied, json, oauth, product, secret};

const BY_CODE: &str = "/rest/V1/tfa/provider/google/authenticate";
const BY_PASSWORD: &str = "/rest/V1/integration/admin/token";
const STORE_VIEWS: &str = "/rest/V1/store/storeViews";
const INVALID_CODE: &str = r#"{"message":"Invalid code."}"#;

fn with_code() -> Credentials {
    Credentials::Admin {
        username: "agent".into(),
        password: secret("correct horse"),
        otp_secret: Some(secret("gezd gnbv gy3t qojq gezd gnbv gy3t qojq")),
    }
}

async fn log_in(
    credentials: Credentials,
    answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static,
) -> (Result<Session, Failure>, StandIn) {
    let shop = StandIn::start(answers).await;
    let store = Magento::new(shop.config()).unwrap();
    (Session::login(&store, credentials).await, shop)
}

fn count(shop: &StandIn, target: &str) -> usize {
    shop.got().iter().filter(|got| got.target == target).count()
}

/// What Magento answers to a right password where a second factor is demanded.
fn demand(providers: &str) -> Response {
    json(
        401,
        &format!(
            r#"{{"message":"Please use the 2fa provider-specific endpoints to obtain a token.","parameters":{{"active_providers":{providers}}}}}"#
        ),
    )
}

#[tokio::test]
async fn a_one_time_code_goes_with_the_password() {
    let (session, shop) = log_in(with_code(), |got, _| match got.target.as_str() {
        BY_CODE => json(200, "\"token-1\""),
        _ => json(200, VIEWS),
    })
    .await;
    assert_eq!(session.unwrap().info().method, AuthMethod::AdminToken);
    let login = &shop.got()[0];
    let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
    assert_eq!((&body["username"], &body["password"]), (&"agent".into(), &"correct horse".into()));
    let code = body["otp"].as_str().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    assert_eq!(shop.got()[1].authorization, "Bearer token-1");
    assert_eq!(count(&shop, BY_PASSWORD), 0);
}

/// Whatever becomes of a code: it is sent once, and no other after one that was refused.
#[tokio::test]
async fn a_refused_code_is_followed_by_no_other() {
    for (status, body) in [(401, INVALID_CODE), (503, "<html>busy</html>")] {
        let shop = StandIn::start(move |_, _| json(status, body)).await;
        let store = Magento::new(shop.config()).unwrap();
        let failure = Session::login(&store, with_code()).await.unwrap_err();
        assert_eq!(count(&shop, BY_CODE), 1);
        if status == 401 {
            assert_eq!(failure.code, Code::NotAuthenticated);
            assert!(failure.remedy.unwrap().contains("MAGENTO_ADMIN_OTP_SECRET"));
            let again = Session::login(&store, with_code()).await.unwrap_err();
            assert_eq!(again.code, Code::NotAuthenticated);
            assert!(again.message.contains("no further code is sent"), "{}", again.message);
            assert_eq!(shop.got().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_store_without_a_second_factor_takes_the_password() {
    let (session, shop) = log_in(with_code(), |got, _| match got.target.as_str() {
        BY_CODE => json(404, r#"{"message":"Request does not match any route."}"#),
        BY_PASSWORD => json(200, "\"token-1\""),
        _ => json(200, VIEWS),
    })
    .await;
    session.unwrap();
    assert!(!shop.got()[1].body.contains("otp"));
}

#[tokio::test]
async fn a_demand_for_a_second_factor_names_the_provider_and_what_to_do() {
    let says = async |credentials: Credentials, providers: &'static str| {
        let (refused, shop) = log_in(credentials, move |got, _| match got.target.as_str() {
            BY_CODE => json(400, r#"{"message":"Provider is not allowed."}"#),
            _ => demand(providers),
        })
        .await;
        let failure = refused.unwrap_err();
        assert_eq!(failure.code, Code::NotAuthenticated);
        assert!(count(&shop, BY_CODE) <= 1 && count(&shop, BY_PASSWORD) == 1);
        failure.render()
    };
    assert!(says(admin(), r#"["google"]"#).await.contains("set MAGENTO_ADMIN_OTP_SECRET"));
    for credentials in [admin(), with_code()] {
        let said = says(credentials, r#"["duo_security","u2fkey"]"#).await;
        assert!(said.contains("`duo_security`, `u2fkey`") && said.contains("OAuth keys"), "{said}");
    }
}

#[tokio::test]
async fn an_empty_token_is_no_login() {
    for token in ["\"\"", "\"  \"", "null", "{}", ""] {
        for credentials in [admin(), with_code()] {
            let (refused, shop) = log_in(credentials, move |_, _| json(200, token)).await;
            let failure = refused.unwrap_err();
            assert_eq!(failure.code, Code::UpstreamError, "{token}");
            assert!(failure.message.contains("no token"), "{}", failure.message);
            assert_eq!(shop.got().len(), 1);
        }
    }
}

/// Tokens that live for so many requests, whatever clock the store has.
async fn short_lived(life: usize) -> StandIn {
    let (issued, used) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    StandIn::start(move |got, _| {
        let (mut issued, mut used) = (issued.lock().unwrap(), used.lock().unwrap());
        if got.target == BY_PASSWORD {
            (*issued, *used) = (*issued + 1, 0);
            return json(200, &format!("\"token-{issued}\""));
        }
        *used += 1;
        let known = got.authorization == format!("Bearer token-{issued}") && *used <= life;
        match got.target.as_str() {
            _ if !known => denied(),
            // This user's role lacks them.
            target if target.contains("LACKED") => denied(),
            STORE_VIEWS => json(200, VIEWS),
            _ => json(200, "{}"),
        }
    })
    .await
}

#[tokio::test]
async fn a_token_of_any_lifetime_is_renewed_once_a_request_and_never_called_a_missing_role() {
    for life in [1, 2, 3] {
        let shop = short_lived(life).await;
        let session = shop.admin(shop.config()).await;
        for number in 0..6 {
            let sku = format!("A{number}");
            session.get(&product(&sku, StoreView::SessionDefault)).await.unwrap();
            let target = format!("/rest/V1/products/{sku}?fields=sku%2Cname");
            assert!(count(&shop, &target) <= 2, "{life}");
        }
    }
}

#[tokio::test]
async fn what_a_role_lacks_costs_no_further_login() {
    let shop = short_lived(1000).await;
    let session = shop.admin(shop.config()).await;
    for _ in 0..3 {
        let failure = session.get(&product("LACKED", StoreView::SessionDefault)).await.unwrap_err();
        assert_eq!(failure.code, Code::Forbidden);
    }
    assert_eq!(count(&shop, BY_PASSWORD), 1);
    assert_eq!(count(&shop, "/rest/V1/products/LACKED?fields=sku%2Cname"), 3);
}

#[tokio::test]
async fn a_refused_renewal_is_not_tried_again() {
    let shop = StandIn::start(|got, before| match got.target.as_str() {
        BY_PASSWORD if before > 0 => json(401, r#"{"message":"Locked."}"#),
        BY_PASSWORD => json(200, "\"token-1\""),
        STORE_VIEWS if before == 0 => json(200, VIEWS),
        _ => denied(),
    })
    .await;
    let session = shop.admin(shop.config()).await;
    for _ in 0..3 {
        let failure = session.get(&product("A", StoreView::SessionDefault)).await.unwrap_err();
        assert_eq!(failure.code, Code::NotAuthenticated);
    }
    assert_eq!(count(&shop, BY_PASSWORD), 2);
}

fn ims(service: &StandIn) -> Credentials {
    Credentials::Ims(ImsCredentials {
        client_id: "client-0123456789".into(),
        client_secret: secret("p8e-client-secret"),
        org_id: "0123@AdobeOrg".into(),
        scopes: ImsCredentials::SCOPES.into(),
        url: format!("{}/ims/token/v3", service.base_url).parse().unwrap(),
    })
}

async fn cloud() -> (StandIn, StandIn) {
    let service = StandIn::start(|_, before| {
        json(
            200,
            &format!(r#"{{"access_token":"ims-{before}","token_type":"bearer","expires_in":9}}"#),
        )
    })
    .await;
    let shop = StandIn::start(|got, before| match got.target.as_str() {
        "/tenant/V1/store/storeViews" => json(200, VIEWS),
        _ if got.authorization == "Bearer ims-0" && before == 0 => {
            json(401, r#"{"error_code":"401013","message":"Oauth token is not valid"}"#)
        }
        _ => json(200, "{}"),
    })
    .await;
    (service, shop)
}

#[tokio::test]
async fn a_cloud_service_is_reached_by_client_credentials_without_rest_and_with_views_by_header() {
    let (service, shop) = cloud().await;
    let mut config = shop.config();
    config.base_url = format!("{}/tenant/V1/", shop.base_url).parse().unwrap();
    config.credentials = Some(ims(&service));
    config.headers.insert("X-Gateway".into(), secret("gateway-secret"));
    let store = Magento::new(config).unwrap();
    assert_eq!(store.base_url(), format!("{}/tenant", shop.base_url));
    let session = Session::login(&store, ims(&service)).await.unwrap();
    assert_eq!(session.info().method, AuthMethod::Ims);
    for view in [StoreView::SessionDefault, StoreView::Global, StoreView::View("de".into())] {
        session.get(&product("A/B", view)).await.unwrap();
    }
    let asked: Vec<_> =
        shop.got().iter().map(|got| (got.target.clone(), got.store.clone())).collect();
    let product = "/tenant/V1/products/A%2FB?fields=sku%2Cname".to_owned();
    assert_eq!(
        asked,
        [
            ("/tenant/V1/store/storeViews".to_owned(), String::new()),
            // The first token is refused, and the request made again with another.
            (product.clone(), String::new()),
            (product.clone(), String::new()),
            (product.clone(), "all".to_owned()),
            (product, "de".to_owned()),
        ]
    );
    for got in shop.got() {
        assert_eq!(got.header("x-api-key"), "client-0123456789");
        assert_eq!(got.header("x-gw-ims-org-id"), "0123@AdobeOrg");
        assert_eq!(got.header("x-gateway"), "gateway-secret");
    }
    // The identity service is sent the credentials, and nothing of what is the store's.
    assert_eq!(service.got().len(), 2);
    for got in service.got() {
        assert_eq!(got.content_type, "application/x-www-form-urlencoded");
        assert!(got.body.starts_with("grant_type=client%5Fcredentials&client_id=client%2D0123456789&client_secret=p8e%2Dclient%2Dsecret&scope="));
        assert_eq!((got.header("x-gateway"), got.header("x-gw-ims-org-id")), ("", ""));
    }
}

#[tokio::test]
async fn what_adobes_identity_service_refuses_is_said_without_the_secret() {
    let service = StandIn::start(|got, _| {
        let quoted = got.body.replace('&', " ");
        json(401, &format!(r#"{{"error":"invalid_client","error_description":"no: {quoted}"}}"#))
    })
    .await;
    let (_, shop) = cloud().await;
    let config = StoreConfig { credentials: Some(ims(&service)), ..shop.config() };
    let failure = Session::login(&Magento::new(config).unwrap(), ims(&service)).await.unwrap_err();
    assert_eq!(failure.code, Code::NotAuthenticated);
    assert!(failure.message.contains("invalid_client"), "{}", failure.message);
    assert!(!failure.render().contains("client-secret") && !failure.render().contains("p8e"));
    assert!(shop.got().is_empty());

    let plain = StandIn::start(|_, _| json(200, r#"{"access_token":""}"#)).await;
    let config = StoreConfig { credentials: Some(ims(&plain)), ..shop.config() };
    let failure = Session::login(&Magento::new(config).unwrap(), ims(&plain)).await.unwrap_err();
    assert!(failure.message.contains("no token"), "{}", failure.message);
}

#[tokio::test]
async fn a_cloud_service_knows_no_integration() {
    let (_, shop) = cloud().await;
    let config = StoreConfig { cloud_service: Some(true), ..shop.config() };
    let store = Magento::new(config).unwrap();
    for credentials in [admin(), oauth(), Credentials::IntegrationToken(secret("token"))] {
        let failure = Session::login(&store, credentials).await.unwrap_err();
        assert!(failure.remedy.unwrap().contains("MAGENTO_IMS_CLIENT_ID"));
    }
    assert!(shop.got().is_empty());
}

/// Headers for a gateway go to the store with each request and along with no redirect.
#[tokio::test]
async fn gateway_headers_follow_no_redirect_and_come_back_in_no_failure() {
    let elsewhere = StandIn::start(|_, _| json(200, "{}")).await;
    let to = format!("{}/rest/V1/products/A", elsewhere.base_url);
    let shop = StandIn::start(move |got, _| match crate::stand_in::login(got) {
        Some(answer) => answer,
        None if got.target.contains("MOVED") => {
            Response::builder().status(302).header("location", &to).body("".into()).unwrap()
        }
        None => json(500, &format!(r#"{{"message":"seen: {}"}}"#, got.header("x-gateway"))),
    })
    .await;
    let mut config = shop.config();
    config.headers.insert("X-Gateway".into(), secret("gateway-secret"));
    config.limits = RequestLimits { max_retries: 0, ..RequestLimits::default() };
    let session = shop.admin(config).await;
    let failure = session.get(&product("A", StoreView::SessionDefault)).await.unwrap_err();
    assert!(failure.message.contains("seen: [redacted]"), "{}", failure.message);
    let moved = session.get(&product("MOVED", StoreView::SessionDefault)).await.unwrap_err();
    assert!(moved.remedy.unwrap().contains(&format!("`{}/`", elsewhere.base_url)));
    assert!(shop.got().iter().all(|got| got.header("x-gateway") == "gateway-secret"));
    assert!(elsewhere.got().is_empty());
    assert!(!format!("{session:?}").contains("gateway-secret"));
}

/// Everything goes through the proxy, with its name and password; the store is sent neither.
#[tokio::test]
async fn a_store_is_reached_by_its_proxy() {
    let proxy = StandIn::start(|got, _| {
        if got.target.ends_with("/admin/token") { json(200, "\"t\"") } else { json(200, VIEWS) }
    })
    .await;
    let url = proxy.base_url.replace("http://", "http://me:proxy-password@");
    let mut config = StoreConfig::new("shop", "http://shop.invalid/".parse().unwrap());
    config.proxy = Some(url.into());
    let store = Magento::new(config).unwrap();
    Session::login(&store, admin()).await.unwrap();
    let asked: Vec<_> = proxy.got().iter().map(|got| got.target.clone()).collect();
    assert_eq!(
        asked,
        [
            "http://shop.invalid/rest/V1/integration/admin/token",
            "http://shop.invalid/rest/V1/store/storeViews"
        ]
    );
    assert!(proxy.got()[0].header("proxy-authorization").starts_with("Basic "));
}

/// nginx may pass on the host without the port; a base string over it cannot be seen here, so the
/// stand-in takes the second signature and no other.
#[tokio::test]
async fn a_refused_signature_is_made_once_without_the_port_and_remembered() {
    let signatures: Arc<Mutex<Vec<String>>> = Arc::default();
    let shop = StandIn::start(move |got, _| {
        let mut seen = signatures.lock().unwrap();
        seen.push(got.authorization.clone());
        match seen.len() {
            // With the port, then without, then the wrong secret.
            1 | 3 => json(401, r#"{"message":"The signature is invalid. Verify and try again."}"#),
            _ => json(200, VIEWS),
        }
    })
    .await;
    let store = Magento::new(shop.config()).unwrap();
    let session = Session::login(&store, oauth()).await.unwrap();
    assert!(store.signs_without_port());
    assert_eq!(shop.got().len(), 3);
    session.get(&product("A", StoreView::SessionDefault)).await.unwrap();
    assert_eq!(shop.got().len(), 4);
}

#[tokio::test]
async fn keys_that_are_wrong_either_way_leave_the_address_as_it_is() {
    let wrong = || json(401, r#"{"message":"The signature is invalid. Verify and try again."}"#);
    let shop = StandIn::start(move |_, _| wrong()).await;
    let store = Magento::new(shop.config()).unwrap();
    assert_eq!(Session::login(&store, oauth()).await.unwrap_err().code, Code::NotAuthenticated);
    assert!(!store.signs_without_port());
    assert_eq!(shop.got().len(), 2);
}

#[tokio::test]
async fn an_address_that_goes_on_into_the_shop_is_refused_with_the_one_that_is_meant() {
    let page = || {
        let body = "<!doctype html><title>404 Not Found</title>".into();
        Response::builder().status(404).header("content-type", "text/html").body(body).unwrap()
    };
    let shop =
        StandIn::start(
            move |got, _| {
                if got.target.starts_with("/shop/rest/V1/") { denied() } else { page() }
            },
        )
        .await;
    let mut config = shop.config();
    config.base_url = format!("{}/shop/women/tops", shop.base_url).parse().unwrap();
    let failure = Session::login(&Magento::new(config).unwrap(), admin()).await.unwrap_err();
    let meant = format!("set the store's `base_url` to `{}/shop/`", shop.base_url);
    assert_eq!(failure.remedy.as_deref(), Some(&*meant), "{}", failure.message);
}

/// A store behind TLS, whose certificate an authority of its own has signed. It answers whatever it is
/// asked as a login wants it, on a thread of its own.
fn encrypted_shop() -> u16 {
    use std::io::{Read, Write};

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = include_bytes!("../fixtures/tls/store.pem");
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../fixtures/tls/store.key")).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, stream);
            let mut request = Vec::new();
            let mut byte = [0];
            // A client that does not trust us hangs up here.
            while !request.ends_with(b"\r\n\r\n") && matches!(tls.read(&mut byte), Ok(1)) {
                request.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            let _ = tls.read_exact(&mut vec![0; length]);
            let body = if request.starts_with(b"POST") { "\"token\"" } else { VIEWS };
            let length = body.len();
            let _ = write!(
                tls,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{body}"
            );
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    });
    port
}

#[tokio::test]
async fn a_store_whose_certificate_an_authority_of_its_own_has_signed_is_reached_with_its_file() {
    let port = encrypted_shop();
    let log_in = async |ca_certificates: Option<Vec<u8>>| {
        let mut config =
            StoreConfig::new("shop", format!("https://localhost:{port}/").parse().unwrap());
        config.limits = RequestLimits { max_retries: 0, ..RequestLimits::default() };
        config.ca_certificates = ca_certificates;
        Session::login(&Magento::new(config).unwrap(), admin()).await
    };
    let refused = log_in(None).await.unwrap_err();
    assert!(refused.message.contains("cannot be reached"), "{}", refused.message);
    log_in(Some(include_bytes!("../fixtures/tls/ca.pem").to_vec())).await.unwrap();
}
