//! Keys as they were fetched last, and when they are fetched again.
//!
//! A token that names a key nobody knows may be signed with a new one, so they are fetched again; but
//! anybody can name any key, so that is done seldom. Keys that were taken away stop counting once they are
//! fetched again, which is done from time to time. Where the authorization server does not answer, what was
//! known counts for a while longer.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::key_set::KeySet;
use crate::key_source::{KeyFetchError, KeySource};

/// How long keys count without being asked for again.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// How long they count where the server does not answer any more.
const STALE: Duration = Duration::from_secs(60 * 60);
/// How long to wait at the most after a request that failed.
const RETRY: Duration = Duration::from_secs(5);

struct FetchedKeys {
    keys: Arc<KeySet>,
    at: Instant,
}

/// The keys of one authorization server.
pub(crate) struct KeyCache {
    source: KeySource,
    fetched: RwLock<Option<FetchedKeys>>,
    /// Until when they are not asked for again, whatever tokens come. Whoever holds it asks; all others
    /// wait for what comes of it.
    not_before: Mutex<Option<Instant>>,
    pause: Duration,
}

/// Why a token has no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoKey {
    /// The server publishes none of that name for that algorithm.
    #[error("it is signed with a key that the authorization server does not publish")]
    Unknown,
    /// There are none, since the server does not answer.
    #[error("the authorization server's keys cannot be had: {0}")]
    Unreachable(String),
}

impl KeyCache {
    pub(crate) fn new(source: KeySource, pause: Duration) -> Self {
        Self { source, fetched: RwLock::new(None), not_before: Mutex::new(None), pause }
    }

    pub(crate) const fn source(&self) -> &KeySource {
        &self.source
    }

    fn known(&self, at_most: Duration) -> Option<Arc<KeySet>> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        let fetched = fetched.as_ref().filter(|fetched| fetched.at.elapsed() < at_most)?;
        Some(fetched.keys.clone())
    }

    /// The key of a token.
    ///
    /// # Errors
    /// There is none.
    pub(crate) async fn key(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, NoKey> {
        let find = |keys: &KeySet| keys.find(id, algorithm).cloned();
        if let Some(key) = self.known(FRESH).as_deref().and_then(find) {
            return Ok(key);
        }
        let failed = self.fetch_again(id, algorithm).await.err();
        match (self.known(STALE), failed) {
            (Some(keys), _) => find(&keys).ok_or(NoKey::Unknown),
            (None, Some(why)) => Err(NoKey::Unreachable(why)),
            (None, None) => Err(NoKey::Unreachable("they are asked for seldom".to_owned())),
        }
    }

    /// Fetches them, unless that was done just now or by somebody who was waited for.
    async fn fetch_again(&self, id: Option<&str>, algorithm: Algorithm) -> Result<(), String> {
        let mut not_before = self.not_before.lock().await;
        let found = self.known(FRESH);
        if found.is_some_and(|keys| keys.find(id, algorithm).is_some())
            || not_before.is_some_and(|not_before| Instant::now() < not_before)
        {
            return Ok(());
        }
        let fetched = self.source.fetch().await;
        let pause = if fetched.is_ok() { self.pause } else { self.pause.min(RETRY) };
        *not_before = Some(Instant::now() + pause);
        match fetched {
            Ok(keys) => {
                tracing::info!(keys = keys.count(), "took the authorization server's keys");
                let fetched = FetchedKeys { keys: Arc::new(keys), at: Instant::now() };
                *self.fetched.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "cannot fetch the authorization server's keys");
                Err(error.to_string())
            }
        }
    }

    /// Fetches them now, to say whether they can be had.
    ///
    /// # Errors
    /// They cannot.
    pub(crate) async fn try_fetch(&self) -> Result<usize, KeyFetchError> {
        self.source.fetch().await.map(|keys| keys.count())
    }
}
