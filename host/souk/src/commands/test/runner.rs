//! Runs cases one after another, and sees what each did.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Map, Value, json};
use souk_model::{Actions, CallFailure, Group, Principal, ToolCall, ToolResult};
use souk_state::audit::{self, TrailFollower, TrailRecord, TrailRow};

use super::cases::{Case, Expected, Outcome, Step};
use super::matching::difference;
use crate::wiring::RunningHost;

/// What is given as the reason of writes.
const REASON: &str = "souk test";

/// What came of a case.
pub(super) struct CaseResult {
    pub(super) name: String,
    pub(super) took: Duration,
    /// The requests to back ends, in order.
    pub(super) requests: Vec<String>,
    /// Reads that the plugin asked for and may not make.
    pub(super) refused: Vec<String>,
    /// What was not as expected.
    pub(super) wrong: Vec<String>,
}

/// Runs cases in a host.
pub(super) struct Runner<'h> {
    host: &'h RunningHost,
    group: &'h Group,
    granted: BTreeSet<String>,
    trail: TrailFollower,
    /// The plan that was proposed last, and the one that was committed last.
    proposed: Option<String>,
    committed: Option<String>,
}

type CallOutcome = Result<ToolResult, CallFailure>;

impl<'h> Runner<'h> {
    pub(super) fn new(host: &'h RunningHost, group: &'h Group) -> anyhow::Result<Self> {
        let trail = audit::follow(host.trail.path(), 0)?;
        let granted = granted(group);
        Ok(Self { host, group, granted, trail, proposed: None, committed: None })
    }

    pub(super) async fn run(mut self, cases: Vec<Case>) -> anyhow::Result<Vec<CaseResult>> {
        let mut results = Vec::new();
        for case in cases {
            results.push(self.case(case).await?);
        }
        Ok(results)
    }

    async fn case(&mut self, case: Case) -> anyhow::Result<CaseResult> {
        let Case { name, step, expected } = case;
        let begun = Instant::now();
        let outcome = self.step(step).await;
        let took = begun.elapsed();
        let (requests, refused) = self.requests()?;
        let mut wrong = Vec::new();
        wrong.extend(wrong_outcome(&expected, &outcome));
        if let Some(wanted) = expected.requests.as_ref().filter(|wanted| **wanted != requests) {
            wrong.push(format!("it sent {}: expected {}", list(&requests), list(wanted)));
        }
        if let Some(wanted) = &expected.review {
            wrong.extend(self.wrong_review(wanted).await);
        }
        Ok(CaseResult { name, took, requests, refused, wrong })
    }

    async fn step(&mut self, step: Step) -> CallOutcome {
        match step {
            Step::Call { tool, arguments } => {
                let outcome = self.call(&self.whole_name(tool), arguments).await;
                self.note_proposal(&outcome);
                outcome
            }
            Step::Commit => {
                let Some(plan) = self.proposed.take() else {
                    return Err(nothing("no case before has proposed a plan"));
                };
                let outcome = self.call("plans_commit", plan_arguments(&plan)).await;
                self.committed = Some(plan);
                outcome
            }
            Step::Undo => {
                let Some(plan) = self.committed.take() else {
                    return Err(nothing("no case before has committed a plan"));
                };
                let proposed = self.call("plans_undo", plan_arguments(&plan)).await?;
                match proposed.result.get("plan_id").and_then(Value::as_str) {
                    Some(undo) => self.call("plans_commit", plan_arguments(undo)).await,
                    None => Ok(proposed),
                }
            }
        }
    }

    /// The tool's name with the group's.
    fn whole_name(&self, tool: String) -> String {
        let whole = format!("{}_{tool}", self.group.name);
        if self.host.dispatcher.find(&whole).is_some() { whole } else { tool }
    }

    /// Calls a tool, confirmed where it wants that.
    async fn call(&self, tool: &str, mut arguments: Map<String, Value>) -> CallOutcome {
        let known = self.host.dispatcher.find(tool);
        let takes = |name: &str| {
            let properties = known.as_ref().and_then(|tool| tool.input.get("properties"));
            properties.is_some_and(|properties| properties.get(name).is_some())
        };
        for (name, value) in [("confirm", json!(true)), ("reason", json!(REASON))] {
            if takes(name) && !arguments.contains_key(name) {
                arguments.insert(name.to_owned(), value);
            }
        }
        let call = ToolCall::new(Principal::local(), tool.to_owned(), arguments);
        self.host.dispatcher.call(call).await
    }

    fn note_proposal(&mut self, outcome: &CallOutcome) {
        let plan = outcome.as_ref().ok().and_then(|answer| answer.result.get("plan_id"));
        if let Some(plan) = plan.and_then(Value::as_str) {
            self.proposed = Some(plan.to_owned());
        }
    }

    /// What the trail says was sent since it was looked at last, and what was refused.
    fn requests(&mut self) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        let (mut sent, mut refused) = (Vec::new(), Vec::new());
        for row in self.trail.by_ref() {
            let TrailRow::Line(line) = row.context("the trail cannot be read")? else { continue };
            match line.record {
                TrailRecord::Call(call) => {
                    for request in call.resources.requests {
                        let named = format!("{} {}", request.method, request.route);
                        // What no action is granted was never sent.
                        let is_sent = request.status.is_some() || self.granted.contains(&named);
                        if is_sent { sent.push(named) } else { refused.push(named) }
                    }
                }
                TrailRecord::Write(write) => {
                    sent.push(format!("{} {}", write.request.method, write.request.route));
                }
                _ => {}
            }
        }
        Ok((sent, refused))
    }

    async fn wrong_review(&self, wanted: &Value) -> Option<String> {
        let Some(plan) = self.proposed.as_ref().or(self.committed.as_ref()) else {
            return Some("there is no plan to review".to_owned());
        };
        let plan = Map::from_iter([("plan_id".to_owned(), plan.as_str().into())]);
        match self.call("plans_get", plan).await {
            Ok(answer) => difference(wanted, &Value::Object(answer.result))
                .map(|why| format!("the review: {why}")),
            Err(failed) => Some(format!("the review: {}", failed.failure.render())),
        }
    }
}

/// All that a group's actions may ask for.
pub(super) fn granted(group: &Group) -> BTreeSet<String> {
    let grants = group.actions.iter().flat_map(|action| &action.grants);
    grants.map(|grant| format!("{} {}", grant.method, grant.route)).collect()
}

fn plan_arguments(plan: &str) -> Map<String, Value> {
    Map::from_iter([("plan_id".to_owned(), plan.into())])
}

fn nothing(why: &str) -> CallFailure {
    souk_model::Failure::new(souk_model::Code::PlanNotFound, why).into()
}

/// What of an outcome is not as expected.
fn wrong_outcome(expected: &Expected, outcome: &CallOutcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let said = match (&expected.outcome, outcome) {
        (Outcome::Answers(wanted), Ok(answer)) => {
            let found = Value::Object(answer.result.clone());
            wrong.extend(wanted.as_ref().and_then(|wanted| difference(wanted, &found)));
            answer.headline.clone().unwrap_or_default()
        }
        (Outcome::Fails(code), Err(failed)) => {
            let found = failed.failure.code_text();
            if found != *code {
                wrong.push(format!("it failed with {found}: expected {code}"));
            }
            failed.failure.render()
        }
        (Outcome::Answers(_), Err(failed)) => {
            wrong.push(format!("it failed: {}", failed.failure.render().replace("\n\n", "; ")));
            failed.failure.render()
        }
        (Outcome::Fails(code), Ok(answer)) => {
            let answered = Value::Object(answer.result.clone());
            wrong.push(format!("it answered {answered}: expected {code}"));
            answer.headline.clone().unwrap_or_default()
        }
    };
    if let Some(text) = expected.says.as_ref().filter(|text| !said.contains(text.as_str())) {
        wrong.push(format!("it said `{said}`: expected `{text}` in it"));
    }
    wrong
}

fn list(requests: &[String]) -> String {
    match requests {
        [] => "nothing".to_owned(),
        requests => requests.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "),
    }
}
