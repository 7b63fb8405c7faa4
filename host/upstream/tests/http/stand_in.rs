//! A store of ten lines: each test says what it answers, and asks after what it was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use souk_model::plan::Step;
use souk_model::{Binding, BindingSource, Grant, Method, Read, Secret, StoreView, WriteMethod};
use souk_policy::{PermittedRead, PermittedWrite, permit, permit_step};
use souk_upstream::{Credentials, Magento, Session, StoreConfig};

/// A request as the stand-in got it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    pub(crate) authorization: String,
    pub(crate) accept: String,
    /// The header `Store`.
    pub(crate) store: String,
    pub(crate) agent: String,
    pub(crate) content_type: String,
    pub(crate) content_length: String,
    pub(crate) body: String,
    headers: HeaderMap,
}

impl Got {
    /// A header's value, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

type Answers = dyn Fn(&Got, usize) -> Response + Send + Sync;

/// A running stand-in. It ends with its test's runtime.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) base_url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

#[derive(Clone)]
struct Shared {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Answers>,
}

impl StandIn {
    /// Answers each request; the number tells how many with the same target came before.
    pub(crate) async fn start(
        answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::default();
        let shared = Shared { got: Arc::clone(&got), answers: Arc::new(answers) };
        let app = Router::new().fallback(serve).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base_url, got }
    }

    pub(crate) fn config(&self) -> StoreConfig {
        StoreConfig::new("shop", self.base_url.parse().unwrap())
    }

    /// What was asked, from a place in the list on.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The targets asked since the login, which takes a POST and a GET.
    pub(crate) fn targets_after_login(&self) -> Vec<String> {
        self.got().into_iter().skip(2).map(|got| got.target).collect()
    }

    /// A session of an admin.
    pub(crate) async fn admin(&self, config: StoreConfig) -> Session {
        Session::login(&Magento::new(config).unwrap(), admin()).await.unwrap()
    }
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header =
        |name: &str| parts.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let got = Got {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        authorization: header("authorization"),
        accept: header("accept"),
        store: header("store"),
        agent: header("user-agent"),
        content_type: header("content-type"),
        content_length: header("content-length"),
        body: String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap(),
        headers: parts.headers,
    };
    let before = {
        let mut all = shared.got.lock().unwrap();
        let before = all.iter().filter(|earlier| earlier.target == got.target).count();
        all.push(got.clone());
        before
    };
    (shared.answers)(&got, before)
}

pub(crate) fn secret(text: &str) -> Secret {
    text.to_owned().into()
}

pub(crate) fn admin() -> Credentials {
    Credentials::Admin {
        username: "agent".into(),
        password: secret("correct horse"),
        otp_secret: None,
    }
}

pub(crate) fn oauth() -> Credentials {
    Credentials::Oauth {
        consumer_key: secret("abcdefghijklmnopqrstuvwxyz012345"),
        consumer_secret: secret("consumer-secret"),
        token: secret("token0123456789abcdefghijklmnopq"),
        token_secret: secret("token-secret"),
    }
}

pub(crate) fn json(status: u16, body: &str) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// Magento's answer to whoever may not use a resource.
pub(crate) fn denied() -> Response {
    json(
        401,
        r#"{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Catalog::products"}}"#,
    )
}

pub(crate) const VIEWS: &str =
    r#"[{"id":1,"code":"default"},{"id":0,"code":"admin"},{"id":2,"code":"de"}]"#;

/// What every store answers to an admin's login; anything else is the test's.
pub(crate) fn login(got: &Got) -> Option<Response> {
    match got.target.as_str() {
        "/rest/V1/integration/admin/token" => Some(json(200, "\"token-1\"")),
        "/rest/V1/store/storeViews" => Some(json(200, VIEWS)),
        _ => None,
    }
}

/// A permitted read of a product.
pub(crate) fn product(sku: &str, view: StoreView) -> PermittedRead {
    let route = "/V1/products/{sku}";
    let grant = Grant::new("magento", Method::Get, route.parse().unwrap());
    let read = Read {
        upstream: "magento".into(),
        route: route.into(),
        path: vec![Binding::text("sku", sku)],
        query: vec![Binding::text("fields", "sku,name")],
        view,
    };
    permit(&[grant], &read).unwrap()
}

/// A permitted write of a product.
pub(crate) fn write(method: WriteMethod, sku: &str, view: StoreView) -> PermittedWrite {
    let route = "/V1/products/{sku}";
    let grant = Grant::new("magento", Method::Write(method), route.parse().unwrap());
    let step = Step {
        upstream: "magento".into(),
        method,
        route: route.into(),
        path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
        query: vec![],
        view,
        body: None,
        body_bindings: vec![],
        failure_responses: vec![],
    };
    permit_step(&[grant], &step, sku, None).unwrap()
}
