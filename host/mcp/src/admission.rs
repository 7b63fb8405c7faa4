//! The bound on calls in flight: a permit for each call, a share for each principal, a short queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use souk_model::{Code, Failure, Principal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::TransportLimits;

/// Hands out places for running calls. rmcp starts a task for every request it reads, so this is
/// the only thing between a client and an unbounded number of running calls.
pub(crate) struct Admission {
    limits: TransportLimits,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Principals come from the operator's list of tokens, so this cannot grow without bound.
    each: Mutex<HashMap<Principal, Arc<Semaphore>>>,
}

/// A permit for one running call, given back on drop. First the principal's own, then the common
/// one: who has used up its share waits without holding what others could use.
pub(crate) struct CallPermit {
    _own: OwnedSemaphorePermit,
    _common: OwnedSemaphorePermit,
}

impl Admission {
    pub(crate) fn new(limits: &TransportLimits) -> Self {
        Self {
            running: Arc::new(Semaphore::new(limits.calls_running)),
            waiting: Arc::new(Semaphore::new(limits.calls_waiting)),
            each: Mutex::default(),
            limits: limits.clone(),
        }
    }

    /// A permit for a call, at once or after a bounded wait.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the queue is full or no permit came free in time.
    pub(crate) async fn admit(&self, principal: &Principal) -> Result<CallPermit, Failure> {
        let share = self.share(principal);
        if let Some(permit) = self.take_now(&share) {
            return Ok(permit);
        }
        let Ok(_queued) = self.waiting.try_acquire() else {
            return Err(self.refusal("and as many wait as may"));
        };
        let until = Instant::now() + self.limits.call_wait();
        let wait = async {
            let own = share.acquire_owned().await.ok()?;
            let common = self.running.clone().acquire_owned().await.ok()?;
            Some(CallPermit { _own: own, _common: common })
        };
        match timeout_at(until, wait).await {
            Ok(Some(permit)) => Ok(permit),
            Ok(None) | Err(_) => Err(self.refusal("and none ended in time")),
        }
    }

    fn share(&self, principal: &Principal) -> Arc<Semaphore> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = each.get(principal) {
            return share.clone();
        }
        let share = Arc::new(Semaphore::new(self.limits.calls_running_each));
        each.insert(principal.clone(), share.clone());
        share
    }

    fn take_now(&self, share: &Arc<Semaphore>) -> Option<CallPermit> {
        let own = share.clone().try_acquire_owned().ok()?;
        let common = self.running.clone().try_acquire_owned().ok()?;
        Some(CallPermit { _own: own, _common: common })
    }

    fn refusal(&self, why: &str) -> Failure {
        let TransportLimits { calls_running, calls_running_each, .. } = &self.limits;
        Failure::new(
            Code::RateLimited,
            format!(
                "too many calls at once: {calls_running} may run, {calls_running_each} of them \
                 for one caller, {why}"
            ),
        )
        .remedy("wait for a call to end and try again; send fewer calls at once")
        .rule("calls-in-flight")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(running: usize, each: usize, waiting: usize) -> TransportLimits {
        TransportLimits {
            calls_running: running,
            calls_running_each: each,
            calls_waiting: waiting,
            call_wait_ms: 20,
            ..TransportLimits::default()
        }
    }

    #[tokio::test]
    async fn a_call_above_the_bound_waits_and_is_then_refused() {
        let admission = Admission::new(&limits(1, 1, 1));
        let local = Principal::local();
        let held = admission.admit(&local).await.unwrap();
        let refused = admission.admit(&local).await.err().unwrap();
        assert_eq!(refused.code, Code::RateLimited);
        assert!(refused.message.contains("none ended in time"), "{refused}");
        drop(held);
        assert!(admission.admit(&local).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let admission = Admission::new(&limits(1, 1, 0));
        let _held = admission.admit(&Principal::local()).await.unwrap();
        let refused = admission.admit(&Principal::local()).await.err().unwrap();
        assert!(refused.message.contains("as many wait"), "{refused}");
    }

    #[tokio::test]
    async fn one_principal_cannot_take_every_place() {
        let admission = Admission::new(&limits(2, 1, 4));
        let (ann, bob) = (Principal::named("ann"), Principal::named("bob"));
        let _anns = admission.admit(&ann).await.unwrap();
        assert!(admission.admit(&ann).await.is_err());
        assert!(admission.admit(&bob).await.is_ok());
    }
}
