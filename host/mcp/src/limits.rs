//! How much of the host one transport may take.

use std::time::Duration;

use serde::Deserialize;

/// Bounds on what callers may have going at once. Everything that a client can open or send is
/// counted here or in [`HttpConfig`](crate::HttpConfig); nothing is unbounded.
///
/// ```
/// let limits: souk_mcp::TransportLimits = toml::from_str("calls_running = 8").unwrap();
/// assert_eq!(limits.calls_waiting, 256);
/// assert!(toml::from_str::<souk_mcp::TransportLimits>("calls_runing = 8").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransportLimits {
    /// Calls that run at once, of all callers. 64.
    pub calls_running: usize,
    /// Calls that run at once for one principal, so that nobody can take every place. 48.
    pub calls_running_each: usize,
    /// Calls that may wait for a place; one more is refused at once, because every waiting call
    /// holds its arguments in memory. 256.
    pub calls_waiting: usize,
    /// Milliseconds a call waits for a place before it is refused. 5,000.
    pub call_wait_ms: u64,
    /// Open `subscriptions/listen` streams, of all callers. 256.
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
        Self {
            calls_running: 64,
            calls_running_each: 48,
            calls_waiting: 256,
            call_wait_ms: 5_000,
            subscriptions: 256,
            line_bytes: 16 * 1024 * 1024,
            unanswered: 1_024,
            linger_s: 600,
        }
    }
}

impl TransportLimits {
    pub(crate) const fn call_wait(&self) -> Duration {
        Duration::from_millis(self.call_wait_ms)
    }

    pub(crate) const fn linger(&self) -> Duration {
        Duration::from_secs(self.linger_s)
    }
}
