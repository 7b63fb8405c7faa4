//! What a store answers when it refuses, made into one failure.
//!
//! Most refusals are an [`ErrorBody`]; some are plain text or HTML. Whatever they say is data from
//! outside: bounded, and without control characters.

use bytes::Bytes;
use souk_model::{AuthMethod, Code, Failure, Method};

use super::error_body::ErrorBody;
use super::json_soundness::check_json;
use super::php_trace::{before_trace, is_php_error};
use super::reply::StoreReply;
use super::text::{page_text, sanitize};
use super::upstream::{UPSTREAM, upstream_error};

/// The longest text of a store that a failure repeats, in characters.
pub(crate) const MAX_TEXT_CHARS: usize = 600;

/// What the store says, for the end of a message.
fn store_text(reply: &StoreReply, body: Option<&ErrorBody>) -> String {
    let text = match body {
        Some(body) => sanitize(before_trace(&body.text()), MAX_TEXT_CHARS),
        None => page_text(&reply.body),
    };
    text.trim_end_matches('.').to_owned()
}

/// The failure that an answer other than 2xx is.
pub(crate) fn failure_of(reply: &StoreReply) -> Failure {
    let body = ErrorBody::parse(&reply.body);
    let body = body.as_ref();
    let text = store_text(reply, body);
    let parts = match reply.status {
        300..=399 => redirected(reply),
        401 => unauthenticated(body, &text),
        404 => not_found(body, &text),
        429 => (
            Code::RateLimited,
            "the store asks to be called less often".into(),
            when_to_retry(reply),
        ),
        status => (
            Code::UpstreamError,
            message_with(&text, "the store refused the request"),
            remedy_for(status, &text, reply),
        ),
    };
    assemble(parts, reply.status)
}

/// The failure that a permitted request met. More can be said of it than of a request of the host's
/// own: what it asked for, and that whoever asked is logged in.
pub(crate) fn failure_of_request(
    reply: &StoreReply,
    request: &RequestLine<'_>,
    known: Option<AuthMethod>,
) -> Failure {
    let body = ErrorBody::parse(&reply.body);
    let body = body.as_ref();
    let parts = match (reply.status, body.and_then(ErrorBody::denied_resources), known) {
        (401, Some(resources), Some(method)) => role_lacks(resources, method),
        (404, ..) if body.is_some_and(ErrorBody::is_no_route) => no_route(request),
        _ => return failure_of(reply),
    };
    let failure = assemble(parts, reply.status);
    if failure.code == Code::Forbidden { failure.rule(STORE_ACL) } else { failure }
}

/// The body of a 2xx: well-formed JSON, and not yet parsed.
///
/// # Errors
/// What the store refused, or an answer that is not JSON.
pub(crate) fn json_body(reply: StoreReply) -> Result<Bytes, Failure> {
    if !reply.is_success() {
        return Err(failure_of(&reply));
    }
    if !reply.json {
        return Err(not_json(&reply, "check the store's `base_url`: no REST API answers there"));
    }
    check_json(&reply.body).map_err(|flaw| flawed_json(reply.status, &flaw))?;
    Ok(reply.body)
}

/// The failure that a 2xx is whose JSON nobody can read.
pub(crate) fn flawed_json(status: u16, flaw: &str) -> Failure {
    upstream_error(format!("the store's answer {flaw}"))
        .from_upstream(UPSTREAM, Some(status))
        .remedy("the store, or a module of it, is at fault; its log may say more")
}

/// The failure that an answer is which carries no JSON, where there should be some; `remedy` says what to do
/// unless it is what PHP says of an error of its own.
pub(crate) fn not_json(reply: &StoreReply, remedy: &str) -> Failure {
    let failure = match is_php_error(&reply.body) {
        true => own_error(reply),
        false => {
            upstream_error("the store answered with something that is not JSON").remedy(remedy)
        }
    };
    failure.from_upstream(UPSTREAM, Some(reply.status))
}

/// An error of the store's own, or of a module of it: its address is right.
pub(crate) fn own_error(reply: &StoreReply) -> Failure {
    let text = store_text(reply, ErrorBody::parse(&reply.body).as_ref());
    upstream_error(message_with(&text, "the store answered with an error of its own"))
        .from_upstream(UPSTREAM, Some(reply.status))
        .remedy(OWN_ERROR)
}

/// Where an error of the store's own is looked into.
const OWN_ERROR: &str = "it is an error of the store's own, or of a module of it: its \
     `var/log/exception.log`, `var/log/system.log` or PHP's own log say more";

/// What makes a failure: its code, its message and what to do about it.
type FailureParts = (Code, String, Option<String>);

fn assemble((code, message, remedy): FailureParts, status: u16) -> Failure {
    let failure = Failure::new(code, message).from_upstream(UPSTREAM, Some(status));
    match remedy {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}

/// What a permitted request asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestLine<'a> {
    pub method: Method,
    /// As granted: `/V1/products/{sku}`.
    pub route: &'a str,
    /// As sent: `/V1/products/LAB%2F1`.
    pub path: &'a str,
}

/// The rule by which the store refuses what a role does not allow.
const STORE_ACL: &str = "store-acl";

fn role_lacks(resources: &str, method: AuthMethod) -> FailureParts {
    let resources = sanitize(resources, MAX_TEXT_CHARS);
    let (who, grant_it) = match method {
        AuthMethod::AdminToken => (
            "this admin user's role",
            "in Magento's admin, System > Permissions > User Roles: add it to the role's resources",
        ),
        AuthMethod::Ims => (
            "this technical account",
            "in the Adobe Admin Console and in Magento's admin: give the account a role that has \
             the resource",
        ),
        AuthMethod::Oauth | AuthMethod::IntegrationToken => (
            "this integration",
            "in Magento's admin, System > Extensions > Integrations: add it to the integration's \
             API resources",
        ),
    };
    (
        Code::Forbidden,
        format!("the store does not allow it: {who} lacks the resource `{resources}`"),
        Some(format!("{grant_it}; `souk doctor` shows what else is lacking")),
    )
}

fn no_route(request: &RequestLine<'_>) -> FailureParts {
    let RequestLine { method, route, path } = *request;
    let encoded_slash = path.contains("%2F") || path.contains("%5C");
    let message = if encoded_slash {
        format!(
            "the store found no route for `{method} {route}`: either its module is missing or \
             disabled, or a server before it does not pass on the `/` in an id as it was sent"
        )
    } else {
        format!("this store has no route `{method} {route}`: its module is missing or disabled")
    };
    (Code::Unavailable, message, Some("`souk doctor` shows what this store can do".into()))
}

fn message_with(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { format!("the store said: {text}") }
}

fn redirected(reply: &StoreReply) -> FailureParts {
    let to = reply.location.as_deref().map_or("elsewhere".into(), |to| format!("to `{to}`"));
    (
        Code::UpstreamError,
        format!("the store redirects {to}, and credentials are not sent on"),
        Some(match redirect_base(reply) {
            Some(base) => format!("set the store's `base_url` to `{base}/`"),
            None => "set the store's `base_url` to the address where it answers itself".into(),
        }),
    )
}

/// The base URL that a redirect of the API points to.
fn redirect_base(reply: &StoreReply) -> Option<&str> {
    let location = reply.location.as_deref().filter(|to| to.starts_with("http"))?;
    location.find("/rest/").map(|at| &location[..at])
}

fn unauthenticated(body: Option<&ErrorBody>, text: &str) -> FailureParts {
    if let Some(resources) = body.and_then(ErrorBody::denied_resources) {
        return (
            Code::NotAuthenticated,
            format!("the store denies access to `{}`", sanitize(resources, MAX_TEXT_CHARS)),
            Some(
                "log in again with `auth_login`; if that does not help, the user's or \
                 integration's role in Magento lacks this resource"
                    .into(),
            ),
        );
    }
    let remedy = if text.contains("signature is invalid") {
        "check the consumer secret and the token secret; if a proxy before the store changes its \
         address, set `signing_base_url` to the one Magento sees"
    } else if text.contains("nonce") {
        "check this machine's clock: Magento refuses signatures from the future"
    } else {
        "check the credentials and log in again with `auth_login`"
    };
    (
        Code::NotAuthenticated,
        message_with(text, "the store refuses the credentials"),
        Some(remedy.into()),
    )
}

fn not_found(body: Option<&ErrorBody>, text: &str) -> FailureParts {
    match body {
        Some(body) if body.is_no_route() => (
            Code::Unavailable,
            "the store has no such route".into(),
            Some("its edition or version does not offer it, or a module is missing".into()),
        ),
        Some(_) => (Code::NotFound, message_with(text, "the store does not have it"), None),
        None => (
            Code::UpstreamError,
            message_with(text, "the store answered with a page that is not Magento's"),
            Some("check the store's `base_url`: no REST API answers there".into()),
        ),
    }
}

fn when_to_retry(reply: &StoreReply) -> Option<String> {
    Some(match reply.retry_after {
        Some(wait) => format!("try again in {} s", wait.as_secs().max(1)),
        None => "try again in a minute".into(),
    })
}

fn remedy_for(status: u16, text: &str, reply: &StoreReply) -> Option<String> {
    match status {
        400 if text == "Specified request cannot be processed" => Some(
            "the store view may not exist; `scope_list_websites_stores` lists those that do".into(),
        ),
        400 if text.starts_with("Maximum SearchCriteria pageSize") => Some(
            "the store limits its pages (Stores > Configuration > Services > Web API Limits): ask for no \
             more at once"
                .into(),
        ),
        400 if text.starts_with("Maximum items of type") => Some(
            "the store limits how many rows a list of one request may have (Stores > Configuration > \
             Services > Web API Limits): name fewer at once, and the others in further calls"
                .into(),
        ),
        403 => Some("a firewall before the store may refuse souk's address".into()),
        414 => Some("the address is too long: split long lists over several requests".into()),
        503 => when_to_retry(reply),
        500 if text.contains("Report ID") => {
            Some("the report id is in `var/log/exception.log` of the store".into())
        }
        500..=599 => Some(OWN_ERROR.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
