//! What a store can do, found out by small reads; and what is said where it cannot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::response::Response;
use souk_model::capabilities::{Edition, Inventory, Reachability};
use souk_model::{Code, StoreView};
use souk_upstream::{Credentials, Magento, Session};

use crate::stand_in::{Got, StandIn, VIEWS, denied, json, login, oauth, product, secret};

const NO_ROUTE: &str = r#"{"message":"Request does not match any route."}"#;

/// The path without its query.
fn path(got: &Got) -> &str {
    got.target.split('?').next().unwrap()
}

fn html(status: u16, page: &str) -> Response {
    let page = Body::from(page.to_owned());
    Response::builder().status(status).header("content-type", "text/html").body(page).unwrap()
}

/// A store that tells everything.
fn frank(got: &Got) -> Response {
    if let Some(answer) = login(got) {
        return answer;
    }
    match path(got) {
        "/magento_version" => html(200, "Magento/2.4 (Community)"),
        "/graphql" => json(200, r#"{"data":{"storeConfig":{"code":"default"}}}"#),
        "/rest/V1/modules" => json(
            200,
            r#"["Magento_Store","Magento_InventoryApi","Magento_WebapiAsync","Magento_AsynchronousOperations","Acme_Search"]"#,
        ),
        "/rest/V1/store/websites" => json(
            200,
            r#"[{"id":0,"code":"admin","name":"Admin"},{"id":1,"code":"base","name":"Main"}]"#,
        ),
        "/rest/V1/store/storeConfigs" => json(
            200,
            r#"[{"code":"de","locale":"de_DE","timezone":"Europe/Berlin","base_currency_code":"EUR","default_display_currency_code":"CHF"}]"#,
        ),
        _ => json(200, r#"{"items":null,"total_count":7}"#),
    }
}

async fn shop(answers: impl Fn(&Got) -> Response + Send + Sync + 'static) -> (StandIn, Session) {
    let shop = StandIn::start(move |got, _| answers(got)).await;
    let session = shop.admin(shop.config()).await;
    (shop, session)
}

#[tokio::test]
async fn a_frank_store_tells_everything_in_twenty_reads() {
    let (shop, session) = shop(frank).await;
    assert!(session.capabilities().is_none());
    let told = session.fresh_capabilities().await.unwrap();
    assert_eq!(told.version.known().unwrap(), "2.4");
    assert_eq!(told.edition.known(), Some(&Edition::OpenSource));
    assert_eq!(told.modules.known().unwrap().others().collect::<Vec<_>>(), ["Acme_Search"]);
    assert_eq!(told.inventory.known(), Some(&Inventory::MultiSource));
    assert_eq!(told.websites.known().unwrap().len(), 1);
    let views = told.store_views.known().unwrap();
    assert_eq!(views.iter().map(|view| view.code.as_str()).collect::<Vec<_>>(), ["default", "de"]);
    assert_eq!(views[0].locale, None);
    assert_eq!(views[1].display_currency.as_deref(), Some("CHF"));
    assert_eq!(told.graphql.known(), Some(&true));
    assert_eq!(told.async_bulk.known(), Some(&true));
    assert!(told.clock_ahead_s.known().unwrap().abs() <= 2);
    assert_eq!(told.access.area("orders").unwrap().reachability, Reachability::Granted(Some(7)));

    let asked = &shop.got()[2..];
    assert_eq!(asked.len(), 20);
    assert_eq!(told.requests, 20);
    assert!(asked.iter().all(|got| got.method == "GET"));
    for got in asked {
        let anonymous = ["/magento_version", "/graphql"].contains(&path(got));
        assert_eq!(got.authorization.is_empty(), anonymous, "{}", got.target);
    }
}

#[tokio::test]
async fn what_fails_stops_nothing_else_and_is_not_guessed() {
    let (_shop, session) = shop(|got| match path(got) {
        "/magento_version" => html(404, "<title>Not here</title>"),
        "/graphql" => html(502, "bad gateway"),
        "/rest/V1/modules" | "/rest/V1/orders" => denied(),
        "/rest/V1/inventory/sources" | "/rest/V1/inventory/stocks" => json(404, NO_ROUTE),
        "/rest/V1/store/websites" => json(200, r#"{"surprising":true}"#),
        "/rest/V1/invoices" => json(500, r#"{"message":"Internal Error."}"#),
        _ => frank(got),
    })
    .await;
    let told = session.fresh_capabilities().await.unwrap();
    assert!(told.version.as_result().unwrap_err().contains("`/magento_version` is not served"));
    assert!(told.edition.as_result().unwrap_err().contains("Magento_Catalog::products"));
    assert_eq!(told.inventory.known(), Some(&Inventory::Single));
    assert!(told.websites.as_result().unwrap_err().contains("cannot be read"));
    assert!(told.graphql.as_result().is_err());
    let reach = |name| told.access.area(name).unwrap().reachability.clone();
    assert_eq!(reach("orders"), Reachability::Denied("Magento_Catalog::products".to_owned()));
    assert_eq!(reach("stocks"), Reachability::Missing);
    assert!(
        matches!(reach("invoices"), Reachability::Unknown(why) if why.contains("Internal Error"))
    );
    assert_eq!(reach("customers"), Reachability::Granted(Some(7)));
}

#[tokio::test]
async fn a_store_that_asks_to_be_left_alone_is() {
    let (shop, session) = shop(|got| match path(got) {
        "/rest/V1/store/websites" => json(429, r#"{"message":"Too Many Requests"}"#),
        _ => frank(got),
    })
    .await;
    let told = session.fresh_capabilities().await.unwrap();
    assert!(told.requests < 10, "{}", told.requests);
    assert_eq!(shop.targets_after_login().len(), told.requests as usize);
    let reach = &told.access.area("stocks").unwrap().reachability;
    assert!(matches!(reach, Reachability::Unknown(why) if why.contains("less often")), "{reach:?}");
}

#[tokio::test]
async fn who_waits_for_a_probe_shares_it_and_its_answer_is_kept_for_every_scope() {
    let (shop, session) = shop(frank).await;
    session.start_probe();
    assert!(session.is_probing());
    let scoped = session.with_scope("de").await.unwrap();
    let (one, two) = tokio::join!(session.fresh_capabilities(), scoped.fresh_capabilities());
    assert!(Arc::ptr_eq(&one.unwrap(), &two.unwrap()));
    assert!(!scoped.is_probing());
    assert!(scoped.capabilities().is_some());
    // Just asked: not asked again.
    session.fresh_capabilities().await.unwrap();
    let probes = shop.got().iter().filter(|got| path(got) == "/rest/V1/modules").count();
    assert_eq!(probes, 1);
}

#[tokio::test]
async fn something_that_is_no_magento_is_not_taken_for_one() {
    let page = StandIn::start(|_, _| html(200, "<title>Hello</title>")).await;
    let failure = Magento::new(page.config()).unwrap().check_connection().await.unwrap_err();
    assert!(failure.message.contains("no REST API is there"), "{failure}");
    // A store that fails is there all the same, and says where to look.
    let fatal = "<b>Fatal error</b>: Uncaught Error: no class in /var/www/html/app/a.php:7 Stack \
                 trace: #0 /var/www/html/b.php(3): c('secret')";
    for (status, page) in [(500, "<title>Oops</title>"), (200, fatal), (500, fatal)] {
        let failing = StandIn::start(move |_, _| html(status, page)).await;
        let failure = Magento::new(failing.config()).unwrap().check_connection().await.unwrap_err();
        let said = failure.render();
        assert!(said.contains("error of the store's own"), "{said}");
        assert!(said.contains("var/log") && !said.contains("base_url"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
    let magento = StandIn::start(|_, _| denied()).await;
    let reached = Magento::new(magento.config()).unwrap().check_connection().await.unwrap();
    assert!(reached.loopback && !reached.encrypted);
}

/// What is said of a product that the store denies.
async fn refusal(credentials: Credentials, revoked: bool) -> (Code, String, String) {
    let gone = Arc::new(AtomicBool::new(false));
    let is_gone = gone.clone();
    let spoilt = AtomicBool::new(false);
    let shop = StandIn::start(move |got, _| {
        if got.method == "POST" {
            return json(200, "\"t\"");
        }
        if path(got) == "/rest/V1/store/storeViews" && !is_gone.load(Ordering::SeqCst) {
            // A login asks twice: the second time with a wrong signature, or as a guest.
            let second =
                spoilt.swap(true, Ordering::SeqCst) && !got.authorization.contains("Bearer");
            let signed = got.authorization.starts_with("OAuth");
            return match (second, signed) {
                (true, true) => json(401, r#"{"message":"The signature is invalid."}"#),
                (true, false) => denied(),
                (false, _) => json(200, VIEWS),
            };
        }
        denied()
    })
    .await;
    let session = Session::login(&Magento::new(shop.config()).unwrap(), credentials).await.unwrap();
    gone.store(revoked, Ordering::SeqCst);
    let failure = session.get(&product("A", StoreView::Global)).await.unwrap_err();
    (failure.code, failure.message, failure.remedy.unwrap_or_default())
}

#[tokio::test]
async fn a_role_that_is_too_small_is_told_from_a_login_that_has_ended() {
    let admin = crate::stand_in::admin();
    for (credentials, place) in [
        (oauth(), "System > Extensions > Integrations"),
        (Credentials::IntegrationToken(secret("t")), "System > Extensions > Integrations"),
        (admin, "System > Permissions > User Roles"),
    ] {
        let (code, message, remedy) = refusal(credentials, false).await;
        assert_eq!(code, Code::Forbidden, "{message}");
        assert!(message.contains("lacks the resource `Magento_Catalog::products`"), "{message}");
        assert!(remedy.contains(place), "{remedy}");
    }
    let (code, message, _) = refusal(Credentials::IntegrationToken(secret("t")), true).await;
    assert_eq!(code, Code::NotAuthenticated, "{message}");
}

#[tokio::test]
async fn a_route_that_is_not_there_is_told_from_a_subject_that_is_not() {
    let (_shop, session) = shop(|got| match path(got) {
        "/rest/all/V1/products/GONE" => {
            json(404, r#"{"message":"The product that was requested doesn't exist."}"#)
        }
        path if path.starts_with("/rest/all/V1/products/") => json(404, NO_ROUTE),
        _ => frank(got),
    })
    .await;
    let failed = async |sku: &str| session.get(&product(sku, StoreView::Global)).await.unwrap_err();
    let gone = failed("GONE").await;
    assert_eq!(gone.code, Code::NotFound);
    let missing = failed("A").await;
    assert_eq!(missing.code, Code::Unavailable);
    assert!(missing.message.contains("no route `GET /V1/products/{sku}`"), "{missing}");
    assert!(missing.remedy.unwrap().contains("souk doctor"));
    // The module is not blamed where a server may have taken the id for more than one segment.
    assert!(failed("A/B").await.message.contains("does not pass on the `/`"));
}
