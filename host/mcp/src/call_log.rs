//! What a running call tells its client of how it goes.

#![expect(deprecated, reason = "older clients have no other log")]

use std::sync::atomic::{AtomicU8, Ordering};

use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam};
use rmcp::service::{Peer, RoleServer};
use serde_json::Value;
use souk_model::LogLevel;
use tokio::sync::mpsc;

use crate::forwarding;

/// Messages that may wait for a slow client; what comes on top is dropped.
const WAITING: usize = 64;
/// Whom the messages come from.
const LOGGER: &str = "souk";

/// From which level on a client wants to be told. Until an older one says so: from `info` on.
pub(crate) struct LogLevelFilter(AtomicU8);

impl Default for LogLevelFilter {
    fn default() -> Self {
        Self(AtomicU8::new(LogLevel::Info as u8))
    }
}

impl LogLevelFilter {
    pub(crate) fn set(&self, level: LoggingLevel) {
        self.0.store(level_of(level) as u8, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The level as we know it.
pub(crate) fn level_of(level: LoggingLevel) -> LogLevel {
    match level {
        LoggingLevel::Debug => LogLevel::Debug,
        LoggingLevel::Info => LogLevel::Info,
        LoggingLevel::Notice => LogLevel::Notice,
        LoggingLevel::Warning => LogLevel::Warning,
        LoggingLevel::Error => LogLevel::Error,
        LoggingLevel::Critical => LogLevel::Critical,
        LoggingLevel::Alert => LogLevel::Alert,
        LoggingLevel::Emergency => LogLevel::Emergency,
    }
}

fn mcp_level(level: LogLevel) -> LoggingLevel {
    match level {
        LogLevel::Debug => LoggingLevel::Debug,
        LogLevel::Info => LoggingLevel::Info,
        LogLevel::Notice => LoggingLevel::Notice,
        LogLevel::Warning => LoggingLevel::Warning,
        LogLevel::Error => LoggingLevel::Error,
        LogLevel::Critical => LoggingLevel::Critical,
        LogLevel::Alert => LoggingLevel::Alert,
        LogLevel::Emergency => LoggingLevel::Emergency,
    }
}

/// Where a call logs to.
pub(crate) struct CallLog {
    messages: mpsc::Sender<(LogLevel, Value)>,
    /// None where nothing is wanted.
    from: Option<u8>,
}

impl CallLog {
    /// A log that passes on messages `from` a level on, and what carries them.
    pub(crate) fn new(peer: Peer<RoleServer>, from: Option<u8>) -> (Self, LogForwarder) {
        let (sender, messages) = mpsc::channel(WAITING);
        (Self { messages: sender, from }, LogForwarder { messages, peer })
    }

    pub(crate) fn say(&self, level: LogLevel, message: Value) {
        if self.from.is_some_and(|from| level as u8 >= from) {
            // A client that does not keep up misses something.
            let _ = self.messages.try_send((level, message));
        }
    }
}

/// Carries the messages of one call to its client.
pub(crate) struct LogForwarder {
    messages: mpsc::Receiver<(LogLevel, Value)>,
    peer: Peer<RoleServer>,
}

impl LogForwarder {
    /// Runs the call and carries its messages meanwhile. None goes out after the answer.
    pub(crate) async fn while_running<T>(self, call: impl Future<Output = T>) -> T {
        let Self { messages, peer } = self;
        let send = move |(level, message): (LogLevel, Value)| {
            let peer = peer.clone();
            async move {
                let level = mcp_level(level);
                let message =
                    LoggingMessageNotificationParam::new(level, message).with_logger(LOGGER);
                if let Err(error) = peer.notify_logging_message(message).await {
                    tracing::debug!(%error, "a message was not delivered");
                }
                true
            }
        };
        forwarding::while_running(messages, send, call).await
    }
}
