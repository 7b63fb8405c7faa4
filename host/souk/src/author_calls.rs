//! Calls of whoever makes a plugin: each is confirmed by itself, and a plan that one of them proposes can
//! be committed and taken back without naming it.

use std::sync::Arc;

use serde_json::{Map, Value};
use souk_model::{Actions, CallFailure, Code, Failure, Principal, Tool, ToolCall, ToolResult};
use souk_runtime::Dispatcher;

use crate::call_arguments;

/// How a call ended.
pub(crate) type AuthorCallOutcome = Result<ToolResult, CallFailure>;

/// Calls in a host, as the local user.
pub(crate) struct AuthorCalls {
    dispatcher: Arc<Dispatcher>,
    /// Given as the reason of writes.
    reason: &'static str,
    /// The plan that was proposed last, and the one that was committed last.
    proposed: Option<String>,
    committed: Option<String>,
}

impl AuthorCalls {
    /// In the host of this dispatcher.
    pub(crate) const fn new(dispatcher: Arc<Dispatcher>, reason: &'static str) -> Self {
        Self { dispatcher, reason, proposed: None, committed: None }
    }

    /// The tool of this name, with the group's name before it or without.
    pub(crate) fn find(&self, group: &str, tool: &str) -> Option<Arc<Tool>> {
        let whole = format!("{group}_{tool}");
        self.dispatcher.find(&whole).or_else(|| self.dispatcher.find(tool))
    }

    /// Calls a tool by its whole name; a plan that it proposes is the next to be committed.
    pub(crate) async fn call(
        &mut self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> AuthorCallOutcome {
        let outcome = self.confirmed(tool, arguments).await;
        let plan = outcome.as_ref().ok().and_then(|answer| answer.result.get("plan_id"));
        if let Some(plan) = plan.and_then(Value::as_str) {
            self.proposed = Some(plan.to_owned());
        }
        outcome
    }

    /// Commits the plan that was proposed last.
    pub(crate) async fn commit(&mut self) -> AuthorCallOutcome {
        let plan =
            self.proposed.take().ok_or_else(|| nothing("no call before has proposed a plan"))?;
        let outcome = self.confirmed("plans_commit", of_plan(&plan)).await;
        self.committed = Some(plan);
        outcome
    }

    /// Takes back what was committed last.
    pub(crate) async fn undo(&mut self) -> AuthorCallOutcome {
        let plan = self.committed.take().ok_or_else(|| nothing("nothing was committed before"))?;
        let proposed = self.confirmed("plans_undo", of_plan(&plan)).await?;
        match proposed.result.get("plan_id").and_then(Value::as_str) {
            Some(undo) => self.confirmed("plans_commit", of_plan(undo)).await,
            None => Ok(proposed),
        }
    }

    /// The review of the plan that was proposed last, else of the one that was committed last, as
    /// `plans_get` answers it; none where there is no plan.
    pub(crate) async fn review(&self) -> Option<AuthorCallOutcome> {
        let plan = self.proposed.as_ref().or(self.committed.as_ref())?;
        Some(self.confirmed("plans_get", of_plan(plan)).await)
    }

    async fn confirmed(&self, tool: &str, mut arguments: Map<String, Value>) -> AuthorCallOutcome {
        let known = self.dispatcher.find(tool);
        call_arguments::confirm(&mut arguments, known.as_deref(), self.reason);
        let call = ToolCall::new(Principal::local(), tool.to_owned(), arguments);
        self.dispatcher.call(call).await
    }
}

fn of_plan(plan: &str) -> Map<String, Value> {
    Map::from_iter([("plan_id".to_owned(), plan.into())])
}

fn nothing(why: &str) -> CallFailure {
    Failure::new(Code::PlanNotFound, why).into()
}
