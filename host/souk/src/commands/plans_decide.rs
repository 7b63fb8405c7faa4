//! `souk plans approve` and `souk plans reject`

use std::fmt::Write;
use std::process::ExitCode;

use souk_model::plan::{DecisionMeans, DecisionVerdict, PlanId};
use souk_model::{Failure, Principal, counted};
use souk_plans::review::masked;
use souk_plans::{DecideRequest, ItemReview, PlanReview, Plans};
use souk_policy::Rules;

use crate::cli::PersonArgs;
use crate::output::{print, print_result};
use crate::person;
use crate::review_text;
use crate::setup::Setup;
use crate::wiring::PlansAlone;

/// What is decided of a plan.
pub(crate) struct Choice<'a> {
    pub(crate) plan: &'a PlanId,
    pub(crate) verdict: DecisionVerdict,
    pub(crate) but: &'a [u32],
    pub(crate) reason: Option<&'a str>,
    /// How many items are shown.
    pub(crate) items: u32,
}

pub(crate) async fn run(
    setup: &Setup,
    choice: Choice<'_>,
    who: &PersonArgs,
) -> anyhow::Result<ExitCode> {
    let plans = PlansAlone::open(setup).await?.plans;
    let rules = setup.rules()?;
    let decided = decide(&plans, &rules, choice, who).await;
    let mask = rules.mask_for_any_group(&Principal::local());
    print_result(decided.map_err(|failure| mask.failure(failure)))
}

async fn decide(
    plans: &Plans,
    rules: &Rules,
    choice: Choice<'_>,
    who: &PersonArgs,
) -> Result<String, Failure> {
    let Choice { plan, verdict, but, reason, items } = choice;
    let stored = plans.get(None, plan).await?;
    let mask = rules.mask_for(&Principal::local(), &stored.header.group);
    let standing = plans.standing(&stored).await?;
    let review = PlanReview::of(&stored).with_standing(&standing);
    let mut text = review_text::plan(&masked(&review, &mask)?);
    for (item, progress) in plans.items(plan, None, items, &[]).await? {
        let review: ItemReview = masked(&ItemReview::of(&item, &progress), &mask)?;
        let left_out = if but.contains(&item.n) { ", LEFT OUT" } else { "" };
        let _ = write!(text, "\nitem {}{left_out}", item.n);
        text.push_str(&review_text::item(&review));
    }
    text.push_str(&review_text::hidden_items(stored.header.count, items));
    // What is decided of is seen before it is asked who decides.
    print(&text).map_err(|error| Failure::internal(error.to_string()))?;
    let person = person::prove(plans, who).await?;
    let decision = plans
        .decide(DecideRequest {
            plan,
            digest: &stored.digest,
            person: &person,
            means: DecisionMeans::Terminal,
            verdict,
            reason,
            leave_out: but,
        })
        .await?;
    if verdict == DecisionVerdict::Rejected {
        return Ok(format!("\nthe plan is rejected by {}; nothing was changed\n", decision.by));
    }
    let but = match decision.left_out.len() {
        0 => String::new(),
        left_out => format!(", but for {}", counted(left_out, "item", "items")),
    };
    let standing = plans.standing(&plans.get(None, plan).await?).await?;
    let next = if standing.is_met {
        format!("`plans_commit`, or `souk plans commit {plan}`, carries it out")
    } else {
        format!("it still waits for {}", standing.requirement.need.describe())
    };
    Ok(format!("\nthe plan is approved by {}{but}: {next}\n", decision.by))
}
