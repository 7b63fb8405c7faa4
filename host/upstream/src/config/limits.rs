//! What requests to one store may cost.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// What requests to one store may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestLimits {
    /// Until a connection stands, TLS included. In seconds where configured; 5 by default.
    #[serde(deserialize_with = "seconds")]
    pub connect_timeout: Duration,
    /// For one read as a whole: waiting for a free connection, every attempt, the last byte of
    /// the answer. In seconds where configured; 30 by default.
    #[serde(deserialize_with = "seconds")]
    pub total_timeout: Duration,
    /// The same for a write. What takes longer may have happened or not, so it is more patient. In
    /// seconds where configured; 60 by default.
    #[serde(deserialize_with = "seconds")]
    pub write_timeout: Duration,
    /// The longest body that is read, in bytes; 16 MiB by default.
    pub max_answer_bytes: usize,
    /// How often a read is sent again after a lost connection, 429, 502, 503 or 504, and a write
    /// after a connection that did not come about or 429; 3 by default.
    pub max_retries: u32,
    /// How long a store's `Retry-After` may be to be waited for. In seconds where configured; 10
    /// by default. Longer ones are told to the caller.
    #[serde(deserialize_with = "seconds")]
    pub max_retry_after: Duration,
    /// Requests to the store at the same time, over all sessions; 16 by default.
    pub concurrency: usize,
    /// The longest address that is sent, in bytes; 8000 by default, since nginx answers 414 above
    /// 8 KiB of request line.
    pub max_url_bytes: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            max_answer_bytes: 16 * 1024 * 1024,
            max_retries: 3,
            max_retry_after: Duration::from_secs(10),
            concurrency: 16,
            max_url_bytes: 8000,
        }
    }
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(de::Error::custom)
}
