//! What the tools over plans are called, what they take and what they answer.

use serde_json::{Map, Value, json};
use souk_model::Tier;
use souk_policy::EffectKind;

use super::args::{ListPlansArgs, PlanArgs, ShowPlanArgs};
use super::json::outcome_schema;
use crate::serve::native_args::{object, schema_of};

/// One of the host's own tools over plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlansTool {
    List,
    Get,
    Commit,
    Undo,
    Resume,
    Stop,
    Discard,
}

impl PlansTool {
    /// The group's name; no plugin may have it.
    pub(crate) const GROUP: &'static str = "plans";

    /// Whether what it answers is a plan that a person reviews.
    pub(crate) const fn shows_a_plan(self) -> bool {
        matches!(self, Self::Get | Self::Undo)
    }

    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::List, Self::Get, Self::Commit, Self::Undo, Self::Resume, Self::Stop, Self::Discard];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::List => "plans_list",
            Self::Get => "plans_get",
            Self::Commit => "plans_commit",
            Self::Undo => "plans_undo",
            Self::Resume => "plans_resume",
            Self::Stop => "plans_stop",
            Self::Discard => "plans_discard",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::List => "List plans",
            Self::Get => "Show a plan",
            Self::Commit => "Commit a plan",
            Self::Undo => "Propose to undo a plan",
            Self::Resume => "Resume a plan",
            Self::Stop => "Stop a running plan",
            Self::Discard => "Discard a plan",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::List => {
                "Lists your plans, newest first: what each would change or has changed, and how far it came."
            }
            Self::Get => {
                "Shows a plan item by item: each field's value before and after, its requests and everything else they hold, how it is taken back, and how each item ended. `every_item` holds what each item has that does not name its own. In pages: pass `next_after` as `after`."
            }
            Self::Commit => {
                "Carries out any proposed plan, under the same rules as the tool that proposed it. Items that somebody changed since the review are left alone and reported."
            }
            Self::Undo => {
                "Proposes the plan that takes a committed plan back, for everything nobody has changed since. Commit it with `plans_commit`."
            }
            Self::Resume => {
                "Goes on with a plan that was stopped or interrupted. Of what was under way a read decides: what happened is done, what certainly did not is tried again, what somebody else changed is drifted."
            }
            Self::Stop => {
                "Stops a plan that is being carried out, by whichever host: requests under way are answered and read back, nothing more is sent. `plans_resume` goes on with the rest."
            }
            Self::Discard => "Throws a proposed plan away. Nothing in the store changes.",
        }
    }

    /// Words by which a person would look for it.
    pub(crate) const fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::List => {
                &["history", "pending changes", "waiting for approval", "what was changed"]
            }
            Self::Get => &["review", "details", "preview", "progress", "before and after"],
            Self::Commit => &["run", "execute", "approve", "apply", "go live"],
            Self::Undo => &["revert", "roll back", "take back", "reverse", "restore"],
            Self::Resume => &["continue", "go on", "crashed", "interrupted"],
            Self::Stop => &["abort", "halt", "interrupt", "cancel a running change"],
            Self::Discard => &["cancel", "reject", "throw away", "drop"],
        }
    }

    pub(crate) const fn effect(self) -> EffectKind {
        match self {
            Self::List | Self::Get => EffectKind::Query,
            Self::Commit | Self::Resume => EffectKind::Commit,
            Self::Undo | Self::Stop | Self::Discard => EffectKind::Prepare,
        }
    }

    pub(crate) const fn tier(self) -> Tier {
        match self {
            Self::List | Self::Get | Self::Undo | Self::Stop | Self::Discard => Tier::Safe,
            Self::Commit | Self::Resume => Tier::Risk,
        }
    }

    pub(crate) const fn needs_session(self) -> bool {
        matches!(self, Self::Commit | Self::Undo | Self::Resume)
    }

    /// The schema of its arguments, the host's own apart.
    pub(crate) fn input(self) -> Map<String, Value> {
        match self {
            Self::List => schema_of::<ListPlansArgs>(),
            Self::Get => schema_of::<ShowPlanArgs>(),
            Self::Commit | Self::Undo | Self::Resume | Self::Stop | Self::Discard => {
                plan_id_schema()
            }
        }
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
                    "every_item": {"type": "object", "description": "Members of each item of this page that does not name its own; null in an item is none."},
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
            Self::Stop => object(json!({
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "plan_id": {"type": "string"},
                    "state": {"type": "string", "description": "`running` as long as requests are under way."},
                    "done": {"type": "integer"},
                    "left": {"type": "integer", "description": "Not tried yet, or not read back."},
                },
                "required": ["message", "plan_id", "state", "done", "left"],
            })),
            Self::Discard => object(json!({
                "type": "object",
                "properties": {"message": {"type": "string"}, "plan_id": {"type": "string"}},
                "required": ["message"],
            })),
        }
    }
}

/// The schema of arguments that name a plan and nothing else.
pub(crate) fn plan_id_schema() -> Map<String, Value> {
    schema_of::<PlanArgs>()
}
