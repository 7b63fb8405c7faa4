//! One call as the imports see it: who asks, for what, with which session, and what was sent.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde_json::{Map, Value};
use souk_model::{
    Action, Code, Effect, Failure, Method, Principal, Progress, Read, Secret, StoreView,
};
use souk_plans::{ApplyOptions, PlanRoles, Plans, Proposal, WriteGate};
use souk_policy::Mask;
use souk_state::audit::{CallResources, RequestEntry};
use souk_state::exports::{Exports, PendingExport};
use souk_upstream::{MemoAnswer, ReadMemo, Session};

use super::call_effects::EffectsRecord;
use super::decision_prompt::DecisionPrompt;
use super::sessions::{OwnCredentials, SessionHost};
use crate::text::printable;

/// Asked with a store, and with a view of it where it is to be read through one: under which roles of
/// the caller's the call may.
pub(crate) type ReadGate =
    dyn Fn(&str, Option<&StoreView>) -> Result<Vec<String>, Failure> + Send + Sync;

/// What a call may reach. Built by the host before the plugin runs.
pub(crate) struct CallContext {
    pub(crate) principal: Principal,
    pub(crate) action: Arc<Action>,
    /// The action's group.
    pub(crate) group: String,
    /// The session as it was when the call started, or as this call itself left it.
    pub(crate) session: Option<Session>,
    /// What it has read.
    pub(crate) reads: ReadMemo,
    pub(crate) sessions: Arc<SessionHost>,
    /// The values of sealed arguments, by name.
    pub(crate) sealed: Vec<(String, Secret)>,
    /// Whether they may be logged in with.
    pub(crate) own_credentials: OwnCredentials,
    pub(crate) settings: Arc<Map<String, Value>>,
    pub(crate) progress: Option<Arc<dyn Progress>>,
    /// What leaves the host for this call goes through it.
    pub(crate) mask: Mask,
    /// What was asked of back ends, for the audit trail.
    pub(crate) resources: CallResources,
    /// Where changes are proposed; nowhere in a run that serves no call.
    pub(crate) plans: Option<Arc<Plans>>,
    /// On which terms an `apply` is carried out, from the host's own arguments.
    pub(crate) options: ApplyOptions,
    /// Whether what it turns out to write may be written.
    pub(crate) gate: Arc<WriteGate<'static>>,
    /// Under which roles of the caller's what it proposes may be.
    pub(crate) roles: Arc<PlanRoles<'static>>,
    /// Whether it may go to a store, and read through a view of it.
    pub(crate) reach: Arc<ReadGate>,
    /// Whom to ask where a person has to decide.
    pub(crate) prompt: DecisionPrompt,
    /// What it does outside the host: its caller hears of it whatever becomes of the plugin.
    pub(crate) effects: EffectsRecord,
    /// Whether a draft was closed in this call: that is done once.
    pub(crate) closed: bool,
    /// The plan that this call proposed.
    pub(crate) proposal: Option<Proposal>,
    /// How many purges were asked for in this call.
    pub(crate) purges: usize,
    /// Where documents are kept; nowhere in a run that serves no call.
    pub(crate) exports: Option<Arc<Exports>>,
    /// Documents that are whole. They are kept once the call has ended well.
    pub(crate) closed_exports: Vec<PendingExport>,
}

impl CallContext {
    /// Refuses what only actions of the effect `session` may do.
    pub(crate) fn may_change_session(&self) -> Result<(), Failure> {
        if self.action.effect == Effect::Session {
            return Ok(());
        }
        Err(self.wrong_effect("change the session"))
    }

    /// Refuses to keep a plan for an action that is not `prepare`.
    pub(crate) fn may_propose(&self) -> Result<(), Failure> {
        match self.action.effect {
            Effect::Prepare(_) => Ok(()),
            _ => Err(self.wrong_effect("propose a plan")),
        }
    }

    /// Refuses to carry changes out at once for an action that is not `apply`.
    pub(crate) fn may_apply(&self) -> Result<(), Failure> {
        match self.action.effect {
            Effect::Apply(_) => Ok(()),
            _ => Err(self.wrong_effect("change the store")),
        }
    }

    fn wrong_effect(&self, what: &str) -> Failure {
        Failure::new(
            Code::Forbidden,
            format!(
                "`{}` has the effect `{}` and may not {what}",
                self.action.tool,
                self.action.effect.as_str()
            ),
        )
        .rule("effect")
    }

    /// What a read needs, apart from `self`, so that many can run at once.
    pub(crate) fn reader(&self) -> GrantedReader {
        GrantedReader {
            action: self.action.clone(),
            session: self.session.clone(),
            reads: self.reads.clone(),
            reach: self.reach.clone(),
            mask: self.mask.clone(),
        }
    }
}

/// Reads within one action's grants, with one session.
#[derive(Clone)]
pub(crate) struct GrantedReader {
    action: Arc<Action>,
    session: Option<Session>,
    reads: ReadMemo,
    reach: Arc<ReadGate>,
    mask: Mask,
}

impl GrantedReader {
    /// Permits one read and sends it, unless this call has read the same already. What was sent is
    /// told for the audit trail.
    pub(crate) async fn read(self, read: Read) -> (Option<RequestEntry>, Result<String, Failure>) {
        let started = Instant::now();
        let route = printable(&read.route, 200);
        let (sent, result) = match self.permitted(&read).await {
            Ok(answer) => (answer.sent, self.shown(&read, answer.result)),
            Err(refused) => (true, Err(refused)),
        };
        let status = match &result {
            Ok(_) => Some(200),
            Err(failure) => failure.status,
        };
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let request = sent.then(|| RequestEntry::new(Method::Get, &route, status, ms));
        (request, result)
    }

    async fn permitted(&self, read: &Read) -> Result<MemoAnswer, Failure> {
        self.mask.check_read(read)?;
        let permitted = souk_policy::permit(&self.action.grants, read)?;
        let session = self.session.as_ref().ok_or_else(not_logged_in)?;
        (self.reach)(&session.info().store, Some(&read_view(session, &read.view)))?;
        // On the heap: what waits for it is nested deep enough.
        Ok(Box::pin(self.reads.get(session, &permitted)).await)
    }

    /// An answer as the plugin may see it.
    fn shown(&self, read: &Read, answer: Result<Bytes, Failure>) -> Result<String, Failure> {
        let body = answer.map_err(|failure| self.mask.failure(failure))?;
        let body = String::from_utf8(body.into()).map_err(|_| {
            Failure::new(Code::UpstreamError, "the store's answer is not valid UTF-8")
                .from_upstream(&read.upstream, None)
        })?;
        Ok(if self.mask.is_on() { self.masked(body) } else { body })
    }

    /// What a plugin is given where personal data is masked. What only reads need not know it, and
    /// then can tell nobody, in whatever disguise. What proposes changes has to know what it sends
    /// back; of that the values are noted, to be masked wherever they come out.
    fn masked(&self, body: String) -> String {
        match serde_json::from_str(&body) {
            Ok(value) if self.action.effect == Effect::Query => self.mask.value(value).to_string(),
            Ok(value) => {
                self.mask.learn(&value);
                body
            }
            Err(_) if self.action.effect == Effect::Query => self.mask.text(body),
            Err(_) => body,
        }
    }
}

/// The view that a read goes through.
fn read_view(session: &Session, view: &StoreView) -> StoreView {
    match (view, session.info().default_scope) {
        (StoreView::SessionDefault, Some(code)) => StoreView::View(code),
        _ => view.clone(),
    }
}

/// What every call without a session is told.
pub(crate) fn not_logged_in() -> Failure {
    Failure::new(Code::NotAuthenticated, "there is no session with a store")
        .remedy("call `auth_login` first; without arguments it uses the operator's credentials")
}
