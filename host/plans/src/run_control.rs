//! What ends a run before everything is tried: a person, its deadline, the end of its host. And the
//! runs that this host has under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use souk_model::plan::{PlanId, WriteStop};
use souk_model::{Code, Failure};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::refusals::writes_stopped;

/// How soon a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndUrgency {
    /// The chunk under way is carried out to its end.
    AfterChunk,
    /// The requests under way are answered and read back; nothing else is sent.
    AfterRequests,
}

/// Why a run ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EarlyEnd {
    /// Somebody wants it to.
    Person(String),
    /// The call that waits for it was cancelled, and that stops a run here.
    Cancel,
    /// It ran for as long as it may.
    Deadline(Duration),
    /// Its host is asked to end.
    HostEnd,
    /// Somebody stopped all writes.
    WritesStopped(WriteStop),
    /// It cannot be read whether somebody stopped all writes, and why.
    Unread(String),
}

impl EarlyEnd {
    /// As its caller is told.
    pub(crate) fn failure(&self) -> Failure {
        const RESUME: &str = "`plans_resume` goes on with what is left, `plans_undo` takes back what \
                              was written";
        let (rule, message, remedy) = match self {
            Self::WritesStopped(stop) => return writes_stopped(stop),
            Self::Person(by) => ("stopped", format!("it was stopped by `{by}`"), RESUME.to_owned()),
            Self::Cancel => (
                "plans-cancel-stops",
                "it was stopped, since the call that waited for it was cancelled".to_owned(),
                RESUME.to_owned(),
            ),
            Self::Deadline(max) => (
                "plans-commit-max",
                format!(
                    "it was stopped after {} s, as long as a commit may take (`plans.commit_max_s`)",
                    max.as_secs()
                ),
                format!("{RESUME}; the operator can raise that"),
            ),
            Self::Unread(why) => (
                "decisions",
                format!(
                    "it was stopped, since it cannot be told whether somebody stopped all writes: {why}"
                ),
                RESUME.to_owned(),
            ),
            Self::HostEnd => {
                ("host-end", "it was stopped, since its host ends".to_owned(), RESUME.to_owned())
            }
        };
        Failure::new(Code::Stopped, message).rule(rule).remedy(remedy)
    }
}

/// How one run is told to end, and how it tells how far it is.
#[derive(Debug)]
pub(crate) struct RunControl {
    plan: PlanId,
    end: watch::Sender<Option<(EndUrgency, EarlyEnd)>>,
    begun: Instant,
    most: Duration,
    /// Items that the store has answered.
    answered: AtomicU32,
    /// Set when another host may have taken the plan over: nothing more is sent then.
    lease_lost: AtomicBool,
}

impl RunControl {
    /// Of a run that begins now and may take so long.
    pub(crate) fn new(plan: PlanId, most: Duration) -> Self {
        Self {
            plan,
            end: watch::Sender::new(None),
            begun: Instant::now(),
            most,
            answered: AtomicU32::new(0),
            lease_lost: AtomicBool::new(false),
        }
    }

    /// Wants the run to end. The first reason stays, and the more urgent wish counts.
    pub(crate) fn end(&self, urgency: EndUrgency, why: EarlyEnd) {
        self.end.send_if_modified(|wish| match wish {
            None => {
                *wish = Some((urgency, why));
                true
            }
            Some((wished, _)) if *wished < urgency => {
                *wished = urgency;
                true
            }
            Some(_) => false,
        });
    }

    /// Whether the next chunk may be begun.
    ///
    /// # Errors
    /// Why the run ends.
    pub(crate) fn may_go_on(&self) -> Result<(), Failure> {
        self.check(EndUrgency::AfterChunk)
    }

    /// Whether the next request may be sent.
    ///
    /// # Errors
    /// Why the run ends.
    pub(crate) fn may_send(&self) -> Result<(), Failure> {
        self.check(EndUrgency::AfterRequests)
    }

    fn check(&self, from: EndUrgency) -> Result<(), Failure> {
        if let Some((urgency, why)) = &*self.end.borrow()
            && *urgency >= from
        {
            return Err(why.failure());
        }
        if self.begun.elapsed() >= self.most {
            return Err(EarlyEnd::Deadline(self.most).failure());
        }
        Ok(())
    }

    /// Ready when nothing more may be sent.
    pub(crate) async fn until_stopped(&self) {
        let mut end = self.end.subscribe();
        let wish = end.wait_for(|wish| {
            wish.as_ref().is_some_and(|(urgency, _)| *urgency >= EndUrgency::AfterRequests)
        });
        tokio::select! {
            _ = wish => {}
            () = tokio::time::sleep_until(self.begun + self.most) => {}
        }
    }

    /// Counts an item that the store has answered.
    pub(crate) fn count_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// How many items the store has answered.
    pub(crate) fn answered(&self) -> u32 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Another host may have taken the plan over.
    pub(crate) fn lose_lease(&self) {
        self.lease_lost.store(true, Ordering::SeqCst);
    }

    /// Whether another host may have taken the plan over.
    pub(crate) fn has_lost_lease(&self) -> bool {
        self.lease_lost.load(Ordering::SeqCst)
    }
}

/// The runs that a host has under way.
#[derive(Debug)]
pub(crate) struct ActiveRuns {
    runs: Mutex<HashMap<u64, Arc<RunControl>>>,
    next: AtomicU64,
    /// How many there are.
    count: watch::Sender<usize>,
    /// How soon runs are to end, once the host is.
    host_end: Mutex<Option<EndUrgency>>,
}

/// A run's place among them, until it is dropped.
#[derive(Debug)]
pub(crate) struct RunSlot {
    of: Arc<ActiveRuns>,
    number: u64,
}

impl ActiveRuns {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            runs: Mutex::default(),
            next: AtomicU64::new(0),
            count: watch::Sender::new(0),
            host_end: Mutex::default(),
        })
    }

    /// Takes a run in. One that begins while the host ends is told so at once.
    pub(crate) fn enter(self: &Arc<Self>, control: Arc<RunControl>) -> RunSlot {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(urgency) = *lock(&self.host_end) {
            control.end(urgency, EarlyEnd::HostEnd);
        }
        lock(&self.runs).insert(number, control);
        self.recount();
        RunSlot { of: self.clone(), number }
    }

    /// Wants the runs of this plan to end, if this host has any.
    pub(crate) fn stop(&self, plan: &PlanId, by: &str) {
        for control in lock(&self.runs).values().filter(|control| control.plan == *plan) {
            control.end(EndUrgency::AfterRequests, EarlyEnd::Person(by.to_owned()));
        }
    }

    /// Wants the runs under way to end: somebody stopped all writes.
    pub(crate) fn end_for_write_stop(&self, stop: &WriteStop) {
        for control in lock(&self.runs).values() {
            control.end(EndUrgency::AfterRequests, EarlyEnd::WritesStopped(stop.clone()));
        }
    }

    /// Wants all runs to end, and those that begin from now on. Whether there are any.
    pub(crate) fn end_all(&self, urgency: EndUrgency) -> bool {
        let mut host_end = lock(&self.host_end);
        *host_end = (*host_end).max(Some(urgency));
        drop(host_end);
        let runs = lock(&self.runs);
        runs.values().for_each(|control| control.end(urgency, EarlyEnd::HostEnd));
        !runs.is_empty()
    }

    /// Ready when no run is under way.
    pub(crate) async fn none(&self) {
        // The sender is this very value's.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    fn recount(&self) {
        let count = lock(&self.runs).len();
        self.count.send_replace(count);
    }
}

impl Drop for RunSlot {
    fn drop(&mut self) {
        lock(&self.of.runs).remove(&self.number);
        self.of.recount();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(most: Duration) -> Arc<RunControl> {
        Arc::new(RunControl::new(PlanId::from_random([1; 22]), most))
    }

    const LONG: Duration = Duration::from_secs(3_600);

    fn rule(checked: Result<(), Failure>) -> Option<String> {
        checked.err().and_then(|failure| failure.rule)
    }

    #[tokio::test]
    async fn a_host_that_ends_lets_chunks_end_and_then_only_requests() {
        let runs = ActiveRuns::new();
        let before = control(LONG);
        let slot = runs.enter(before.clone());
        assert_eq!(rule(before.may_go_on()), None);
        runs.end_all(EndUrgency::AfterChunk);
        assert_eq!(rule(before.may_go_on()).as_deref(), Some("host-end"));
        assert_eq!(rule(before.may_send()), None);
        let after = control(LONG);
        let another = runs.enter(after.clone());
        assert_eq!((rule(after.may_send()), rule(after.may_go_on()).is_some()), (None, true));
        runs.end_all(EndUrgency::AfterRequests);
        runs.end_all(EndUrgency::AfterChunk);
        for control in [before, after] {
            assert_eq!(rule(control.may_send()).as_deref(), Some("host-end"));
            control.until_stopped().await;
        }
        drop(slot);
        drop(another);
        runs.none().await;
    }

    #[tokio::test]
    async fn only_runs_of_the_plan_are_stopped_and_the_first_reason_stays() {
        let runs = ActiveRuns::new();
        let (one, other) =
            (control(LONG), Arc::new(RunControl::new(PlanId::from_random([2; 22]), LONG)));
        let _slots = [runs.enter(one.clone()), runs.enter(other.clone())];
        runs.stop(&PlanId::from_random([1; 22]), "anna");
        runs.end_all(EndUrgency::AfterChunk);
        let why = one.may_send().unwrap_err();
        assert!(why.message.contains("`anna`"), "{why}");
        assert_eq!(rule(other.may_send()), None);
    }

    #[tokio::test]
    async fn a_run_ends_at_its_deadline() {
        let control = control(Duration::ZERO);
        control.until_stopped().await;
        assert_eq!(rule(control.may_send()).as_deref(), Some("plans-commit-max"));
    }
}
