//! A shop with a few orders, that does what a test says: before it answers, after, or not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use souk_upstream::{CdnProvider, CdnSettings, Credentials, Magento, Session, StoreConfig};

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It happens and is answered.
    Willing,
    /// It happens, and the answer is an error 500.
    Forgetful,
    /// It does not happen, and the answer is an error 500.
    Broken,
    /// It is refused.
    Unwilling,
    /// So many do not happen, since two transactions were in each other's way, and are answered with
    /// this status; the next happens.
    Deadlocked { times: u32, status: u16 },
}

#[derive(Clone)]
pub(crate) struct Shop {
    url: String,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    /// By their ids, all alike.
    orders: BTreeMap<u64, Value>,
    mood: Mood,
    writes: Vec<String>,
    /// What happens beside it as a write arrives.
    at_each_write: Option<Box<dyn Fn() + Send>>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let order = |id: u64| {
            json!({
                "entity_id": id, "order_currency_code": "EUR", "base_to_order_rate": 1,
                "state": "processing", "grand_total": 600, "total_invoiced": 400, "total_paid": 400,
                "shipping_amount": 0, "base_shipping_amount": 0,
                "items": [{"item_id": 1, "qty_ordered": 6, "qty_invoiced": 4, "qty_refunded": 0,
                    "row_invoiced": 400, "amount_refunded": 0}],
            })
        };
        let orders = (7..=10).map(|id| (id, order(id))).collect();
        let (mood, writes) = (Mood::Willing, Vec::new());
        let inner = Inner { orders, mood, writes, at_each_write: None };
        let inner = Arc::new(Mutex::new(inner));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner }
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.inner.lock().unwrap().mood = mood;
    }

    /// Does this whenever a write arrives, before it happens.
    pub(crate) fn at_each_write(&self, act: impl Fn() + Send + 'static) {
        self.inner.lock().unwrap().at_each_write = Some(Box::new(act));
    }

    /// What was written, request by request.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.inner.lock().unwrap().writes.clone()
    }

    /// A refund of one item that arrived before, and only now gets through.
    pub(crate) fn refunds_after_all(&self) {
        refund(self.inner.lock().unwrap().orders.get_mut(&7).unwrap(), 1);
    }

    pub(crate) async fn session(&self) -> Session {
        self.session_of(StoreConfig::new("shop", self.url.parse().unwrap())).await
    }

    /// A session with the shop and the cache before it, which this is, too.
    pub(crate) async fn session_with_cache(&self) -> Session {
        let mut config = StoreConfig::new("shop", self.url.parse().unwrap());
        config.cdn = CdnSettings {
            provider: Some(CdnProvider::Varnish),
            url: Some(self.url.parse().unwrap()),
            ..CdnSettings::default()
        };
        self.session_of(config).await
    }

    async fn session_of(&self, config: StoreConfig) -> Session {
        let store = Magento::new(config).unwrap();
        let password = "secret".to_owned().into();
        Session::login(
            &store,
            Credentials::Admin { username: "agent".into(), password, otp_secret: None },
        )
        .await
        .unwrap()
    }
}

fn refund(order: &mut Value, qty: u64) {
    let before = order["total_refunded"].as_u64().unwrap_or(0);
    order["total_refunded"] = (before + 100 * qty).into();
    let item = &mut order["items"][0];
    item["qty_refunded"] = (item["qty_refunded"].as_u64().unwrap() + qty).into();
    item["amount_refunded"] = (item["amount_refunded"].as_u64().unwrap() + 100 * qty).into();
}

async fn serve(
    State(inner): State<Arc<Mutex<Inner>>>,
    request: Request,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) =
        answer(&mut inner.lock().unwrap(), parts.method.as_str(), parts.uri.path(), &body);
    (
        StatusCode::from_u16(status).unwrap(),
        [("content-type", "application/json")],
        answer.to_string(),
    )
}

fn answer(inner: &mut Inner, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let path = path.trim_start_matches("/rest/all").trim_start_matches("/rest");
    match (method, path) {
        ("POST", "/V1/integration/admin/token") => return (200, "token".into()),
        ("GET", "/V1/store/storeViews") => return (200, json!([{"id": 1, "code": "default"}])),
        ("GET", "/V1/invoices/3") => return (200, json!({"entity_id": 3, "order_id": 7})),
        ("GET", "/V1/invoices/4") => return (200, json!({"entity_id": 4, "order_id": 8})),
        ("GET", _) => {
            let id = path.strip_prefix("/V1/orders/").and_then(|id| id.parse().ok());
            return (200, inner.orders[&id.unwrap()].clone());
        }
        _ => {}
    }
    if let Some(act) = &inner.at_each_write {
        act();
    }
    inner.writes.push(format!("{method} {path}"));
    if method == "PURGE" {
        return (200, json!({}));
    }
    match inner.mood {
        Mood::Unwilling => return (400, json!({"message": "no"})),
        Mood::Broken => return (500, json!({"message": "oh"})),
        Mood::Deadlocked { times: times @ 1.., status } => {
            inner.mood = Mood::Deadlocked { times: times - 1, status };
            let message = match status {
                400 => "Could not save a Creditmemo, see error log for details",
                _ => {
                    "SQLSTATE[40001]: Serialization failure: 1213 Deadlock found when trying to get \
                     lock; try restarting transaction"
                }
            };
            return (status, json!({"message": message}));
        }
        Mood::Willing | Mood::Forgetful | Mood::Deadlocked { .. } => {}
    }
    let segments: Vec<&str> = path.split('/').skip(2).collect();
    let orders = &mut inner.orders;
    let done = match segments.as_slice() {
        ["order", id, "refund"] => {
            refund(order(orders, id), body["items"][0]["qty"].as_u64().unwrap());
            json!("1")
        }
        ["invoice", "3", "refund"] => {
            refund(order(orders, "7"), body["items"][0]["qty"].as_u64().unwrap());
            json!("1")
        }
        ["orders", id, "cancel"] => {
            order(orders, id)["state"] = "canceled".into();
            true.into()
        }
        ["orders", _, "emails"] => true.into(),
        other => panic!("nobody writes to `{other:?}`"),
    };
    match inner.mood {
        Mood::Forgetful => (500, json!({"message": "oh"})),
        _ => (200, done),
    }
}

fn order<'o>(orders: &'o mut BTreeMap<u64, Value>, id: &str) -> &'o mut Value {
    orders.get_mut(&id.parse().unwrap()).unwrap()
}
