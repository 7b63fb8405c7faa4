//! Whether the rules let somebody take a plan on: by the tool that proposed it and by the tool that
//! commits it, whatever tool is called for it.

use std::sync::Arc;

use souk_model::plan::{PlanHeader, PlanOrigin};
use souk_model::{Failure, Principal, Tier};
use souk_plans::{PlanRoles, Plans, WriteFacts};
use souk_policy::{CallFacts, EffectKind, Refusal, Rules, ToolProfile};

use super::held_back::{check_frozen, check_frozen_for_operator};
use super::operator_config::OperatorConfig;
use super::plans_tools::PlansTool;
use crate::load::plugin_set::PluginSet;

/// Plans that were undone one after another; nobody undoes an undo so often.
const UNDONE: usize = 32;

/// What is about to be done with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanUse {
    /// Its changes are carried out.
    CarryOut,
    /// A plan is proposed that takes them back.
    Undo,
}

impl PlanUse {
    /// The effect that the committing tool is judged by. To propose changes no store.
    const fn of(self, effect: EffectKind) -> EffectKind {
        match self {
            Self::CarryOut => effect,
            Self::Undo => EffectKind::Prepare,
        }
    }
}

/// Decides by these rules, for both tools of the plan, and where it takes another back for both of
/// that one's, too; and by what is loaded, whether the plan is frozen.
///
/// # Errors
/// The first rule that refuses; that it is frozen; what keeps the other plan from being read.
pub(crate) async fn decide_plan(
    plans: &Arc<Plans>,
    rules: &Rules,
    loaded: &PluginSet,
    principal: &Principal,
    header: &PlanHeader,
    planned: PlanUse,
) -> Result<(), Failure> {
    decide_chain(plans, rules, (principal, Some(principal)), header, planned).await?;
    check_frozen(loaded, header)
}

/// Decides whether the operator may carry out a plan of anybody's: the ceiling and the rules stand above
/// the operator, too.
///
/// # Errors
/// As [`decide_plan`].
pub(crate) async fn decide_plan_for_operator(
    plans: &Arc<Plans>,
    rules: &Rules,
    loaded: &PluginSet,
    header: &PlanHeader,
) -> Result<(), Failure> {
    decide_chain(plans, rules, (&Principal::local(), None), header, PlanUse::CarryOut).await?;
    check_frozen_for_operator(loaded, header)
}

/// Decides of a plan, of the plan that it takes back, and so on; of those that `owner` may see.
async fn decide_chain(
    plans: &Arc<Plans>,
    rules: &Rules,
    (principal, owner): (&Principal, Option<&Principal>),
    header: &PlanHeader,
    planned: PlanUse,
) -> Result<(), Failure> {
    let mut undone = decide_tools(rules, principal, header, planned)?;
    for _ in 0..UNDONE {
        let Some(of) = undone else { return Ok(()) };
        let stored = plans.get(owner, &of).await?;
        undone = decide_tools(rules, principal, &stored.header, planned)?;
    }
    Err(Failure::internal("a plan takes another back, and that another, without an end"))
}

/// Decides by these rules whether a plan may be carried out that turns out to be of this tier.
///
/// # Errors
/// The first rule that refuses.
pub(crate) fn decide_tier(
    rules: &Rules,
    principal: &Principal,
    header: &PlanHeader,
    tier: Tier,
) -> Result<(), Failure> {
    allowing(rules, principal, header, tier)?;
    Ok(())
}

/// The same of what is about to be written, and whether whoever had to decide of it is whom the roles
/// want under which it may be.
///
/// # Errors
/// The first rule that refuses.
pub(crate) fn decide_write(
    config: &OperatorConfig,
    principal: &Principal,
    header: &PlanHeader,
    write: &WriteFacts<'_>,
) -> Result<(), Failure> {
    let roles = allowing(&config.rules, principal, header, write.tier)?;
    Ok(config.decisions.check_roles(&roles, write.need)?)
}

/// Under which roles of the caller's a plan may be carried out.
///
/// # Errors
/// The first rule that refuses.
pub(super) fn carry_out(
    rules: &Rules,
    principal: &Principal,
    header: &PlanHeader,
) -> Result<Vec<String>, Refusal> {
    Ok(owned(&allowing(rules, principal, header, header.commit_tier())?))
}

/// Names of roles, to be kept.
pub(super) fn owned(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}

fn allowing<'r>(
    rules: &'r Rules,
    principal: &Principal,
    header: &PlanHeader,
    tier: Tier,
) -> Result<Vec<&'r str>, Refusal> {
    let (name, effect) = match &header.origin {
        PlanOrigin::Prepared { commit_tool, .. } => (commit_tool, EffectKind::Commit),
        PlanOrigin::Applied => (&header.tool, EffectKind::Apply),
        PlanOrigin::Undo { .. } => (&header.tool, EffectKind::Commit),
    };
    let tier = tier.max(header.commit_tier());
    let profile = ToolProfile { name, group: &header.group, tier, effect };
    rules.decide_call(principal, &CallFacts::of(profile).writing(header))
}

/// Under which roles of the caller's a plan may be proposed that takes another back.
pub(crate) fn undo_roles(
    config: Arc<OperatorConfig>,
    principal: Principal,
) -> Arc<PlanRoles<'static>> {
    Arc::new(move |header| {
        let (name, group) = (header.tool.as_str(), header.group.as_str());
        let profile = ToolProfile { name, group, tier: header.tier, effect: EffectKind::Prepare };
        let facts = CallFacts::of(profile).writing(header);
        let proposing = config.rules.decide_call(&principal, &facts)?;
        let carrying = carry_out(&config.rules, &principal, header);
        Ok(carrying.unwrap_or_else(|_| owned(&proposing)))
    })
}

/// Decides for the tools that a plan itself names. Of an undo, which plan it takes back.
pub(crate) fn decide_tools(
    rules: &Rules,
    principal: &Principal,
    header: &PlanHeader,
    planned: PlanUse,
) -> Result<Option<souk_model::plan::PlanId>, Failure> {
    let group = header.group.as_str();
    let of = |name, tier, effect| {
        CallFacts::of(ToolProfile { name, group, tier, effect }).writing(header)
    };
    let tool = header.tool.as_str();
    match &header.origin {
        PlanOrigin::Prepared { commit_tool, commit_tier } => {
            let prepare = of(tool, header.tier, EffectKind::Prepare);
            let commit = of(commit_tool, *commit_tier, planned.of(EffectKind::Commit));
            rules.decide_together(principal, &[prepare, commit])?;
            Ok(None)
        }
        PlanOrigin::Applied => {
            rules.decide_call(principal, &of(tool, header.tier, planned.of(EffectKind::Apply)))?;
            Ok(None)
        }
        PlanOrigin::Undo { of: undone } => {
            let undo = PlansTool::Undo;
            let profile = ToolProfile {
                name: undo.name(),
                group: PlansTool::GROUP,
                tier: undo.tier(),
                effect: undo.effect(),
            };
            let commit = of(tool, header.tier, planned.of(EffectKind::Commit));
            rules.decide_together(principal, &[CallFacts::of(profile), commit])?;
            Ok(Some(undone.clone()))
        }
    }
}
