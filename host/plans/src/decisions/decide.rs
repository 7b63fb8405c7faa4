//! Taking a decision down: sealed, on the trail, for the plan that was seen and no other.

use std::collections::BTreeSet;
use std::sync::Arc;

use souk_model::plan::{
    DecisionMeans, DecisionVerdict, ItemState, PlanDecision, PlanId, PlanState,
};
use souk_model::{Code, Failure, Principal};
use souk_state::audit::{PersonAct, PersonEntry};
use souk_state::plans::{DecisionEffect, DecisionWrite, StoredPlan};

use super::standing::{people_as, people_failure};
use crate::context::PlansContext;
use crate::decision_log::LoggedDecision;
use crate::plan_watch;
use crate::refusals::{not_announced, plan_expired, refuse};
use crate::request::DecideRequest;

/// The longest reason that is kept, in bytes.
const MAX_REASON: usize = 1_000;

/// Takes down what a person decided.
///
/// # Errors
/// Why it does not count: the plan is gone, expired, started, or another than the one they saw; the
/// person is not set up any more; the trail takes no line.
pub(crate) async fn decide(
    context: &Arc<PlansContext>,
    request: DecideRequest<'_>,
) -> Result<PlanDecision, Failure> {
    let DecideRequest { plan, digest, person, means, verdict, reason, leave_out } = request;
    let people = people_as(context, &*context.decided().await?);
    let people = people.map_err(|error| people_failure(&error))?;
    if !people.contains(person) {
        return Err(refuse(
            "people",
            Code::Forbidden,
            format!("`{}` is not set up to decide any more", person.name),
            "log in again".into(),
        ));
    }
    check_deciding(context, &person.name, &person.principals)?;
    let by = Decider { name: &person.name, principals: person.principals.clone(), means };
    take_down(context, plan, digest, by, Wish { verdict, reason, leave_out }).await
}

/// Takes down what came through the client of a principal, which may have answered for its user.
///
/// # Errors
/// As [`decide`].
pub(crate) async fn decide_by_client(
    context: &Arc<PlansContext>,
    principal: &Principal,
    plan: &PlanId,
    digest: &str,
    verdict: DecisionVerdict,
    reason: Option<&str>,
) -> Result<PlanDecision, Failure> {
    let (name, principals) = (principal.as_str(), vec![principal.to_string()]);
    check_deciding(context, name, &principals)?;
    let by = Decider { name, principals, means: DecisionMeans::Elicitation };
    take_down(context, plan, digest, by, Wish { verdict, reason, leave_out: &[] }).await
}

/// That nobody whom this comes from is a caller behind whom nobody decides, by the rules of this moment.
fn check_deciding(
    context: &PlansContext,
    name: &str,
    principals: &[String],
) -> Result<(), Failure> {
    let policy = context.policy();
    let silent = principals.iter().find_map(|one| Some((one, policy.not_deciding(one)?)));
    let Some((behind, origin)) = silent else { return Ok(()) };
    Err(refuse(
        "decides",
        Code::Forbidden,
        format!("`{name}` is behind `{behind}`, who decides of no plan, as {origin} says"),
        "another person decides".into(),
    ))
}

struct Decider<'a> {
    name: &'a str,
    principals: Vec<String>,
    means: DecisionMeans,
}

struct Wish<'a> {
    verdict: DecisionVerdict,
    reason: Option<&'a str>,
    leave_out: &'a [u32],
}

async fn take_down(
    context: &Arc<PlansContext>,
    plan: &PlanId,
    digest: &str,
    by: Decider<'_>,
    wish: Wish<'_>,
) -> Result<PlanDecision, Failure> {
    let stored = context.get(None, plan).await?;
    let now = context.now_ms();
    context.verify(&stored).await?;
    if stored.digest != digest {
        return Err(another_plan(plan));
    }
    let left_out = left_out(&stored, wish.leave_out)?;
    check_untried(context, &stored, &left_out).await?;
    let reason = wish.reason.map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.len() > MAX_REASON) {
        let message = format!("the reason is longer than {MAX_REASON} bytes");
        return Err(Failure::argument("reason", message));
    }
    let fresh = now + i64::from(context.config.expiry_min) * 60_000;
    let expires_ms = match stored.state {
        PlanState::Proposed if now > stored.header.expires_ms => {
            return Err(plan_expired(plan, context.config.expiry_min));
        }
        PlanState::Proposed => stored.header.expires_ms,
        PlanState::Draft | PlanState::Done | PlanState::Discarded => return Err(closed(&stored)),
        _ => fresh,
    };
    let decision = PlanDecision {
        verdict: wish.verdict,
        digest: stored.digest.clone(),
        by: by.name.to_owned(),
        principals: by.principals,
        means: by.means,
        at_ms: now,
        expires_ms,
        reason: reason.map(str::to_owned),
        asked_by: stored.header.principal.clone(),
        left_out,
    };
    // On the trail first: nobody's word counts without a line.
    context.append_person(act(wish.verdict), entry(plan, &decision))?;
    let logged = LoggedDecision::Plan { decision: Box::new(decision.clone()) };
    let effect = DecisionEffect::Decide(Box::new(decision.clone()));
    match context.log_decision(Some(plan), &logged, &effect).await? {
        DecisionWrite::Recorded => {
            plan_watch::decided(&stored, wish.verdict);
            tracing::info!(
                "plan {plan} was {} by {} ({})",
                decision.verdict.as_str(),
                decision.by,
                decision.means.as_str()
            );
            Ok(decision)
        }
        DecisionWrite::OtherDigest | DecisionWrite::Behind => Err(another_plan(plan)),
        DecisionWrite::Closed(state) => Err(closed(&StoredPlan { state, ..stored })),
    }
}

const fn act(verdict: DecisionVerdict) -> PersonAct {
    match verdict {
        DecisionVerdict::Approved => PersonAct::PlanApproved,
        DecisionVerdict::Rejected => PersonAct::PlanRejected,
    }
}

fn entry(plan: &PlanId, decision: &PlanDecision) -> PersonEntry {
    PersonEntry {
        plan: Some(plan.to_string()),
        digest: Some(decision.digest.clone()),
        principal: Some(decision.asked_by.clone()),
        left_out: u32::try_from(decision.left_out.len()).unwrap_or(u32::MAX),
        ..PersonEntry::new(&decision.by, decision.means.as_str()).reason(decision.reason.as_deref())
    }
}

/// The items that are left out, each once and in order; a plan of which nothing is left is not approved.
fn left_out(stored: &StoredPlan, items: &[u32]) -> Result<Vec<u32>, Failure> {
    let items: BTreeSet<u32> = items.iter().copied().collect();
    let count = stored.header.count;
    if let Some(wrong) = items.iter().find(|n| **n >= count) {
        let message = format!("the plan has no item {wrong}: its {count} are counted from 0");
        return Err(Failure::argument("leave_out", message));
    }
    if items.len() as u64 >= u64::from(count) {
        let message = "nothing would be left of the plan: reject it instead";
        return Err(Failure::argument("leave_out", message));
    }
    Ok(items.into_iter().collect())
}

/// What is left out was not tried: what was done cannot be left out any more.
async fn check_untried(
    context: &PlansContext,
    stored: &StoredPlan,
    left_out: &[u32],
) -> Result<(), Failure> {
    let tried: Vec<ItemState> = ItemState::ALL
        .into_iter()
        .filter(|state| !matches!(state, ItemState::Pending | ItemState::Skipped))
        .collect();
    let mut cursor = context.cursor(&stored.header.id, &tried);
    while !left_out.is_empty()
        && let Some(page) = cursor.next().await?
    {
        if let Some((item, progress)) = page.iter().find(|(item, _)| left_out.contains(&item.n)) {
            return Err(refuse(
                "plan-state",
                Code::Conflict,
                format!(
                    "item {} of the plan `{}` cannot be left out any more: it is {}",
                    item.n,
                    stored.header.id,
                    progress.state.as_str()
                ),
                "approve it without leaving that one out, or reject it".into(),
            ));
        }
    }
    Ok(())
}

fn another_plan(plan: &PlanId) -> Failure {
    refuse(
        "decision",
        Code::Conflict,
        format!("the plan `{plan}` is not the one that was shown: its digest is another"),
        "look at it again, and decide then".into(),
    )
}

/// The plan waits for nobody.
fn closed(stored: &StoredPlan) -> Failure {
    let why = match stored.state {
        PlanState::Running => "it is being carried out; `souk plans stop` stops it",
        PlanState::Discarded => "it was thrown away, or rejected",
        _ => "it was carried out, and nothing of it is left",
    };
    refuse(
        "plan-state",
        Code::Conflict,
        format!("the plan `{}` waits for nobody: {why}", stored.header.id),
        "`souk plans list` shows what waits".into(),
    )
}

impl PlansContext {
    /// Puts on the trail what a person did.
    ///
    /// # Errors
    /// The trail takes no line.
    pub(crate) fn append_person(&self, act: PersonAct, entry: PersonEntry) -> Result<(), Failure> {
        self.trail.append_person(act, entry).map_err(|error| not_announced(&error))
    }
}
