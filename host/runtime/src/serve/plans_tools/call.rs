//! Calls of the tools over plans.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use souk_model::plan::PlanId;
use souk_model::{Failure, Principal, Progress};
use souk_plans::{
    CommitRequest, ItemReview, PlanReview, Plans, UndoAsker, WriteFacts, mask_review, sample_rows,
};
use souk_policy::{Mask, Rules};
use souk_state::plans::{PlanFilter, StoredPlan};
use souk_state::rfc3339;
use souk_upstream::Session;

use super::args::{ListPlansArgs, PlanArgs, ShowPlanArgs};
use super::item_page::ItemPage;
use super::json::outcome_json;
use super::tool::PlansTool;
use crate::guest::call_context::not_logged_in;
use crate::guest::call_effects::EffectsRecord;
use crate::guest::decision_prompt::{CommitKind, DecisionPrompt};
use crate::load::plugin_set::PluginSet;
use crate::serve::held_back::why_frozen;
use crate::serve::host_arg_values::HostArgValues;
use crate::serve::masked_outcome::masked_outcome;
use crate::serve::native_args::{self, object};
use crate::serve::operator_config::OperatorConfig;
use crate::serve::plan_policy::{PlanUse, decide_plan, decide_write, undo_roles};
use crate::serve::rules_in_force::RulesInForce;

/// A call of one of them, with everything it may touch.
pub(crate) struct PlansCall<'a> {
    pub(crate) config: &'a Arc<OperatorConfig>,
    pub(crate) plans: &'a Arc<Plans>,
    pub(crate) rules: &'a Rules,
    /// What is in force by when something is sent.
    pub(crate) in_force: &'a RulesInForce,
    /// What is loaded: whose plugin is gone, that plan is frozen.
    pub(crate) loaded: &'a PluginSet,
    pub(crate) principal: &'a Principal,
    pub(crate) session: Option<&'a Session>,
    /// How long it may wait for persons at most.
    pub(crate) wait_max: Duration,
    pub(crate) host_args: HostArgValues,
    pub(crate) arguments: &'a Map<String, Value>,
    /// What it does is noted here.
    pub(crate) effects: &'a EffectsRecord,
    /// Where a commit tells how far it is.
    pub(crate) progress: Option<Arc<dyn Progress>>,
    /// Whom to ask where a person has to decide.
    pub(crate) prompt: DecisionPrompt,
}

impl PlansCall<'_> {
    /// Answers a call of this tool.
    ///
    /// # Errors
    /// What refuses it.
    pub(crate) async fn run(&self, tool: PlansTool) -> Result<Map<String, Value>, Failure> {
        let mask = self.mask().await;
        let result = match tool {
            PlansTool::List => self.list().await,
            PlansTool::Get => self.show().await,
            PlansTool::Commit => self.commit(&mask, false).await,
            PlansTool::Resume => self.commit(&mask, true).await,
            PlansTool::Undo => self.undo().await,
            PlansTool::Stop => self.stop().await,
            PlansTool::Discard => self.discard().await,
        };
        result.map(|result| mask_review(&mask, result)).map_err(|failure| mask.failure(failure))
    }

    /// The plan that the call names.
    fn plan(&self) -> Result<PlanId, Failure> {
        native_args::read::<PlanArgs>(self.arguments)?.plan()
    }

    /// What masks the plan that the call names, by the group that proposed it.
    async fn mask(&self) -> Mask {
        // Nearly nobody masks anything, and then the plan need not be looked for.
        let (true, Ok(id)) = (self.rules.mask_for_any_group(self.principal).is_on(), self.plan())
        else {
            return Mask::OFF;
        };
        match self.plans.get(Some(self.principal), &id).await {
            Ok(stored) => self.mask_for(&stored),
            Err(_) => Mask::OFF,
        }
    }

    fn mask_for(&self, stored: &StoredPlan) -> Mask {
        self.rules.mask_for(self.principal, &stored.header.group)
    }

    fn session(&self) -> Result<&Session, Failure> {
        self.session.ok_or_else(not_logged_in)
    }

    async fn decide(&self, stored: &StoredPlan, planned: PlanUse) -> Result<(), Failure> {
        let Self { plans, rules, loaded, principal, .. } = self;
        decide_plan(plans, rules, loaded, principal, &stored.header, planned).await
    }

    /// The plan as it is shown, with why it is frozen where it is.
    async fn review(&self, stored: &StoredPlan) -> Result<Map<String, Value>, Failure> {
        let standing = self.plans.standing(stored).await?;
        let mut review = object(json!(PlanReview::of(stored).with_standing(&standing)));
        if let Some(why) = why_frozen(self.loaded, &stored.header, stored.state) {
            review.insert("frozen".to_owned(), why.into());
        }
        Ok(review)
    }

    async fn list(&self) -> Result<Map<String, Value>, Failure> {
        let ListPlansArgs { state, page_size, before } = native_args::read(self.arguments)?;
        let filter = PlanFilter {
            principal: Some(self.principal.to_string()),
            states: state.into_iter().collect(),
            before_ms: before,
            limit: page_size,
        };
        let plans = self.plans.list(&filter).await?;
        let next = (plans.len() == page_size as usize)
            .then(|| plans.last().map(|stored| stored.header.created_ms))
            .flatten();
        let mut reviews = Vec::with_capacity(plans.len());
        for stored in &plans {
            let review = self.review(stored).await?;
            reviews.push(Value::Object(mask_review(&self.mask_for(stored), review)));
        }
        Ok(object(json!({"plans": reviews, "next_before": next})))
    }

    async fn show(&self) -> Result<Map<String, Value>, Failure> {
        let args: ShowPlanArgs = native_args::read(self.arguments)?;
        let id = args.plan()?;
        let stored = self.plans.get(Some(self.principal), &id).await?;
        let items = self.plans.items(&id, args.after, args.page_size, &args.states).await?;
        let next = (items.len() == args.page_size as usize)
            .then(|| items.last().map(|(item, _)| item.n))
            .flatten();
        let items: Vec<ItemReview> =
            items.iter().map(|(item, progress)| ItemReview::of(item, progress)).collect();
        let ItemPage { items, every_item } = ItemPage::of(&items);
        let review = self.review(&stored).await?;
        let mut shown = object(json!({"plan": review, "items": items, "next_after": next}));
        if !every_item.is_empty() {
            shown.insert("every_item".to_owned(), Value::Object(every_item));
        }
        Ok(shown)
    }

    async fn commit(&self, mask: &Mask, resume: bool) -> Result<Map<String, Value>, Failure> {
        let id = self.plan()?;
        let stored = self.plans.get(Some(self.principal), &id).await?;
        // The rules may have changed since it was proposed, and this tool is not a way around them.
        self.decide(&stored, PlanUse::CarryOut).await?;
        let gate = |write: &WriteFacts<'_>| {
            decide_write(self.config, self.principal, &stored.header, write)?;
            self.in_force.permit_plan(self.principal, &stored.header, write)
        };
        let commit = CommitRequest {
            principal: self.principal,
            session: self.session()?,
            plan: &id,
            tool: None,
            reason: self.host_args.reason.clone(),
            key: self.host_args.key.as_deref(),
            gate: &gate,
            wait: self.host_args.wait.min(self.wait_max),
            operator: false,
            started: Some(&self.effects.started),
            progress: self.progress.clone(),
        };
        let kind = if resume { CommitKind::Resume } else { CommitKind::Commit };
        let outcome = self.prompt.commit(self.plans, commit, kind).await?;
        let outcome = masked_outcome(mask, outcome);
        self.effects.carried_out(&outcome);
        Ok(outcome_json(outcome, None))
    }

    async fn undo(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.plan()?;
        let stored = self.plans.get(Some(self.principal), &id).await?;
        self.decide(&stored, PlanUse::Undo).await?;
        let roles = undo_roles(self.config.clone(), self.principal.clone());
        let (caller, session) = (UndoAsker::Caller, self.session()?);
        let proposal = self.plans.undo(self.principal, session, &id, caller, Some(roles)).await?;
        let header = &proposal.header;
        // What its plugin said beforehand that taking it back leaves is the plan's too.
        let warnings: Vec<&String> =
            header.warnings.iter().chain(&header.plugin_warnings).collect();
        Ok(object(json!({
            "plan_id": header.id.as_str(),
            "expires_at": rfc3339(header.expires_ms),
            "affected_count": header.count,
            "sample_diffs": sample_rows(&proposal.sample),
            "warnings": warnings,
            "message": match header.count {
                1 => "1 item would be put back. Review it with `plans_get`, then commit with \
                      `plans_commit`."
                    .to_owned(),
                count => format!(
                    "{count} items would be put back. Review them with `plans_get`, then commit \
                     with `plans_commit`."
                ),
            },
        })))
    }

    async fn stop(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.plan()?;
        let by = self.principal.as_str();
        let outcome = self.plans.stop(Some(self.principal), &id, by).await?;
        let plan = PlanReview::of(outcome.plan());
        Ok(object(json!({
            "message": outcome.describe(),
            "plan_id": plan.plan_id,
            "state": plan.state,
            "done": plan.done,
            "left": plan.pending + plan.sending,
        })))
    }

    async fn discard(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.plan()?;
        self.plans.discard(Some(self.principal), &id).await?;
        Ok(object(
            json!({"plan_id": id.as_str(), "message": "the plan is discarded; nothing was changed"}),
        ))
    }
}
