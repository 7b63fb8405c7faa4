//! Turns at the processor for guests that take much of it.
//!
//! A guest that has run for longer than honest ones do needs a turn for each tick that it goes on.
//! There are fewer turns than processors, so that whoever has just come always finds one free; and
//! whoever had its last turn longest ago is next, be its plugin or its caller alone or one of many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Whose turn it is: a caller, and a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TurnOwner {
    pub(crate) caller: Arc<str>,
    pub(crate) plugin: Arc<str>,
}

/// Hands out turns.
#[derive(Debug)]
pub(crate) struct Turns(Mutex<TurnQueue>);

#[derive(Debug)]
struct TurnQueue {
    free: usize,
    waiting: Vec<WaitingGuest>,
    /// When callers and plugins had their last turn, while somebody waits.
    callers: HashMap<Arc<str>, u64>,
    plugins: HashMap<Arc<str>, u64>,
    /// Counts turns and those who wait for one.
    now: u64,
}

#[derive(Debug)]
struct WaitingGuest {
    owner: TurnOwner,
    since: u64,
    granted: oneshot::Sender<Turn>,
}

/// A turn, given on to the next when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Arc<Turns>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}

impl Turns {
    /// One turn fewer at once than there are processors, but one.
    pub(crate) fn new() -> Arc<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(processors.saturating_sub(1).max(1))
    }

    fn of(free: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(TurnQueue {
            free,
            waiting: Vec::new(),
            callers: HashMap::new(),
            plugins: HashMap::new(),
            now: 0,
        })))
    }

    /// Waits for a turn.
    pub(crate) async fn take(self: &Arc<Self>, owner: TurnOwner) -> Turn {
        let granted = {
            let mut queue = self.lock();
            if queue.free > 0 {
                queue.free -= 1;
                queue.note(&owner);
                return Turn(self.clone());
            }
            let (granted, turn) = oneshot::channel();
            queue.now += 1;
            let since = queue.now;
            queue.waiting.push(WaitingGuest { owner: owner.clone(), since, granted });
            turn
        };
        match granted.await {
            Ok(turn) => turn,
            // The queue is never dropped while somebody holds on to it.
            Err(_) => std::future::pending().await,
        }
    }

    fn lock(&self) -> MutexGuard<'_, TurnQueue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(self: &Arc<Self>) {
        let mut queue = self.lock();
        while let Some(next) = queue.next() {
            let WaitingGuest { owner, granted, .. } = queue.waiting.swap_remove(next);
            if granted.is_closed() {
                continue;
            }
            queue.note(&owner);
            drop(queue);
            // Who has gone meanwhile drops the turn, which passes it on.
            let _ = granted.send(Turn(self.clone()));
            return;
        }
        queue.callers.clear();
        queue.plugins.clear();
        queue.free += 1;
    }
}

impl TurnQueue {
    /// The place in the queue of whoever is next.
    fn next(&self) -> Option<usize> {
        let last =
            |turns: &HashMap<Arc<str>, u64>, who: &Arc<str>| turns.get(who).copied().unwrap_or(0);
        let places = self.waiting.iter().enumerate();
        let next = places.min_by_key(|(_, waiting)| {
            let TurnOwner { caller, plugin } = &waiting.owner;
            (last(&self.callers, caller), last(&self.plugins, plugin), waiting.since)
        });
        next.map(|(place, _)| place)
    }

    fn note(&mut self, owner: &TurnOwner) {
        self.now += 1;
        self.callers.insert(owner.caller.clone(), self.now);
        self.plugins.insert(owner.plugin.clone(), self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(caller: &str, plugin: &str) -> TurnOwner {
        TurnOwner { caller: caller.into(), plugin: plugin.into() }
    }

    #[tokio::test]
    async fn whoever_had_its_last_turn_longest_ago_is_next() {
        let turns = Turns::of(1);
        let first = turns.take(owner("ann", "spin")).await;
        let (order, mut taken) = tokio::sync::mpsc::unbounded_channel();
        for (caller, plugin) in
            [("ann", "spin"), ("ann", "spin"), ("ann", "other"), ("bob", "spin"), ("bob", "spin")]
        {
            let (turns, order) = (turns.clone(), order.clone());
            tokio::spawn(async move {
                let turn = turns.take(owner(caller, plugin)).await;
                order.send(format!("{caller} {plugin}")).unwrap();
                drop(turn);
            });
            tokio::task::yield_now().await;
        }
        drop((first, order));
        let mut seen = Vec::new();
        while let Some(next) = taken.recv().await {
            seen.push(next);
        }
        assert_eq!(seen, ["bob spin", "ann other", "bob spin", "ann spin", "ann spin"]);
        assert_eq!(turns.lock().free, 1);
    }

    #[tokio::test]
    async fn who_gives_up_does_not_keep_a_turn() {
        let turns = Turns::of(1);
        let held = turns.take(owner("ann", "a")).await;
        let soon = std::time::Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, turns.take(owner("bob", "b"))).await.is_err());
        drop(held);
        assert!(tokio::time::timeout(soon, turns.take(owner("bob", "b"))).await.is_ok());
    }
}
