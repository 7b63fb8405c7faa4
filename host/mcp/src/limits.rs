//! How much of the host one transport may take.

use std::time::Duration;

use serde::Deserialize;

/// Bounds on what clients may have open. Everything that a client can open or send is counted here
/// or in [`HttpConfig`](crate::HttpConfig); how many calls run at once, whoever runs them decides.
///
/// ```
/// let limits: souk_mcp::TransportLimits = toml::from_str("unanswered = 8").unwrap();
/// assert_eq!(limits.subscriptions, 256);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TransportLimits {
    /// Open `subscriptions/listen` streams, of all callers; over HTTP each has a quarter of them at most. 256.
    pub subscriptions: usize,
    /// Bytes of one message on stdio; a longer one is dropped and answered with an error. 16 MiB,
    /// which is what clients accept of us.
    pub line_bytes: usize,
    /// Requests on stdio that are not answered yet, after which no more are read. 1,024.
    pub unanswered: usize,
    /// Seconds that a server on stdio outlives its input for the sake of calls under way. Only a
    /// backstop: whatever runs the calls ends them sooner. 600.
    pub linger_s: u64,
}

impl Default for TransportLimits {
    fn default() -> Self {
        Self { subscriptions: 256, line_bytes: 16 * 1024 * 1024, unanswered: 1_024, linger_s: 600 }
    }
}

impl TransportLimits {
    pub(crate) const fn linger(&self) -> Duration {
        Duration::from_secs(self.linger_s)
    }
}
