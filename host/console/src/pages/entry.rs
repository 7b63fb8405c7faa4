//! Where everybody begins: `/console`. Nothing of a store is on it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use souk_model::plan::PlanId;
use souk_model::{Failure, Secret, visible};

use super::notice::{page, refused};
use super::person_request::prove;
use crate::access::cookies;
use crate::access::form::{CODE_FIELD, FormFields};
use crate::access::sessions::SESSION_PATH;
use crate::audit_lines::{ConsoleAudit, NOBODY, refusal};
use crate::console::{Console, ConsoleCaller};

/// The page that the passphrase is asked on again is sent to.
const UNLOCK: &str = "/console";

/// What is said to whoever is not signed in.
#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage<'p> {
    state: EntryState,
    /// Of somebody who has signed in in this browser.
    person: &'p str,
    code: &'p str,
    /// The plan that they came for; empty where for none.
    plan: &'p str,
    /// Why nobody can sign in.
    problem: &'p str,
}

/// How far somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryState {
    /// Nobody can decide yet.
    NotSetUp,
    /// What is kept of people cannot be used.
    Broken,
    /// A link is needed.
    NeedsLink,
    /// They have signed in in this browser; the passphrase opens another tab.
    NeedsPassphrase,
}

/// `/console`
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<ConsoleCaller>,
    headers: HeaderMap,
) -> Response {
    of_browser(&console, &caller, &headers, None)
}

/// `/console/plans/PLAN`: where a message about a plan leads.
pub(crate) async fn show_for_plan(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<ConsoleCaller>,
    Path(plan): Path<String>,
    headers: HeaderMap,
) -> Response {
    of_browser(&console, &caller, &headers, plan.parse().ok().as_ref())
}

/// The page for whoever has this browser.
pub(crate) fn of_browser(
    console: &Arc<Console>,
    caller: &ConsoleCaller,
    headers: &HeaderMap,
    plan: Option<&PlanId>,
) -> Response {
    let plan = plan.map_or("", PlanId::as_str);
    let entry = EntryPage { state: EntryState::NeedsLink, person: "", code: "", plan, problem: "" };
    let people = match console.people.list() {
        Ok(people) => people,
        Err(error) => {
            let problem = visible::line(&error.to_string()).into_owned();
            let broken = EntryPage { state: EntryState::Broken, problem: &problem, ..entry };
            return page(StatusCode::SERVICE_UNAVAILABLE, &broken);
        }
    };
    if people.is_empty() {
        return page(StatusCode::OK, &EntryPage { state: EntryState::NotSetUp, ..entry });
    }
    let secrets = cookies::secrets(headers, &caller.origin);
    match console.sessions.browser(&secrets, Console::now_ms()) {
        Some((form, person)) if people.contains(&person) => {
            let state = EntryState::NeedsPassphrase;
            let code = form.code(UNLOCK);
            let entry = EntryPage { state, person: &person.name, code: &code, ..entry };
            page(StatusCode::OK, &entry)
        }
        _ => page(StatusCode::OK, &entry),
    }
}

/// Opens another tab of a browser's session, for its person's passphrase.
pub(crate) async fn unlock(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<ConsoleCaller>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let (asked, form) = (ConsoleAudit::begin(), FormFields::parse(&body));
    let secrets = cookies::secrets(&headers, &caller.origin);
    let browser = console.sessions.browser(&secrets, Console::now_ms());
    let Some((key, person)) =
        browser.filter(|(key, _)| key.has_made(UNLOCK, form.text(CODE_FIELD)))
    else {
        let failure = refusal("console-form", "this form was not made for this browser");
        console.audit.refuse(&asked, NOBODY, "console_unlock", caller.from, &failure);
        return refused(StatusCode::FORBIDDEN, &failure);
    };
    let passphrase = Secret::from(form.text("passphrase"));
    let proved = match prove(&console, &caller, &person.name, passphrase).await {
        Ok(proved) if proved == person => proved,
        Ok(_) => {
            return refused(StatusCode::FORBIDDEN, &refusal("console-session", "sign in anew"));
        }
        Err(failure) => return refused(StatusCode::FORBIDDEN, &failure),
    };
    let tab = match console.sessions.open_tab(&key, Console::now_ms()) {
        Ok(Some(tab)) => tab,
        Ok(None) => {
            return refused(StatusCode::FORBIDDEN, &refusal("console-session", "sign in anew"));
        }
        Err(error) => {
            let failure = Failure::internal(error.to_string());
            return refused(StatusCode::INTERNAL_SERVER_ERROR, &failure);
        }
    };
    if let Err(failure) = console.audit.note(&asked, &proved.name, "console_unlock", caller.from) {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, &failure);
    }
    let page = match form.text("plan").parse::<PlanId>() {
        Ok(plan) => format!("/plans/{plan}"),
        Err(_) => "/".to_owned(),
    };
    Redirect::to(&format!("{SESSION_PATH}{}{page}", tab.as_str())).into_response()
}
