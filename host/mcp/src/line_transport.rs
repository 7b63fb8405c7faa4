//! Messages as lines of JSON: the transport under stdio.
//!
//! rmcp has one of its own. This one differs where it matters to a client: it answers what it
//! cannot read instead of staying silent, holds the end of input back until every request is
//! answered, reads no more than it has room for, and gathers replies into one write.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::ErrorData;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
};
use rmcp::service::RoleServer;
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::TransportLimits;
use crate::line_reader::{LineRead, LineReader};

/// One end of a conversation in lines. Clones talk on the same streams, so that a conversation
/// can be begun again where its opening failed.
pub(crate) struct LineTransport<R, W>(Arc<LineStreams<R, W>>);

impl<R, W> Clone for LineTransport<R, W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct LineStreams<R, W> {
    reader: AsyncMutex<LineReader<R>>,
    outbox: Outbox<W>,
    in_flight: InFlight,
    limits: TransportLimits,
    /// Cancelled at the end of input: what only waits for news ends now.
    ending: CancellationToken,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> LineTransport<R, W> {
    pub(crate) fn new(
        reader: R,
        writer: W,
        limits: &TransportLimits,
        ending: CancellationToken,
    ) -> Self {
        Self(Arc::new(LineStreams {
            reader: AsyncMutex::new(LineReader::new(reader, limits.line_bytes)),
            outbox: Outbox::new(writer),
            in_flight: InFlight::default(),
            limits: limits.clone(),
            ending,
        }))
    }
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let streams = self.0.clone();
        async move { streams.send(message).await }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let streams = &self.0;
        // rmcp drops this future whenever it has something to send: nothing may live in it that
        // a later call would miss. The line read so far is in the reader.
        let mut reader = streams.reader.lock().await;
        loop {
            streams.in_flight.fewer_than(streams.limits.unanswered).await;
            if streams.outbox.is_broken() {
                return None;
            }
            let error = match reader.next().await {
                LineRead::Line => match parse(reader.line()) {
                    Ok(Some(message)) => match streams.note(&message) {
                        Ok(()) => return Some(message),
                        Err(error) => error,
                    },
                    Ok(None) => continue,
                    Err(error) => error,
                },
                LineRead::TooLong(id) => {
                    let most = streams.limits.line_bytes;
                    let what = format!("a message may have {most} bytes at most");
                    let error = Box::new(ErrorData::invalid_request(what, None));
                    MessageError { id, error }
                }
                LineRead::End(until) => {
                    streams.ending.cancel();
                    let until =
                        *until.get_or_insert_with(|| Instant::now() + streams.limits.linger());
                    if timeout_at(until, streams.in_flight.none()).await.is_err() {
                        tracing::warn!("the input has ended and calls have not: giving them up");
                    }
                    return None;
                }
            };
            tracing::debug!(error = %error.error.message, "refused a message");
            streams.clone().answer(error);
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.0.outbox.close().await
    }
}

impl<R, W> LineStreams<R, W>
where
    R: Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    async fn send(&self, message: ServerJsonRpcMessage) -> io::Result<()> {
        let id = match &message {
            JsonRpcMessage::Response(reply) => Some(&reply.id),
            JsonRpcMessage::Error(reply) => reply.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        let Some(id) = id else { return self.write(&message).await };
        self.in_flight.begin_reply(Some(id));
        let sent = self.write(&message).await;
        self.in_flight.end_reply();
        sent
    }

    async fn write(&self, message: &ServerJsonRpcMessage) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.outbox.send(&line).await
    }

    /// Books what a message opens or ends.
    fn note(&self, message: &ClientJsonRpcMessage) -> Result<(), MessageError> {
        match message {
            JsonRpcMessage::Request(request) if !self.in_flight.begin(&request.id) => {
                // Under its id the client would take the refusal for the first one's answer.
                Err(MessageError::without_id(ErrorData::invalid_request(
                    format!("a request with the id `{}` is not answered yet", request.id),
                    None,
                )))
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // What is cancelled is not answered.
                    self.in_flight.end(id);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Answers without rmcp, in a task, for a write that is dropped halfway would spoil the line.
    fn answer(self: Arc<Self>, error: MessageError) {
        // What is refused was never open; its id may be that of a request that is.
        self.in_flight.begin_reply(None);
        tokio::spawn(async move {
            let reply = ServerJsonRpcMessage::error(*error.error, error.id);
            if let Err(error) = self.write(&reply).await {
                tracing::debug!(%error, "an error was not delivered");
            }
            self.in_flight.end_reply();
        });
    }
}

/// The requests that are not answered yet.
#[derive(Default)]
struct InFlight {
    unanswered: Mutex<Unanswered>,
    fewer: Notify,
}

#[derive(Default)]
struct Unanswered {
    ids: HashSet<RequestId>,
    /// Replies that are being written. Their ids are free: a client may use one again as soon as it
    /// has read the reply, before the write of it has come back here.
    replies: usize,
}

impl Unanswered {
    /// The end of input waits for replies that are written, not begun.
    fn count(&self) -> usize {
        self.ids.len() + self.replies
    }
}

impl InFlight {
    fn unanswered(&self) -> MutexGuard<'_, Unanswered> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False if that id is open already.
    fn begin(&self, id: &RequestId) -> bool {
        self.unanswered().ids.insert(id.clone())
    }

    fn end(&self, id: &RequestId) {
        self.unanswered().ids.remove(id);
        self.fewer.notify_waiters();
    }

    fn begin_reply(&self, id: Option<&RequestId>) {
        let mut unanswered = self.unanswered();
        if let Some(id) = id {
            unanswered.ids.remove(id);
        }
        unanswered.replies += 1;
    }

    fn end_reply(&self) {
        let mut unanswered = self.unanswered();
        unanswered.replies = unanswered.replies.saturating_sub(1);
        drop(unanswered);
        self.fewer.notify_waiters();
    }

    async fn none(&self) {
        self.fewer_than(1).await;
    }

    async fn fewer_than(&self, bound: usize) {
        loop {
            let fewer = self.fewer.notified();
            tokio::pin!(fewer);
            // Listen before looking, or an end in between would be missed.
            fewer.as_mut().enable();
            if self.unanswered().count() < bound.max(1) {
                return;
            }
            fewer.await;
        }
    }
}

/// Where replies go. Each sender adds its line and then asks for the writer; whoever gets it
/// first writes everything that has come together meanwhile.
struct Outbox<W> {
    waiting: Mutex<Vec<u8>>,
    writer: AsyncMutex<W>,
    broken: AtomicBool,
}

impl<W: AsyncWrite + Unpin> Outbox<W> {
    fn new(writer: W) -> Self {
        Self {
            waiting: Mutex::default(),
            writer: AsyncMutex::new(writer),
            broken: AtomicBool::new(false),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, line: &[u8]) -> io::Result<()> {
        self.waiting().extend_from_slice(line);
        let mut writer = self.writer.lock().await;
        if self.is_broken() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let batch = std::mem::take(&mut *self.waiting());
        if batch.is_empty() {
            return Ok(());
        }
        let written = async {
            writer.write_all(&batch).await?;
            writer.flush().await
        };
        written.await.inspect_err(|_| self.broken.store(true, Ordering::Relaxed))
    }

    async fn close(&self) -> io::Result<()> {
        let mut writer = self.writer.lock().await;
        if self.is_broken() {
            return Ok(());
        }
        writer.shutdown().await
    }

    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

/// A message that is answered with an error, and whom the answer is for, if that can be told.
#[derive(Debug)]
struct MessageError {
    id: Option<RequestId>,
    error: Box<ErrorData>,
}

impl MessageError {
    fn without_id(error: ErrorData) -> Self {
        Self { id: None, error: Box::new(error) }
    }
}

/// The message in a line. `None` for an empty line and for notifications nobody knows, which a
/// server has to ignore.
fn parse(line: &[u8]) -> Result<Option<ClientJsonRpcMessage>, MessageError> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    if let Ok(message) = serde_json::from_slice(line) {
        return Ok(Some(message));
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        let what = format!("a line that is not JSON: {error}");
        MessageError::without_id(ErrorData::parse_error(what, None))
    })?;
    let Value::Object(object) = value else {
        let what = "a message is a JSON object; batches are not part of this protocol";
        return Err(MessageError::without_id(ErrorData::invalid_request(what, None)));
    };
    let id = object.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
    if object.contains_key("method") && !object.contains_key("id") {
        return Ok(None);
    }
    let what = "a message is a JSON-RPC 2.0 request, notification or response";
    Err(MessageError { id, error: Box::new(ErrorData::invalid_request(what, None)) })
}
