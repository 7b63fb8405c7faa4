//! Signing in by a link and a passphrase, and signing out.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use souk_model::{Failure, Secret};

use super::notice::{NoticePage, page, refused};
use super::person_request::{PersonRequest, prove};
use crate::access::cookies;
use crate::access::form::{CODE_FIELD, FormFields};
use crate::access::login_link::LinkUse;
use crate::access::sessions::{FormKey, SESSION_PATH};
use crate::audit_lines::{ConsoleAudit, NOBODY, refusal};
use crate::console::{Console, ConsoleCaller};

/// The page that the passphrase is sent to.
const SIGN_IN: &str = "/console/login";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'p> {
    code: &'p str,
    /// The only person there is; empty where there are several.
    name: &'p str,
    /// Why it was not right.
    problem: &'p str,
}

/// `/console/login/LINK`: uses a link up, and asks for the passphrase.
pub(crate) async fn open(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<ConsoleCaller>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    let asked = ConsoleAudit::begin();
    let (links, now) = (console.links.clone(), Console::now_ms());
    let used = tokio::task::spawn_blocking(move || links.consume(&link, now)).await;
    let why = match used {
        Ok(LinkUse::Good) => None,
        Ok(LinkUse::Expired) => Some("this link is too old: it was good for five minutes"),
        // The page that a link has opened may be loaded again.
        _ if waiting(&console, &caller, &headers).is_some() => {
            return show(State(console), Extension(caller), headers).await;
        }
        _ => Some("this link was used already, or is none of this host's"),
    };
    if let Some(why) = why {
        let failure = refusal("console-link", why).remedy("`souk console` makes another");
        console.audit.refuse(&asked, NOBODY, "console_link", caller.from, &failure);
        if console.guesses.hold(caller.from).await.is_err() {
            let failure = refusal("console-link", "too many links are tried from your address");
            return refused(StatusCode::TOO_MANY_REQUESTS, &failure);
        }
        return refused(StatusCode::FORBIDDEN, &failure);
    }
    let begun = match console.sessions.begin_sign_in(now) {
        Ok(begun) => begun,
        Err(error) => return broken(&Failure::internal(error.to_string())),
    };
    if let Err(failure) = console.audit.note(&asked, NOBODY, "console_link", caller.from) {
        return broken(&failure);
    }
    let (cookie, form) = begun;
    let mut response = form_page(&console, &form, StatusCode::OK, "");
    if let Some(header) = cookies::set(&caller.origin, &cookie) {
        response.headers_mut().insert(SET_COOKIE, header);
    }
    response
}

/// `/console/login`: the form, of a browser that a link has opened.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<ConsoleCaller>,
    headers: HeaderMap,
) -> Response {
    match waiting(&console, &caller, &headers) {
        Some(form) => form_page(&console, &form, StatusCode::OK, ""),
        None => Redirect::to("/console").into_response(),
    }
}

fn waiting(console: &Console, caller: &ConsoleCaller, headers: &HeaderMap) -> Option<FormKey> {
    let secrets = cookies::secrets(headers, &caller.origin);
    console.sessions.sign_in(&secrets, Console::now_ms())
}

fn form_page(console: &Console, form: &FormKey, status: StatusCode, problem: &str) -> Response {
    let people = console.people.list().unwrap_or_default();
    let name = match people.as_slice() {
        [only] => only.name.as_str(),
        _ => "",
    };
    page(status, &SignInPage { code: &form.code(SIGN_IN), name, problem })
}

fn broken(failure: &Failure) -> Response {
    refused(StatusCode::INTERNAL_SERVER_ERROR, failure)
}

/// Takes the passphrase.
pub(crate) async fn sign_in(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<ConsoleCaller>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (asked, form) = (ConsoleAudit::begin(), FormFields::parse(&body));
    let key = waiting(&console, &caller, &headers);
    let Some(key) = key.filter(|key| key.has_made(SIGN_IN, form.text(CODE_FIELD))) else {
        let failure =
            refusal("console-form", "this form was not made for this browser, or is too old")
                .remedy("`souk console` makes a link that opens another");
        console.audit.refuse(&asked, NOBODY, "console_sign_in", caller.from, &failure);
        return refused(StatusCode::FORBIDDEN, &failure);
    };
    if !console.sessions.count_try(&key) {
        let failure = refusal("console-link", "too many passphrases were tried after this link")
            .remedy("`souk console` makes another");
        console.audit.refuse(&asked, NOBODY, "console_sign_in", caller.from, &failure);
        return refused(StatusCode::FORBIDDEN, &failure);
    }
    let passphrase = Secret::from(form.text("passphrase"));
    let person = match prove(&console, &caller, form.text("name"), passphrase).await {
        Ok(person) => person,
        Err(failure) => {
            return form_page(&console, &key, StatusCode::FORBIDDEN, &failure.message);
        }
    };
    let name = person.name.clone();
    let new = match console.sessions.begin(&key, person, Console::now_ms()) {
        Ok(new) => new,
        Err(error) => return broken(&Failure::internal(error.to_string())),
    };
    if let Err(failure) = console.audit.note(&asked, &name, "console_sign_in", caller.from) {
        return broken(&failure);
    }
    let mut response =
        Redirect::to(&format!("{SESSION_PATH}{}/", new.tab.as_str())).into_response();
    if let Some(header) = cookies::set(&caller.origin, &new.cookie) {
        response.headers_mut().insert(SET_COOKIE, header);
    }
    response
}

/// Ends a session, in all tabs.
pub(crate) async fn sign_out(
    State(console): State<Arc<Console>>,
    request: PersonRequest,
) -> Response {
    if let Err(response) = request.note("console_sign_out") {
        return response;
    }
    console.sessions.end(&request.session);
    let notice = NoticePage {
        title: "You are signed out",
        text: "Every tab of this session is over.",
        hint: "`souk console` makes a link to sign in again.",
        link: None,
    };
    let mut response = page(StatusCode::OK, &notice);
    if let Some(header) = cookies::unset(&request.caller.origin) {
        response.headers_mut().insert(SET_COOKIE, header);
    }
    response.headers_mut().insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}
