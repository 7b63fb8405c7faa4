//! What a guest writes to stdout and stderr: lines of the host's log, never the protocol's stdout.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use crate::text::printable;

/// A line longer than this is logged in pieces.
const LINE_BYTES: usize = 1_024;

/// The log of one run of a plugin. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct GuestLog(Arc<Mutex<LogBuffer>>);

struct LogBuffer {
    plugin: Arc<str>,
    line: Vec<u8>,
    left: usize,
    dropped: usize,
}

impl GuestLog {
    /// A log that takes `bytes` and drops the rest.
    pub(crate) fn new(plugin: Arc<str>, bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(LogBuffer { plugin, line: Vec::new(), left: bytes, dropped: 0 })))
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
        if !self.line.is_empty() {
            let text = printable(&String::from_utf8_lossy(&self.line), LINE_BYTES);
            tracing::info!(target: "souk::plugin", plugin = %self.plugin, "{text}");
            self.line.clear();
        }
    }
}

impl Drop for LogBuffer {
    fn drop(&mut self) {
        self.flush();
        if self.dropped > 0 {
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
