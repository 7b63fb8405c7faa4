//! The list: what waits, what runs, what was done.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use souk_model::plan::PlanState;
use souk_model::visible::quoted;
use souk_model::{Failure, visible};
use souk_plans::PlanReview;
use souk_plans::review::masked;
use souk_state::plans::{PlanFilter, StoredPlan};

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use super::plan_view::{class_of, money, state_words, time_left};
use crate::console::Console;

/// Plans of each kind that are listed; the terminal lists all.
const LISTED: u32 = 50;

#[derive(Template)]
#[template(path = "plans.html")]
struct PlansPage {
    layout: Layout,
    waiting: Vec<PlanRow>,
    running: Vec<PlanRow>,
    ended: Vec<PlanRow>,
}

/// A plan in the list.
struct PlanRow {
    id: String,
    /// What the plugin says that it is for, in quotes.
    said: String,
    principal: String,
    store: String,
    environment: String,
    tool: String,
    count: u32,
    done: u32,
    money: String,
    warnings: usize,
    time_left: String,
    state: &'static str,
    at: String,
    is_frozen: bool,
}

impl PlanRow {
    fn of(console: &Console, stored: &StoredPlan) -> Result<Self, Failure> {
        let header = &stored.header;
        let review: PlanReview =
            masked(&PlanReview::of(stored), &console.host.mask(&header.group))?;
        let is_under_way = review.run.as_ref().is_some_and(|run| run.is_under_way);
        Ok(Self {
            id: review.plan_id,
            said: quoted(&review.summary),
            principal: visible::line(&header.principal).into_owned(),
            store: review.store,
            environment: review.environment,
            tool: review.proposed_by,
            count: review.count,
            done: review.done,
            money: money(header),
            warnings: review.warnings.len() + review.plugin_warnings.len(),
            time_left: time_left(header, Console::now_ms()),
            state: match stored.state {
                PlanState::Running if !is_under_way => "interrupted",
                state => state_words(state),
            },
            at: review.created_at,
            is_frozen: console.host.why_frozen(header, stored.state).is_some(),
        })
    }
}

impl PlanRow {
    fn state_class(&self) -> String {
        class_of(self.state)
    }
}

/// `/`
pub(crate) async fn list(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    let found = async {
        let waiting = rows(&console, &[PlanState::Proposed]).await?;
        let running = rows(&console, &[PlanState::Running, PlanState::Stopped]).await?;
        let ended =
            [PlanState::Done, PlanState::PartlyDone, PlanState::Failed, PlanState::Discarded];
        Ok::<_, Failure>((waiting, running, rows(&console, &ended).await?))
    };
    let (waiting, running, ended) = match found.await {
        Ok(found) => found,
        Err(failure) => return request.refuse("console_plans", &failure),
    };
    if let Err(response) = request.note("console_plans") {
        return response;
    }
    let (waiting, expired): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|row: &PlanRow| row.time_left != "expired");
    let mut ended = ended;
    ended.extend(expired.into_iter().map(|row| PlanRow { state: "expired", ..row }));
    ended.sort_by(|one, other| other.at.cmp(&one.at));
    let layout = request.layout("plans");
    page(StatusCode::OK, &PlansPage { layout, waiting, running, ended })
}

async fn rows(console: &Console, states: &[PlanState]) -> Result<Vec<PlanRow>, Failure> {
    let filter = PlanFilter { states: states.to_vec(), limit: LISTED, ..PlanFilter::default() };
    let plans = console.plans.list(&filter).await?;
    plans.iter().map(|stored| PlanRow::of(console, stored)).collect()
}
