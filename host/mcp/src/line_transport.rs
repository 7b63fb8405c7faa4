//! Messages as lines of JSON: the transport under stdio.
//!
//! rmcp has one of its own. This one differs where it matters to a client: it answers what it
//! cannot read instead of staying silent, holds the end of input back until every request is
//! answered, reads no more than it has room for, and gathers replies into one write.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
    ServerResult,
};
use rmcp::service::RoleServer;
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::TransportLimits;
use crate::line_batches::LineBatches;
use crate::line_reader::{LineRead, LineReader};
use crate::message::{self, MessageError, Payload};

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
    batches: LineBatches,
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
            batches: LineBatches::default(),
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
            let of_batch = streams.batches.next();
            let taken = match &of_batch {
                Some(one) => streams.take(one.get().as_bytes(), true),
                None => match reader.next().await {
                    LineRead::Line => match message::split(reader.line()) {
                        Ok(Payload::Message(message)) => streams.take(message, false),
                        Ok(Payload::Nothing) => continue,
                        Ok(Payload::Batch(batch)) => match streams.batches.begin(&batch) {
                            Ok(()) => continue,
                            Err(error) => Err(error),
                        },
                        Err(error) => Err(error),
                    },
                    LineRead::TooLong(id) => {
                        let most = streams.limits.line_bytes;
                        Err(MessageError::invalid(
                            id,
                            format!("a message may have {most} bytes at most"),
                        ))
                    }
                    LineRead::End(until) => {
                        streams.ending.cancel();
                        let until =
                            *until.get_or_insert_with(|| Instant::now() + streams.limits.linger());
                        if timeout_at(until, streams.in_flight.none()).await.is_err() {
                            tracing::warn!(
                                "the input has ended and calls have not: giving them up"
                            );
                        }
                        return None;
                    }
                },
            };
            let message = match taken {
                Ok(message) => message,
                Err(error) => {
                    tracing::debug!(error = %error.error.message, "refused a message");
                    let reply = ServerJsonRpcMessage::error(*error.error, error.id);
                    match serde_json::to_vec(&reply) {
                        Ok(reply) if of_batch.is_some() => streams.batches.refuse(reply),
                        Ok(reply) => streams.clone().write_later(reply),
                        Err(error) => tracing::error!(%error, "an error cannot be written"),
                    }
                    None
                }
            };
            if let Some(answered) = streams.batches.end_reading() {
                streams.clone().write_later(answered);
            }
            if message.is_some() {
                return message;
            }
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
    async fn send(&self, mut message: ServerJsonRpcMessage) -> io::Result<()> {
        message::explain_message(&mut message);
        let id = match &message {
            JsonRpcMessage::Response(reply) => Some(&reply.id),
            JsonRpcMessage::Error(reply) => reply.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        if let JsonRpcMessage::Response(reply) = &message
            && let ServerResult::InitializeResult(result) = &reply.result
        {
            self.batches.agreed(&result.protocol_version);
        }
        let line = serde_json::to_vec(&message)?;
        let Some(id) = id else { return self.write(line).await };
        self.in_flight.begin_reply(Some(id));
        let sent = match self.batches.reply(id, line) {
            Some(line) => self.write(line).await,
            // It goes out with the last of its batch.
            None => Ok(()),
        };
        self.in_flight.end_reply();
        sent
    }

    async fn write(&self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        self.outbox.send(&line).await
    }

    /// The message in some bytes, and notes what it opens or ends. `None` for what is ignored.
    fn take(
        self: &Arc<Self>,
        bytes: &[u8],
        of_batch: bool,
    ) -> Result<Option<ClientJsonRpcMessage>, MessageError> {
        let Some(message) = message::parse(bytes)? else { return Ok(None) };
        match &message {
            JsonRpcMessage::Request(request) => {
                if !self.in_flight.begin(&request.id) {
                    return Err(MessageError::id_in_use(&request.id));
                }
                if of_batch {
                    self.batches.expect(&request.id);
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // What is cancelled is not answered.
                    self.in_flight.end(id);
                    if let Some(line) = self.batches.cancel(id) {
                        self.clone().write_later(line);
                    }
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        Ok(Some(message))
    }

    /// Writes without rmcp, in a task, for a write that is dropped halfway would spoil the line.
    fn write_later(self: Arc<Self>, line: Vec<u8>) {
        // What is refused was never open; its id may be that of a request that is.
        self.in_flight.begin_reply(None);
        tokio::spawn(async move {
            if let Err(error) = self.write(line).await {
                tracing::debug!(%error, "an answer was not delivered");
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
