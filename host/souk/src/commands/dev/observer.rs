//! What calls did, and which plans they made, as it happens: whoever made them, at the terminal or over
//! HTTP.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::Context;
use souk_model::visible;
use souk_plans::{ItemReview, PlanReview, Plans};
use souk_runtime::Limits;
use souk_state::audit::{
    self, CallEntry, CallOutcome, CallResources, TrailFollower, TrailRecord, TrailRow,
};
use souk_state::plans::{PlanFilter, StoredPlan};

use crate::denial::Denial;
use crate::plugin_language::PluginLanguage;
use crate::review_text;
use crate::wiring::RunningHost;

/// Plans that are looked at for new ones, each time.
const PLANS: u32 = 20;
/// Items of a plan that are shown.
const ITEMS: u32 = 10;

/// Sees what a host does.
pub(super) struct Observer {
    trail: TrailFollower,
    limits: Limits,
    /// Plans that were shown, or were there before.
    known: HashSet<String>,
}

/// Who has made the calls that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallOrigin {
    /// Whoever types: the failure was shown already.
    Terminal,
    /// A client.
    Client,
}

impl Observer {
    /// Of this host, from now on.
    ///
    /// # Errors
    /// The trail or the plans cannot be read.
    pub(super) async fn of(host: &RunningHost, limits: &Limits) -> anyhow::Result<Self> {
        let trail = audit::follow(host.trail.path(), 0).context("the trail cannot be read")?;
        let mut observer = Self { trail, limits: limits.clone(), known: HashSet::new() };
        observer.new_plans(&host.plans).await?;
        Ok(observer)
    }

    /// What has happened since it was looked last, for people; empty where nothing has.
    ///
    /// # Errors
    /// The trail or the plans cannot be read.
    pub(super) async fn look(
        &mut self,
        host: &RunningHost,
        origin: CallOrigin,
        languages: &[PluginLanguage],
    ) -> anyhow::Result<String> {
        let mut text = String::new();
        let mut calls = 0;
        while let Some(row) = self.trail.next() {
            let TrailRow::Line(line) = row.context("the trail cannot be read")? else { continue };
            match line.record {
                TrailRecord::Call(call) => {
                    calls += 1;
                    self.call(&mut text, &call, origin, languages);
                }
                TrailRecord::Write(write) => {
                    let status = write.status.map_or_else(|| "–".to_owned(), |it| it.to_string());
                    let (method, route) = (&write.request.method, &write.request.route);
                    let _ = writeln!(
                        text,
                        "  {method} {}  {status}  {}",
                        visible::line(route),
                        visible::line(&write.outcome)
                    );
                }
                _ => {}
            }
        }
        if calls > 0 {
            for plan in self.new_plans(&host.plans).await? {
                text.push_str(&review(&host.plans, &plan).await?);
            }
        }
        Ok(text)
    }

    /// One call: how it ended, what it used of what it may, and what it asked of the store.
    fn call(
        &self,
        text: &mut String,
        call: &CallEntry,
        origin: CallOrigin,
        languages: &[PluginLanguage],
    ) {
        let tool = visible::line(&call.action);
        let ms = call.duration_us / 1_000;
        let how = match &call.outcome {
            CallOutcome::Ok => "ok".to_owned(),
            CallOutcome::Failed { code, rule: Some(rule), .. } => {
                format!("{} by the rule `{}`", visible::line(code), visible::line(rule))
            }
            CallOutcome::Failed { code, rule: None, .. } => visible::line(code).into_owned(),
        };
        let _ = writeln!(text, "{tool}  {how}, {ms} ms");
        if call.plugin.is_some() {
            self.budgets(text, &call.resources);
        }
        let denial = denial(call);
        let missing = denial.as_ref().and_then(Denial::missing_grant);
        for request in &call.resources.requests {
            let named = format!("{} {}", request.method, request.route);
            let status = match request.status {
                Some(status) => format!("{status}, {} ms", request.ms),
                None if missing.as_ref().is_some_and(|missing| missing.request_line() == named) => {
                    "refused".to_owned()
                }
                None => "no answer".to_owned(),
            };
            let _ = writeln!(text, "  {}  {status}", visible::line(&named));
        }
        let Some(denial) = denial else { return };
        if origin == CallOrigin::Client {
            let _ = writeln!(text, "  {}", visible::line(&denial.message));
        }
        if missing.is_some() {
            let _ = write!(text, "\n{}", denial.explain(languages));
        }
    }

    /// What a call used of each thing of which there is a budget.
    fn budgets(&self, text: &mut String, used: &CallResources) {
        let Limits { cpu_ms, memory_bytes, requests, fetched_bytes, .. } = &self.limits;
        let _ = writeln!(
            text,
            "  {}.{} of {cpu_ms} ms of processor time, {} of {} of memory, {} of {requests} requests, \
             {} of {} fetched",
            used.cpu_us / 1_000,
            used.cpu_us % 1_000 / 100,
            size(used.peak_memory_bytes),
            size(*memory_bytes as u64),
            used.request_count(),
            size(used.fetched_bytes),
            size(*fetched_bytes as u64),
        );
    }

    /// Plans that were not there when it was looked last, oldest first.
    async fn new_plans(&mut self, plans: &Plans) -> anyhow::Result<Vec<StoredPlan>> {
        let filter = PlanFilter { limit: PLANS, ..PlanFilter::default() };
        let listed = plans.list(&filter).await.map_err(told)?;
        let mut new: Vec<StoredPlan> = listed
            .into_iter()
            .filter(|plan| self.known.insert(plan.header.id.to_string()))
            .collect();
        new.reverse();
        Ok(new)
    }
}

/// What may be to explain of a call that failed.
fn denial(call: &CallEntry) -> Option<Denial> {
    let CallOutcome::Failed { rule, message, .. } = &call.outcome else { return None };
    let (tool, message) = (Some(call.action.clone()), message.clone());
    Some(Denial { tool, message, rule: rule.clone() })
}

/// A size in bytes, for people.
fn size(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        1..1_000_000 => format!("{}.{} KB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// What a plan would do, as whoever commits it sees it.
async fn review(plans: &Plans, stored: &StoredPlan) -> anyhow::Result<String> {
    let mut text = format!("\n{}", review_text::plan(&PlanReview::of(stored)));
    let items = plans.items(&stored.header.id, None, ITEMS, &[]).await.map_err(told)?;
    for (item, progress) in items {
        text.push_str(&review_text::item(&ItemReview::of(&item, &progress)));
    }
    let hidden = stored.header.count.saturating_sub(ITEMS);
    if hidden > 0 {
        let _ = writeln!(text, "\n… and {hidden} more");
    }
    text.push('\n');
    Ok(text)
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
fn told(failure: souk_model::Failure) -> anyhow::Error {
    anyhow::anyhow!("{}", failure.render())
}
