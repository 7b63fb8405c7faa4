//! Keys as they were fetched last, and when they are fetched again.
//!
//! A token that names a key nobody knows may be signed with a new one, so they are fetched again; but
//! anybody can name any key, so that is done seldom. It is done in a task of its own, once for all who
//! wait for it: whoever hangs up neither ends it nor begins another. A key that is known is never waited
//! for: past its time it counts while newer ones are fetched, and for a while longer where the
//! authorization server does not answer, until which keys that were taken away count, too.
//!
//! What cannot be told now is not called wrong: a key that is unknown while the server does not answer, or
//! until it may be asked again. So that nobody passes by the brake on guesses for ever by naming one key
//! after another, that is said so often between two fetches, and a key that a fetch did not find is wrong
//! until the next.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::key_set::KeySet;
use crate::key_source::{FetchKeys, KeyFetchError};

/// How often between two fetches it is said of unknown keys that they cannot be told yet. All clients of
/// a server that has changed its keys are fewer; a guess costs as much as a request without a token.
const MOST_UNTOLD: usize = 1_000;

/// How long things are waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyTimes {
    /// How long keys count without being asked for again.
    pub(crate) fresh: Duration,
    /// How long they count where the server does not answer any more.
    pub(crate) stale: Duration,
    /// At the least between a fetch and the next.
    pub(crate) pause: Duration,
    /// At the most between one that failed and the next.
    pub(crate) retry: Duration,
    /// How long a token waits for a fetch, which goes on without it.
    pub(crate) patience: Duration,
}

impl KeyTimes {
    /// With that pause between fetches.
    pub(crate) const fn new(pause: Duration) -> Self {
        Self {
            fresh: Duration::from_secs(10 * 60),
            stale: Duration::from_secs(60 * 60),
            pause,
            retry: Duration::from_secs(5),
            patience: Duration::from_secs(5),
        }
    }
}

struct FetchedKeys {
    keys: Arc<KeySet>,
    at: Instant,
}

#[derive(Default)]
struct KeyState {
    fetched: Option<FetchedKeys>,
    /// Whether the last fetch failed.
    failed: bool,
    /// Closed once the fetch has ended.
    under_way: Option<watch::Receiver<()>>,
    /// Until when they are not asked for again, whatever tokens come.
    not_before: Option<Instant>,
    /// Digests of the unknown keys that were named since the last fetch that succeeded.
    named: HashSet<u64>,
    /// Those that it was made for, and did not find.
    absent: HashSet<u64>,
    /// How often since it was said that a key cannot be told yet.
    untold: usize,
}

impl KeyState {
    fn usable(&self, times: &KeyTimes) -> Option<&FetchedKeys> {
        self.fetched.as_ref().filter(|fetched| fetched.at.elapsed() < times.stale)
    }

    /// The fetch that is under way.
    fn fetch(&self) -> Option<&watch::Receiver<()>> {
        self.under_way.as_ref().filter(|fetch| fetch.has_changed().is_ok())
    }

    fn note(&mut self, name: u64) {
        if self.named.len() < MOST_UNTOLD {
            self.named.insert(name);
        }
    }
}

/// Why a token has no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKey {
    /// The server publishes none of that name for that algorithm.
    #[error("it is signed with a key that the authorization server does not publish")]
    Unknown,
    /// It cannot be told before keys are asked for again.
    #[error("its key cannot be had from the authorization server now")]
    NotNow {
        /// When that is.
        retry_after: Duration,
    },
}

struct SharedCache {
    source: Box<dyn FetchKeys>,
    times: KeyTimes,
    hasher: RandomState,
    /// Held for moments, and never while anything is waited for.
    state: Mutex<KeyState>,
}

/// The keys of one authorization server.
pub(crate) struct KeyCache(Arc<SharedCache>);

/// What is there for a token at once.
enum KeyLookup {
    Told(Result<DecodingKey, NoKey>),
    /// Closed once there is more to tell.
    Wait(watch::Receiver<()>),
}

impl KeyCache {
    pub(crate) fn new(source: Box<dyn FetchKeys>, times: KeyTimes) -> Self {
        let (hasher, state) = (RandomState::new(), Mutex::default());
        Self(Arc::new(SharedCache { source, times, hasher, state }))
    }

    /// The key of a token.
    ///
    /// # Errors
    /// There is none, or none yet.
    pub(crate) async fn key(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, NoKey> {
        let mut fetch = match self.0.look(id, algorithm) {
            KeyLookup::Told(told) => return told,
            KeyLookup::Wait(fetch) => fetch,
        };
        let _ = tokio::time::timeout(self.0.times.patience, fetch.changed()).await;
        self.0.find(id, algorithm)
    }

    /// Fetches them now, to say whether they can be had.
    ///
    /// # Errors
    /// They cannot.
    pub(crate) async fn try_fetch(&self) -> Result<usize, KeyFetchError> {
        self.0.source.fetch().await.map(|keys| keys.count())
    }
}

impl SharedCache {
    fn state(&self) -> MutexGuard<'_, KeyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be told at once; a fetch is begun where it is time for one.
    fn look(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> KeyLookup {
        let mut state = self.state();
        if let Some(FetchedKeys { keys, at }) = state.usable(&self.times) {
            let (keys, is_fresh) = (keys.clone(), at.elapsed() < self.times.fresh);
            if let Some(key) = keys.find(id, algorithm) {
                if !is_fresh {
                    self.begin_fetch(&mut state);
                }
                return KeyLookup::Told(Ok(key.clone()));
            }
            // A key of that name there is, for another algorithm: there is nothing to learn.
            if is_fresh && id.is_some_and(|id| keys.has(id)) {
                return KeyLookup::Told(Err(NoKey::Unknown));
            }
        }
        let name = self.hasher.hash_one(id);
        match self.begin_fetch(&mut state) {
            Some(fetch) => {
                state.note(name);
                KeyLookup::Wait(fetch)
            }
            None => KeyLookup::Told(Err(self.no_key(&mut state, name))),
        }
    }

    /// What there is after a fetch was waited for.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, NoKey> {
        let mut state = self.state();
        let keys = state.usable(&self.times).map(|fetched| fetched.keys.clone());
        match keys.as_deref().and_then(|keys| keys.find(id, algorithm)) {
            Some(key) => Ok(key.clone()),
            None => Err(self.no_key(&mut state, self.hasher.hash_one(id))),
        }
    }

    /// Why there is no key of that name.
    fn no_key(&self, state: &mut KeyState, name: u64) -> NoKey {
        let left = state.not_before.map(|at| at.saturating_duration_since(Instant::now()));
        let not_now = NoKey::NotNow { retry_after: left.unwrap_or_default() };
        if state.failed || state.usable(&self.times).is_none() {
            return not_now;
        }
        if state.absent.contains(&name) || state.untold >= MOST_UNTOLD {
            return NoKey::Unknown;
        }
        state.untold += 1;
        state.note(name);
        not_now
    }

    /// The fetch that is under way, or that it is time for; else none.
    fn begin_fetch(self: &Arc<Self>, state: &mut KeyState) -> Option<watch::Receiver<()>> {
        if let Some(fetch) = state.fetch() {
            return Some(fetch.clone());
        }
        let now = Instant::now();
        if state.not_before.is_some_and(|not_before| now < not_before) {
            return None;
        }
        // However this one ends, it is not followed by another at once.
        state.not_before = Some(now + self.times.pause.min(self.times.retry));
        let (ended, fetch) = watch::channel(());
        state.under_way = Some(fetch.clone());
        let cache = self.clone();
        tokio::spawn(async move {
            let fetched = cache.source.fetch().await;
            cache.take(fetched);
            drop(ended);
        });
        Some(fetch)
    }

    fn take(&self, fetched: Result<KeySet, KeyFetchError>) {
        let mut state = self.state();
        let now = Instant::now();
        state.failed = fetched.is_err();
        state.under_way = None;
        match fetched {
            Ok(keys) => {
                tracing::info!(keys = keys.count(), "took the authorization server's keys");
                state.not_before = Some(now + self.times.pause);
                state.fetched = Some(FetchedKeys { keys: Arc::new(keys), at: now });
                state.absent = std::mem::take(&mut state.named);
                state.untold = 0;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot fetch the authorization server's keys");
                state.not_before = Some(now + self.times.pause.min(self.times.retry));
            }
        }
    }
}

#[cfg(test)]
mod tests;
