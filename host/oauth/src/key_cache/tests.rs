//! An authorization server that answers when it is let, and what tokens hear meanwhile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::*;

/// Answers with the keys that are published, once it is let.
struct Server {
    published: Mutex<Vec<&'static str>>,
    is_down: AtomicBool,
    begun: AtomicUsize,
    gate: Semaphore,
}

#[async_trait]
impl FetchKeys for Arc<Server> {
    async fn fetch(&self) -> Result<KeySet, KeyFetchError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        if self.is_down.load(Ordering::SeqCst) {
            let (address, why) = ("http://127.0.0.1/".to_owned(), "down".to_owned());
            return Err(KeyFetchError::NoAnswer { address, why });
        }
        let key = |name: &&str| {
            format!(
                "{{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"kid\": \"{name}\", \
                 \"x\": \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}"
            )
        };
        let keys: Vec<String> = self.published.lock().unwrap().iter().map(key).collect();
        Ok(KeySet::parse(format!("{{\"keys\": [{}]}}", keys.join(",")).as_bytes()).unwrap())
    }
}

impl Server {
    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// Lets so many fetches be answered.
    fn answer(&self, fetches: usize) {
        self.gate.add_permits(fetches);
    }

    async fn until_begun(&self, fetches: usize) {
        while self.begun() < fetches {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_millis(50);

fn times() -> KeyTimes {
    KeyTimes { fresh: LONG, stale: LONG, pause: LONG, retry: SHORT, patience: LONG }
}

/// A server that publishes the key `a`, and a cache of its keys.
fn cache(times: KeyTimes) -> (Arc<Server>, KeyCache) {
    let server = Arc::new(Server {
        published: Mutex::new(vec!["a"]),
        is_down: AtomicBool::new(false),
        begun: AtomicUsize::new(0),
        gate: Semaphore::new(0),
    });
    (server.clone(), KeyCache::new(Box::new(server), times))
}

async fn key(cache: &KeyCache, name: &str) -> Result<(), NoKey> {
    let key = cache.key(Some(name), Algorithm::EdDSA);
    tokio::time::timeout(Duration::from_secs(20), key).await.unwrap().map(drop)
}

fn is_not_now(found: &Result<(), NoKey>) -> bool {
    matches!(found, Err(NoKey::NotNow { .. }))
}

#[tokio::test]
async fn whoever_hangs_up_begins_one_fetch_and_no_other() {
    let (server, cache) = cache(times());
    for number in 0..50 {
        let name = format!("made-up-{number}");
        let asked = cache.key(Some(&name), Algorithm::EdDSA);
        assert!(tokio::time::timeout(Duration::from_millis(2), asked).await.is_err());
    }
    assert_eq!(server.begun(), 1);
    // Nobody waits for it, and it is there for the next all the same.
    server.answer(1);
    assert_eq!(key(&cache, "a").await, Ok(()));
    assert_eq!(server.begun(), 1);
}

#[tokio::test]
async fn all_who_wait_hear_of_one_fetch() {
    let (server, cache) = cache(times());
    let asked = (0..20).map(|number| {
        let cache = KeyCache(cache.0.clone());
        tokio::spawn(async move { key(&cache, if number % 2 == 0 { "a" } else { "b" }).await })
    });
    let asked: Vec<_> = asked.collect();
    server.until_begun(1).await;
    server.answer(1);
    for (number, asked) in asked.into_iter().enumerate() {
        let expected = if number % 2 == 0 { Ok(()) } else { Err(NoKey::Unknown) };
        assert_eq!(asked.await.unwrap(), expected);
    }
    assert_eq!(server.begun(), 1);
}

#[tokio::test]
async fn a_token_waits_for_so_long_and_the_fetch_goes_on() {
    let (server, cache) = cache(KeyTimes { patience: SHORT, ..times() });
    assert!(is_not_now(&key(&cache, "a").await));
    server.answer(1);
    assert_eq!(key(&cache, "a").await, Ok(()));
    assert_eq!(server.begun(), 1);
}

#[tokio::test]
async fn keys_that_are_known_are_not_waited_for_when_they_are_old() {
    let (server, cache) = cache(KeyTimes { fresh: SHORT, retry: SHORT, pause: SHORT, ..times() });
    server.answer(1);
    assert_eq!(key(&cache, "a").await, Ok(()));
    // No answer comes: nobody is kept for it, and one fetch is under way.
    tokio::time::sleep(SHORT * 2).await;
    for _ in 0..20 {
        let found = tokio::time::timeout(SHORT / 2, cache.key(Some("a"), Algorithm::EdDSA)).await;
        assert!(found.unwrap().is_ok());
    }
    server.until_begun(2).await;
    assert_eq!(server.begun(), 2);
    // Nor where the answer is that there is none.
    server.is_down.store(true, Ordering::SeqCst);
    server.answer(1);
    tokio::time::sleep(SHORT * 2).await;
    let found = tokio::time::timeout(SHORT / 2, cache.key(Some("a"), Algorithm::EdDSA)).await;
    assert!(found.unwrap().is_ok());
    // One that was taken away counts no longer once there is an answer again.
    server.until_begun(3).await;
    server.is_down.store(false, Ordering::SeqCst);
    *server.published.lock().unwrap() = vec!["b"];
    server.answer(100);
    while key(&cache, "a").await == Ok(()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(key(&cache, "b").await, Ok(()));
}

#[tokio::test]
async fn keys_that_are_too_old_count_no_longer() {
    let times = KeyTimes { fresh: SHORT, stale: SHORT * 2, pause: SHORT, ..times() };
    let (server, cache) = cache(times);
    server.answer(1);
    assert_eq!(key(&cache, "a").await, Ok(()));
    server.is_down.store(true, Ordering::SeqCst);
    server.answer(100);
    tokio::time::sleep(SHORT * 3).await;
    assert!(is_not_now(&key(&cache, "a").await));
}

#[tokio::test]
async fn an_outage_is_nobodys_fault() {
    let (server, cache) = cache(KeyTimes { pause: SHORT, ..times() });
    server.is_down.store(true, Ordering::SeqCst);
    server.answer(100);
    for _ in 0..5 {
        assert!(is_not_now(&key(&cache, "a").await));
    }
    server.is_down.store(false, Ordering::SeqCst);
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(key(&cache, "a").await, Ok(()));
}

#[tokio::test]
async fn an_unknown_key_is_told_to_wait_until_the_next_fetch_and_is_wrong_from_then_on() {
    let (server, cache) = cache(KeyTimes { pause: SHORT * 6, ..times() });
    server.answer(100);
    assert_eq!(key(&cache, "a").await, Ok(()));
    *server.published.lock().unwrap() = vec!["a", "new"];
    // Published or not: within the pause nobody can tell.
    let Err(NoKey::NotNow { retry_after }) = key(&cache, "new").await else { panic!("it is told") };
    assert!(retry_after <= SHORT * 6 && retry_after > Duration::ZERO);
    assert!(is_not_now(&key(&cache, "made-up").await));
    assert_eq!(server.begun(), 1);
    tokio::time::sleep(retry_after).await;
    assert_eq!(key(&cache, "new").await, Ok(()));
    assert_eq!(key(&cache, "made-up").await, Err(NoKey::Unknown));
    assert_eq!(server.begun(), 2);
}

#[tokio::test]
async fn naming_one_key_after_another_is_wrong_in_the_end_and_fills_no_memory() {
    let (server, cache) = cache(times());
    server.answer(100);
    assert_eq!(key(&cache, "a").await, Ok(()));
    let mut wrong = 0;
    for number in 0..2 * MOST_UNTOLD {
        wrong += usize::from(key(&cache, &number.to_string()).await == Err(NoKey::Unknown));
    }
    assert_eq!(wrong, MOST_UNTOLD);
    assert!(cache.0.state().named.len() <= MOST_UNTOLD);
    assert_eq!((key(&cache, "a").await, server.begun()), (Ok(()), 1));
}

#[tokio::test]
async fn a_key_of_another_algorithm_is_wrong_at_once() {
    let (server, cache) = cache(KeyTimes { pause: Duration::ZERO, ..times() });
    server.answer(100);
    assert_eq!(key(&cache, "a").await, Ok(()));
    let found = cache.key(Some("a"), Algorithm::ES256).await;
    assert_eq!(found.map(drop), Err(NoKey::Unknown));
    assert_eq!(server.begun(), 1);
}
