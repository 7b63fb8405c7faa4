//! Whether spans are collected, which traces are recorded, and the queue between whoever makes spans
//! and whoever exports them.

use std::sync::OnceLock;

use tokio::sync::mpsc;

use crate::metrics;
use crate::span_record::SpanRecord;

/// Spans that wait to be exported, at most; more are dropped and counted. No call waits for them.
const QUEUE: usize = 4_096;

/// Which traces are recorded that begin here. What whoever asked says of theirs counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// As many of the ids up to [`u64::MAX`].
    below: u64,
}

impl Sampling {
    /// This share of all traces, from 0 to 1.
    #[must_use]
    pub fn share(share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "between 0 and the largest, and a share is not exact anyway"
        )]
        let below = (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64;
        Self { below }
    }

    const fn takes(self, trace_id: u128) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "its last 64 bits are as random")]
        let random = trace_id as u64;
        random <= self.below && self.below > 0
    }
}

/// Spans on their way to whoever collects them.
pub struct SpanQueue(mpsc::Receiver<SpanRecord>);

impl SpanQueue {
    /// Waits for the next spans, at most as many; none once no more can come.
    pub async fn next(&mut self, most: usize) -> Vec<SpanRecord> {
        let mut spans = Vec::new();
        self.0.recv_many(&mut spans, most).await;
        spans
    }

    /// Those that wait now, at most as many.
    pub fn waiting(&mut self, most: usize) -> Vec<SpanRecord> {
        std::iter::from_fn(|| self.0.try_recv().ok()).take(most).collect()
    }
}

struct Collection {
    sampling: Sampling,
    sender: mpsc::Sender<SpanRecord>,
}

static COLLECTION: OnceLock<Collection> = OnceLock::new();

/// Has spans be collected from now on, as long as this process runs; none where they are already.
pub fn collect_spans(sampling: Sampling) -> Option<SpanQueue> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    COLLECTION.set(Collection { sampling, sender }).ok().map(|()| SpanQueue(receiver))
}

pub(crate) fn is_on() -> bool {
    COLLECTION.get().is_some()
}

/// Whether a trace is recorded: as whoever asked says, and else by its share.
pub(crate) fn samples(trace_id: u128, parents: Option<bool>) -> bool {
    COLLECTION
        .get()
        .is_some_and(|collection| parents.unwrap_or_else(|| collection.sampling.takes(trace_id)))
}

pub(crate) fn keep(span: SpanRecord) {
    if let Some(collection) = COLLECTION.get()
        && collection.sender.try_send(span).is_err()
    {
        metrics::SPANS.of(&["dropped"]).add(1);
    }
}

pub(crate) fn new_trace_id() -> u128 {
    fastrand::u128(1..)
}

pub(crate) fn new_span_id() -> u64 {
    fastrand::u64(1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_traces_is_taken() {
        let taken = |share: f64| {
            let sampling = Sampling::share(share);
            (0..10_000).filter(|_| sampling.takes(new_trace_id())).count()
        };
        assert_eq!((taken(0.0), taken(1.0)), (0, 10_000));
        assert!((2_000..3_000).contains(&taken(0.25)));
    }
}
