//! The host's own tools over plans: list, look into, commit, undo, resume, discard.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use souk_model::plan::{
    ItemProgress, ItemState, PlanId, PlanItem, PlanOrigin, PlanState, StoredFailure, Undo,
};
use souk_model::{Failure, Principal, Tier};
use souk_plans::{CommitRequest, PlanOutcome, Plans};
use souk_policy::{EffectKind, Mask, Rules, ToolProfile};
use souk_state::plans::{PlanFilter, StoredPlan};
use souk_upstream::Session;

use crate::convert_plans::{diffs, rfc3339, sample};
use crate::entry::{object, outcome_schema, plan_id};
use crate::host_arguments::Given;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlansTool {
    List,
    Get,
    Commit,
    Undo,
    Resume,
    Discard,
}

/// A call of one of them, with everything it may touch.
pub(crate) struct PlansCall<'a> {
    pub(crate) plans: &'a Arc<Plans>,
    pub(crate) rules: &'a Rules,
    pub(crate) principal: &'a Principal,
    pub(crate) session: Option<&'a Session>,
    pub(crate) given: Given,
    pub(crate) arguments: &'a Map<String, Value>,
}

impl PlansTool {
    /// The group's name; no plugin may have it.
    pub(crate) const GROUP: &'static str = "plans";

    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::List, Self::Get, Self::Commit, Self::Undo, Self::Resume, Self::Discard];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::List => "plans_list",
            Self::Get => "plans_get",
            Self::Commit => "plans_commit",
            Self::Undo => "plans_undo",
            Self::Resume => "plans_resume",
            Self::Discard => "plans_discard",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::List => "List plans",
            Self::Get => "Look into a plan",
            Self::Commit => "Commit a plan",
            Self::Undo => "Propose to undo a plan",
            Self::Resume => "Resume a plan",
            Self::Discard => "Discard a plan",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::List => {
                "Lists your plans, newest first: what each would change or has changed, and how far it came."
            }
            Self::Get => {
                "Shows a plan item by item: each field's value before and after, everything else its requests hold, and how each item ended. In pages: pass `next_after` as `after`."
            }
            Self::Commit => {
                "Carries out any proposed plan, under the same rules as the tool that proposed it. Items that somebody changed since the review are left alone and reported."
            }
            Self::Undo => {
                "Proposes the plan that takes a committed plan back, for everything nobody has changed since. Commit it with `plans_commit`."
            }
            Self::Resume => {
                "Goes on with a plan that was interrupted: what certainly did not happen is tried again, what a read shows as done is marked so."
            }
            Self::Discard => "Throws a proposed plan away. Nothing in the store changes.",
        }
    }

    pub(crate) const fn effect(self) -> EffectKind {
        match self {
            Self::List | Self::Get => EffectKind::Query,
            Self::Commit | Self::Resume => EffectKind::Commit,
            Self::Undo | Self::Discard => EffectKind::Prepare,
        }
    }

    pub(crate) const fn tier(self) -> Tier {
        match self {
            Self::List | Self::Get | Self::Undo | Self::Discard => Tier::Safe,
            Self::Commit | Self::Resume => Tier::Risk,
        }
    }

    pub(crate) const fn needs_session(self) -> bool {
        matches!(self, Self::Commit | Self::Undo | Self::Resume)
    }

    pub(crate) fn input(self) -> Map<String, Value> {
        let properties = match self {
            Self::List => json!({
                "state": {"type": "string", "enum": ["proposed", "running", "done", "partly_done", "failed", "discarded"], "description": "Only plans in this state."},
                "page_size": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                "before": {"type": "integer", "description": "Only plans older than this: `next_before` of the page before."},
            }),
            Self::Get => json!({
                "plan_id": plan_id(),
                "states": {"type": "array", "items": {"type": "string", "enum": ["pending", "sending", "done", "failed", "drifted", "skipped", "unknown"]}, "description": "Only items in these states."},
                "page_size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
                "after": {"type": "integer", "minimum": 0, "description": "Only items after this number: `next_after` of the page before."},
            }),
            Self::Commit | Self::Undo | Self::Resume | Self::Discard => {
                json!({"plan_id": plan_id()})
            }
        };
        let mut schema = object(json!({"type": "object", "properties": properties}));
        if self != Self::List {
            schema.insert("required".into(), json!(["plan_id"]));
        }
        schema
    }

    pub(crate) fn output(self) -> Map<String, Value> {
        match self {
            Self::List => object(json!({
                "type": "object",
                "properties": {"plans": {"type": "array", "items": {"type": "object"}}, "next_before": {"type": ["integer", "null"]}},
                "required": ["plans"],
            })),
            Self::Get => object(json!({
                "type": "object",
                "properties": {
                    "plan": {"type": "object"},
                    "items": {"type": "array", "items": {"type": "object"}},
                    "next_after": {"type": ["integer", "null"]},
                },
                "required": ["plan", "items"],
            })),
            Self::Commit | Self::Resume => outcome_schema(None),
            Self::Undo => object(json!({
                "type": "object",
                "properties": {
                    "plan_id": {"type": "string"},
                    "expires_at": {"type": "string"},
                    "affected_count": {"type": "integer"},
                    "sample_diffs": {"type": "array", "items": {"type": "object"}},
                    "warnings": {"type": "array", "items": {"type": "string"}},
                    "message": {"type": "string"},
                },
                "required": ["plan_id", "expires_at", "affected_count", "message"],
            })),
            Self::Discard => object(json!({
                "type": "object",
                "properties": {"message": {"type": "string"}, "plan_id": {"type": "string"}},
                "required": ["message"],
            })),
        }
    }

    /// Answers a call.
    ///
    /// # Errors
    /// What refuses it.
    pub(crate) async fn call(self, call: PlansCall<'_>) -> Result<Map<String, Value>, Failure> {
        let mask = call.mask().await;
        let answer = match self {
            Self::List => call.list().await,
            Self::Get => call.get().await,
            Self::Commit => call.commit(false).await,
            Self::Resume => call.commit(true).await,
            Self::Undo => call.undo().await,
            Self::Discard => call.discard().await,
        };
        answer.map(|answer| mask.object(answer)).map_err(|failure| mask.failure(failure))
    }
}

impl PlansCall<'_> {
    fn plan_id(&self) -> Result<PlanId, Failure> {
        let text = self.arguments.get("plan_id").and_then(Value::as_str).unwrap_or_default();
        text.parse().map_err(|error| {
            Failure::argument("plan_id", format!("{error}")).remedy("`plans_list` shows your plans")
        })
    }

    /// What masks the plan that the call names, by the group that proposed it.
    async fn mask(&self) -> Mask {
        // Nearly nobody masks anything, and then the plan need not be looked for.
        let (true, Ok(id)) =
            (self.rules.mask_for_any_group(self.principal).is_on(), self.plan_id())
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

    fn number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name).and_then(Value::as_i64)
    }

    fn session(&self) -> Result<&Session, Failure> {
        self.session.ok_or_else(crate::call::not_logged_in)
    }

    async fn list(&self) -> Result<Map<String, Value>, Failure> {
        let state = self.arguments.get("state").and_then(Value::as_str);
        let limit = u32::try_from(self.number("page_size").unwrap_or(20)).unwrap_or(20);
        let filter = PlanFilter {
            principal: Some(self.principal.to_string()),
            states: PlanState::ALL
                .into_iter()
                .filter(|known| state == Some(known.as_str()))
                .collect(),
            before_ms: self.number("before"),
            limit,
        };
        let found = self.plans.list(&filter).await?;
        let next = (found.len() == limit as usize)
            .then(|| found.last().map(|stored| stored.header.created_ms))
            .flatten();
        let plans: Vec<Value> =
            found.iter().map(|stored| self.mask_for(stored).value(summary(stored))).collect();
        Ok(object(json!({"plans": plans, "next_before": next})))
    }

    async fn get(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.plan_id()?;
        let stored = self.plans.get(Some(self.principal), &id).await?;
        let wanted: Vec<&str> = self
            .arguments
            .get("states")
            .and_then(Value::as_array)
            .map(|states| states.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let states: Vec<ItemState> =
            ItemState::ALL.into_iter().filter(|state| wanted.contains(&state.as_str())).collect();
        let limit = u32::try_from(self.number("page_size").unwrap_or(50)).unwrap_or(50);
        let after = self.number("after").and_then(|after| u32::try_from(after).ok());
        let items = self.plans.items(&id, after, limit, &states).await?;
        let next =
            (items.len() == limit as usize).then(|| items.last().map(|(item, _)| item.n)).flatten();
        let items: Vec<Value> =
            items.iter().map(|(item, progressed)| shown(item, progressed)).collect();
        Ok(object(json!({"plan": summary(&stored), "items": items, "next_after": next})))
    }

    async fn commit(&self, resume: bool) -> Result<Map<String, Value>, Failure> {
        let id = self.plan_id()?;
        let stored = self.plans.get(Some(self.principal), &id).await?;
        // The rules may have changed since it was proposed, and this tool is not a way around them.
        self.rules.decide(self.principal, &subject(&stored))?;
        let commit = CommitRequest {
            principal: self.principal,
            session: self.session()?,
            plan: &id,
            tool: None,
            reason: self.given.reason.clone(),
            key: self.given.key.as_deref(),
            operator: false,
        };
        let outcome = if resume {
            self.plans.resume(commit).await?
        } else {
            self.plans.commit(commit).await?
        };
        Ok(answer(outcome, None))
    }

    async fn undo(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.plan_id()?;
        let proposal = self.plans.undo(self.principal, self.session()?, &id, false).await?;
        let header = &proposal.header;
        Ok(object(json!({
            "plan_id": header.id.as_str(),
            "expires_at": rfc3339(header.expires_ms),
            "affected_count": header.count,
            "sample_diffs": sample(&proposal.sample),
            "warnings": header.warnings,
            "message": format!(
                "{} items would be put back. Review them with `plans_get`, then commit with `plans_commit`.",
                header.count
            ),
        })))
    }

    async fn discard(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.plan_id()?;
        self.plans.discard(Some(self.principal), &id).await?;
        Ok(object(
            json!({"plan_id": id.as_str(), "message": "the plan is discarded; nothing was changed"}),
        ))
    }
}

/// A plan as policy judges carrying it out.
fn subject(stored: &StoredPlan) -> ToolProfile<'_> {
    let header = &stored.header;
    let (tool, tier, effect) = match &header.origin {
        PlanOrigin::Prepared { commit_tool, commit_tier } => {
            (commit_tool.as_str(), *commit_tier, EffectKind::Commit)
        }
        PlanOrigin::Applied => (header.tool.as_str(), header.tier, EffectKind::Apply),
        PlanOrigin::Undo { .. } => (header.tool.as_str(), header.tier, EffectKind::Commit),
    };
    ToolProfile { name: tool, group: &header.group, tier, effect }
}

/// What a commit answers.
pub(crate) fn answer(outcome: PlanOutcome, subject_as: Option<&str>) -> Map<String, Value> {
    let totals = outcome.totals();
    let total = totals.total;
    let errors: Vec<Value> = outcome
        .failures
        .iter()
        .map(|failed| {
            json!({
                "subject": failed.subject.id,
                "state": failed.state.as_str(),
                "code": failed.failure.as_ref().map(|kept| kept.code.as_str()),
                "message": failed.failure.as_ref().map(|kept| kept.message.as_str()),
            })
        })
        .collect();
    let message = match (totals.done == total, outcome.state) {
        (true, _) => format!("{total} of {total} done, {}", outcome.evidence()),
        (false, PlanState::Proposed) => {
            format!("{total} would change; nothing was sent. Commit with `plans_commit`")
        }
        (false, PlanState::Running) => {
            format!("{} of {total} done so far; it goes on", totals.done)
        }
        (false, _) => format!("{} of {total} done; `errors` tells of the others", totals.done),
    };
    let mut answer = object(json!({
        "message": message,
        "success_count": totals.done,
        "error_count": totals.not_done(),
        "errors": errors,
        "plan_id": outcome.plan.as_str(),
        "state": outcome.state.as_str(),
        "drifted": totals.drifted,
        "skipped": totals.skipped,
        "unknown": totals.unknown,
    }));
    if let Some(name) = subject_as {
        answer.insert(name.to_owned(), outcome.subject.unwrap_or(Value::Null));
    }
    answer
}

/// A plan in a list.
fn summary(stored: &StoredPlan) -> Value {
    let (header, counts) = (&stored.header, &stored.counts);
    json!({
        "plan_id": header.id.as_str(),
        "state": stored.state.as_str(),
        "summary": header.summary,
        "proposed_by": header.tool,
        "undoes": match &header.origin { PlanOrigin::Undo { of } => Some(of.as_str()), _ => None },
        "store": header.store,
        "environment": header.environment,
        "count": header.count,
        "done": counts.done,
        "failed": counts.failed,
        "drifted": counts.drifted,
        "skipped": counts.skipped,
        "unknown": counts.unknown + counts.sending,
        "pending": counts.pending,
        "created_at": rfc3339(header.created_ms),
        "created_ms": header.created_ms,
        "expires_at": rfc3339(header.expires_ms),
        "reason": stored.reason,
        "digest": stored.digest,
        "warnings": header.warnings,
    })
}

/// An item of a plan, as reviewers see it.
fn shown(item: &PlanItem, progressed: &ItemProgress) -> Value {
    let subject = &item.change.subject;
    let requests: Vec<String> =
        item.change.steps.iter().map(|step| step.request_line(&subject.id)).collect();
    let failure = progressed.failure.as_ref().map(|kept: &StoredFailure| {
        json!({"code": kept.code.as_str(), "message": kept.message, "status": kept.status})
    });
    json!({
        "n": item.n,
        "subject": subject.id,
        "kind": subject.kind,
        "label": subject.label,
        "state": progressed.state.as_str(),
        "changes": diffs(subject, &item.review),
        "constants": item.constants,
        "requests": requests,
        "warnings": item.change.warnings,
        "undo": match &item.change.undo {
            Undo::None(why) => format!("impossible: {why}"),
            Undo::Restore | Undo::Steps(_) => "possible".to_owned(),
        },
        "failure": failure,
    })
}
