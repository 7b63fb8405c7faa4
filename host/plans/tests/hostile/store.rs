//! A demo store in this process, and every write that reached it, with its body.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;
use souk_demo_store::{Credential, DemoStore};
use souk_upstream::{Credentials, Magento, Session, StoreConfig};
use tokio_util::task::AbortOnDropHandle;

/// A write as it reached the store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SentWrite {
    pub(crate) method: String,
    /// The view: `all`, `de`.
    pub(crate) view: String,
    /// Path and query behind the view.
    pub(crate) path: String,
    pub(crate) body: Value,
    /// Whether the store answered that it did nothing, after which it may be tried again.
    pub(crate) is_refused: bool,
}

impl SentWrite {
    /// Where it went, as a review names it.
    pub(crate) fn address(&self) -> String {
        format!("{} {} at {}", self.method, self.path, self.view)
    }
}

pub(crate) struct Store {
    /// What listens for it; else every store of a long run would stay.
    _served: AbortOnDropHandle<()>,
    router: Router,
    pub(crate) session: Session,
    writes: Arc<Mutex<Vec<SentWrite>>>,
    token: String,
}

impl Store {
    pub(crate) async fn open() -> Self {
        let demo = DemoStore::sample();
        let admin = demo.credentials().into_iter().find_map(|credential| match credential {
            Credential::Admin { username, password } => Some((username, password)),
            _ => None,
        });
        let (username, password) = admin.unwrap();
        let writes = Arc::<Mutex<Vec<SentWrite>>>::default();
        let router = demo.router().layer(from_fn_with_state(writes.clone(), record));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = router.clone();
        let served = tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        let served = AbortOnDropHandle::new(served);
        let magento = Magento::new(StoreConfig::new("shop", url.parse().unwrap())).unwrap();
        let credentials = Credentials::Admin {
            username: username.clone(),
            password: password.clone().into(),
            otp_secret: None,
        };
        let session = Session::login(&magento, credentials).await.unwrap();
        let mut store = Self { _served: served, router, session, writes, token: String::new() };
        let login = serde_json::json!({"username": username, "password": password});
        let token = store.ask("POST", "/rest/V1/integration/admin/token", Some(&login)).await;
        store.token = token.as_str().unwrap().to_owned();
        store
    }

    /// What reached the store since this was asked last.
    pub(crate) fn take_writes(&self) -> Vec<SentWrite> {
        std::mem::take(&mut *self.writes.lock().unwrap())
    }

    /// A read past the host.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None).await
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.token))
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.unwrap();
        let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

async fn record(
    State(writes): State<Arc<Mutex<Vec<SentWrite>>>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let write = (parts.method != "GET" && !target.contains("/integration/")).then(|| {
        let rest = target.strip_prefix("/rest/").unwrap_or(&target);
        let (view, path) = rest.split_once('/').unwrap_or((rest, ""));
        SentWrite {
            method: parts.method.to_string(),
            view: view.to_owned(),
            path: format!("/{path}"),
            body: serde_json::from_slice(&body).unwrap_or_default(),
            is_refused: false,
        }
    });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if let Some(write) = write {
        let is_refused = response.status().is_client_error();
        writes.lock().unwrap().push(SentWrite { is_refused, ..write });
    }
    response
}
