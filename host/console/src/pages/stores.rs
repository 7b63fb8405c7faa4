//! How the stores are, as the doctor finds them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use souk_model::visible;

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use crate::console::Console;
use crate::host::HealthSection;

#[derive(Template)]
#[template(path = "stores.html")]
struct StoresPage {
    layout: Layout,
    sections: Vec<HealthSection>,
}

/// `/stores`
pub(crate) async fn show(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    if let Err(response) = request.note("console_stores") {
        return response;
    }
    let mut sections = console.host.check_stores().await;
    for section in &mut sections {
        section.title = visible::line(&section.title).into_owned();
        for check in &mut section.checks {
            check.about = visible::line(&check.about).into_owned();
            check.found = visible::text(&check.found).into_owned();
            if let Some(remedy) = &mut check.remedy {
                *remedy = visible::line(remedy).into_owned();
            }
        }
    }
    page(StatusCode::OK, &StoresPage { layout: request.layout("stores"), sections })
}
