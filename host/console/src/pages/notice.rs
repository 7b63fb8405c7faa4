//! Pages that say one thing.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use souk_model::{Code, Failure, visible};

use crate::access::console_addresses::ConsoleAddresses;

/// A page that says one thing, to whoever asks.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage<'p> {
    pub(crate) title: &'p str,
    pub(crate) text: &'p str,
    /// What to do about it.
    pub(crate) hint: &'p str,
    /// Where it goes on, and what the link says.
    pub(crate) link: Option<(&'p str, &'p str)>,
}

/// A page as it is sent.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!("a page of the console cannot be made: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be made\n").into_response()
        }
    }
}

/// Something that was refused.
pub(crate) fn refused(status: StatusCode, failure: &Failure) -> Response {
    refused_with(status, failure, Some(("/console", "To the console")))
}

/// The same with another way on.
pub(crate) fn refused_with(
    status: StatusCode,
    failure: &Failure,
    link: Option<(&str, &str)>,
) -> Response {
    let text = visible::line(&failure.message);
    let hint = failure.remedy.as_deref().map(visible::line).unwrap_or_default();
    let notice = NoticePage { title: "This was not done", text: &text, hint: &hint, link };
    page(status, &notice)
}

/// The status of a failure's page.
pub(crate) const fn status_of(failure: &Failure) -> StatusCode {
    match failure.code {
        Code::PlanNotFound => StatusCode::NOT_FOUND,
        Code::Forbidden | Code::ApprovalRequired => StatusCode::FORBIDDEN,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        Code::ValidationError => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

/// An address that is none.
pub(crate) async fn not_found() -> Response {
    let notice = NoticePage {
        title: "There is nothing here",
        text: "The console has no page at this address.",
        hint: "",
        link: Some(("/console", "To the console")),
    };
    page(StatusCode::NOT_FOUND, &notice)
}

/// The console was asked for under a name that is not its own.
pub(crate) fn wrong_address(addresses: &ConsoleAddresses) -> Response {
    let url = addresses.url();
    let notice = NoticePage {
        title: "The console has an address of its own",
        text: "It is not served under the name that you used: a browser would show its session to \
               whatever else has that name on this machine.",
        hint: "Under its public name it takes what comes from this machine, or from a proxy that \
               `http.proxies` names: only there TLS is known to have been in between.",
        link: Some((&url, &url)),
    };
    page(StatusCode::MISDIRECTED_REQUEST, &notice)
}
