//! Plugins: what each may do and has used, and what waits, as a difference to what is approved.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use souk_model::{Failure, short_digest, visible};

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use crate::console::Console;
use crate::host::{PluginChoice, PluginsView, ServingPlugin, WaitingPlugin};

#[derive(Template)]
#[template(path = "plugins.html")]
struct PluginsPage {
    layout: Layout,
    serving: Vec<ServingPlugin>,
    waiting: Vec<WaitingPlugin>,
    problems: Vec<String>,
    code: String,
}

impl WaitingPlugin {
    fn short(&self) -> &str {
        short_digest(&self.digest)
    }
}

/// `/plugins`
pub(crate) async fn show(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    if let Err(response) = request.note("console_plugins") {
        return response;
    }
    let line = |text: &String| visible::line(text).into_owned();
    let PluginsView { mut serving, mut waiting, problems } = console.host.plugins();
    for plugin in &mut serving {
        plugin.version = line(&plugin.version);
    }
    for plugin in &mut waiting {
        plugin.version = line(&plugin.version);
        plugin.why = line(&plugin.why);
        plugin.changes.iter_mut().for_each(|(_, text)| *text = line(text));
    }
    let template = PluginsPage {
        layout: request.layout("plugins"),
        serving,
        waiting,
        problems: problems.iter().map(line).collect(),
        code: request.session.code("/plugins/decide"),
    };
    page(StatusCode::OK, &template)
}

/// `/plugins/decide`
pub(crate) async fn decide(
    State(console): State<Arc<Console>>,
    request: PersonRequest,
) -> Response {
    let form = &request.form;
    let choice = PluginChoice {
        group: form.text("group").to_owned(),
        digest: form.text("digest").to_owned(),
        is_approval: form.text("verdict") == "approve",
    };
    let action =
        if choice.is_approval { "console_approve_plugin" } else { "console_reject_plugin" };
    let decided = async {
        request.ask_again().await?;
        console.host.decide_plugin(choice).await.map(drop)
    };
    let decided: Result<(), Failure> = decided.await;
    request.done(action, decided, "/plugins")
}
