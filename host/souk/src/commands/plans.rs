//! `souk plans`

use std::fmt::Write;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use souk_model::plan::{DecisionVerdict, PlanId, PlanState};
use souk_model::visible::quoted;
use souk_model::{Code, Failure, Principal, Progress, visible};
use souk_plans::review::masked;
use souk_plans::{CommitRequest, ItemReview, PlanCompletion, PlanOutcome, PlanReview, UndoAsker};
use souk_policy::{Mask, Rules};
use souk_runtime::{check_frozen_for_operator, why_frozen};
use souk_state::Timestamp;
use souk_state::audit::Transport;
use souk_state::plans::{PlanFilter, PlanPageFilter, StoredPlan};

use super::plans_decide::{self, Choice};
use crate::cli::{PlansArgs, PlansCommand};
use crate::end_signals::EndSignals;
use crate::output::{print, print_result, rewrite_line};
use crate::render::TextTable;
use crate::review_text;
use crate::setup::Setup;
use crate::wiring::RunningHost;

pub(crate) async fn run(setup: &Setup, plans: PlansArgs) -> anyhow::Result<ExitCode> {
    match &plans.command {
        PlansCommand::Approve { plan, but, reason, items, person } => {
            let (verdict, reason) = (DecisionVerdict::Approved, reason.as_deref());
            let choice = Choice { plan, verdict, but, reason, items: *items };
            return plans_decide::run(setup, choice, person).await;
        }
        PlansCommand::Reject { plan, reason, person } => {
            let (verdict, reason) = (DecisionVerdict::Rejected, Some(reason.as_str()));
            let choice = Choice { plan, verdict, but: &[], reason, items: 0 };
            return plans_decide::run(setup, choice, person).await;
        }
        _ => {}
    }
    let host = RunningHost::start(setup, Transport::Terminal).await?;
    let rules = setup.rules()?;
    let done = match plans.command {
        PlansCommand::List { limit } => list(&host, &rules, limit).await,
        PlansCommand::Show { plan, items } => show(&host, &rules, &plan, items).await,
        PlansCommand::Commit { plan, reason } => {
            carry_out(&host, &rules, &plan, reason, false).await
        }
        PlansCommand::Resume { plan, reason } => {
            carry_out(&host, &rules, &plan, Some(reason), true).await
        }
        PlansCommand::Stop { plan } => stop(&host, &plan).await,
        // They were decided of above, without plugins or a store.
        PlansCommand::Approve { .. } | PlansCommand::Reject { .. } => return Ok(ExitCode::SUCCESS),
        PlansCommand::Undo { plan, reason } => undo(&host, &rules, &plan, reason).await,
    };
    match done {
        Ok((text, code)) => {
            print(&text)?;
            Ok(code)
        }
        Err(failure) => {
            print_result(Err(rules.mask_for_any_group(&Principal::local()).failure(failure)))
        }
    }
}

/// What to print, and the exit code.
type CommandOutput = Result<(String, ExitCode), Failure>;

/// What is masked of a plan for whoever sits at the terminal.
fn mask_for(rules: &Rules, stored: &StoredPlan) -> Mask {
    rules.mask_for(&Principal::local(), &stored.header.group)
}

async fn list(host: &RunningHost, rules: &Rules, limit: u32) -> CommandOutput {
    let filter = PlanFilter { limit, ..PlanFilter::default() };
    let mut table =
        TextTable::new(["PLAN", "STATE", "DONE", "FOR", "STORE", "PROPOSED", "THE PLUGIN SAYS"]);
    let loaded = host.registry.loaded();
    let now_ms = Timestamp::now().as_millisecond();
    let mut listed = 0;
    for stored in host.plans.list(&filter).await? {
        listed += u64::from(is_waiting(&stored, now_ms));
        let review: PlanReview = masked(&PlanReview::of(&stored), &mask_for(rules, &stored))?;
        let is_frozen = why_frozen(&loaded, &stored.header, stored.state);
        let state = review.state.as_str();
        table.row([
            review.plan_id,
            if is_frozen.is_some() { format!("{state}, frozen") } else { state.to_owned() },
            format!("{}/{}", review.done, review.count),
            stored.header.principal.clone(),
            review.store,
            review.created_at,
            quoted(&review.summary),
        ]);
    }
    let mut text = table.to_string();
    let waiting = PlanPageFilter {
        states: vec![PlanState::Proposed],
        after_ms: Some(now_ms),
        ..PlanPageFilter::default()
    };
    let callers = host.plans.page(&waiting).await?.callers;
    let all: u64 = callers.iter().map(|(_, count)| count).sum();
    if all > listed {
        let of = |(name, count): &(String, u64)| format!("{count} of `{}`", visible::line(name));
        let of_callers = callers.iter().map(of).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "{all} plans wait, {} of them not listed: {of_callers}; `-n` lists more",
            all - listed
        );
    }
    Ok((text, ExitCode::SUCCESS))
}

/// Whether a plan waits to be carried out.
fn is_waiting(stored: &StoredPlan, now_ms: i64) -> bool {
    stored.state == PlanState::Proposed && stored.header.expires_ms >= now_ms
}

async fn show(host: &RunningHost, rules: &Rules, plan: &PlanId, items: u32) -> CommandOutput {
    let stored = host.plans.get(None, plan).await?;
    let mask = mask_for(rules, &stored);
    let standing = host.plans.standing(&stored).await?;
    let review = PlanReview::of(&stored).with_standing(&standing);
    let mut text = review_text::plan(&masked(&review, &mask)?);
    let loaded = host.registry.loaded();
    if let Some(why) = why_frozen(&loaded, &stored.header, stored.state) {
        let _ = writeln!(text, "frozen: {why}");
    }
    for (item, progress) in host.plans.items(plan, None, items, &[]).await? {
        text.push_str(&review_text::item(&masked(&ItemReview::of(&item, &progress), &mask)?));
    }
    text.push_str(&review_text::hidden_items(stored.header.count, items));
    Ok((text, ExitCode::SUCCESS))
}

async fn carry_out(
    host: &RunningHost,
    rules: &Rules,
    plan: &PlanId,
    reason: Option<String>,
    resume: bool,
) -> CommandOutput {
    let stored = host.plans.get(None, plan).await?;
    if reason.is_none() && stored.reason.is_none() {
        return Err(Failure::new(Code::ConfirmationRequired, "the audit trail wants to know why")
            .remedy(format!("souk plans commit {plan} --reason '…'")));
    }
    check_frozen_for_operator(&host.registry.loaded(), &stored.header)?;
    let session = host.sessions.log_in_operator(&stored.header.store).await?;
    let mask = mask_for(rules, &stored);
    let principal = Principal::local();
    // Whoever sits at the terminal is the operator.
    let commit = CommitRequest::of_operator(&principal, &session, plan, reason);
    let commit = CommitRequest { progress: ProgressLine::on_terminal(), ..commit };
    let plans = &host.plans;
    let work =
        async { if resume { plans.resume(commit).await } else { plans.commit(commit).await } };
    let Some(outcome) = EndSignals::listen().around(plans, work).await else {
        return Err(Failure::new(Code::Stopped, "the process was asked to end")
            .remedy(format!("souk plans resume {plan} --reason '…'")));
    };
    let (text, code) = outcome_lines(&outcome?);
    Ok((mask.text(text), code))
}

/// How far a commit is, on one line of the terminal that is written again and again.
struct ProgressLine;

impl ProgressLine {
    /// Where somebody watches.
    fn on_terminal() -> Option<Arc<dyn Progress>> {
        std::io::stderr().is_terminal().then(|| Arc::new(Self) as Arc<dyn Progress>)
    }
}

impl Progress for ProgressLine {
    fn report(&self, done: u64, total: Option<u64>, note: &str) {
        let end = if total == Some(done) { "\n" } else { "" };
        rewrite_line(note, end);
    }
}

async fn stop(host: &RunningHost, plan: &PlanId) -> CommandOutput {
    let outcome = host.plans.stop(None, plan, "the operator").await?;
    Ok((format!("{}\n", outcome.describe()), ExitCode::SUCCESS))
}

fn outcome_lines(outcome: &PlanOutcome) -> (String, ExitCode) {
    let mut text = format!("{}\n", outcome.describe());
    for failed in &outcome.failures {
        let _ = writeln!(text, "{failed}");
    }
    if let Some(note) = &outcome.note {
        let _ = writeln!(text, "it ended early: {}", visible::line(&note.render()));
    }
    let is_done = outcome.completion() == PlanCompletion::Full;
    let code = if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    (text, code)
}

async fn undo(
    host: &RunningHost,
    rules: &Rules,
    plan: &PlanId,
    reason: Option<String>,
) -> CommandOutput {
    let store = host.plans.get(None, plan).await?.header.store;
    let session = host.sessions.log_in_operator(&store).await?;
    let principal = Principal::local();
    let proposal = host.plans.undo(&principal, &session, plan, UndoAsker::Operator, None).await?;
    let id = &proposal.header.id;
    if let Some(reason) = &reason {
        host.plans.note_reason(id, reason).await?;
    }
    let (mut text, code) = show(host, rules, id, 50).await?;
    let why = if reason.is_some() { "" } else { " --reason '…'" };
    let _ = writeln!(text, "\nnothing is changed yet: souk plans commit {id}{why}");
    Ok((text, code))
}
