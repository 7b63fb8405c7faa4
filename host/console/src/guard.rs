//! What stands before every page: where a request was sent, who sent it, and whether somebody is signed in.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, Method, StatusCode};
use souk_model::plan::PlanId;
use souk_model::{ConnectionAddresses, Failure};

use crate::access::console_addresses::ConsoleOrigin;
use crate::access::form::{CODE_FIELD, FORM_BYTES, FormFields};
use crate::access::sessions::{PersonSession, SESSION_PATH};
use crate::access::{cookies, headers};
use crate::audit_lines::{AuditedRequest, ConsoleAudit, NOBODY, refusal};
use crate::console::{Console, ConsoleCaller};
use crate::pages;
use crate::pages::notice::refused;

/// The first of all: of what is refused here nothing is looked at further.
pub(crate) async fn check_caller(
    State(console): State<Arc<Console>>,
    mut request: Request,
    next: Next,
) -> Response {
    let from = peer(&request);
    let found = console.addresses.of_request(request.headers(), client(&request).or(from));
    let Some(origin) = found else {
        let mut response = pages::notice::wrong_address(&console.addresses);
        headers::protect(&mut response);
        return response;
    };
    let mut response = match check(&request, &origin) {
        Ok(()) => {
            request.extensions_mut().insert(ConsoleCaller { origin, from });
            next.run(request).await
        }
        Err(failure) => {
            let asked = ConsoleAudit::begin();
            console.audit.refuse(&asked, NOBODY, "console", from, &failure);
            refused(StatusCode::FORBIDDEN, &failure)
        }
    };
    headers::protect(&mut response);
    response
}

/// Whom a request comes from, by what its server says.
fn peer(request: &Request) -> Option<IpAddr> {
    let extensions = request.extensions();
    let address = extensions.get::<ConnectInfo<IpAddr>>().map(|ConnectInfo(from)| *from);
    let socket = || extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    address.or_else(socket)
}

/// The very address that a request comes from, which is not counted as one of a network.
fn client(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectionAddresses>().map(|ends| ends.client().ip())
}

/// Whether a request is one that a person's browser sends, for a page of the console or for a button on
/// one.
fn check(request: &Request, origin: &ConsoleOrigin) -> Result<(), Failure> {
    let headers = request.headers();
    if headers.contains_key(AUTHORIZATION) {
        let why = "the console takes no token: a person signs in";
        return Err(refusal("console-token", why));
    }
    let sends = match *request.method() {
        Method::GET => false,
        Method::POST => true,
        _ => return Err(refusal("console-method", "the console takes GET and POST only")),
    };
    let one = |name: &str| -> Result<Option<&str>, Failure> {
        let mut found = headers.get_all(name).iter();
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(value), None) if value.to_str().is_ok() => Ok(value.to_str().ok()),
            _ => Err(refusal(
                "console-origin",
                format!("the request has no one `{name}` that can be read"),
            )),
        }
    };
    let site = one("sec-fetch-site")?;
    let dest = one("sec-fetch-dest")?;
    if dest.is_some_and(|dest| ["iframe", "frame", "embed", "object"].contains(&dest)) {
        return Err(refusal("console-frame", "the console is shown in no frame"));
    }
    if one("sec-purpose")?.is_some() || one("purpose")?.is_some() {
        return Err(refusal("console-prefetch", "the console is not loaded in advance"));
    }
    let is_of_session = request.uri().path().starts_with(SESSION_PATH);
    match site {
        Some("same-origin") => {}
        // Typed, or opened by another program; what is sent has to name its origin, below.
        Some("none") | None => {}
        // A link from elsewhere may lead to the sign-in, and to nothing behind it.
        Some(_) if !sends && !is_of_session => {}
        Some(_) => return Err(refusal("console-origin", "another page sent this request")),
    }
    match one(ORIGIN.as_str())? {
        Some(given) if given == origin.origin => Ok(()),
        Some(_) => Err(refusal("console-origin", "a page of another origin sent this request")),
        // Browsers name it with every form; a GET has none.
        None if !sends || site == Some("same-origin") => Ok(()),
        None => Err(refusal("console-origin", "the request does not say which page sent it")),
    }
}

/// Lets a person in who has signed in, with a form that a page of theirs made.
pub(crate) async fn let_in_person(
    State(console): State<Arc<Console>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = ConsoleAudit::begin();
    let Some(caller) = request.extensions().get::<ConsoleCaller>().cloned() else {
        return refused(StatusCode::FORBIDDEN, &refusal("console", "the request came by no guard"));
    };
    let Some((tab, page)) = split(request.uri().path()) else {
        return pages::notice::not_found().await;
    };
    let page = page.to_owned();
    let secrets = cookies::secrets(request.headers(), &caller.origin);
    let session = console.sessions.find(&secrets, tab, Console::now_ms());
    let session = match session {
        Some(session) if console.is_still(&session.person) => session,
        Some(session) => {
            console.sessions.end(&session);
            return turn_away(&console, &asked, &caller, &page, request.headers());
        }
        None => return turn_away(&console, &asked, &caller, &page, request.headers()),
    };
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::POST {
        match form_of(&session, &page, body).await {
            Ok(form) => _ = parts.extensions.insert(form),
            Err(failure) => {
                let (person, action) = (&session.person.name, format!("console{page}"));
                console.audit.refuse(&asked, person, &action, caller.from, &failure);
                return refused(StatusCode::FORBIDDEN, &failure);
            }
        }
    }
    parts.extensions.insert(Arc::new(asked));
    parts.extensions.insert(session);
    next.run(Request::from_parts(parts, Body::empty())).await
}

/// The secret of a session's page, and the page.
fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(SESSION_PATH)?;
    let at = rest.find('/')?;
    Some(rest.split_at(at))
}

/// A form that this session has made for this page.
async fn form_of(session: &PersonSession, page: &str, body: Body) -> Result<FormFields, Failure> {
    let body = to_bytes(body, FORM_BYTES).await;
    let body = body.map_err(|_| refusal("console-form", "the form is too long, or broke off"))?;
    let form = FormFields::parse(&body);
    if session.has_made(page, form.text(CODE_FIELD)) {
        return Ok(form);
    }
    Err(refusal(
        "console-form",
        "this form was not made by the page that it is sent from, or its session is over",
    ))
}

/// A page of a session that there is not, or no longer.
fn turn_away(
    console: &Arc<Console>,
    asked: &AuditedRequest,
    caller: &ConsoleCaller,
    page: &str,
    headers: &HeaderMap,
) -> Response {
    let failure = refusal("console-session", "nobody is signed in here, or not any more");
    // The page may be named by whoever asks: what is not one of ours is not written down.
    console.audit.refuse(asked, NOBODY, "console", caller.from, &failure);
    let plan = page.strip_prefix("/plans/").and_then(|rest| rest.split('/').next());
    let plan: Option<PlanId> = plan.and_then(|plan| plan.parse().ok());
    pages::entry::of_browser(console, caller, headers, plan.as_ref())
}
