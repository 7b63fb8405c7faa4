//! Drafts: what actions of effect `prepare` and `apply` may do besides reading.

use std::marker::PhantomData;
use std::ops::Deref;

use serde_json::Value;

use super::context::Context;
use super::plan_results::PreparedResult;
use super::route::Grant;
use super::{Change, Failure, Intent, Outcome, host, json};

/// How many changes go to the host at once.
const CHUNK: usize = 100;

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
    terms: DraftTerms,
    kind: PhantomData<Kind>,
}

/// What an action's declaration says of its drafts.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftTerms {
    /// The whole name of the tool that commits what is proposed.
    pub(crate) commit_tool: String,
    /// The reads that lookups may make.
    pub(crate) lookups: Vec<Grant>,
}

impl DraftTerms {
    /// A route that a draft's lookup reads and the declaration does not name.
    fn undeclared(&self, intent: &Intent) -> Option<String> {
        let many = intent.lookup.many.as_ref().map(|batch| &batch.read);
        let undeclared = [Some(&intent.lookup.one), many]
            .into_iter()
            .flatten()
            .find(|read| !self.lookups.iter().any(|grant| grant.is_of(&read.route)))?;
        Some(undeclared.route.template.clone())
    }
}

/// For actions of effect `prepare`.
pub type PrepareContext = PlanContext<Prepare>;

/// For actions of effect `apply`.
pub type ApplyContext = PlanContext<Apply>;

impl<Kind> PlanContext<Kind> {
    pub(crate) const fn new(terms: DraftTerms) -> Self {
        Self { reader: Context::new(), terms, kind: PhantomData }
    }

    /// Begins a draft. One that is dropped leaves nothing behind.
    #[must_use]
    pub fn draft(&self, intent: &Intent) -> Draft<Kind> {
        Draft {
            open: host::Draft::new(intent),
            waiting: Vec::new(),
            warnings: Vec::new(),
            commit_tool: self.terms.commit_tool.clone(),
            undeclared: self.terms.undeclared(intent),
            kind: PhantomData,
        }
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
    warnings: Vec<String>,
    commit_tool: String,
    undeclared: Option<String>,
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
        if let Some(route) = &self.undeclared {
            let message = format!(
                "the draft's lookup reads `{route}`, which no `changes(…)` of the action declares"
            );
            return Err(Failure::internal(message));
        }
        self.open.add(&std::mem::take(&mut self.waiting))
    }
}

impl Draft<Prepare> {
    /// What the reviewer should know of the plan as a whole. It stands before what single changes
    /// warn of.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Closes the draft and keeps it as a plan. What is answered names the tool that commits it.
    ///
    /// # Errors
    /// As [`add`](Self::add); and that nothing is left to change.
    pub fn propose(mut self) -> Result<PreparedResult, Failure> {
        self.send()?;
        let plan = self.open.propose()?;
        PreparedResult::new(plan, self.warnings, &self.commit_tool)
    }
}

impl Draft<Apply> {
    /// Closes the draft and executes it at once.
    ///
    /// # Errors
    /// As [`add`](Self::add). Items that fail are no failure of the call: they are in the outcome.
    pub fn apply(mut self) -> Result<Outcome, Failure> {
        self.send()?;
        self.open.apply()
    }

    /// The same, for a draft of one change that may not be sent twice: beside the outcome what the
    /// store answered to its first step, such as the id of what that made. `None` where nothing was
    /// sent or no answer came.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn apply_with_response(mut self) -> Result<(Outcome, Option<Value>), Failure> {
        self.send()?;
        let outcome = self.open.apply()?;
        let response = self.open.response();
        Ok((outcome, response.and_then(|text| json::decode(&text).ok())))
    }
}
