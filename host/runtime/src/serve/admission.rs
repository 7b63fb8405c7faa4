//! The one queue before anything runs: a place among all calls and among the caller's own, and for
//! a plugin's action one among the plugin's own and an instance of the pool.
//!
//! All of them are waited for together: nobody holds one place while it queues for another, and an
//! exhausted pool, which wasmtime answers with an error and not with a wait, is never met.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use souk_model::{Code, Failure, Principal};
use tokio::sync::oneshot;

use crate::guest::limit_overrides::LimitOverrides;
use crate::guest::limits::Limits;

/// How many calls callers may have going at once, and how long one waits for its turn. Part of
/// `[mcp]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AdmissionLimits {
    /// Calls that run at once, of all callers.
    pub calls_running: usize,
    /// Calls that run at once for one principal, so that nobody can take every place.
    pub calls_running_each: usize,
    /// Calls that may wait for a place; one more is refused at once, because every waiting call
    /// holds its arguments in memory.
    pub calls_waiting: usize,
    /// Milliseconds a call waits for its places before it is refused.
    pub call_wait_ms: u64,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { calls_running: 64, calls_running_each: 48, calls_waiting: 256, call_wait_ms: 5_000 }
    }
}

/// Hands out the places. Transports start a task for every request they read, so this is the only
/// thing between a client and an unbounded number of running calls.
pub(crate) struct Admission {
    queue: Arc<Queue>,
}

/// The places of one running call, given back when its last clone is dropped.
pub(crate) type CallPermit = Arc<Places>;

/// What a call takes up while it runs.
pub(crate) struct Places {
    queue: Arc<Queue>,
    claim: Claim,
}

impl Drop for Places {
    fn drop(&mut self) {
        self.queue.release(&self.claim);
    }
}

/// Whose places are asked for.
#[derive(Debug, Clone)]
struct Claim {
    principal: Principal,
    /// The plugin that runs; nobody's for what the host does by itself.
    plugin: Option<PluginShare>,
}

/// A plugin, and what its calls may have of the places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PluginShare {
    name: Arc<str>,
    /// Calls that run at once.
    running: usize,
    /// Calls that wait for that.
    waiting: usize,
}

impl PluginShare {
    /// As all plugins have it, unless the operator has set it for this one.
    pub(crate) fn of(name: &Arc<str>, all: &Limits, own: Option<&LimitOverrides>) -> Self {
        let running = own.and_then(|own| own.concurrent_calls);
        Self {
            name: name.clone(),
            running: running.unwrap_or(all.concurrent_calls_per_plugin) as usize,
            waiting: own.and_then(|own| own.waiting_calls).unwrap_or(usize::MAX),
        }
    }
}

struct Queue {
    limits: AdmissionLimits,
    instances: usize,
    state: Mutex<QueueState>,
}

#[derive(Default)]
struct QueueState {
    running: usize,
    instances: usize,
    /// Entries go when they come to nothing, so that these do not grow with those who have left.
    by_principal: HashMap<Principal, usize>,
    by_plugin: HashMap<Arc<str>, usize>,
    /// In the order of their coming.
    waiting: Vec<Waiter>,
    /// How many have ever waited: a name for each.
    waited: u64,
}

struct Waiter {
    number: u64,
    claim: Claim,
    admitted: oneshot::Sender<CallPermit>,
}

/// Which bound a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Calls,
    Principal,
    Plugin,
    Instances,
}

/// Why a call that has to wait may not even do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FullQueue {
    /// As many wait as may, of all calls.
    Calls,
    /// As many wait as may of those that run this plugin.
    Plugin,
}

/// What becomes of a call that asks for its places.
enum QueueStep {
    Admitted(CallPermit),
    Waiting(Turn),
    Refused(FullQueue),
}

impl Admission {
    /// A queue for so many callers' calls, before a pool of this size.
    pub(crate) fn new(limits: AdmissionLimits, pool: &Limits) -> Self {
        let queue =
            Queue { limits, instances: pool.concurrent_calls as usize, state: Mutex::default() };
        Self { queue: Arc::new(queue) }
    }

    /// The places of a call, at once or after a bounded wait. Of those that wait, whoever has the
    /// fewest calls running is next, and of one caller's the one that came first.
    ///
    /// # Errors
    /// RATE_LIMITED when the queue is full or no place came free in time.
    pub(crate) async fn admit(
        &self,
        principal: &Principal,
        plugin: Option<PluginShare>,
    ) -> Result<CallPermit, Failure> {
        let claim = Claim { principal: principal.clone(), plugin };
        let mut turn = match self.queue.take_or_wait(claim.clone()) {
            QueueStep::Admitted(permit) => return Ok(permit),
            QueueStep::Waiting(turn) => turn,
            QueueStep::Refused(FullQueue::Calls) => {
                return Err(self.refusal(&claim, "as many wait as may"));
            }
            QueueStep::Refused(FullQueue::Plugin) => {
                return Err(self.refusal(&claim, "as many wait for it as may"));
            }
        };
        let wait = Duration::from_millis(self.queue.limits.call_wait_ms);
        match tokio::time::timeout(wait, &mut turn.admitted).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(self.refusal(&claim, "none came free in time")),
        }
    }

    fn refusal(&self, claim: &Claim, why: &str) -> Failure {
        let Queue { limits, instances, .. } = &*self.queue;
        let AdmissionLimits { calls_running, calls_running_each, .. } = limits;
        let bound = self.queue.lock().missing(&self.queue, claim).unwrap_or(Bound::Calls);
        let (most, rule, setting) = match (bound, &claim.plugin) {
            (Bound::Principal, _) => (
                format!("{calls_running_each} may run for one caller"),
                "calls-in-flight",
                "mcp.calls_running_each".to_owned(),
            ),
            (Bound::Plugin, Some(PluginShare { name, running, .. })) => (
                format!("{running} may run of one plugin, and `{name}` is busy"),
                "concurrent-calls",
                format!("plugins.{name}.limits.concurrent_calls"),
            ),
            (Bound::Instances, Some(_)) => (
                format!("{instances} may run of all plugins"),
                "concurrent-calls",
                "limits.concurrent_calls".to_owned(),
            ),
            _ => (
                format!("{calls_running} may run"),
                "calls-in-flight",
                "mcp.calls_running".to_owned(),
            ),
        };
        Failure::new(Code::RateLimited, format!("too many calls at once: {most}, and {why}"))
            .remedy(format!(
                "wait for a call to end and try again; send fewer calls at once, or raise \
                 `{setting}`"
            ))
            .rule(rule)
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The places now, or a turn to wait for; no turn where as many wait as may.
    fn take_or_wait(self: &Arc<Self>, claim: Claim) -> QueueStep {
        let mut state = self.lock();
        // Nobody who waits could take what is free: that was given out when it came free.
        if state.missing(self, &claim).is_none() {
            return QueueStep::Admitted(state.take(self, claim));
        }
        if state.waiting.len() >= self.limits.calls_waiting {
            return QueueStep::Refused(FullQueue::Calls);
        }
        if let Some(plugin) = &claim.plugin
            && state.waiting_for(&plugin.name) >= plugin.waiting
        {
            return QueueStep::Refused(FullQueue::Plugin);
        }
        let (admitted, turn) = oneshot::channel();
        state.waited += 1;
        let number = state.waited;
        state.waiting.push(Waiter { number, claim, admitted });
        QueueStep::Waiting(Turn { queue: self.clone(), number, admitted: turn })
    }

    fn release(self: &Arc<Self>, claim: &Claim) {
        let mut state = self.lock();
        state.give_back(claim);
        while let Some(next) = state.next(self) {
            let Waiter { claim, admitted, .. } = state.waiting.remove(next);
            let permit = state.take(self, claim);
            // Whoever gives up leaves the queue first, so this is heard; if it ever were not, the
            // permit must not be dropped under the lock.
            if let Err(unheard) = admitted.send(permit) {
                drop(state);
                drop(unheard);
                return;
            }
        }
    }
}

impl QueueState {
    /// The first bound that a call would exceed now.
    fn missing(&self, queue: &Queue, claim: &Claim) -> Option<Bound> {
        let limits = &queue.limits;
        if self.of_principal(&claim.principal) >= limits.calls_running_each {
            return Some(Bound::Principal);
        }
        if self.running >= limits.calls_running {
            return Some(Bound::Calls);
        }
        let plugin = claim.plugin.as_ref()?;
        if self.by_plugin.get(&plugin.name).copied().unwrap_or(0) >= plugin.running {
            return Some(Bound::Plugin);
        }
        (self.instances >= queue.instances).then_some(Bound::Instances)
    }

    fn of_principal(&self, principal: &Principal) -> usize {
        self.by_principal.get(principal).copied().unwrap_or(0)
    }

    fn waiting_for(&self, plugin: &Arc<str>) -> usize {
        let of_plugin = |waiter: &&Waiter| {
            waiter.claim.plugin.as_ref().is_some_and(|share| share.name == *plugin)
        };
        self.waiting.iter().filter(of_plugin).count()
    }

    /// The place in the queue of whoever is next, if there is room for anybody.
    fn next(&self, queue: &Queue) -> Option<usize> {
        self.waiting
            .iter()
            .enumerate()
            .filter(|(_, waiter)| self.missing(queue, &waiter.claim).is_none())
            .min_by_key(|(_, waiter)| (self.of_principal(&waiter.claim.principal), waiter.number))
            .map(|(place, _)| place)
    }

    fn take(&mut self, queue: &Arc<Queue>, claim: Claim) -> CallPermit {
        self.running += 1;
        *self.by_principal.entry(claim.principal.clone()).or_default() += 1;
        if let Some(plugin) = &claim.plugin {
            self.instances += 1;
            *self.by_plugin.entry(plugin.name.clone()).or_default() += 1;
        }
        Arc::new(Places { queue: queue.clone(), claim })
    }

    fn give_back(&mut self, claim: &Claim) {
        self.running -= 1;
        count_down(&mut self.by_principal, &claim.principal);
        if let Some(plugin) = &claim.plugin {
            self.instances -= 1;
            count_down(&mut self.by_plugin, &plugin.name);
        }
    }
}

fn count_down<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// A turn that is waited for. Who gives up leaves the queue.
struct Turn {
    queue: Arc<Queue>,
    number: u64,
    admitted: oneshot::Receiver<CallPermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.queue.lock().waiting.retain(|waiter| waiter.number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(running: usize, each: usize, waiting: usize) -> AdmissionLimits {
        AdmissionLimits {
            calls_running: running,
            calls_running_each: each,
            calls_waiting: waiting,
            call_wait_ms: 20,
        }
    }

    fn callers(limits: AdmissionLimits) -> Admission {
        Admission::new(limits, &Limits::default())
    }

    fn plugins(instances: u32) -> Admission {
        let pool = Limits { concurrent_calls: instances, ..Limits::default() };
        Admission::new(AdmissionLimits { call_wait_ms: 20, ..AdmissionLimits::default() }, &pool)
    }

    fn share(name: &str, running: u32, waiting: usize) -> Option<PluginShare> {
        let all = Limits { concurrent_calls_per_plugin: 1, ..Limits::default() };
        let own = LimitOverrides {
            concurrent_calls: (running != 1).then_some(running),
            waiting_calls: (waiting != usize::MAX).then_some(waiting),
            ..LimitOverrides::default()
        };
        Some(PluginShare::of(&name.into(), &all, Some(&own)))
    }

    fn ann() -> Principal {
        Principal::named("ann")
    }

    fn bob() -> Principal {
        Principal::named("bob")
    }

    #[tokio::test]
    async fn a_call_above_the_bound_waits_and_is_then_refused() {
        let admission = callers(limits(1, 1, 1));
        let held = admission.admit(&ann(), None).await.unwrap();
        let refused = admission.admit(&ann(), None).await.err().unwrap();
        assert_eq!(refused.code, Code::RateLimited);
        assert!(refused.message.starts_with("too many calls at once"), "{refused}");
        assert!(refused.message.contains("none came free in time"), "{refused}");
        drop(held);
        assert!(admission.admit(&ann(), None).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let admission = callers(limits(1, 1, 0));
        let _held = admission.admit(&ann(), None).await.unwrap();
        let refused = admission.admit(&ann(), None).await.err().unwrap();
        assert!(refused.message.contains("as many wait"), "{refused}");
    }

    #[tokio::test]
    async fn one_principal_cannot_take_every_place() {
        let admission = callers(limits(2, 1, 4));
        let _anns = admission.admit(&ann(), None).await.unwrap();
        let refused = admission.admit(&ann(), None).await.err().unwrap();
        assert!(refused.message.contains("for one caller"), "{refused}");
        assert!(admission.admit(&bob(), None).await.is_ok());
    }

    #[tokio::test]
    async fn a_busy_plugin_holds_up_neither_others_nor_what_the_host_does_itself() {
        let admission = plugins(3);
        let (slow, quick) = (share("slow", 1, usize::MAX), share("quick", 1, usize::MAX));
        let _held = admission.admit(&ann(), slow.clone()).await.unwrap();
        let who = ann();
        let (refused, other, native) = tokio::join!(
            admission.admit(&who, slow),
            admission.admit(&who, quick),
            admission.admit(&who, None),
        );
        let refused = refused.err().unwrap();
        assert!(refused.message.contains("`slow` is busy"), "{refused}");
        assert_eq!(refused.rule.as_deref(), Some("concurrent-calls"));
        assert!(other.is_ok() && native.is_ok());
    }

    #[tokio::test]
    async fn a_full_pool_refuses_plugins_alone() {
        let admission = plugins(1);
        let _held = admission.admit(&ann(), share("one", 1, usize::MAX)).await.unwrap();
        let refused = admission.admit(&bob(), share("two", 1, usize::MAX)).await.err().unwrap();
        assert!(refused.message.contains("of all plugins"), "{refused}");
        assert!(admission.admit(&bob(), None).await.is_ok());
    }

    #[tokio::test]
    async fn a_plugin_has_the_share_and_the_queue_that_are_set_for_it() {
        let admission = plugins(4);
        let (wide, narrow) = (share("wide", 3, usize::MAX), share("narrow", 1, 0));
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(admission.admit(&ann(), wide.clone()).await.unwrap());
        }
        let refused = admission.admit(&ann(), wide).await.err().unwrap();
        assert!(refused.message.contains("3 may run of one plugin"), "{refused}");
        let remedy = refused.remedy.unwrap();
        assert!(remedy.contains("`plugins.wide.limits.concurrent_calls`"), "{remedy}");
        held.push(admission.admit(&bob(), narrow.clone()).await.unwrap());
        let refused = admission.admit(&bob(), narrow).await.err().unwrap();
        assert!(refused.message.contains("as many wait for it as may"), "{refused}");
    }

    #[tokio::test]
    async fn who_has_less_running_is_next() {
        let admission =
            Arc::new(callers(AdmissionLimits { call_wait_ms: 5_000, ..limits(2, 2, 9) }));
        let first = admission.admit(&ann(), None).await.unwrap();
        let _second = admission.admit(&ann(), None).await.unwrap();
        let (order, mut done) = tokio::sync::mpsc::unbounded_channel();
        for who in [ann(), ann(), bob()] {
            let (admission, order) = (admission.clone(), order.clone());
            tokio::spawn(async move {
                let permit = admission.admit(&who, None).await.unwrap();
                order.send((who, permit)).unwrap();
            });
            // Each is in the queue before the next one comes.
            tokio::task::yield_now().await;
        }
        drop(first);
        let (next, permit) = done.recv().await.unwrap();
        assert_eq!(next, bob(), "ann has one running, bob none");
        drop(permit);
        assert_eq!(done.recv().await.unwrap().0, ann());
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let admission = callers(limits(1, 1, 1));
        let held = admission.admit(&ann(), None).await.unwrap();
        let (who, anybody) = (bob(), Duration::from_millis(1));
        assert!(tokio::time::timeout(anybody, admission.admit(&who, None)).await.is_err());
        assert_eq!(admission.queue.lock().waiting.len(), 0);
        drop(held);
        let state = admission.queue.lock();
        assert_eq!((state.running, state.by_principal.len()), (0, 0));
    }
}
