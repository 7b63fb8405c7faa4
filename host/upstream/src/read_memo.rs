//! What one call has read, so that within it the same GET is sent once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use souk_model::{Failure, StoreView};
use souk_policy::PermittedRead;

use crate::session::Session;

/// Answers that are kept for a call, in bytes. What was longest unused goes first: whoever pages
/// through a whole catalogue does not read its pages twice.
const KEPT_BYTES: usize = 4 << 20;

/// What one call has read. Clones share it.
///
/// It belongs to a call and ends with it: nothing is ever answered from another call's reads. What
/// may have changed the store ends it earlier, and whoever waits for a person or for a place in the
/// middle of a call has to, too.
#[derive(Debug, Clone, Default)]
pub struct ReadMemo(Arc<Mutex<MemoState>>);

#[derive(Debug, Default)]
struct MemoState {
    /// With whose session it was read: what somebody else may see is not shown.
    session: Option<Session>,
    slots: HashMap<ReadKey, Slot>,
    kept_bytes: usize,
    /// Counts uses.
    uses: u64,
    ended: bool,
    /// What was read after the end, by whoever said so.
    after_end: HashMap<ReadKey, Bytes>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ReadKey {
    upstream: String,
    view: StoreView,
    path: String,
    query: String,
}

/// One read. Who asks while it is under way waits for its answer.
#[derive(Debug)]
struct Slot {
    answer: Arc<tokio::sync::Mutex<Option<KeptAnswer>>>,
    bytes: usize,
    used: u64,
}

#[derive(Debug, Clone)]
struct KeptAnswer {
    result: Result<Bytes, Failure>,
    /// When it was asked for.
    asked: Instant,
}

/// An answer, and whether a request was sent for it.
#[derive(Debug)]
pub struct MemoAnswer {
    /// What [`Session::get`] answered.
    pub result: Result<Bytes, Failure>,
    /// Whether it was sent just now, or is of an earlier read of the call.
    pub sent: bool,
}

impl ReadMemo {
    /// Makes a permitted read, unless this call has the store's answer to it.
    pub async fn get(&self, session: &Session, read: &PermittedRead) -> MemoAnswer {
        let key = ReadKey::of(read);
        let Some(slot) = self.slot(session, &key) else {
            if let Some(kept) = self.after_end(session, &key) {
                return MemoAnswer { result: Ok(kept), sent: false };
            }
            return MemoAnswer { result: session.get(read).await, sent: true };
        };
        let mut slot = slot.lock().await;
        if let Some(kept) = &*slot {
            return MemoAnswer { result: kept.result.clone(), sent: false };
        }
        let asked = Instant::now();
        let result = session.get(read).await;
        if is_the_stores_word(&result) {
            *slot = Some(KeptAnswer { result: result.clone(), asked });
            self.count(&key, result.as_ref().map_or(0, Bytes::len));
        } else {
            self.forget(&key);
        }
        MemoAnswer { result, sent: true }
    }

    /// As [`get`](Self::get), for what must not be older than this: an answer that was asked for
    /// longer ago is not taken, and the read goes out.
    ///
    /// # Errors
    /// Those of [`Session::get`].
    pub async fn get_within(
        &self,
        session: &Session,
        read: &PermittedRead,
        age: Duration,
    ) -> Result<Bytes, Failure> {
        match self.young(session, &ReadKey::of(read), age) {
            Some(result) => result,
            None => session.get(read).await,
        }
    }

    /// Sends a read, whatever is known, for what tells how a write ended. After the end its answer is
    /// kept, for whoever in the call shows what the write left; [`get_within`](Self::get_within)
    /// never takes it.
    ///
    /// # Errors
    /// Those of [`Session::get`].
    pub async fn read_back(
        &self,
        session: &Session,
        read: &PermittedRead,
    ) -> Result<Bytes, Failure> {
        let result = session.get(read).await;
        let mut memo = self.lock();
        if let (true, Ok(body)) = (memo.ended, &result) {
            memo.belong_to(session);
            let key = ReadKey::of(read);
            let before = memo.after_end.remove(&key).map_or(0, |kept| kept.len());
            memo.kept_bytes -= before;
            if memo.kept_bytes + body.len() <= KEPT_BYTES {
                memo.kept_bytes += body.len();
                memo.after_end.insert(key, body.clone());
            }
        }
        drop(memo);
        result
    }

    /// Ends it: from now on every read goes out. The store may have changed.
    pub fn end(&self) {
        let mut memo = self.lock();
        *memo = MemoState { ended: true, ..MemoState::default() };
    }

    fn slot(
        &self,
        session: &Session,
        key: &ReadKey,
    ) -> Option<Arc<tokio::sync::Mutex<Option<KeptAnswer>>>> {
        let mut memo = self.lock();
        if memo.ended {
            return None;
        }
        memo.belong_to(session);
        memo.uses += 1;
        let used = memo.uses;
        let slot = memo.slots.entry(key.clone()).or_insert_with(|| Slot {
            answer: Arc::default(),
            bytes: 0,
            used,
        });
        slot.used = used;
        Some(slot.answer.clone())
    }

    fn after_end(&self, session: &Session, key: &ReadKey) -> Option<Bytes> {
        let memo = self.lock();
        let is_own = memo.session.as_ref().is_some_and(|owner| owner.is_same(session));
        memo.after_end.get(key).filter(|_| is_own).cloned()
    }

    fn young(
        &self,
        session: &Session,
        key: &ReadKey,
        age: Duration,
    ) -> Option<Result<Bytes, Failure>> {
        let memo = self.lock();
        if memo.ended || !memo.session.as_ref().is_some_and(|owner| owner.is_same(session)) {
            return None;
        }
        let answer = memo.slots.get(key)?.answer.try_lock().ok()?;
        let kept = answer.as_ref().filter(|kept| kept.asked.elapsed() <= age)?;
        Some(kept.result.clone())
    }

    /// Counts an answer that was kept, and lets go of what was longest unused.
    fn count(&self, key: &ReadKey, bytes: usize) {
        let mut memo = self.lock();
        let Some(slot) = memo.slots.get_mut(key) else { return };
        slot.bytes = bytes;
        memo.kept_bytes += bytes;
        while memo.kept_bytes > KEPT_BYTES {
            let oldest = memo.slots.iter().filter(|(_, slot)| slot.bytes > 0);
            let oldest = oldest.min_by_key(|(_, slot)| slot.used).map(|(key, _)| key.clone());
            let Some(slot) = oldest.and_then(|key| memo.slots.remove(&key)) else { return };
            memo.kept_bytes -= slot.bytes;
        }
    }

    fn forget(&self, key: &ReadKey) {
        self.lock().slots.remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, MemoState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoState {
    fn belong_to(&mut self, session: &Session) {
        if !self.session.as_ref().is_some_and(|owner| owner.is_same(session)) {
            let ended = self.ended;
            *self = Self { session: Some(session.clone()), ended, ..Self::default() };
        }
    }
}

impl ReadKey {
    fn of(read: &PermittedRead) -> Self {
        Self {
            upstream: read.upstream().to_owned(),
            view: read.view().clone(),
            path: read.path().to_owned(),
            query: read.query().to_owned(),
        }
    }
}

/// Whether the store answered the question, be it with a refusal. What failed on the way, or may
/// pass, is asked again.
fn is_the_stores_word(result: &Result<Bytes, Failure>) -> bool {
    match result {
        Ok(_) => true,
        Err(failure) => matches!(failure.status, Some(400 | 404)),
    }
}
