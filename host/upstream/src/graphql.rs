//! A store's GraphQL interface, of which only anonymous queries are made.
//!
//! A read of the route `/graphql` goes to `{base_url}/graphql`, outside `/rest`. It is the
//! storefront's own interface: what it tells, it tells every visitor, so it is asked **without
//! credentials**, and nothing of a customer can be reached through it. It is asked by GET, and
//! Magento answers GET only where the document is a query ("Mutation requests allowed only over
//! POST requests"), which is why no document is parsed here.
//!
//! ```no_run
//! # async fn example(session: &souk_upstream::Session) -> Result<(), souk_model::Failure> {
//! use souk_model::{Binding, Grant, Method, Read, StoreView};
//! let grant = Grant::new("magento", Method::Get, "/graphql".parse().map_err(|_| souk_model::Failure::internal("a route"))?);
//! let read = Read {
//!     upstream: "magento".into(),
//!     route: "/graphql".into(),
//!     path: vec![],
//!     query: vec![Binding::text("query", "{storeConfig{code}}")],
//!     view: StoreView::View("de".into()),
//! };
//! let answer = session.get(&souk_policy::permit(&[grant], &read).map_err(souk_model::Failure::from)?).await?;
//! # Ok(()) }
//! ```

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use souk_model::{Code, Failure};
use souk_policy::PermittedRead;

use crate::store::magento::Magento;
use crate::wire::address::{ApiTarget, StoreApi, storefront_view};
use crate::wire::json_soundness::check_json;
use crate::wire::php_trace::before_trace;
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::{MAX_TEXT_CHARS, failure_of, flawed_json, not_json};
use crate::wire::request::StoreRequest;
use crate::wire::text::sanitize;
use crate::wire::upstream::{UPSTREAM, upstream_error};

/// The route by which grants name it.
const ROUTE: &str = "/graphql";
/// No more than this many errors are repeated.
const MAX_ERRORS: usize = 20;

/// Whether a read is one of the GraphQL interface.
pub(crate) fn is_query(read: &PermittedRead) -> bool {
    read.route().as_str() == ROUTE
}

/// Makes a query, and gives the whole answer, `data` included, where it has no errors.
///
/// The view is told by a header: none for the store's own default, which is also what "global"
/// means here, since the storefront has no global view.
///
/// # Errors
/// `UPSTREAM_ERROR` with the store's messages where the answer has `errors`, whatever its status;
/// as for any read else.
pub(crate) async fn query(
    store: &Magento,
    read: &PermittedRead,
    default_scope: Option<&str>,
) -> Result<Bytes, Failure> {
    let view = storefront_view(read.view(), default_scope);
    let target = ApiTarget { api: StoreApi::GraphQl, view, path: read.path(), query: read.query() };
    let reply = store.send_anonymously(&StoreRequest::get(target).of_route(ROUTE)).await?;
    data_or_failure(reply)
}

fn data_or_failure(reply: StoreReply) -> Result<Bytes, Failure> {
    if let Some(failure) = query_errors(&reply) {
        return Err(failure);
    }
    match reply.status {
        200..=299 if reply.json => match check_json(&reply.body) {
            Ok(()) => Ok(reply.body),
            Err(flaw) => Err(flawed_json(reply.status, &flaw)),
        },
        200..=299 => {
            Err(not_json(&reply, "check the store's `base_url`: no GraphQL answers there"))
        }
        // Credentials are none of these: none were sent.
        401 | 403 | 404 => Err(upstream_error("the store's GraphQL does not answer visitors")
            .from_upstream(UPSTREAM, Some(reply.status))
            .remedy(format!(
                "a firewall, a password before the shop or a missing module may be the reason: \
                 see what `{ROUTE}` answers at the store's `base_url`"
            ))),
        _ => Err(failure_of(&reply)),
    }
}

/// What an answer says of its errors. `data` may stand beside them, in part; a part that is taken
/// for the whole misleads, so that it is dropped.
#[derive(Deserialize)]
struct GraphQlResponse {
    #[serde(default)]
    errors: Vec<GraphQlError>,
    #[serde(default, rename = "data")]
    _data: IgnoredAny,
}

#[derive(Deserialize)]
struct GraphQlError {
    #[serde(default)]
    message: String,
}

fn query_errors(reply: &StoreReply) -> Option<Failure> {
    let response: GraphQlResponse = serde_json::from_slice(&reply.body).ok()?;
    if response.errors.is_empty() {
        return None;
    }
    let said: Vec<&str> = response
        .errors
        .iter()
        .take(MAX_ERRORS)
        .map(|error| before_trace(&error.message).trim_end_matches('.'))
        .collect();
    let said = sanitize(&said.join("; "), MAX_TEXT_CHARS);
    let message = match said.is_empty() {
        true => "the store refused the query".to_owned(),
        false => format!("the store said: {said}"),
    };
    Some(Failure::new(Code::UpstreamError, message).from_upstream(UPSTREAM, Some(reply.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> StoreReply {
        let json = body.starts_with('{');
        let body = Bytes::copy_from_slice(body.as_bytes());
        StoreReply { status, json, retry_after: None, location: None, date: None, body }
    }

    /// As recorded in `graphql.jsonl`: validation answers 200, syntax and an unknown store 500.
    #[test]
    fn errors_are_failures_whatever_the_status() {
        for (status, body, message) in [
            (
                200,
                r#"{"errors":[{"message":"\"url\" argument should be specified and not empty","path":["route"]}],"data":{"route":null}}"#,
                r#"the store said: "url" argument should be specified and not empty"#,
            ),
            (
                500,
                r#"{"errors":[{"message":"Syntax Error: Expected Name, found <EOF>"}]}"#,
                "the store said: Syntax Error: Expected Name, found <EOF>",
            ),
            (
                200,
                r#"{"errors":[{"message":"Requested store is not found."},{"message":"b\u001b[2J"}]}"#,
                "the store said: Requested store is not found; b\\u{1b}[2J",
            ),
            (200, r#"{"errors":[{}]}"#, "the store refused the query"),
        ] {
            let failure = data_or_failure(reply(status, body)).unwrap_err();
            assert_eq!(
                (failure.code_text().as_str(), failure.status),
                ("MAGENTO_API_ERROR", Some(status))
            );
            assert_eq!(failure.message, message);
        }
    }

    #[test]
    fn an_answer_without_errors_is_passed_on_whole() {
        let body = r#"{"data":{"route":null}}"#;
        assert_eq!(data_or_failure(reply(200, body)).unwrap(), body);
        assert!(data_or_failure(reply(200, r#"{"errors":[],"data":{}}"#)).is_ok());
    }

    #[test]
    fn a_page_in_its_place_is_said_to_be_one() {
        for status in [200, 401, 403, 404] {
            let failure = data_or_failure(reply(status, "<html>no</html>")).unwrap_err();
            assert_eq!((failure.code, failure.status), (Code::UpstreamError, Some(status)));
            assert!(failure.remedy.is_some());
        }
        assert!(
            data_or_failure(reply(500, "<title>Error 500</title>"))
                .unwrap_err()
                .message
                .contains("Error 500")
        );
    }
}
