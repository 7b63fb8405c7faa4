//! A demo store that is asked without sockets, behind the stand-in for the host.

use std::cell::RefCell;
use std::rc::Rc;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use souk_demo_store::{Credential, DemoStore};
use souk_sdk::core::Read;
use souk_sdk::prelude::{BindingSource, Decimal, Failure, FailureCode, StoreView};
use souk_sdk::testing::Host;
use tower::ServiceExt as _;

/// A demo store that is asked without sockets.
pub(super) struct Shop {
    router: RefCell<axum::Router>,
    runtime: tokio::runtime::Runtime,
    token: String,
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|b| if plain(&b) { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Shop {
    pub(super) fn open() -> Rc<Self> {
        Self::of(DemoStore::sample())
    }

    /// One with another store behind it.
    pub(super) fn of(store: DemoStore) -> Rc<Self> {
        let admin = store.credentials().into_iter().find_map(|credential| match credential {
            Credential::Admin { username, password } => Some((username, password)),
            _ => None,
        });
        let (username, password) = admin.unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut shop = Self { router: RefCell::new(store.router()), runtime, token: String::new() };
        let login = json!({"username": username, "password": password});
        let (_, token) = shop.send("POST", "/rest/V1/integration/admin/token", &login);
        shop.token = token.as_str().unwrap().to_owned();
        Rc::new(shop)
    }

    fn send(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {}", self.token))
            .body(body)
            .unwrap();
        let router = self.router.borrow().clone();
        self.runtime.block_on(async {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        })
    }

    /// Answers a read as the store does.
    pub(super) fn read(&self, read: &Read) -> Result<Value, Failure> {
        let text = |source: &BindingSource| match source {
            BindingSource::Text(text) => encoded(text),
            other => panic!("{other:?} in a read"),
        };
        let mut path = read.route.template.clone();
        for binding in &read.path {
            path = path.replace(&format!("{{{}}}", binding.name), &text(&binding.value));
        }
        let query: Vec<String> = read
            .query
            .iter()
            .map(|binding| [encoded(&binding.name), text(&binding.value)].join("="))
            .collect();
        let view = match &read.view {
            StoreView::Global => "/all",
            StoreView::SessionDefault => "",
            StoreView::View(code) => panic!("sales are read globally, not in `{code}`"),
        };
        let (status, body) =
            self.send("GET", &format!("/rest{view}{path}?{}", query.join("&")), &Value::Null);
        match status {
            200 => Ok(body),
            404 => Err(Failure::not_found(body["message"].as_str().unwrap_or_default())),
            _ => Err(Failure::new(FailureCode::UpstreamError, format!("{status} {body}"))),
        }
    }

    pub(super) fn host(self: &Rc<Self>) -> Host {
        let shop = Rc::clone(self);
        Host::answering(move |read| shop.read(read)).logged_in()
    }

    pub(super) fn order(&self, id: u64) -> Value {
        self.send("GET", &format!("/rest/V1/orders/{id}"), &Value::Null).1
    }

    /// Posts to the store past the acts; its status and answer.
    pub(super) fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        self.send("POST", &["/rest", target].concat(), body)
    }

    pub(super) fn get(&self, target: &str) -> Value {
        self.send("GET", &["/rest", target].concat(), &Value::Null).1
    }

    /// Calls an act and does in the store what it proposes, as the host would. What the change
    /// expects has to be what the store then shows.
    pub(super) fn act(self: &Rc<Self>, action: &str, arguments: &Value) -> Result<Value, Failure> {
        let host = self.host();
        let answer = host.call(&crate::orders(), action, arguments)?;
        for proposed in host.proposed() {
            for change in &proposed.changes {
                for sent in host.sent(change) {
                    let (status, body) = self.send(sent.method, &sent.path, &sent.body);
                    // Whether a source has the goods, no order tells.
                    if status == 400 && body.to_string().contains("Could not save a shipment") {
                        return Err(Failure::unavailable("the source has not got the goods"));
                    }
                    assert_eq!(status, 200, "{action} {arguments}: {sent:?} {body}");
                    assert_ne!(body, json!(false), "{action} {arguments}");
                }
                for row in host.review(&proposed, change).iter().filter(|row| row.field != "email")
                {
                    assert!(
                        same(&row.before, &row.after),
                        "{action} {arguments}: {} is {} and was expected to be {}",
                        row.field,
                        row.before,
                        row.after
                    );
                }
            }
        }
        Ok(answer)
    }
}

/// Whether two values mean the same to Magento.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (Decimal::rounded(a), Decimal::rounded(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
