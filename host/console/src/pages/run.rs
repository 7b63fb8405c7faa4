//! Carrying a plan out, stopping it, taking it back, and how far it is.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::unfold;
use serde_json::json;
use souk_model::Failure;
use souk_model::plan::{PlanId, PlanState};
use souk_plans::PlanReview;

use super::person_request::PersonRequest;
use super::plan::find;
use super::plan_view::PlanView;
use crate::audit_lines::refusal;
use crate::console::Console;

/// How long a button waits to see whether a run begins; what refuses it says so sooner.
const BEGINS: Duration = Duration::from_secs(10);
/// How often it is looked how far a run is.
const LOOK: Duration = Duration::from_millis(400);
/// How long one stream tells of it; a browser then asks again.
const STREAM: Duration = Duration::from_secs(50);

/// `/plans/PLAN/run`: carries out what was approved, where no caller waits to do so.
pub(crate) async fn run(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    request: PersonRequest,
) -> Response {
    let begun = async {
        let (id, stored) = find(&console, &plan).await?;
        let view = PlanView::load(&console, &stored).await?;
        check_digest(&request, &stored.digest)?;
        // Also what wants nobody's word is carried out here only once a person has given theirs.
        if !view.decisions.iter().any(|decision| decision.verdict == "approved") {
            return Err(refusal("decision", "approve the plan before it is carried out"));
        }
        let reason = view.decisions.first().map(|decision| decision.reason.clone());
        begin(&console, &id, reason.filter(|reason| !reason.is_empty())).await?;
        Ok::<_, Failure>(id)
    };
    match begun.await {
        Ok(id) => match request.note(&format!("console_run {id}")) {
            Ok(()) => request.go_on(&format!("/plans/{id}")),
            Err(response) => response,
        },
        Err(failure) => request.refuse("console_run", &failure),
    }
}

/// Begins a run, and waits until it has begun.
async fn begin(console: &Arc<Console>, id: &PlanId, reason: Option<String>) -> Result<(), Failure> {
    let started = Arc::new(OnceLock::new());
    let (host, plan, noted) = (console.host.clone(), id.clone(), started.clone());
    // It goes on when the browser does not wait for the answer.
    let mut run = tokio::spawn(async move { host.carry_out(&plan, reason, noted).await.map(drop) });
    let begun = tokio::time::Instant::now();
    while started.get().is_none() && begun.elapsed() < BEGINS {
        tokio::select! {
            ended = &mut run => {
                return ended.unwrap_or_else(|error| Err(Failure::internal(error.to_string())));
            }
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
    Ok(())
}

/// `/plans/PLAN/stop`
pub(crate) async fn stop(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    request: PersonRequest,
) -> Response {
    let stopped = async {
        let (id, _) = find(&console, &plan).await?;
        console.plans.stop(None, &id, request.person()).await?;
        Ok::<_, Failure>(id)
    };
    match stopped.await {
        Ok(id) => match request.note(&format!("console_stop_plan {id}")) {
            Ok(()) => request.go_on(&format!("/plans/{id}")),
            Err(response) => response,
        },
        Err(failure) => request.refuse("console_stop_plan", &failure),
    }
}

/// `/plans/PLAN/undo`: proposes the plan that takes it back, which is reviewed in its turn.
pub(crate) async fn undo(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    request: PersonRequest,
) -> Response {
    let proposed = async {
        let (id, _) = find(&console, &plan).await?;
        let reason = request.form.text("reason").trim();
        if reason.is_empty() {
            return Err(Failure::argument("reason", "say why: the audit trail wants to know"));
        }
        request.ask_again().await?;
        let reverse = console.host.propose_undo(&id, request.person(), reason).await?;
        Ok::<_, Failure>((id, reverse))
    };
    match proposed.await {
        Ok((id, reverse)) => match request.note(&format!("console_undo {id}")) {
            Ok(()) => request.go_on(&format!("/plans/{reverse}")),
            Err(response) => response,
        },
        Err(failure) => request.refuse("console_undo", &failure),
    }
}

/// What a button is about is what its page showed.
fn check_digest(request: &PersonRequest, digest: &str) -> Result<(), Failure> {
    if request.form.text("digest") == digest {
        return Ok(());
    }
    Err(refusal("decision", "the plan is not the one that was shown: look at it again"))
}

/// `/plans/PLAN/progress`: how far it is, as it goes on, for the script of its page.
pub(crate) async fn progress(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    request: PersonRequest,
) -> Response {
    match find(&console, &plan).await {
        Ok((id, _)) => Sse::new(events(console, id)).into_response(),
        Err(failure) => request.refuse("console_plan", &failure),
    }
}

fn events(console: Arc<Console>, id: PlanId) -> impl Stream<Item = Result<Event, Infallible>> {
    let begun = tokio::time::Instant::now();
    unfold((console, id, None::<String>, false), move |(console, id, last, is_over)| async move {
        if is_over {
            return None;
        }
        loop {
            if begun.elapsed() >= STREAM {
                return None;
            }
            let Ok(stored) = console.plans.get(None, &id).await else { return None };
            let review = PlanReview::of(&stored);
            let run = review.run.as_ref();
            let is_under_way = run.is_some_and(|run| run.is_under_way);
            let is_over = !is_under_way && stored.state != PlanState::Proposed;
            let answered = run.map_or(0, |run| run.answered);
            let text = json!({
                "done": review.done,
                "failed": review.failed + review.unknown,
                "other": review.drifted + review.skipped,
                "left": review.pending + review.sending,
                "answered": answered,
                "count": review.count,
                "over": is_over,
            })
            .to_string();
            if is_over || last.as_ref() != Some(&text) {
                let event = Event::default().data(&text);
                return Some((Ok(event), (console, id, Some(text), is_over)));
            }
            tokio::time::sleep(LOOK).await;
        }
    })
}
