//! Approving and rejecting: what is decided is said once more before it is, with its numbers.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use souk_model::Failure;
use souk_model::plan::{DecisionMeans, DecisionVerdict};
use souk_plans::review::masked;
use souk_plans::{DecideRequest, ItemReview};
use souk_state::plans::StoredPlan;

use super::item_query::{ItemNumbers, ItemQuery};
use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use super::plan::find;
use super::plan_view::PlanView;
use crate::access::form::FormFields;
use crate::console::Console;

/// Items left out that are named; of more the numbers are.
const NAMED: usize = 20;

#[derive(Template)]
#[template(path = "decide.html")]
struct DecidePage {
    layout: Layout,
    plan: PlanView,
    is_approval: bool,
    /// Items left out, by name.
    left_out: Vec<String>,
    leave: ItemNumbers,
    /// How many are carried out.
    rest: u32,
    code: String,
}

/// `/plans/PLAN/decide`: what is about to be decided.
pub(crate) async fn ask(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: PersonRequest,
) -> Response {
    let form = FormFields::parse(query.unwrap_or_default().as_bytes());
    let is_approval = form.text("verdict") == "approve";
    let found = async {
        let leave = match is_approval {
            true => ItemQuery::of(&form)?.leave,
            false => ItemNumbers::default(),
        };
        let (id, stored) = find(&console, &plan).await?;
        let left_out = names(&console, &stored, &leave).await?;
        let view = PlanView::load(&console, &stored).await?;
        Ok::<_, Failure>((id, stored, view, left_out, leave))
    };
    let (id, stored, plan, left_out, leave) = match found.await {
        Ok(found) => found,
        Err(failure) => return request.refuse("console_decide", &failure),
    };
    if let Err(response) = request.note_view(&stored) {
        return response;
    }
    let left = u32::try_from(leave.len()).unwrap_or(u32::MAX);
    let template = DecidePage {
        layout: request.layout("plans"),
        rest: plan.review.pending.saturating_sub(left),
        code: request.session.code(&format!("/plans/{id}/decide")),
        plan,
        is_approval,
        left_out,
        leave,
    };
    page(StatusCode::OK, &template)
}

/// The first of the items that are left out, by name.
async fn names(
    console: &Console,
    stored: &StoredPlan,
    leave: &ItemNumbers,
) -> Result<Vec<String>, Failure> {
    let mask = console.host.mask(&stored.header.group);
    let mut names = Vec::new();
    for number in leave.iter().take(NAMED) {
        let found = console.plans.items(&stored.header.id, number.checked_sub(1), 1, &[]).await?;
        let Some((item, progress)) = found.first().filter(|(item, _)| item.n == number) else {
            continue;
        };
        let item: ItemReview = masked(&ItemReview::of(item, progress), &mask)?;
        let label = item.label.map(|label| format!(" “{label}”")).unwrap_or_default();
        names.push(format!("#{number}: {} {}{label}", item.kind, item.subject));
    }
    if leave.len() > NAMED {
        names.push(format!("and {} more", leave.len() - NAMED));
    }
    Ok(names)
}

/// Decides.
pub(crate) async fn decide(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    request: PersonRequest,
) -> Response {
    let decided = take_down(&console, &plan, &request).await;
    match decided {
        Ok(id) => match request.note(&format!("console_decide {id}")) {
            Ok(()) => request.go_on(&format!("/plans/{id}")),
            Err(response) => response,
        },
        Err(failure) => request.refuse("console_decide", &failure),
    }
}

async fn take_down(
    console: &Arc<Console>,
    plan: &str,
    request: &PersonRequest,
) -> Result<String, Failure> {
    let form = &request.form;
    let verdict = match form.text("verdict") {
        "approve" => DecisionVerdict::Approved,
        "reject" => DecisionVerdict::Rejected,
        _ => return Err(Failure::argument("verdict", "it is neither approved nor rejected")),
    };
    let reason = form.text("reason").trim();
    if reason.is_empty() {
        return Err(Failure::argument("reason", "say why: the audit trail wants to know"));
    }
    let (id, stored) = find(console, plan).await?;
    let view = PlanView::load(console, &stored).await?;
    let person = match view.wants_passphrase {
        true => request.ask_again().await?,
        false => request.session.person.clone(),
    };
    let leave: Vec<u32> = match verdict {
        DecisionVerdict::Approved => ItemNumbers::of(form, "leave")?.iter().collect(),
        DecisionVerdict::Rejected => Vec::new(),
    };
    console
        .plans
        .decide(DecideRequest {
            plan: &id,
            digest: form.text("digest"),
            person: &person,
            means: DecisionMeans::Page,
            verdict,
            reason: Some(reason),
            leave_out: &leave,
        })
        .await?;
    Ok(id.to_string())
}
