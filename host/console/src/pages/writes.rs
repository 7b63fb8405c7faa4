//! The stop button: no host of the state directory writes anything until somebody lets it go on.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use souk_model::{Failure, visible};
use souk_state::rfc3339_to_the_second;

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use crate::console::Console;

/// How it came to the host, on the trail.
const MEANS: &str = "page";

#[derive(Template)]
#[template(path = "writes.html")]
struct WritesPage {
    layout: Layout,
    stop: Option<StopView>,
    code_stop: String,
    code_go: String,
}

struct StopView {
    by: String,
    at: String,
    reason: String,
}

/// `/writes`
pub(crate) async fn show(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    let stop = match console.plans.write_stop().await {
        Ok(stop) => stop,
        Err(failure) => return request.refuse("console_writes", &failure),
    };
    if let Err(response) = request.note("console_writes") {
        return response;
    }
    let stop = stop.map(|stop| StopView {
        by: visible::line(&stop.by).into_owned(),
        at: rfc3339_to_the_second(stop.at_ms),
        reason: stop.reason.as_deref().map(visible::line).unwrap_or_default().into_owned(),
    });
    let template = WritesPage {
        layout: request.layout("writes"),
        stop,
        code_stop: request.session.code("/writes/stop"),
        code_go: request.session.code("/writes/go"),
    };
    page(StatusCode::OK, &template)
}

/// `/writes/stop`. In an emergency nobody is asked for a passphrase; to go on one is needed.
pub(crate) async fn stop(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    let stopped = async {
        let reason = request.reason()?;
        console.plans.stop_writes(request.person(), MEANS, Some(reason)).await?;
        Ok::<_, Failure>(())
    };
    let stopped = stopped.await;
    request.done("console_stop", stopped, "/writes")
}

/// `/writes/go`
pub(crate) async fn go(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    let resumed = async {
        let reason = request.reason()?;
        let person = request.ask_again().await?;
        console.plans.resume_writes(&person.name, MEANS, Some(reason)).await?;
        Ok::<_, Failure>(())
    };
    let resumed = resumed.await;
    request.done("console_go", resumed, "/writes")
}
