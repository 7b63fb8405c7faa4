//! The host's side of `plans`: drafts that a plugin fills, and what becomes of them.

use std::time::Duration;

use souk_model::plan::{Change, Intent, PlanId};
use souk_model::{Code, Failure};
use souk_plans::{ApplyOptions, CommitRequest, PlanDraft, PlanOutcome, Proposal, Proposer};
use souk_policy::Mask;
use wasmtime::component::Resource;

use super::bindings::souk::plugin::{plans, types};
use super::call_context::{CallContext, not_logged_in};
use super::decision_prompt::CommitKind;
use super::handles::GuestDraft;
use super::host_result::HostResult;
use super::plan_conversions;
use super::state::GuestState;

impl GuestState {
    fn call_for_draft(&mut self) -> Result<&mut CallContext, Failure> {
        self.call.as_deref_mut().ok_or_else(|| {
            Failure::new(Code::Forbidden, "`describe` may not propose changes").rule("describe")
        })
    }

    async fn add_to(
        &mut self,
        draft: &Resource<GuestDraft>,
        changes: Vec<plans::Change>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let changes: Vec<Change> = match changes.into_iter().map(plan_conversions::change).collect()
        {
            Ok(changes) => changes,
            Err(failure) => return Ok(Err(failure)),
        };
        let mask = self.call.as_deref().map(|call| call.mask.clone()).unwrap_or_default();
        let changes = changes.into_iter().map(|change| masked_label(change, &mask)).collect();
        match self.begun(draft).await? {
            Ok(draft) => Ok(draft.add(changes).await),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// The draft, begun if it was not.
    async fn begun(
        &mut self,
        draft: &Resource<GuestDraft>,
    ) -> wasmtime::Result<Result<&mut PlanDraft, Failure>> {
        if let GuestDraft::Intended(intent) = self.table.get(draft)? {
            let begun = match intent.as_ref().clone() {
                Ok(intent) => self.begin(intent).await,
                Err(failure) => Err(failure),
            };
            let begun = match begun {
                Ok(begun) => begun,
                Err(failure) => return Ok(Err(failure)),
            };
            *self.table.get_mut(draft)? = GuestDraft::Begun(Box::new(begun));
        }
        match self.table.get_mut(draft)? {
            GuestDraft::Begun(draft) => Ok(Ok(draft)),
            GuestDraft::Closed(_) => Ok(Err(closed())),
            GuestDraft::Intended(_) => Ok(Err(Failure::internal("a draft was not begun"))),
        }
    }

    async fn begin(&mut self, mut intent: Intent) -> Result<PlanDraft, Failure> {
        let call = self.call_for_draft()?;
        intent.summary = call.mask.text(intent.summary);
        // A lookup tells by what it finds, too.
        call.mask.check_read(&intent.lookup.one)?;
        if let Some(batch) = &intent.lookup.many {
            call.mask.check_read(&batch.read)?;
        }
        let session = call.session.clone().ok_or_else(not_logged_in)?;
        let proposer = Proposer {
            principal: call.principal.clone(),
            session,
            group: call.group.clone(),
            action: call.action.clone(),
            reads: call.reads.clone(),
            roles: call.roles.clone(),
        };
        let plans = call.plans.clone().ok_or_else(no_plans)?;
        plans.draft(proposer, intent).await
    }

    /// Closes the draft, once a call: what the guest still holds says so.
    async fn close(
        &mut self,
        draft: &Resource<GuestDraft>,
    ) -> wasmtime::Result<Result<PlanDraft, Failure>> {
        if let Err(failure) = self.begun(draft).await? {
            return Ok(Err(failure));
        }
        let call = match self.call_for_draft() {
            Ok(call) => call,
            Err(failure) => return Ok(Err(failure)),
        };
        if std::mem::replace(&mut call.closed, true) {
            return Ok(Err(
                Failure::internal("the plugin closed two drafts in one call").rule("proposal")
            ));
        }
        match std::mem::replace(self.table.get_mut(draft)?, GuestDraft::Closed(None)) {
            GuestDraft::Begun(draft) => {
                self.usage.close_handle();
                Ok(Ok(*draft))
            }
            GuestDraft::Intended(_) | GuestDraft::Closed(_) => Ok(Err(closed())),
        }
    }

    async fn propose_draft(&mut self, draft: PlanDraft) -> Result<Proposal, Failure> {
        self.call_for_draft()?.may_propose()?;
        let proposal = draft.propose().await?;
        let call = self.call_for_draft()?;
        call.effects.proposed(&proposal.header.id);
        call.proposal = Some(proposal.clone());
        Ok(proposal)
    }

    async fn apply_draft(&mut self, draft: PlanDraft) -> Result<PlanOutcome, Failure> {
        let call = self.call_for_draft()?;
        call.may_apply()?;
        let plans = call.plans.clone().ok_or_else(no_plans)?;
        let (terms, gate) = (call.options.clone(), call.gate.clone());
        let (progress, prompt) = (call.progress.clone(), call.prompt.clone());
        let session = call.session.clone().ok_or_else(not_logged_in)?;
        // Whom can be asked is asked before anybody is waited for.
        let wait = if prompt.can_ask() { Duration::ZERO } else { terms.wait };
        let first = ApplyOptions { wait, ..terms.clone() };
        let applied = plans.apply(draft, first, &*gate, progress.clone()).await;
        let outcome = match applied {
            Err(waits) if waits.waiting.is_some() && prompt.can_ask() => {
                let id = waits.waiting.as_ref().and_then(|waiting| waiting.plan_id.parse().ok());
                let plan: PlanId = id.ok_or_else(|| waits.clone())?;
                let commit = CommitRequest {
                    principal: &prompt.principal,
                    session: &session,
                    plan: &plan,
                    tool: None,
                    reason: terms.reason.clone(),
                    key: None,
                    gate: &*gate,
                    wait: terms.wait,
                    operator: false,
                    started: Some(&terms.started),
                    progress,
                };
                prompt.go_on(&plans, waits, commit, CommitKind::Commit).await
            }
            applied => applied,
        };
        let call = self.call_for_draft()?;
        match &outcome {
            Ok(outcome) => call.effects.carried_out(outcome),
            Err(failure) => call.effects.not_carried_out(failure),
        }
        outcome
    }
}

/// A label is for people alone and is told long after its call, when nobody knows any more whose name
/// stands in it.
fn masked_label(mut change: Change, mask: &Mask) -> Change {
    change.subject.label = change.subject.label.map(|label| mask.text(label));
    change
}

/// What is told of a draft that was proposed or applied already.
fn closed() -> Failure {
    Failure::new(Code::Conflict, "the draft is closed: it was proposed or applied already")
}

pub(crate) fn no_plans() -> Failure {
    Failure::internal("this run serves no call, so nothing can be proposed")
}

impl plans::Host for GuestState {}

impl plans::HostDraft for GuestState {
    async fn new(&mut self, intent: plans::Intent) -> wasmtime::Result<Resource<GuestDraft>> {
        let intent = plan_conversions::intent(intent);
        self.usage.open_handle()?;
        Ok(self.table.push(GuestDraft::Intended(Box::new(intent)))?)
    }

    async fn add(
        &mut self,
        draft: Resource<GuestDraft>,
        changes: Vec<plans::Change>,
    ) -> HostResult<()> {
        self.enter_host()?;
        let added = self.add_to(&draft, changes).await;
        self.leave_host()?;
        Ok(added?.map_err(types::Failure::from))
    }

    async fn propose(&mut self, draft: Resource<GuestDraft>) -> HostResult<plans::Plan> {
        self.enter_host()?;
        let proposed = match self.close(&draft).await? {
            Ok(draft) => self.propose_draft(draft).await,
            Err(failure) => Err(failure),
        };
        self.leave_host()?;
        Ok(proposed.map(|proposal| plan_conversions::plan(&proposal)).map_err(types::Failure::from))
    }

    async fn apply(&mut self, draft: Resource<GuestDraft>) -> HostResult<plans::Outcome> {
        self.enter_host()?;
        // A commit takes as long as the store does; the plugin only waits for it.
        let paused = self.clock.pause();
        let applied = match self.close(&draft).await? {
            Ok(draft) => self.apply_draft(draft).await,
            Err(failure) => Err(failure),
        };
        drop(paused);
        if let Ok(PlanOutcome { response: Some(response), .. }) = &applied {
            *self.table.get_mut(&draft)? = GuestDraft::Closed(Some(response.to_string()));
        }
        Ok(applied.map(plan_conversions::outcome).map_err(types::Failure::from))
    }

    async fn response(&mut self, draft: Resource<GuestDraft>) -> wasmtime::Result<Option<String>> {
        self.enter_host()?;
        let response = match self.table.get(&draft)? {
            GuestDraft::Closed(response) => response.clone(),
            GuestDraft::Intended(_) | GuestDraft::Begun(_) => None,
        };
        self.leave_host()?;
        Ok(response)
    }

    async fn drop(&mut self, draft: Resource<GuestDraft>) -> wasmtime::Result<()> {
        if !matches!(self.table.delete(draft)?, GuestDraft::Closed(_)) {
            self.usage.close_handle();
        }
        Ok(())
    }
}
