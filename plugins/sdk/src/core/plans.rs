//! Drafts: what actions of effect `prepare` and `apply` may do besides reading.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::bindings::exports::souk::plugin::actions;
use crate::bindings::souk::plugin::plans::{
    Batch, Change, Intent, ItemState, Lookup, Outcome, Plan, PlanState,
};
use crate::core::{Context, Failure, FailureCode, Read, Tier, host, json, schema};

/// How many changes go to the host at once.
const CHUNK: usize = 100;

/// The tool by which callers commit what a `prepare` action proposed. The host makes it and runs it.
#[derive(Debug, Clone, Copy)]
pub struct CommitTool {
    /// Its name, without the group's: `commit_bulk_update`.
    pub name: &'static str,
    /// For people, in a few words.
    pub title: &'static str,
    /// For models.
    pub description: &'static str,
    /// How much harm it can do; not below the proposing action's.
    pub tier: Tier,
    /// The result's name for the subject as read back, for plans of one change: `rule`.
    pub subject_as: Option<&'static str>,
}

impl CommitTool {
    pub(crate) fn effect(self) -> actions::Effect {
        actions::Effect::Prepare(actions::CommitTool {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            tier: self.tier,
            subject_as: self.subject_as.map(str::to_owned),
        })
    }
}

/// Marks what belongs to `prepare` actions: a draft becomes a plan that waits for its commit.
#[derive(Debug, Clone, Copy)]
pub enum Prepare {}

/// Marks what belongs to `apply` actions: a draft is executed at once.
#[derive(Debug, Clone, Copy)]
pub enum Apply {}

/// What a handler that changes the store is given. It reads as [`Context`] does, and opens drafts.
#[derive(Debug)]
pub struct PlanContext<Kind> {
    reader: Context,
    kind: PhantomData<Kind>,
}

/// For actions of effect `prepare`.
pub type PrepareContext = PlanContext<Prepare>;

/// For actions of effect `apply`.
pub type ApplyContext = PlanContext<Apply>;

impl<Kind> PlanContext<Kind> {
    pub(crate) const fn new() -> Self {
        Self { reader: Context::new(), kind: PhantomData }
    }

    /// Begins a draft. One that is dropped leaves nothing behind.
    #[must_use]
    pub fn draft(&self, intent: &Intent) -> Draft<Kind> {
        Draft { open: host::Draft::new(intent), waiting: Vec::new(), kind: PhantomData }
    }
}

impl<Kind> Deref for PlanContext<Kind> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.reader
    }
}

/// Changes on their way to the host, which checks and stores them as they come, so that a plan may
/// be far larger than the plugin's memory.
pub struct Draft<Kind> {
    open: host::Draft,
    waiting: Vec<Change>,
    kind: PhantomData<Kind>,
}

impl<Kind> std::fmt::Debug for Draft<Kind> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

impl<Kind> Draft<Kind> {
    /// Adds changes. They go to the host in chunks, so what it refuses may come out of a later call.
    ///
    /// # Errors
    /// What the host refuses: more changes than the operator allows, a field or price that the
    /// operator does not allow, a route that the action was not granted, a subject that does not
    /// exist.
    pub fn add(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<(), Failure> {
        for change in changes {
            self.waiting.push(change);
            if self.waiting.len() == CHUNK {
                self.send()?;
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.open.add(&std::mem::take(&mut self.waiting))
    }
}

impl Draft<Prepare> {
    /// Closes the draft and keeps it as a plan.
    ///
    /// # Errors
    /// As [`add`](Self::add); and that nothing is left to change.
    pub fn propose(mut self) -> Result<Plan, Failure> {
        self.send()?;
        host::Draft::propose(self.open)
    }
}

impl Draft<Apply> {
    /// Closes the draft and executes it at once.
    ///
    /// # Errors
    /// As [`add`](Self::add). Items that fail are no failure of the call: they are in the outcome.
    pub fn apply(mut self) -> Result<Outcome, Failure> {
        self.send()?;
        host::Draft::apply(self.open)
    }
}

impl Lookup {
    /// Subjects are read one by one. Build the read with
    /// [`Route::read_by`](crate::core::Route::read_by) and `BindingSource::Subject`.
    #[must_use]
    pub fn one(read: Read) -> Self {
        Self { one: read, many: None, inherits: false }
    }

    /// Many subjects may be read at once with this search: `ids` is the query parameter that takes
    /// them, joined with commas; the answer has them at `items`, each with its id at `id`.
    #[must_use]
    pub fn many(mut self, read: Read, ids: &str, items: &str, id: &str) -> Self {
        let [ids, items, id] = [ids, items, id].map(str::to_owned);
        self.many = Some(Batch { read, ids, items, id });
        self
    }

    /// The back end answers effective values: a field that equals the global one was inherited, and
    /// undoing takes the override away again.
    #[must_use]
    pub fn inherits(mut self, inherits: bool) -> Self {
        self.inherits = inherits;
        self
    }
}

/// What a `prepare` action answers.
#[derive(Debug, Serialize)]
pub struct PreparedResult {
    /// What the commit tool and `plans_*` name.
    pub plan_id: String,
    /// RFC 3339; afterwards it has to be prepared again.
    pub expires_at: String,
    /// How many will change. What already is as wished is not counted.
    pub affected_count: u32,
    /// The first changes, value by value.
    pub sample_diffs: Value,
    /// What to look at before committing.
    pub warnings: Vec<String>,
    /// What to do next.
    pub message: String,
}

impl JsonSchema for PreparedResult {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Prepared".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::written(
            r#"{
                "type": "object",
                "properties": {
                    "plan_id": {"type": "string", "description": "What the commit tool and plans_* name."},
                    "expires_at": {"type": "string", "description": "RFC 3339; afterwards it has to be prepared again."},
                    "affected_count": {"type": "integer", "description": "How many will change; what already is as wished is not counted."},
                    "sample_diffs": {"type": "array", "items": {"type": "object"}, "description": "The first changes: subject, field, before, after."},
                    "warnings": {"type": "array", "items": {"type": "string"}, "description": "What to look at before committing."},
                    "message": {"type": "string", "description": "What to do next."}
                },
                "required": ["plan_id", "expires_at", "affected_count", "sample_diffs", "warnings", "message"]
            }"#,
        )
    }
}

impl PreparedResult {
    /// The answer for a plan, which `tool` commits. `warnings` go before the plan's own.
    ///
    /// # Errors
    /// When the host's samples are not JSON.
    pub fn new(plan: Plan, mut warnings: Vec<String>, tool: &str) -> Result<Self, Failure> {
        for warning in plan.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let sample_diffs = json::decode(&plan.sample_diffs)
            .map_err(|wrong| Failure::internal(format!("the host's samples: {wrong}")))?;
        Ok(Self {
            message: format!(
                "{} planned, nothing changed yet: review the plan, then commit it with `{tool}`",
                counted(plan.count, "change is", "changes are")
            ),
            plan_id: plan.id,
            expires_at: plan.expires_at,
            affected_count: plan.count,
            sample_diffs,
            warnings,
        })
    }
}

/// What an `apply` action answers.
#[derive(Debug, Serialize)]
pub struct AppliedResult {
    /// What happened, in a sentence.
    pub message: String,
    /// How many were written, and a read shows it.
    pub success_count: u32,
    /// How many were not, or not for certain.
    pub error_count: u32,
    /// The first of those, with the reason.
    pub errors: Vec<ItemError>,
    /// The plan that was carried out: `plans_get` lists every item, `plans_undo` takes it back.
    pub plan_id: String,
}

/// One subject that was not changed, or not for certain.
#[derive(Debug, Serialize)]
pub struct ItemError {
    /// Its id: a sku, a page's id.
    pub id: String,
    /// `failed`: refused; `drifted`: somebody changed it meanwhile; `skipped`: not tried; `unknown`:
    /// it may have happened, and a person has to look.
    pub state: &'static str,
    /// Why.
    pub error: String,
}

impl JsonSchema for AppliedResult {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Applied".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::written(
            r#"{
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "success_count": {"type": "integer", "description": "How many were written, and a read shows it."},
                    "error_count": {"type": "integer", "description": "How many were not, or not for certain."},
                    "errors": {
                        "type": "array",
                        "description": "The first of those: state is failed, drifted (somebody changed it meanwhile), skipped, or unknown (it may have happened).",
                        "items": {
                            "type": "object",
                            "properties": {"id": {"type": "string"}, "state": {"type": "string"}, "error": {"type": "string"}}
                        }
                    },
                    "plan_id": {"type": "string", "description": "plans_get lists every item, plans_undo takes it back."}
                },
                "required": ["message", "success_count", "error_count", "errors", "plan_id"]
            }"#,
        )
    }
}

impl AppliedResult {
    /// The answer for an outcome.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        let errors = outcome.failed + outcome.drifted + outcome.skipped + outcome.unknown;
        let done = counted(outcome.done, "change", "changes");
        let message = match outcome.state {
            PlanState::Running => format!(
                "{done} written so far, and the rest goes on: see `plans_get` with the plan's id"
            ),
            PlanState::Done if outcome.unverifiable > 0 => format!(
                "{done} written, and read back but for what is reported by the store and not readable"
            ),
            PlanState::Done => format!("{done} written, and read back"),
            PlanState::Previewed => "nothing was sent: `plans_get` with the plan's id shows what \
                would change, `plans_commit` carries it out"
                .to_owned(),
            PlanState::PartlyDone | PlanState::Failed => {
                format!("{done} written, {errors} not: see `errors`")
            }
        };
        let errors_of = |item: crate::core::PlanItem| ItemError {
            id: item.subject.id,
            state: match item.state {
                ItemState::Done => "done",
                ItemState::Failed => "failed",
                ItemState::Drifted => "drifted",
                ItemState::Skipped => "skipped",
                ItemState::Unknown => "unknown",
            },
            error: item.failure.map(|failure| failure.message).unwrap_or_default(),
        };
        Self {
            message,
            success_count: outcome.done,
            error_count: errors,
            errors: outcome.failures.into_iter().map(errors_of).collect(),
            plan_id: outcome.plan_id,
        }
    }
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The failure for a match that nothing fits.
#[must_use]
pub fn nothing_matches(what: &str) -> Failure {
    Failure::new(FailureCode::NotFound, format!("no {what} fits the match"))
        .at("match")
        .remedy("search with the same conditions to see what there is")
}
