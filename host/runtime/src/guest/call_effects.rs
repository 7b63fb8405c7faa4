//! What a call does outside the host, noted by the host as it happens: plans, purges, the session.
//!
//! A plugin can fail, be ended or say what it likes afterwards. What it did is on this record, and the
//! record is eaten by the answer: there is no other way to one.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use souk_model::plan::PlanId;
use souk_model::{Failure, Principal};
use souk_plans::{PlanCompletion, PlanOutcome, Plans, PurgeResult};
use souk_state::audit::CallResources;
use souk_upstream::Session;

/// A plan that a call carried out, or would have, had it not been carried out before.
#[derive(Debug)]
pub(crate) struct PlanEffect {
    pub(crate) outcome: PlanOutcome,
    /// It was carried out by the same call earlier; nothing was sent again.
    pub(crate) is_repeated: bool,
}

/// What became of a call's purges.
#[derive(Debug, Default)]
struct PurgeTally {
    accepted: u64,
    refused: u64,
    /// Why the first of those was.
    why: Option<Failure>,
}

/// What a call did. It is eaten by the call's answer.
#[derive(Debug, Default)]
pub(crate) struct CallEffects {
    pub(crate) plan: Option<PlanEffect>,
    /// The plan that it proposed; nothing of it was sent.
    proposed: Option<PlanId>,
    purges: PurgeTally,
    /// What was done to the caller's session, in words.
    session: Option<String>,
    /// Why a plan that was to be carried out was not: a person has still to decide, or said no. No
    /// plugin words that.
    undecided: Option<Failure>,
}

/// Where a call's effects are noted while it runs. Clones share one record, which outlives a run that
/// is ended and a caller who leaves.
#[derive(Clone, Default)]
pub(crate) struct EffectsRecord {
    effects: Arc<Mutex<CallEffects>>,
    /// The plan that is carried out, from the moment it is.
    pub(crate) started: Arc<OnceLock<PlanId>>,
}

impl EffectsRecord {
    fn lock(&self) -> MutexGuard<'_, CallEffects> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how a plan ended. Its subject and what the store answered are no part of that.
    pub(crate) fn carried_out(&self, outcome: &PlanOutcome) {
        self.note_plan(outcome, false);
    }

    /// Notes how the plan ended that the same call made earlier.
    pub(crate) fn carried_out_before(&self, outcome: &PlanOutcome) {
        self.note_plan(outcome, true);
    }

    fn note_plan(&self, outcome: &PlanOutcome, is_repeated: bool) {
        let outcome = PlanOutcome { subject: None, response: None, ..outcome.clone() };
        let mut effects = self.lock();
        // The plan of the same call earlier is what its `apply` then answers, too.
        let is_repeated = is_repeated
            || effects.plan.as_ref().is_some_and(|earlier| {
                earlier.is_repeated && earlier.outcome.plan == outcome.plan && !outcome.has_sent
            });
        effects.plan = Some(PlanEffect { outcome, is_repeated });
    }

    /// Notes how far a plan has come that goes on without the call that began it: the call was ended
    /// while it waited for it.
    pub(crate) async fn note_left_behind(
        &self,
        plans: &Plans,
        principal: &Principal,
        session: &Session,
    ) {
        let has_ended = self.lock().plan.is_some();
        let Some(plan) = self.started.get().filter(|_| !has_ended) else { return };
        let outcome = async {
            let stored = plans.get(Some(principal), plan).await?;
            plans.outcome(session, &stored.header).await
        };
        match outcome.await {
            Ok(outcome) => self.carried_out(&PlanOutcome { has_sent: true, ..outcome }),
            Err(failure) => {
                tracing::error!("how far the plan {plan} has come cannot be told: {failure}");
            }
        }
    }

    /// Notes a plan that was proposed.
    pub(crate) fn proposed(&self, plan: &PlanId) {
        self.lock().proposed = Some(plan.clone());
    }

    /// Notes that a plan was not carried out since a person has still to decide, or said no, or stopped
    /// all writes.
    pub(crate) fn not_carried_out(&self, failure: &Failure) {
        use souk_model::Code;
        if matches!(failure.code, Code::ApprovalRequired | Code::Rejected | Code::WritesStopped) {
            self.lock().undecided = Some(failure.clone());
        }
    }

    /// Notes what became of purges. What was only looked at was none.
    pub(crate) fn purged(&self, results: &[Result<PurgeResult, Failure>]) {
        let mut effects = self.lock();
        let purges = &mut effects.purges;
        for result in results {
            match result {
                Ok(purge) if purge.previewed => {}
                Ok(_) => purges.accepted += 1,
                Err(failure) => {
                    purges.refused += 1;
                    purges.why.get_or_insert_with(|| failure.clone());
                }
            }
        }
    }

    /// Notes what was done to the session.
    pub(crate) fn session_changed(&self, how: impl Into<String>) {
        self.lock().session = Some(how.into());
    }

    /// What was done. Nothing is left.
    pub(crate) fn take(&self) -> CallEffects {
        std::mem::take(&mut *self.lock())
    }

    /// What the trail is told of a call whose caller left.
    pub(crate) fn of_caller_who_left(&self) -> CallResources {
        let effects = self.take();
        let mut resources = CallResources::default();
        effects.note_in(&mut resources);
        if let Some(started) = self.started.get().filter(|_| resources.plans.is_empty()) {
            resources.plans.push(started.to_string());
        }
        resources
    }
}

impl CallEffects {
    /// The plan that was proposed.
    pub(crate) fn proposed(&self) -> Option<&PlanId> {
        self.proposed.as_ref()
    }

    /// Notes on the trail's line what was sent.
    pub(crate) fn note_in(&self, resources: &mut CallResources) {
        let sent = self.plan.as_ref().filter(|plan| plan.outcome.has_sent);
        resources.plans.extend(sent.map(|plan| plan.outcome.plan.to_string()));
        resources.purges += self.purges.accepted;
    }

    /// The failure that the effects are by themselves, whatever the plugin says: nothing of a plan, or
    /// of purges, was done.
    pub(crate) fn failure(&self) -> Option<Failure> {
        if let (None, Some(undecided)) = (&self.plan, &self.undecided) {
            return Some(undecided.clone());
        }
        match &self.plan {
            Some(plan) => plan.outcome.failure().map(|mut failure| {
                failure.message = plan.explain();
                failure
            }),
            None if self.purges.accepted == 0 => self.purges.why.clone().map(|mut failure| {
                failure.message = format!("{}: {}", self.purges.describe(), failure.message);
                failure
            }),
            None => None,
        }
    }

    /// The effects in words, on one line; nothing where there are none to tell of beside an answer.
    pub(crate) fn describe(&self) -> Option<String> {
        let plan = self.plan.as_ref().map(PlanEffect::explain);
        let purges =
            (self.purges.accepted + self.purges.refused > 0).then(|| self.purges.describe());
        join([plan, purges])
    }

    /// What has to be heard before everything else: that a part failed.
    pub(crate) fn headline(&self) -> Option<String> {
        let plan = self.plan.as_ref()?;
        (plan.outcome.completion() == PlanCompletion::Partial)
            .then(|| format!("partly failed: {}", plan.explain()))
    }

    /// A call's failure with all that was done before it: code, plan, state and counts come first, and
    /// what to do about them.
    pub(crate) fn before(self, mut failure: Failure) -> Failure {
        if let (None, Some(undecided)) = (&self.plan, &self.undecided) {
            return undecided.clone();
        }
        let proposed = self.proposed.as_ref().filter(|_| self.plan.is_none());
        let proposed =
            proposed.map(|plan| format!("plan `{plan}` (proposed) waits, nothing of it was sent"));
        // Purges of which none was accepted did nothing: the plugin's failure says it better.
        let did_something = self.plan.is_some() || self.purges.accepted > 0;
        let effects = self.describe().filter(|_| did_something);
        let Some(effects) = join([effects, proposed, self.session.clone()]) else {
            return failure;
        };
        failure.message = format!("{effects}; then: {}", failure.message);
        let Some(plan) = &self.plan else { return failure };
        match plan.outcome.failure() {
            Some(nothing_done) => Failure { message: failure.message, ..nothing_done },
            None => Failure { remedy: Some(plan.remedy()), ..failure },
        }
    }
}

impl PlanEffect {
    /// The plan, its state, its counts, and the first items that were not done.
    fn explain(&self) -> String {
        let explained = self.outcome.explain();
        if self.is_repeated {
            return format!(
                "{explained}; this very change was asked for before, nothing was sent again"
            );
        }
        explained
    }

    /// What can be done about a failure after it.
    fn remedy(&self) -> String {
        let shows = "`plans_get` with the plan's id shows each item";
        match self.outcome.completion() {
            PlanCompletion::Proposed => format!("nothing was changed: {shows}"),
            PlanCompletion::Running => format!("{shows}; do not ask for it again"),
            _ => format!(
                "the store was changed, do not do it again: {shows}, `plans_undo` takes it back"
            ),
        }
    }
}

impl PurgeTally {
    fn describe(&self) -> String {
        let Self { accepted, refused, .. } = self;
        format!("{accepted} of {} purges were accepted", accepted + refused)
    }
}

fn join(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
