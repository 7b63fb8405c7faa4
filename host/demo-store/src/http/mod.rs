//! HTTP: from a request on the wire to a call on a route, and from its answer back.

mod controls;
mod fields;
mod input_limits;
mod log;
mod pages;
mod response;
mod server;
mod shipping;
pub(crate) mod socket;
mod storefront;
mod target;
mod value_rows;
mod xml;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use axum::response::Response;
use serde_json::{Map, Value};

pub use input_limits::InputLimits;
pub use log::LoggedRequest;
pub(crate) use server::{Server, ServingOptions};

use crate::api::{self, Handler, HandlerResult, Route};
use crate::auth::Principal;
use crate::call::Call;
use crate::faults::Fault;
use crate::graphql;
use crate::login::{CloudService, DemoLogin};
use crate::oauth::Signed;
use crate::php;
use crate::refusal::{Refusal, RefusalBody};
use crate::shop::{ALL, Shop};
use crate::wire;
use response::{html_response, json_head, json_response, with_type};
use socket::Peer;
use target::{Mode, Target};

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// The store as a router: one handler, since Magento's paths follow their own rules.
pub(crate) fn router(server: Arc<Server>) -> axum::Router {
    axum::Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(server)
}

async fn serve(
    State(server): State<Arc<Server>>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let peer = peer.as_ref().map(|Extension(ConnectInfo(peer))| peer);
    let own_path = server.options.login.own_path(uri.path(), &headers);
    let path = own_path.as_deref().unwrap_or_default();
    if let Some(control) = controls::answer(&server, &method, path, &body, peer) {
        return control;
    }
    let started = Instant::now();
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let strike = server.faults.strike(method.as_str(), &uri.to_string());
    let shipping = server.shipping.begin(method.as_str(), uri.path());
    if !strike.delay.is_zero() {
        tokio::time::sleep(strike.delay).await;
    }
    server.shipping.take_time(shipping.as_ref()).await;
    let instead = strike
        .fault
        .and_then(|fault| controls::instead(fault, strike.retry_after.as_deref(), peer));
    let request = IncomingRequest {
        method: method.as_str(),
        path,
        query: uri.query().unwrap_or_default(),
        headers: &headers,
        body: &body,
        now: i64::try_from(since_epoch.as_secs()).unwrap_or(0).saturating_add(server.clock_ahead),
    };
    let respond =
        || server.shipping.end(shipping.as_ref(), || request.respond(&server, uri.path()));
    let mut response = match (instead, strike.fault) {
        (Some(response), _) => response,
        (None, None) => respond(),
        (None, Some(fault)) => controls::spoil(fault, respond(), peer).await,
    };
    if server.clock_ahead != 0 {
        pages::date(&mut response, request.now);
    }
    let is_unanswered =
        matches!(strike.fault, Some(Fault::DropBefore | Fault::DropAfter | Fault::StallAfter));
    let header = |name| headers.get(name)?.to_str().ok().map(str::to_owned);
    server.log.push(LoggedRequest {
        number: 0,
        time: since_epoch.as_secs_f64(),
        method: method.as_str().to_owned(),
        target: uri.to_string(),
        status: if is_unanswered { 0 } else { response.status().as_u16() },
        ms: started.elapsed().as_secs_f64() * 1000.0,
        request_id: header("x-request-id"),
        traceparent: header("traceparent"),
        fault: strike.fault.map(|fault| fault.name().to_owned()),
    });
    if strike.fault == Some(Fault::StallAfter) {
        // Until the client gives up, which drops this.
        std::future::pending::<()>().await;
    }
    response
}

/// A request on the wire.
struct IncomingRequest<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
    now: i64,
}

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
}

impl IncomingRequest<'_> {
    fn respond(&self, server: &Server, sent_path: &str) -> Response {
        if let DemoLogin::CloudService(service) = &server.options.login {
            if sent_path == CloudService::TOKENS {
                return self.ims_token(server, service);
            }
            if self.path.starts_with("/rest/")
                && let Some((status, body)) = self.turned_away(server)
            {
                return json_response(status, &body);
            }
        }
        if self.path.trim_end_matches('/') == "/graphql" {
            return self.graphql(server);
        }
        if self.path.trim_end_matches('/') == pages::VERSION {
            return pages::version(&server.shop(), server.options.version_page.as_deref());
        }
        if !self.path.starts_with("/rest") && matches!(self.method, "GET" | "HEAD") {
            return storefront::page(&server.shop(), self.headers, self.path);
        }
        let Some(format) = self.format() else {
            return html_response(500, ERROR_PAGE.to_owned());
        };
        match self.answer(server) {
            Ok((status, answer)) => write_response(status, &answer, format),
            Err(Refusal { status, body }) => match body {
                RefusalBody::Message(message) if self.method != "HEAD" => {
                    write_response(status, &Value::Object(message), format)
                }
                RefusalBody::Message(_) => json_head(status),
                RefusalBody::Text(text) => {
                    with_type(status, text.to_owned(), "text/html; charset=UTF-8")
                }
                RefusalBody::Html(page) => html_response(status, page),
            },
        }
    }

    /// A token of the identity service that stands beside a cloud service.
    fn ims_token(&self, server: &Server, service: &CloudService) -> Response {
        match service.check_form(self.body) {
            Ok(()) if self.method == "POST" => {
                let token = server.guard.token_by_service(self.now);
                let body = serde_json::json!({
                    "access_token": token, "token_type": "bearer", "expires_in": 86_399,
                });
                json_response(200, &body)
            }
            Ok(()) => json_response(405, &Value::Null),
            Err((status, body)) => json_response(status, &body),
        }
    }

    /// What the gateway before a cloud service answers to whom it does not know.
    fn turned_away(&self, server: &Server) -> Option<(u16, Value)> {
        server.options.login.refuse(self.headers).or_else(|| {
            let principal = self.principal(server, &server.shop());
            (principal != Ok(Principal::All)).then(CloudService::unknown_token)
        })
    }

    /// The storefront's GraphQL. Whoever asks is nobody in particular, whatever token comes along.
    fn graphql(&self, server: &Server) -> Response {
        let asked = if self.method == "POST" {
            let media = self.header(&CONTENT_TYPE).unwrap_or_default();
            if media.split(';').next().is_none_or(|media| media.trim() != "application/json") {
                let (status, body) =
                    graphql::refusal("Request content type must be application/json");
                return json_response(status, &body);
            }
            serde_json::from_slice(self.body).unwrap_or(Value::Null)
        } else {
            let query = php::parse_query(self.query);
            let variables = query.get("variables").map(php::text_of).unwrap_or_default();
            let variables = serde_json::from_str(&variables).unwrap_or(Value::Null);
            let text = |name: &str| query.get(name).cloned().unwrap_or_default();
            serde_json::json!({
                "query": text("query"), "variables": variables,
                "operationName": text("operationName"),
            })
        };
        let Value::Object(mut fields) = asked else {
            return html_response(500, ERROR_PAGE.to_owned());
        };
        let variables = fields.remove("variables");
        let asked = graphql::GraphqlRequest {
            query: fields.get("query").map(php::text_of).unwrap_or_default(),
            variables: variables.and_then(|given| given.as_object().cloned()).unwrap_or_default(),
            operation_name: fields.get("operationName").map(php::text_of),
            may_change: self.method == "POST",
        };
        let store = self.header(&HeaderName::from_static("store"));
        let (status, body) = graphql::answer(&server.shop(), store, &asked);
        json_response(status, &body)
    }

    fn answer(&self, server: &Server) -> Result<(u16, Value), Refusal> {
        self.let_consumer_work(server);
        let (target, principal) = {
            let shop = server.shop();
            let length =
                self.path.len() + 1 + self.query.len() + self.method.len() + " HTTP/1.1".len();
            let target = target::parse(self.path, length, &shop.stores)?;
            if !matches!(self.method, "GET" | "POST" | "PUT" | "DELETE") {
                return Err(Refusal::new(
                    405,
                    format!("The {} HTTP method is not supported.", self.method),
                ));
            }
            (target, self.principal(server, &shop))
        };
        let found = match target.mode {
            Mode::Now => api::find(self.method, &target.segments),
            Mode::Later | Mode::Bulk if self.method == "GET" => {
                return Err(Refusal::unprocessable());
            }
            Mode::Later | Mode::Bulk => api::bulk::find_async(self.method, &target.segments),
        };
        let found = found.filter(|(route, _)| {
            server.shop().serves(route.template) && server.options.login.serves(route.template)
        });
        let (route, path) = found.ok_or_else(Refusal::no_route)?;
        let principal = principal?;
        if !principal.may(route.method, route.resource) {
            return Err(Refusal::unauthorized(route.resource));
        }
        if target.mode != Mode::Now {
            return self.accept(server, &target, &route, &path).map(|answer| (202, answer));
        }
        let mut query = php::parse_query(self.query);
        let mut given = self.body_arguments()?;
        if let Some(limits) = server.options.input_limits {
            limits.apply(&mut query)?;
            limits.apply(&mut given)?;
        }
        if self.method == "GET" || self.method == "DELETE" {
            given.extend(query.clone());
        }
        let fields = query.get("fields").map(php::text_of).unwrap_or_default();
        let arguments = {
            let shop = server.shop();
            let read =
                wire::read_arguments(self.method, route.template, &path, &given, &shop.attributes)?;
            shop.as_kept(read)
        };
        let call = Call {
            method: self.method.to_owned(),
            template: route.template.to_owned(),
            store: target.store,
            arguments,
            query,
            now: self.now,
            seed: fastrand::u64(..),
            customer: match principal {
                Principal::Customer(email) => Some(email),
                _ => None,
            },
        };
        let answer = match route.handler {
            Handler::Read(read) => read(&server.shop(), &call),
            Handler::Write(write) => server.write(&call, write),
            Handler::AdminToken | Handler::AdminTokenByCode | Handler::CustomerToken => {
                log_in(server, route.handler, &call)
            }
        }?;
        Ok((200, fields::select(answer, &fields)))
    }

    /// The queue's consumer has no thread of its own: it works when somebody comes by.
    fn let_consumer_work(&self, server: &Server) {
        if api::bulk::is_due(&server.shop(), self.now) {
            let call = Call::of_queue(api::bulk::CONSUME, ALL, Map::new(), self.now);
            // Whoever comes by has no part in how it goes.
            drop(server.write(&call, api::bulk::consume));
        }
    }

    /// Accepts a request to be done later.
    fn accept(
        &self,
        server: &Server,
        target: &Target,
        route: &Route,
        path: &[(String, String)],
    ) -> HandlerResult {
        let (items, path) = match (self.json_body()?, target.mode) {
            (Some(Value::Array(items)), Mode::Bulk) => (items, None),
            (Some(Value::Object(items)), Mode::Bulk) => (items.into_values().collect(), None),
            (Some(item @ Value::Object(_)), _) => (vec![item], Some(path)),
            (_, Mode::Bulk) => (Vec::new(), None),
            _ => (vec![Value::Object(Map::new())], Some(path)),
        };
        let mut arguments = api::bulk::request(&server.shop(), route, items, path)?;
        let header = self.header(&AUTHORIZATION).unwrap_or_default();
        // Tokens of admins have dots; whoever signs, or has a token for good, is an integration.
        let is_integration = !header.contains('.') || header.starts_with("OAuth");
        arguments.insert("integration".to_owned(), is_integration.into());
        let call = Call::of_queue(api::bulk::ACCEPT, target.store, arguments, self.now);
        server.write(&call, api::bulk::accept)
    }

    fn principal(&self, server: &Server, shop: &Shop) -> Result<Principal, Refusal> {
        let host = self.header(&HOST).unwrap_or("localhost");
        let host = match host.rsplit_once(':') {
            Some((name, _)) if server.options.without_port => name,
            _ => host,
        };
        let signed = Signed {
            method: self.method,
            origin: &format!("http://{host}"),
            path: self.path,
            query: self.query,
        };
        server.guard.identify(self.header(&AUTHORIZATION), &signed, &shop.credentials, self.now)
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as arguments: an object's fields; lists and scalars have none.
    fn body_arguments(&self) -> Result<Map<String, Value>, Refusal> {
        match self.json_body()? {
            Some(Value::Object(fields)) => Ok(fields),
            _ => Ok(Map::new()),
        }
    }

    fn json_body(&self) -> Result<Option<Value>, Refusal> {
        if self.body.is_empty() || !matches!(self.method, "POST" | "PUT" | "DELETE") {
            return Ok(None);
        }
        let given = self.header(&CONTENT_TYPE).unwrap_or_default();
        if given.is_empty() {
            return Err(Refusal::bad("Content-Type header is empty."));
        }
        let (media, parameters) = given.split_once(';').unwrap_or((given, ""));
        let charset =
            parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("charset="));
        if charset.is_some_and(|charset| !charset.trim_matches('"').eq_ignore_ascii_case("utf-8")) {
            return Err(Refusal::bad("UTF-8 is the only supported charset."));
        }
        if !media.trim().eq_ignore_ascii_case("application/json") {
            return Err(Refusal::bad(format!(
                "Server cannot understand Content-Type HTTP header media type {}",
                media.trim()
            )));
        }
        serde_json::from_slice(self.body).map(Some).map_err(|_| Refusal::bad("Decoding error."))
    }

    /// The first type in `Accept` that there is a writer for; none accepts neither.
    fn format(&self) -> Option<Format> {
        let accept = self.header(&ACCEPT).unwrap_or("*/*");
        let mut wanted: Vec<(f64, &str)> = accept
            .split(',')
            .map(|entry| {
                let mut parts = entry.split(';').map(str::trim);
                let media = parts.next().unwrap_or_default();
                let quality =
                    parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok());
                (quality.unwrap_or(1.0), media)
            })
            .collect();
        wanted.sort_by(|left, right| right.0.total_cmp(&left.0));
        wanted.into_iter().find_map(|(_, media)| match media {
            "*/*" | "application/json" | "" => Some(Format::Json),
            "application/xml" | "text/xml" | "application/xhtml+xml" => Some(Format::Xml),
            _ => None,
        })
    }
}

fn log_in(server: &Server, handler: Handler, call: &Call) -> HandlerResult {
    let shop = server.shop();
    let (username, password) = (call.text("username"), call.text("password"));
    match handler {
        Handler::CustomerToken => {
            server.guard.customer_token(&shop.credentials, &username, &password, call.now)
        }
        _ => {
            let token =
                server.guard.admin_token(&shop.credentials, &username, &password, call.now)?;
            match (&server.options.login, handler) {
                (DemoLogin::SecondFactor(factor), Handler::AdminTokenByCode) => {
                    factor.check(&call.text("otp"), call.now)?;
                }
                (DemoLogin::SecondFactor(factor), _) => return Err(factor.demand()),
                _ => {}
            }
            Ok(token)
        }
    }
}

fn write_response(status: u16, answer: &Value, format: Format) -> Response {
    match format {
        Format::Json => json_response(status, answer),
        Format::Xml => with_type(status, xml::render(answer), "application/xml; charset=utf-8"),
    }
}

/// What Magento shows when even its error could not be written in the format asked for.
const ERROR_PAGE: &str = "<!doctype html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" >\n<head>\n    \
    <title>There has been an error processing your request</title>\n</head>\n<body>\n    <main>\n        \
    <h1>There has been an error processing your request</h1>\n        \
    <p>Exception printing is disabled by default for security reasons.</p>\n    </main>\n</body>\n</html>\n";
