//! The console's addresses: which page answers where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::access::address_proof::PROOF_PATH;
use crate::access::sessions::SESSION_PATH;
use crate::console::Console;
use crate::guard::{check_caller, let_in_person};
use crate::pages;

impl Console {
    /// Its pages, all below `/console`. Requests have to say whom they come from, as
    /// `ConnectInfo` of an address.
    pub fn router(self: &Arc<Self>) -> Router {
        let page = |name: &str| format!("{SESSION_PATH}{{tab}}{name}");
        let of_person = Router::new()
            .route(&page("/"), get(pages::plans::list))
            .route(&page("/plans/{plan}"), get(pages::plan::show).post(pages::plan::turn))
            .route(
                &page("/plans/{plan}/decide"),
                get(pages::decide::ask).post(pages::decide::decide),
            )
            .route(&page("/plans/{plan}/run"), post(pages::run::run))
            .route(&page("/plans/{plan}/stop"), post(pages::run::stop))
            .route(&page("/plans/{plan}/undo"), post(pages::run::undo))
            .route(&page("/plans/{plan}/progress"), get(pages::run::progress))
            .route(&page("/writes"), get(pages::writes::show))
            .route(&page("/writes/stop"), post(pages::writes::stop))
            .route(&page("/writes/go"), post(pages::writes::go))
            .route(&page("/plugins"), get(pages::plugins::show))
            .route(&page("/plugins/decide"), post(pages::plugins::decide))
            .route(&page("/stores"), get(pages::stores::show))
            .route(&page("/figures"), get(pages::figures::show))
            .route(&page("/audit"), get(pages::audit::show))
            .route(&page("/audit/verify"), get(pages::audit::verify))
            .route(&page("/sign-out"), post(pages::sign_in::sign_out))
            .route_layer(from_fn_with_state(self.clone(), let_in_person));
        Router::new()
            .route("/console", get(pages::entry::show).post(pages::entry::unlock))
            .route("/console/", get(|| async { Redirect::permanent("/console") }))
            .route("/console/plans/{plan}", get(pages::entry::show_for_plan))
            .route("/console/login/{link}", get(pages::sign_in::open))
            .route("/console/login", get(pages::sign_in::show).post(pages::sign_in::sign_in))
            .route(&format!("{PROOF_PATH}{{text}}"), get(pages::proof::show))
            .route("/console/style.css", get(pages::assets::style))
            .route("/console/icon.svg", get(pages::assets::icon))
            .route("/console/script.js", get(pages::assets::script))
            .merge(of_person)
            .route("/console/{*rest}", get(pages::notice::not_found))
            .layer(from_fn_with_state(self.clone(), check_caller))
            .with_state(self.clone())
    }
}
