//! The store's own controls, outside Magento's paths: the request log, the faults, the consumer of
//! asynchronous requests (`{"running": false}` stops it), redirects that a merchant enters by hand
//! (`[{"store": "default", "path": "old", "to": "new"}]`), and the rows of its tables, for whoever is
//! on the same machine.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::response::{html_response, json_response, with_type};
use super::server::Server;
use super::socket::Peer;
use super::value_rows::value_rows;

use crate::faults::Fault;

const LOG: &str = "/__demo/requests";
const FAULTS: &str = "/__demo/faults";
const CONSUMER: &str = "/__demo/consumer";
const ROWS: &str = "/__demo/rows";
const REDIRECTS: &str = "/__demo/redirects";

/// The answer of a control; `None` when the path is none.
pub(super) fn answer(
    server: &Server,
    method: &Method,
    path: &str,
    body: &[u8],
    peer: Option<&Peer>,
) -> Option<Response> {
    if !matches!(path, LOG | FAULTS | CONSUMER | ROWS | REDIRECTS) {
        return None;
    }
    if peer.is_some_and(|peer| !peer.address.ip().is_loopback()) {
        return Some(StatusCode::FORBIDDEN.into_response());
    }
    Some(match (path, method.as_str()) {
        (LOG, "GET") => json_response(200, &json!(server.log.all())),
        (LOG, "DELETE") => {
            server.log.clear();
            StatusCode::NO_CONTENT.into_response()
        }
        (FAULTS, "GET") => json_response(200, &server.faults.show()),
        (FAULTS, "PUT" | "POST") => match server.faults.replace(body) {
            Ok(()) => json_response(200, &server.faults.show()),
            Err(error) => json_response(400, &json!({ "message": error.to_string() })),
        },
        (FAULTS, "DELETE") => {
            server.faults.clear();
            StatusCode::NO_CONTENT.into_response()
        }
        (ROWS, "GET") => json_response(200, &value_rows(&server.shop())),
        (CONSUMER, "PUT" | "POST") => match server.switch_consumer(body) {
            Ok(state) => json_response(200, &state),
            Err(_) => StatusCode::BAD_REQUEST.into_response(),
        },
        (REDIRECTS, "PUT" | "POST") => match server.add_redirects(body) {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(why) => json_response(400, &json!({ "message": why })),
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    })
}

/// What a fault answers instead of the request's own answer; `None` when the request is to be handled.
pub(super) fn instead(
    fault: Fault,
    retry_after: Option<&str>,
    peer: Option<&Peer>,
) -> Option<Response> {
    let mut response = match fault {
        Fault::TooManyRequests => json_response(429, &json!({ "message": "Too Many Requests" })),
        Fault::Unavailable => html_response(503, UNAVAILABLE.to_owned()),
        Fault::DropBefore => return Some(drop_connection(peer)),
        Fault::TracePage => with_type(500, TRACE_PAGE, "text/html; charset=UTF-8"),
        Fault::TraceMessage => json_response(500, &json!({ "message": TRACE_MESSAGE })),
        Fault::EmptyToken => json_response(200, &json!("")),
        Fault::DropAfter
        | Fault::Truncate
        | Fault::NotJson
        | Fault::BadJson
        | Fault::DeepJson
        | Fault::PageCount
        | Fault::StallAfter => return None,
    };
    if let Some(value) = retry_after.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    Some(response)
}

/// What a fault makes of the answer of a request that was handled.
pub(super) async fn spoil(fault: Fault, response: Response, peer: Option<&Peer>) -> Response {
    match fault {
        Fault::DropAfter => drop_connection(peer),
        Fault::Truncate => truncate(response).await,
        Fault::NotJson => html_response(response.status().as_u16(), UNAVAILABLE.to_owned()),
        Fault::BadJson => rewrite(response, |body| body[..body.len() / 2].to_vec()).await,
        Fault::DeepJson => {
            rewrite(response, |_| ["[".repeat(3000), "]".repeat(3000)].concat().into_bytes()).await
        }
        Fault::PageCount => rewrite(response, count_page).await,
        Fault::TooManyRequests
        | Fault::Unavailable
        | Fault::DropBefore
        | Fault::TracePage
        | Fault::TraceMessage
        | Fault::EmptyToken
        | Fault::StallAfter => response,
    }
}

/// Without a connection, as under test, the body fails at once instead.
fn drop_connection(peer: Option<&Peer>) -> Response {
    if let Some(peer) = peer {
        peer.hang_up();
    }
    Response::new(Body::from_stream(futures::stream::once(async { Err::<Vec<u8>, _>(cut()) })))
}

fn cut() -> std::io::Error {
    std::io::ErrorKind::ConnectionReset.into()
}

/// The same answer with another body.
async fn rewrite(response: Response, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Response {
    let (mut head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(change(&bytes)))
}

/// A list whose count is that of its page, as some modules make it.
fn count_page(body: &[u8]) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    let on_page = answer.get("items").and_then(Value::as_array).map(Vec::len);
    if let (Some(on_page), Some(count)) = (on_page, answer.get_mut("total_count")) {
        *count = on_page.into();
    }
    answer.to_string().into_bytes()
}

/// Half of the body under the length of the whole.
async fn truncate(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = bytes.slice(..bytes.len() / 2);
    // The pause lets the first half out; what is still buffered when a body fails is never sent.
    let rest = futures::stream::once(async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        Err(cut())
    });
    let body = Body::from_stream(futures::stream::once(async move { Ok(half) }).chain(rest));
    let mut spoilt = Response::new(body);
    *spoilt.status_mut() = head.status;
    if let Some(media) = head.headers.get(CONTENT_TYPE) {
        spoilt.headers_mut().insert(CONTENT_TYPE, media.clone());
    }
    spoilt.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
    spoilt
}

/// What PHP shows where its errors are displayed and it cannot reach its database.
const TRACE_PAGE: &str = "<pre>PDOException: SQLSTATE[HY000] [2002] Connection refused in \
    /var/www/html/vendor/magento/zend-db/library/Zend/Db/Adapter/Pdo/Abstract.php:128 Stack trace: #0 \
    /var/www/html/vendor/magento/zend-db/library/Zend/Db/Adapter/Pdo/Abstract.php(128): \
    PDO->__construct('mysql:host=db', 'magento', 'S3cretPw', Array)</pre>";
/// A message of a module that passes such a trace on.
const TRACE_MESSAGE: &str = "Error in #0 /var/www/html/app/code/Acme/Secret.php(12): \
    PDO->__construct('mysql:host=db', 'magento', 'S3cretPw')";

const UNAVAILABLE: &str = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n\
    <center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";
