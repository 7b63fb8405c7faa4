//! `souk plans`

use std::fmt::Write;
use std::process::ExitCode;

use serde_json::{Value, json};
use souk_model::plan::{
    FieldAfter, FieldBefore, FieldReview, ItemProgress, ItemState, PlanId, PlanItem,
};
use souk_model::{Failure, Principal};
use souk_plans::{CommitRequest, PlanOutcome};
use souk_policy::{Mask, Rules};
use souk_state::audit::Transport;
use souk_state::plans::{PlanFilter, StoredPlan};
use souk_upstream::Session;

use crate::cli::{PlansArgs, PlansCommand};
use crate::diff;
use crate::output::print;
use crate::render::TextTable;
use crate::setup::Setup;
use crate::wiring::RunningHost;

pub(crate) async fn run(setup: &Setup, plans: PlansArgs) -> anyhow::Result<ExitCode> {
    let host = RunningHost::start(setup, Transport::Terminal).await?;
    let rules = setup.rules()?;
    let done = match plans.command {
        PlansCommand::List { limit } => list(&host, &rules, limit).await,
        PlansCommand::Show { plan, items } => show(&host, &rules, &plan, items).await,
        PlansCommand::Commit { plan, reason } => {
            carry_out(&host, &rules, &plan, reason, false).await
        }
        PlansCommand::Resume { plan, reason } => {
            carry_out(&host, &rules, &plan, reason, true).await
        }
        PlansCommand::Undo { plan } => undo(&host, &rules, &plan).await,
    };
    match done {
        Ok((text, code)) => {
            print(&text)?;
            Ok(code)
        }
        Err(failure) => {
            let failure = rules.mask_for_any_group(&Principal::local()).failure(failure);
            eprintln!("{}", failure.render());
            Ok(ExitCode::FAILURE)
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
        TextTable::new(["PLAN", "STATE", "DONE", "FOR", "STORE", "PROPOSED", "SUMMARY"]);
    for stored in host.plans.list(&filter).await? {
        let header = &stored.header;
        table.row([
            header.id.to_string(),
            stored.state.as_str().to_owned(),
            format!("{}/{}", stored.counts.done, header.count),
            header.principal.clone(),
            header.store.clone(),
            instant(header.created_ms),
            mask_for(rules, &stored).text(header.summary.clone()),
        ]);
    }
    Ok((table.to_string(), ExitCode::SUCCESS))
}

async fn show(host: &RunningHost, rules: &Rules, plan: &PlanId, items: u32) -> CommandOutput {
    let stored = host.plans.get(None, plan).await?;
    let mask = mask_for(rules, &stored);
    let mut text = mask.text(heading(&stored));
    for (item, progressed) in host.plans.items(plan, None, items, &[]).await? {
        text.push_str(&item_diff(&item, &progressed, &mask));
    }
    let hidden = stored.header.count.saturating_sub(items);
    if hidden > 0 {
        let _ = writeln!(text, "\n… and {hidden} more; `-n {}` shows all", stored.header.count);
    }
    Ok((text, ExitCode::SUCCESS))
}

fn heading(stored: &StoredPlan) -> String {
    let (header, counts) = (&stored.header, &stored.counts);
    let mut text = format!(
        "{}\n{}  [{}, {} of {} done]\nproposed by {} for {} on {} ({}), {}; expires {}\nsha-256 {}\n",
        header.summary,
        header.id,
        stored.state.as_str(),
        counts.done,
        header.count,
        header.tool,
        header.principal,
        header.store,
        header.environment,
        instant(header.created_ms),
        instant(header.expires_ms),
        stored.digest,
    );
    if let Some(reason) = &stored.reason {
        let _ = writeln!(text, "reason: {}", reason.escape_debug());
    }
    for warning in &header.warnings {
        let _ = writeln!(text, "! {}", warning.escape_debug());
    }
    text
}

/// An item as a diff: what goes in red elsewhere stands after a minus here.
fn item_diff(item: &PlanItem, progressed: &ItemProgress, mask: &Mask) -> String {
    let subject = &item.change.subject;
    let id = mask.text(subject.id.clone());
    let mut text = format!("\n{} {}", subject.kind, id.escape_debug());
    if let Some(label) = &subject.label {
        let label = mask.value(json!({"kind": subject.kind, "label": label}))["label"].take();
        let _ = write!(text, "  {}", label.as_str().unwrap_or_default().escape_debug());
    }
    let _ = writeln!(text, "  [{}]", progressed.state.as_str());
    for line in &item.review {
        let _ = writeln!(text, "  {}", line.field);
        for (before, after) in before_and_after(line, mask) {
            let _ = writeln!(text, "    - {before}\n    + {after}");
        }
    }
    for constant in &item.constants {
        let _ = writeln!(
            text,
            "  also sent, {}: {}",
            constant.at,
            diff::one_line(&mask_field(mask, &constant.at, &constant.value))
        );
    }
    if let Some(failure) = &progressed.failure
        && progressed.state != ItemState::Done
    {
        let message = mask.text(failure.message.clone());
        let _ = writeln!(text, "  {}: {}", failure.code.as_str(), message.escape_debug());
    }
    text
}

/// What a field was and what it becomes, place by place where both are long texts.
fn before_and_after(line: &FieldReview, mask: &Mask) -> Vec<(String, String)> {
    let value = |value: &Value| mask_field(mask, &line.field, value);
    let (before, from) = match &line.before {
        FieldBefore::Value(before) => (Some(value(before)), ""),
        FieldBefore::Inherited(before) => (Some(value(before)), " (inherited)"),
        FieldBefore::Nothing => (None, ""),
    };
    let (after, by) = match &line.after {
        FieldAfter::AsSent(after) => (Some(value(after)), ""),
        FieldAfter::SetByStore(after) => (Some(value(&after.value)), " (set by the store)"),
        FieldAfter::Removed => (None, ""),
        FieldAfter::Unverifiable(after) => {
            (Some(value(after)), " (reported by the store, not readable)")
        }
    };
    let lines = match (&before, &after) {
        (Some(before), Some(after)) => diff::changed_lines(before, after),
        (before, after) => {
            let one_line = |side: &Option<Value>| {
                side.as_ref().map_or_else(|| "nothing".to_owned(), diff::one_line)
            };
            vec![(one_line(before), one_line(after))]
        }
    };
    lines.into_iter().map(|(before, after)| (before + from, after + by)).collect()
}

/// A value, masked by the field it is of.
fn mask_field(mask: &Mask, field: &str, value: &Value) -> Value {
    mask.value(json!({"field": field, "value": value}))["value"].take()
}

fn instant(ms: i64) -> String {
    souk_state::Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}

/// The operator's session, with the operator's credentials.
async fn session(host: &RunningHost) -> Result<Session, Failure> {
    host.sessions.login(&Principal::local(), None, Vec::new()).await
}

async fn carry_out(
    host: &RunningHost,
    rules: &Rules,
    plan: &PlanId,
    reason: String,
    resume: bool,
) -> CommandOutput {
    let session = session(host).await?;
    let mask = mask_for(rules, &host.plans.get(None, plan).await?);
    let principal = Principal::local();
    let commit = CommitRequest {
        principal: &principal,
        session: &session,
        plan,
        tool: None,
        reason: Some(reason),
        key: None,
        operator: true,
    };
    let outcome =
        if resume { host.plans.resume(commit).await? } else { host.plans.commit(commit).await? };
    let (text, code) = outcome_lines(&outcome);
    Ok((mask.text(text), code))
}

fn outcome_lines(outcome: &PlanOutcome) -> (String, ExitCode) {
    let total = outcome.counts.total();
    let mut text = format!("{} of {total} done, {}\n", outcome.counts.done, outcome.evidence());
    for failed in &outcome.failures {
        let why = failed.failure.as_ref().map_or("", |kept| kept.message.as_str());
        let _ = writeln!(
            text,
            "{} {}: {} {}",
            failed.subject.kind,
            failed.subject.id.escape_debug(),
            failed.state.as_str(),
            why.escape_debug()
        );
    }
    let code = if outcome.counts.done == total { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    (text, code)
}

async fn undo(host: &RunningHost, rules: &Rules, plan: &PlanId) -> CommandOutput {
    let session = session(host).await?;
    let proposal = host.plans.undo(&Principal::local(), &session, plan, true).await?;
    let (mut text, code) = show(host, rules, &proposal.header.id, 50).await?;
    let _ = writeln!(
        text,
        "\nnothing is changed yet: souk plans commit {} --reason '…'",
        proposal.header.id
    );
    Ok((text, code))
}
