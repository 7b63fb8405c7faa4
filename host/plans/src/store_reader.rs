//! Reading from the store for a plan, and how old what is read may be.

use std::time::Duration;

use bytes::Bytes;
use souk_model::Failure;
use souk_policy::PermittedRead;
use souk_upstream::{ReadMemo, Session};

/// How old at most what was read is that a write follows. A person or a model does not change
/// anything within it, and the time from a read to its write is of this length in any case.
const BEFORE_A_WRITE: Duration = Duration::from_millis(400);

/// Reads with one session.
#[derive(Clone, Copy)]
pub(crate) struct StoreReader<'a> {
    session: &'a Session,
    freshness: Freshness<'a>,
}

#[derive(Clone, Copy)]
enum Freshness<'a> {
    /// Sent, whatever was read before: what judges a write, or tells how one ended.
    Now,
    /// As this call has read it: what is shown for review.
    WithinCall(&'a ReadMemo),
    /// As this call has just read it: what a write follows.
    JustNow(&'a ReadMemo),
    /// Sent, and what it answers is there for the rest of the call to show.
    ReadBack(&'a ReadMemo),
}

impl<'a> StoreReader<'a> {
    /// Every read is sent.
    pub(crate) const fn now(session: &'a Session) -> Self {
        Self { session, freshness: Freshness::Now }
    }

    /// What the call has read already is taken from there.
    pub(crate) const fn within_call(session: &'a Session, memo: &'a ReadMemo) -> Self {
        Self { session, freshness: Freshness::WithinCall(memo) }
    }

    /// What the call has read just now is taken from there, for want of a reason to read it again;
    /// without a call, every read is sent.
    pub(crate) fn before_a_write(session: &'a Session, memo: Option<&'a ReadMemo>) -> Self {
        Self { session, freshness: memo.map_or(Freshness::Now, Freshness::JustNow) }
    }

    /// Every read is sent; what a call's write left is there for the call to show.
    pub(crate) fn after_a_write(session: &'a Session, memo: Option<&'a ReadMemo>) -> Self {
        Self { session, freshness: memo.map_or(Freshness::Now, Freshness::ReadBack) }
    }

    /// Makes a permitted read. On the heap: what waits for it is nested deep enough.
    pub(crate) async fn get(&self, read: &PermittedRead) -> Result<Bytes, Failure> {
        match self.freshness {
            Freshness::Now => Box::pin(self.session.get(read)).await,
            Freshness::WithinCall(memo) => Box::pin(memo.get(self.session, read)).await.result,
            Freshness::ReadBack(memo) => Box::pin(memo.read_back(self.session, read)).await,
            Freshness::JustNow(memo) => {
                Box::pin(memo.get_within(self.session, read, BEFORE_A_WRITE)).await
            }
        }
    }
}
