//! What a run of calls came to.

use std::time::{Duration, Instant};

use crate::table::median;

/// One run of calls: how long each took, and all together.
pub(crate) struct Run {
    latencies: Vec<Duration>,
    took: Duration,
}

impl Run {
    pub(crate) fn new(latencies: Vec<Duration>, since: Instant) -> Self {
        Self { latencies, took: since.elapsed() }
    }

    pub(crate) fn figures(mut self) -> Figures {
        self.latencies.sort_unstable();
        let calls = self.latencies.len();
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small count"
            )]
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            let place = (calls as f64 * share) as usize;
            self.latencies.get(place.min(calls.saturating_sub(1))).copied().unwrap_or_default()
        };
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let per_second = calls as f64 / self.took.as_secs_f64();
        Figures { p50: at(0.5), p99: at(0.99), per_second }
    }
}

/// A run in three figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) per_second: f64,
}

impl Figures {
    /// The median of each figure.
    pub(crate) fn median(of: &[Self]) -> Option<Self> {
        Some(Self {
            p50: median(of.iter().map(|figures| figures.p50))?,
            p99: median(of.iter().map(|figures| figures.p99))?,
            per_second: median(of.iter().map(|figures| figures.per_second))?,
        })
    }
}

/// A request to send over and over, each time under another id.
pub(crate) struct Template {
    bytes: Vec<u8>,
    id_at: usize,
}

/// Stands for the id in the text of a [`Template`]. All ids have as many digits, so that a request's
/// length does not depend on its id.
pub(crate) const ID: &str = "1000000000";
const FIRST_ID: u64 = 1_000_000_000;

impl Template {
    /// A template from a text that has [`ID`] in it once.
    pub(crate) fn new(text: &str) -> anyhow::Result<Self> {
        let at = text.find(ID).ok_or_else(|| anyhow::anyhow!("the request has no id"))?;
        Ok(Self { bytes: text.as_bytes().to_vec(), id_at: at })
    }

    /// The request under the id of that number.
    pub(crate) fn numbered(&mut self, number: u64) -> &[u8] {
        let digits = (FIRST_ID + number).to_string();
        self.bytes[self.id_at..self.id_at + ID.len()].copy_from_slice(digits.as_bytes());
        &self.bytes
    }

    /// The number of a request, from its answer.
    pub(crate) fn number(answer: &[u8]) -> Option<u64> {
        let digits = answer.strip_prefix(br#"{"jsonrpc":"2.0","id":"#)?.get(..ID.len())?;
        std::str::from_utf8(digits).ok()?.parse::<u64>().ok()?.checked_sub(FIRST_ID)
    }
}

/// Whether an answer is one of a call that succeeded.
pub(crate) fn is_success(answer: &[u8]) -> bool {
    std::str::from_utf8(answer)
        .is_ok_and(|text| text.contains(r#""isError":false"#) && !text.contains(r#""error":{"#))
}
