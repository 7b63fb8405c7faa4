//! A cache before the demo store, to see purges arrive: Varnish and Fastly in one.
//!
//! - `PURGE` as Varnish takes it: `X-Magento-Tags-Pattern` bans by tags. Without one the page itself
//!   is purged, as a VCL does that has `return (purge);` for it, or it is refused with 400, as
//!   Magento's stock VCL does: see [`DemoCdn::with_stock_vcl`].
//! - Fastly's API: `POST /service/{id}/purge/{key}` and `POST /purge/{host/path}`, each with
//!   `Fastly-Key`.
//! - `GET` of anything else is a page of the cache: `MISS` the first time, `HIT` from then on, until
//!   it is purged. No page is made, so a request says itself what its page would be tagged with, in
//!   `X-Magento-Tags`: `curl -H 'X-Magento-Tags: cat_p_1,cat_c_3' …/women.html`. One shop is behind
//!   it, so that hosts do not count.
//! - `/__cdn/requests` tells what was asked (GET, and DELETE to forget).

mod cache;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde::Serialize;
use serde_json::{Value, json};

use cache::{Cache, Page};

/// How many requests are remembered.
const KEPT: usize = 1_000;
const LOG: &str = "/__cdn/requests";

/// A cache of the demo's, not yet serving.
#[derive(Debug, Default)]
pub struct DemoCdn(Mutex<CdnState>);

#[derive(Debug, Default)]
struct CdnState {
    cache: Cache,
    log: Vec<LoggedPurge>,
    purges: u64,
    vcl: Vcl,
}

/// What the VCL has for a `PURGE` that names no tags.
#[derive(Debug, Clone, Copy, Default)]
enum Vcl {
    /// `return (purge);`
    #[default]
    PurgesPages,
    /// Magento's own: `synth(400, …)`.
    WantsTags,
}

/// One request as it reached the cache.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct LoggedPurge {
    method: String,
    /// Path and query exactly as sent.
    target: String,
    host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags_pattern: Option<String>,
    /// Whether it came with Fastly's token, whichever; the token itself is not kept.
    fastly_key: bool,
    soft: bool,
    status: u16,
    /// What it took out of the cache.
    purged: Vec<String>,
}

/// What is answered, and which pages went.
struct HandlerResult {
    status: StatusCode,
    body: Value,
    purged: Vec<String>,
}

impl HandlerResult {
    fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, purged: Vec::new() }
    }
}

impl DemoCdn {
    /// The id of its only service, as Fastly has them.
    pub const SERVICE: &str = "DemoService";
    /// The token that it takes for Fastly's.
    pub const TOKEN: &str = "demo-fastly-token";

    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with Magento's stock VCL, which purges by tags and by nothing else.
    #[must_use]
    pub fn with_stock_vcl(self) -> Self {
        let inside = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        Self(Mutex::new(CdnState { vcl: Vcl::WantsTags, ..inside }))
    }

    /// Serves until `shutdown` is ready.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(
        self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let app = axum::Router::new().fallback(serve).with_state(Arc::new(self));
        axum::serve(listener, app).with_graceful_shutdown(shutdown).await
    }

    fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> HandlerResult {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uri.path() == LOG {
            return inside.show_log(method);
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let answer = inside.handle(method, uri, header);
        if inside.log.len() == KEPT {
            inside.log.remove(0);
        }
        inside.log.push(LoggedPurge {
            method: method.to_string(),
            target: uri.to_string(),
            host: header("host").unwrap_or_default().to_owned(),
            tags_pattern: header("x-magento-tags-pattern").map(str::to_owned),
            fastly_key: header("fastly-key").is_some(),
            soft: header("fastly-soft-purge").is_some(),
            status: answer.status.as_u16(),
            purged: answer.purged.clone(),
        });
        answer
    }
}

impl CdnState {
    fn show_log(&mut self, method: &Method) -> HandlerResult {
        match method.as_str() {
            "GET" => HandlerResult::new(StatusCode::OK, json!(self.log)),
            "DELETE" => {
                self.log.clear();
                HandlerResult::new(StatusCode::OK, json!([]))
            }
            _ => HandlerResult::new(StatusCode::METHOD_NOT_ALLOWED, Value::Null),
        }
    }

    fn handle<'h>(
        &mut self,
        method: &Method,
        uri: &Uri,
        header: impl Fn(&str) -> Option<&'h str>,
    ) -> HandlerResult {
        let page = uri.path_and_query().map_or("/", |target| target.as_str());
        match method.as_str() {
            "PURGE" => self.purge_as_varnish(page, header("x-magento-tags-pattern")),
            "POST" => self.purge_as_fastly(page, header("fastly-key")),
            "GET" => {
                let seen = self.cache.get(Page::new(page, header("x-magento-tags")));
                HandlerResult::new(StatusCode::OK, Value::from(if seen { "HIT" } else { "MISS" }))
            }
            _ => HandlerResult::new(StatusCode::METHOD_NOT_ALLOWED, Value::Null),
        }
    }

    fn purge_as_varnish(&mut self, page: &str, tags: Option<&str>) -> HandlerResult {
        let purged = match tags {
            None if matches!(self.vcl, Vcl::WantsTags) => {
                let why = "400 X-Magento-Tags-Pattern or X-Pool header required";
                return HandlerResult::new(StatusCode::BAD_REQUEST, Value::from(why));
            }
            None => self.cache.purge(|cached| cached.path == page),
            Some(pattern) => {
                let Some(tags) = cache::tags_of(pattern) else {
                    let why = "the demo's cache knows patterns only as Magento sends them";
                    return HandlerResult::new(StatusCode::BAD_REQUEST, Value::from(why));
                };
                self.cache.purge(|cached| tags.iter().any(|tag| cached.has(tag)))
            }
        };
        HandlerResult { status: StatusCode::OK, body: Value::from("200 Purged"), purged }
    }

    fn purge_as_fastly(&mut self, target: &str, key: Option<&str>) -> HandlerResult {
        if key != Some(DemoCdn::TOKEN) {
            let msg = "Provided credentials are missing or invalid";
            return HandlerResult::new(StatusCode::UNAUTHORIZED, json!({ "msg": msg }));
        }
        let purged = if let Some(url) = target.strip_prefix("/purge/") {
            let path = url.find('/').map_or("/", |slash| &url[slash..]);
            self.cache.purge(|cached| cached.path == path)
        } else if let Some(key) =
            target.strip_prefix("/service/").and_then(|rest| rest.strip_prefix(DemoCdn::SERVICE))
            && let Some(key) = key.strip_prefix("/purge/")
        {
            let tag = cache::tag_of_key(key);
            self.cache.purge(|cached| cached.has(&tag))
        } else {
            return HandlerResult::new(StatusCode::NOT_FOUND, json!({ "msg": "Record not found" }));
        };
        self.purges += 1;
        let id = format!("demo-{}", self.purges);
        HandlerResult { status: StatusCode::OK, body: json!({ "status": "ok", "id": id }), purged }
    }
}

async fn serve(
    State(cdn): State<Arc<DemoCdn>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let answer = cdn.answer(&method, &uri, &headers);
    let (kind, text) = match answer.body {
        Value::String(text) => ("text/plain; charset=utf-8", format!("{text}\n")),
        body => ("application/json", body.to_string()),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert("content-type", axum::http::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(cdn: &DemoCdn, method: &str, target: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = cdn.answer(&method, &target.parse().unwrap(), &map);
        (answer.status.as_u16(), answer.body)
    }

    #[test]
    fn a_page_stays_until_it_or_its_tag_is_purged() {
        let cdn = DemoCdn::new();
        let tags = [("x-magento-tags", "cat_p_1,cat_c_3")];
        let get = || ask(&cdn, "GET", "/a.html", &tags).1;
        assert_eq!((get(), get()), ("MISS".into(), "HIT".into()));
        let pattern = [("x-magento-tags-pattern", "((^|,)cat_p_12(,|$))")];
        ask(&cdn, "PURGE", "/", &pattern);
        assert_eq!(get(), "HIT");
        let pattern = [("x-magento-tags-pattern", "((^|,)cat_p_1(,|$))")];
        ask(&cdn, "PURGE", "/", &pattern);
        assert_eq!((get(), get()), ("MISS".into(), "HIT".into()));
        ask(&cdn, "PURGE", "/b.html", &[]);
        assert_eq!(get(), "HIT");
        ask(&cdn, "PURGE", "/a.html", &[]);
        assert_eq!(get(), "MISS");
        let log = ask(&cdn, "GET", LOG, &[]).1;
        assert_eq!(log[4]["purged"], json!(["/a.html"]), "{log}");
    }

    #[test]
    fn the_stock_vcl_purges_by_tags_alone() {
        let cdn = DemoCdn::new().with_stock_vcl();
        let get = || ask(&cdn, "GET", "/a.html", &[("x-magento-tags", "cat_p_1")]).1;
        get();
        let (status, body) = ask(&cdn, "PURGE", "/a.html", &[]);
        assert_eq!(status, 400);
        assert!(body.as_str().unwrap().contains("X-Magento-Tags-Pattern or X-Pool"), "{body}");
        assert_eq!(get(), "HIT");
        let pattern = [("x-magento-tags-pattern", "((^|,)cat_p_1(,|$))")];
        assert_eq!(ask(&cdn, "PURGE", "/", &pattern).0, 200);
        assert_eq!(get(), "MISS");
    }

    #[test]
    fn fastlys_api_wants_its_token_and_knows_its_service() {
        let cdn = DemoCdn::new();
        let key = [("fastly-key", DemoCdn::TOKEN)];
        ask(&cdn, "GET", "/a.html?p=2", &[("x-magento-tags", "cat_c_3")]);
        let by_key = format!("/service/{}/purge/c3", DemoCdn::SERVICE);
        assert_eq!(ask(&cdn, "POST", &by_key, &[("fastly-key", "wrong")]).0, 401);
        assert_eq!(ask(&cdn, "POST", "/service/other/purge/c3", &key).0, 404);
        assert_eq!(ask(&cdn, "POST", &by_key, &key).1, json!({"status": "ok", "id": "demo-1"}));
        assert_eq!(ask(&cdn, "GET", "/a.html?p=2", &[]).1, "MISS");
        ask(&cdn, "POST", "/purge/shop.example/a.html?p=2", &key);
        assert_eq!(ask(&cdn, "GET", "/a.html?p=2", &[]).1, "MISS");
        let log = ask(&cdn, "GET", LOG, &[]).1.to_string();
        assert!(!log.contains("demo-fastly-token"), "{log}");
    }
}
