//! Runs cases one after another, and sees what each did.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;
use souk_model::Group;
use souk_state::audit::{self, TrailFollower, TrailRecord, TrailRow};

use super::cases::{Case, Expected, Outcome, Step};
use super::matching::difference;
use crate::author_calls::{AuthorCallOutcome, AuthorCalls};
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
    group: &'h Group,
    calls: AuthorCalls,
    granted: BTreeSet<String>,
    trail: TrailFollower,
}

impl<'h> Runner<'h> {
    pub(super) fn new(host: &RunningHost, group: &'h Group) -> anyhow::Result<Self> {
        let trail = audit::follow(host.trail.path(), 0)?;
        let granted = granted(group);
        let calls = AuthorCalls::new(host.dispatcher.clone(), REASON);
        Ok(Self { group, calls, granted, trail })
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

    async fn step(&mut self, step: Step) -> AuthorCallOutcome {
        match step {
            Step::Call { tool, arguments } => {
                let known = self.calls.find(&self.group.name, &tool);
                let tool = known.map_or(tool, |known| known.name.clone());
                self.calls.call(&tool, arguments).await
            }
            Step::Commit => self.calls.commit().await,
            Step::Undo => self.calls.undo().await,
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
        match self.calls.review().await {
            None => Some("there is no plan to review".to_owned()),
            Some(Ok(answer)) => difference(wanted, &Value::Object(answer.result))
                .map(|why| format!("the review: {why}")),
            Some(Err(failed)) => Some(format!("the review: {}", failed.failure.render())),
        }
    }
}

/// All that a group's actions may ask for.
pub(super) fn granted(group: &Group) -> BTreeSet<String> {
    let grants = group.actions.iter().flat_map(|action| &action.grants);
    grants.map(|grant| format!("{} {}", grant.method, grant.route)).collect()
}

/// What of an outcome is not as expected.
fn wrong_outcome(expected: &Expected, outcome: &AuthorCallOutcome) -> Vec<String> {
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
