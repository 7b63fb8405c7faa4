//! What a guest writes to stdout and stderr: lines of the host's log, never the protocol's stdout.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use crate::text::printable;

/// A line longer than this is logged in pieces.
const LINE_BYTES: usize = 1_024;

/// Lines of a run that whoever it fails for may see.
const TAIL_LINES: usize = 5;

/// Lines that one plugin may log in a second, over all its runs in this host. A call's own bytes are
/// bounded, and calls are many.
const LINES_A_SECOND: u32 = 50;

/// How many lines by each plugin, and about it, were logged in this second.
static RATES: LazyLock<Mutex<LineRates>> = LazyLock::new(Mutex::default);

type LineRates = HashMap<(Arc<str>, LogSource), LineRate>;

/// Whose words a line of the log has: what a plugin writes drowns nothing that the host says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LogSource {
    /// The plugin's own.
    Guest,
    /// The host's, about the plugin.
    Host,
}

struct LineRate {
    since: Instant,
    lines: u32,
    dropped: u64,
}

impl LineRate {
    /// Whether this plugin may log one more line now, and how many were dropped before, where that is
    /// to be said.
    fn admit(plugin: &Arc<str>, source: LogSource) -> (bool, u64) {
        let mut rates = RATES.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = rates.entry((plugin.clone(), source)).or_insert_with(|| Self {
            since: Instant::now(),
            lines: 0,
            dropped: 0,
        });
        let mut dropped = 0;
        if rate.since.elapsed() >= Duration::from_secs(1) {
            dropped = std::mem::take(&mut rate.dropped);
            (rate.since, rate.lines) = (Instant::now(), 0);
        }
        let is_admitted = rate.lines < LINES_A_SECOND;
        if is_admitted {
            rate.lines += 1;
        } else {
            rate.dropped += 1;
        }
        (is_admitted, dropped)
    }
}

/// Whether a line by this plugin, or about it, may be logged now: so many may be in a second. Says how
/// many were dropped.
pub(crate) fn may_log(plugin: &Arc<str>, source: LogSource) -> bool {
    let (is_admitted, dropped) = LineRate::admit(plugin, source);
    if dropped > 0 {
        tracing::warn!(
            target: "souk::plugin",
            plugin = %plugin,
            "{dropped} lines about it were dropped: more than {LINES_A_SECOND} in a second"
        );
    }
    is_admitted
}

/// The log of one run of a plugin. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct GuestLog(Arc<Mutex<LogBuffer>>);

struct LogBuffer {
    plugin: Arc<str>,
    line: Vec<u8>,
    /// The last lines, logged or not.
    tail: VecDeque<String>,
    left: usize,
    dropped: usize,
}

impl GuestLog {
    /// A log that takes `bytes` and drops the rest.
    pub(crate) fn new(plugin: Arc<str>, bytes: usize) -> Self {
        let buffer =
            LogBuffer { plugin, line: Vec::new(), tail: VecDeque::new(), left: bytes, dropped: 0 };
        Self(Arc::new(Mutex::new(buffer)))
    }

    /// The last lines so far, as they can be shown.
    pub(crate) fn tail(&self) -> Vec<String> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.flush();
        buffer.tail.iter().cloned().collect()
    }
}

impl LogBuffer {
    fn write(&mut self, bytes: &[u8]) {
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        self.dropped += bytes.len() - taken;
        for &byte in &bytes[..taken] {
            if byte == b'\n' || self.line.len() == LINE_BYTES {
                self.flush();
            }
            if byte != b'\n' {
                self.line.push(byte);
            }
        }
    }

    fn flush(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let text = printable(&String::from_utf8_lossy(&self.line), LINE_BYTES);
        self.line.clear();
        if may_log(&self.plugin, LogSource::Guest) {
            tracing::info!(target: "souk::plugin", plugin = %self.plugin, "{text}");
        }
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(text);
    }
}

impl Drop for LogBuffer {
    fn drop(&mut self) {
        self.flush();
        if self.dropped > 0 && may_log(&self.plugin, LogSource::Host) {
            tracing::warn!(
                target: "souk::plugin",
                plugin = %self.plugin,
                "{} bytes of its log were dropped (`limits.log_bytes`)",
                self.dropped
            );
        }
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for GuestLog {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_has_a_rate_and_another_has_its_own() {
        let (one, other): (Arc<str>, Arc<str>) = ("rate-one".into(), "rate-other".into());
        let begun = Instant::now();
        let admitted = (0..500).filter(|_| may_log(&one, LogSource::Guest)).count();
        let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
        assert!(admitted >= 50 && admitted <= 50 * seconds, "{admitted}");
        assert!(may_log(&other, LogSource::Guest));
        assert!(may_log(&one, LogSource::Host), "what the host says is not drowned");
    }
}
