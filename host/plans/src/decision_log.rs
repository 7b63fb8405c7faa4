//! The log of what persons decide, as this host has read it: held to its seals and its numbers, so that
//! nothing in it can be edited, taken away or put back unseen.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use souk_model::plan::{DecisionVerdict, PlanDecision, PlanId, WriteStop};
use souk_model::{Code, Failure};
use souk_state::plans::{DecisionEffect, DecisionEntry, DecisionWrite, PlanStore};
use tokio::sync::{Mutex, MutexGuard};

use crate::refusals::refuse;
use crate::seal::{SealKey, is_sealed, seal};

/// How often a line is numbered anew, as others are written meanwhile.
const TRIES: usize = 50;

/// What a line of the log says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum LoggedDecision {
    /// A person decided of the plan.
    Plan { decision: Box<PlanDecision> },
    /// Somebody stopped the plan: what was approved before is taken back.
    PlanStop { by: String, at_ms: i64 },
    /// Somebody stopped all writes.
    WriteStop { stop: WriteStop },
    /// Somebody lets writes go on.
    WritesGo { by: String, at_ms: i64 },
    /// Who can decide was changed: the seal of the file of people since then.
    People { seal: String },
    /// The operator takes things as they are, and the log begins here. The file of people as it was then.
    Begin { people: Option<String> },
}

/// What was decided of one plan, as far as it was not taken back.
#[derive(Debug, Clone, Default)]
struct LoggedPlan {
    /// One of each person, the earliest first.
    decisions: Vec<PlanDecision>,
    /// Something that was decided went with the plan's values.
    is_forgotten: bool,
}

/// All that persons decided.
#[derive(Debug, Default)]
pub(crate) struct KnownDecisions {
    /// The number and the seal of the last line.
    last: Option<(u64, String)>,
    plans: HashMap<PlanId, LoggedPlan>,
    write_stop: Option<WriteStop>,
    /// The seal of the file of people; none: it was never written since the log is kept.
    people: Option<String>,
    /// Whether people were ever set since the log began.
    knows_people: bool,
}

/// The log as far as this host has read it.
#[derive(Debug, Default)]
pub(crate) struct DecisionLog(Mutex<KnownDecisions>);

impl DecisionLog {
    /// What is decided by now: what others wrote meanwhile is read first.
    ///
    /// # Errors
    /// FORBIDDEN where the log is not as hosts wrote it; it cannot be read.
    pub(crate) async fn now(
        &self,
        store: &dyn PlanStore,
        key: &SealKey,
    ) -> Result<MutexGuard<'_, KnownDecisions>, Failure> {
        let mut known = self.0.lock().await;
        known.read_on(store, key).await?;
        Ok(known)
    }

    /// Writes one more down. Whether it was, is in the answer.
    ///
    /// # Errors
    /// As [`now`](Self::now); it cannot be written.
    pub(crate) async fn append(
        &self,
        store: &dyn PlanStore,
        key: &SealKey,
        line: (Option<&PlanId>, &LoggedDecision),
        effect: &DecisionEffect,
        now_ms: i64,
    ) -> Result<DecisionWrite, Failure> {
        for _ in 0..TRIES {
            let last = self.now(store, key).await?.last_no();
            let entry = sealed(key, last + 1, line.0, line.1)?;
            match store.append_decision(&entry, effect, now_ms).await? {
                DecisionWrite::Behind => {}
                written => return Ok(written),
            }
        }
        Err(Failure::internal("decisions are written faster than this one can be"))
    }

    /// Writes one more down whatever the log looks like: to stop is never refused for what somebody did
    /// to it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) async fn append_unread(
        &self,
        store: &dyn PlanStore,
        key: &SealKey,
        line: &LoggedDecision,
        now_ms: i64,
    ) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let entry = sealed(key, store.last_decision().await? + 1, None, line)?;
            if store.append_decision(&entry, &DecisionEffect::None, now_ms).await?
                == DecisionWrite::Recorded
            {
                return Ok(());
            }
        }
        Err(Failure::internal("decisions are written faster than this one can be"))
    }

    /// Begins the log anew, with a number above all that there were: nothing that stood in it counts any more.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) async fn begin(
        &self,
        store: &dyn PlanStore,
        key: &SealKey,
        people: Option<String>,
        above: u64,
        now_ms: i64,
    ) -> Result<(), Failure> {
        let mut known = self.0.lock().await;
        // Above every number that any host has read: none is ever as high as a time in milliseconds.
        let above = above.max(store.last_decision().await?);
        let no = above.max(u64::try_from(now_ms).unwrap_or_default()) + 1;
        let entry = sealed(key, no, None, &LoggedDecision::Begin { people })?;
        store.append_decision(&entry, &DecisionEffect::Begin, now_ms).await?;
        *known = KnownDecisions::default();
        Ok(())
    }
}

impl KnownDecisions {
    /// The number of the last line that was read; 0: there is none.
    pub(crate) fn last_no(&self) -> u64 {
        self.last.as_ref().map_or(0, |(no, _)| *no)
    }

    /// What was decided of a plan and not taken back, the earliest first.
    ///
    /// # Errors
    /// FORBIDDEN where some of it is no longer kept.
    pub(crate) fn of_plan(&self, plan: &PlanId) -> Result<&[PlanDecision], Failure> {
        match self.plans.get(plan) {
            Some(logged) if logged.is_forgotten => {
                Err(broken("what was decided of the plan is no longer kept"))
            }
            Some(logged) => Ok(&logged.decisions),
            None => Ok(&[]),
        }
    }

    /// Who stopped all writes, if somebody did.
    pub(crate) const fn write_stop(&self) -> Option<&WriteStop> {
        self.write_stop.as_ref()
    }

    /// Whether the file of people is the one that was written last; of a log that knows of none any is.
    pub(crate) fn knows_people_as(&self, seal: Option<&str>) -> bool {
        !self.knows_people || self.people.as_deref() == seal
    }

    async fn read_on(&mut self, store: &dyn PlanStore, key: &SealKey) -> Result<(), Failure> {
        let mut entries = store.decision_log(self.last_no()).await?.into_iter().peekable();
        if let Some((no, seal)) = &self.last
            && entries.next().is_none_or(|first| first.no != *no || first.seal != *seal)
        {
            // The operator may have begun it anew.
            if !self.has_begun_anew(store, key).await? {
                return Err(broken(&format!("line {no} is gone, or another than it was")));
            }
            *self = Self::default();
            entries = store.decision_log(0).await?.into_iter().peekable();
        }
        for entry in entries {
            self.take(key, entry)?;
        }
        Ok(())
    }

    /// Whether the log begins with a later line than the last that was read.
    async fn has_begun_anew(&self, store: &dyn PlanStore, key: &SealKey) -> Result<bool, Failure> {
        let first = store.decision_log(0).await?.into_iter().next();
        Ok(first.is_some_and(|first| {
            first.no > self.last_no()
                && matches!(content(key, &first), Some(LoggedDecision::Begin { .. }))
        }))
    }

    fn take(&mut self, key: &SealKey, entry: DecisionEntry) -> Result<(), Failure> {
        let no = entry.no;
        if !is_genuine(key, &entry) {
            return Err(broken(&format!("line {no} is not as it was written")));
        }
        let logged = content(key, &entry);
        let is_begin = matches!(logged, Some(LoggedDecision::Begin { .. }));
        if no != self.last_no() + 1 && !(is_begin && self.last.is_none()) {
            return Err(broken(&format!("lines before line {no} are gone")));
        }
        match (logged, &entry.plan) {
            (Some(LoggedDecision::Plan { decision }), Some(plan)) => {
                let known = &mut self.plans.entry(plan.clone()).or_default().decisions;
                // A caller may be called as a person is; what its client says is not that person's word.
                known.retain(|earlier| {
                    earlier.by != decision.by || earlier.is_proved() != decision.is_proved()
                });
                known.push(*decision);
            }
            // What was approved is taken back; that somebody said no is not.
            (Some(LoggedDecision::PlanStop { .. }), Some(plan)) => {
                let known = &mut self.plans.entry(plan.clone()).or_default().decisions;
                known.retain(|decision| decision.verdict == DecisionVerdict::Rejected);
            }
            (Some(LoggedDecision::WriteStop { stop }), None) => {
                self.write_stop.get_or_insert(stop);
            }
            (Some(LoggedDecision::WritesGo { .. }), None) => self.write_stop = None,
            (Some(LoggedDecision::People { seal }), None) => {
                (self.people, self.knows_people) = (Some(seal), true);
            }
            (Some(LoggedDecision::Begin { people }), None) => {
                (self.people, self.knows_people) = (people, true);
            }
            (None, Some(plan)) if entry.content.is_none() => {
                self.plans.entry(plan.clone()).or_default().is_forgotten = true;
            }
            _ => return Err(broken(&format!("line {no} cannot be read"))),
        }
        self.last = Some((no, entry.seal));
        Ok(())
    }
}

/// The log is not as hosts wrote it, so that nothing can be told of it.
fn broken(why: &str) -> Failure {
    tracing::error!("the log of decisions in `plans.db` is not as souk wrote it: {why}");
    refuse(
        "decisions",
        Code::Forbidden,
        format!("what persons decided cannot be told: the log of decisions was changed ({why})"),
        "nothing is written; find out who can write the state directory, put the right `plans.db` back, \
         or take things as they are by `souk state accept`"
            .into(),
    )
}

/// What a seal is over. No digest of a plan begins so.
fn sealed_text(no: u64, plan: Option<&PlanId>, digest: &str) -> String {
    let plan = plan.map_or("-", PlanId::as_str);
    format!("souk decision {no}: {plan} {digest}")
}

fn sealed(
    key: &SealKey,
    no: u64,
    plan: Option<&PlanId>,
    logged: &LoggedDecision,
) -> Result<DecisionEntry, Failure> {
    let content =
        serde_json::to_string(logged).map_err(|error| Failure::internal(error.to_string()))?;
    let digest = hex::encode(Sha256::digest(&content));
    let seal = seal(key, &sealed_text(no, plan, &digest));
    Ok(DecisionEntry { no, plan: plan.cloned(), digest, content: Some(content), seal })
}

fn is_genuine(key: &SealKey, entry: &DecisionEntry) -> bool {
    let DecisionEntry { no, plan, digest, content, seal } = entry;
    let is_of_content =
        content.as_ref().is_none_or(|content| hex::encode(Sha256::digest(content)) == *digest);
    is_of_content && is_sealed(key, &sealed_text(*no, plan.as_ref(), digest), seal)
}

/// What a genuine line says.
fn content(key: &SealKey, entry: &DecisionEntry) -> Option<LoggedDecision> {
    let content = entry.content.as_ref().filter(|_| is_genuine(key, entry))?;
    serde_json::from_str(content).ok()
}
