//! What the streams of one session have sent, so that a client whose connection broke goes on where
//! it was.
//!
//! rmcp forgets a call's reply with the stream that it went out on, and numbers the events of each
//! stream from nought. Here every message is kept for a while under a number that no other of the
//! session has, whether or not anybody listens; whoever reads a stream reads this log. A call whose
//! client is gone therefore runs to its end, and its reply waits.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt};
use rmcp::model::{JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::server_side_http::ServerSseMessage;
use souk_model::json_bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use super::open_requests::OpenRequest;

/// How long what a stream has sent can be asked for again once it has ended: clients come back
/// within seconds, and those that do not are gone.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// How many events of one stream are kept: far more than a client that keeps up has outstanding.
const EVENTS: usize = 256;

/// What all kept events of a session may take together, in bytes of JSON. Of those that somebody is
/// still to read the last reply is kept whatever its size.
const BYTES: usize = 4 * 1024 * 1024;

/// When a client is to come back after its connection broke.
const RETRY: Duration = Duration::from_secs(3);

/// The stream that belongs to no request.
const STANDALONE: u64 = 0;

/// Which event of which stream: `STREAM.NUMBER`. The number alone is the session's only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventId {
    stream: u64,
    number: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stream, self.number)
    }
}

/// An event that is not, or no longer, known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no event to go on after has this id: it is not this session's, or is kept no longer")]
pub(crate) struct UnknownEvent;

impl FromStr for EventId {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let (stream, number) = text.split_once('.').ok_or(UnknownEvent)?;
        let part = |text: &str| text.parse().map_err(|_| UnknownEvent);
        Ok(Self { stream: part(stream)?, number: part(number)? })
    }
}

/// What is sent under one id.
#[derive(Clone)]
enum EventBody {
    /// Nothing yet, but an id to come back with.
    Priming,
    Message(Arc<ServerJsonRpcMessage>),
}

struct StreamEvent {
    number: u64,
    body: EventBody,
    bytes: usize,
}

impl StreamEvent {
    /// Whether it only tells of something that goes on; the newest such is the one of use.
    fn is_news(&self) -> bool {
        match &self.body {
            EventBody::Priming => true,
            EventBody::Message(message) => matches!(**message, JsonRpcMessage::Notification(_)),
        }
    }
}

#[derive(Default)]
struct StreamLog {
    events: VecDeque<StreamEvent>,
    /// The last event that was handed to somebody.
    read: u64,
    /// Those who listen. Only the first is told; the others step in when it is gone.
    readers: VecDeque<u64>,
    ended: Option<Instant>,
}

impl StreamLog {
    /// Whether somebody waits for what has not been read.
    fn is_awaited(&self) -> bool {
        let unread = self.events.back().is_some_and(|event| event.number > self.read);
        self.ended.is_none() || (unread && !self.readers.is_empty())
    }
}

#[derive(Default)]
struct LogState {
    streams: BTreeMap<u64, StreamLog>,
    last_stream: u64,
    last_number: u64,
    last_reader: u64,
    bytes: usize,
}

impl LogState {
    fn append(&mut self, stream: u64, body: EventBody) {
        let bytes = match &body {
            EventBody::Priming => 0,
            EventBody::Message(message) => json_bytes(message),
        };
        self.last_number += 1;
        let number = self.last_number;
        let Some(logged) = self.streams.get_mut(&stream) else { return };
        if logged.events.len() >= EVENTS {
            let index = logged.events.iter().position(StreamEvent::is_news).unwrap_or(0);
            let gone = logged.events.remove(index);
            self.bytes -= gone.map_or(0, |event| event.bytes);
        }
        logged.events.push_back(StreamEvent { number, body, bytes });
        self.bytes += bytes;
        self.make_room();
    }

    /// Forgets what has ended longest ago, then what has been read of what goes on.
    fn make_room(&mut self) {
        while self.bytes > BYTES {
            let ended = self
                .streams
                .iter()
                .filter(|(_, stream)| !stream.is_awaited())
                .min_by_key(|(_, stream)| stream.ended)
                .map(|(id, _)| *id);
            if let Some(id) = ended
                && self.streams.values().filter(|stream| stream.ended.is_some()).count() > 1
            {
                self.forget(id);
                continue;
            }
            let read = self.streams.values_mut().find(|stream| {
                stream.events.front().is_some_and(|event| event.number <= stream.read)
            });
            match read.and_then(|stream| stream.events.pop_front()) {
                Some(event) => self.bytes -= event.bytes,
                None => return,
            }
        }
    }

    fn forget(&mut self, stream: u64) {
        if let Some(gone) = self.streams.remove(&stream) {
            self.bytes -= gone.events.iter().map(|event| event.bytes).sum::<usize>();
        }
    }

    fn forget_old(&mut self, now: Instant) {
        let old: Vec<u64> = self
            .streams
            .iter()
            .filter(|(_, stream)| {
                !stream.is_awaited()
                    && stream.ended.is_some_and(|ended| now.duration_since(ended) >= KEPT_FOR)
            })
            .map(|(id, _)| *id)
            .collect();
        for stream in old {
            self.forget(stream);
        }
    }
}

/// The log of one session.
pub(crate) struct EventLog {
    state: Mutex<LogState>,
    /// Counts up with every change that a reader may wait for.
    changed: watch::Sender<u64>,
}

impl Default for EventLog {
    fn default() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl EventLog {
    fn state(&self) -> MutexGuard<'_, LogState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut LogState)) {
        change(&mut self.state());
        self.changed.send_modify(|count| *count += 1);
    }

    /// Keeps what a request's stream sends from now on, for as long as it sends, and reads it. With
    /// `primes` its first event says no more than where to come back to. The request is open until its
    /// reply is kept.
    pub(crate) fn record<M: Stream<Item = ServerSseMessage> + Send + 'static>(
        self: &Arc<Self>,
        messages: M,
        primes: bool,
        in_use: Arc<()>,
        request: Option<OpenRequest>,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<M> {
        let stream = {
            let mut state = self.state();
            state.forget_old(Instant::now());
            state.last_stream += 1;
            let stream = state.last_stream;
            state.streams.insert(stream, StreamLog::default());
            if primes {
                state.append(stream, EventBody::Priming);
            }
            stream
        };
        self.keep(stream, messages, Some(in_use), request);
        self.read(stream, None)
    }

    /// Whether it is for the caller to [record](Self::record_standalone) the stream that belongs to
    /// no request: nobody does, or has said so.
    pub(crate) fn claim_standalone(&self) -> bool {
        let mut state = self.state();
        if state.streams.get(&STANDALONE).is_some_and(|stream| stream.ended.is_none()) {
            return false;
        }
        state.forget(STANDALONE);
        state.streams.insert(STANDALONE, StreamLog::default());
        true
    }

    /// The stream that was claimed could not be had.
    pub(crate) fn release_standalone(&self) {
        self.change(|state| state.forget(STANDALONE));
    }

    /// As [`record`](Self::record), of the stream that belongs to no request and was claimed.
    pub(crate) fn record_standalone(
        self: &Arc<Self>,
        messages: impl Stream<Item = ServerSseMessage> + Send + 'static,
    ) {
        self.keep(STANDALONE, messages, None, None);
    }

    /// Reads what the stream that belongs to no request sends and nobody has read.
    pub(crate) fn read_standalone(
        self: &Arc<Self>,
        primes: bool,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<> {
        if primes {
            self.change(|state| state.append(STANDALONE, EventBody::Priming));
        }
        self.read(STANDALONE, None)
    }

    /// Goes on after an event that a client has had.
    ///
    /// # Errors
    /// [`UnknownEvent`] where its stream is not, or no longer, kept.
    pub(crate) fn resume(
        self: &Arc<Self>,
        last: EventId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<>, UnknownEvent>
    {
        {
            let mut state = self.state();
            state.forget_old(Instant::now());
            if !state.streams.contains_key(&last.stream) || last.number > state.last_number {
                return Err(UnknownEvent);
            }
        }
        Ok(self.read(last.stream, Some(last.number)))
    }

    /// Forgets what has been kept long enough.
    pub(crate) fn forget_old(&self) {
        self.state().forget_old(Instant::now());
    }

    fn keep(
        self: &Arc<Self>,
        stream: u64,
        messages: impl Stream<Item = ServerSseMessage> + Send + 'static,
        in_use: Option<Arc<()>>,
        mut request: Option<OpenRequest>,
    ) {
        let log = self.clone();
        tokio::spawn(async move {
            let mut messages = std::pin::pin!(messages);
            while let Some(message) = messages.next().await {
                if let Some(message) = message.message {
                    if matches!(*message, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)) {
                        // Whoever reads the reply may use its id again at once.
                        request = None;
                    }
                    log.change(|state| state.append(stream, EventBody::Message(message)));
                }
            }
            drop(request);
            log.change(|state| {
                if let Some(stream) = state.streams.get_mut(&stream) {
                    stream.ended = Some(Instant::now());
                }
            });
            drop(in_use);
        });
    }

    /// Reads a stream after an event, before all who read it already; or, where none is named, what
    /// nobody has read, after them.
    fn read(
        self: &Arc<Self>,
        stream: u64,
        after: Option<u64>,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<> {
        let changed = self.changed.subscribe();
        let mut reader = EventReader {
            log: self.clone(),
            stream,
            reader: 0,
            after: after.unwrap_or(0),
            resumes: after.is_some(),
            changed,
        };
        self.change(|state| {
            state.last_reader += 1;
            reader.reader = state.last_reader;
            if let Some(stream) = state.streams.get_mut(&stream) {
                if after.is_some() {
                    stream.readers.push_front(reader.reader);
                } else {
                    stream.readers.push_back(reader.reader);
                }
            }
        });
        futures::stream::unfold(reader, |mut reader| async move {
            let event = reader.next().await?;
            Some((event, reader))
        })
    }
}

/// What comes next on a stream.
enum NextEvent {
    Event(ServerSseMessage),
    Later,
    Never,
}

/// One who reads a stream.
struct EventReader {
    log: Arc<EventLog>,
    stream: u64,
    reader: u64,
    /// The last event that the client has had.
    after: u64,
    /// Whether the client said which that is.
    resumes: bool,
    changed: watch::Receiver<u64>,
}

impl EventReader {
    async fn next(&mut self) -> Option<ServerSseMessage> {
        loop {
            self.changed.borrow_and_update();
            match self.look() {
                NextEvent::Event(event) => return Some(event),
                NextEvent::Never => return None,
                NextEvent::Later => self.changed.changed().await.ok()?,
            }
        }
    }

    fn look(&mut self) -> NextEvent {
        let mut state = self.log.state();
        let Some(stream) = state.streams.get_mut(&self.stream) else { return NextEvent::Never };
        let is_first = stream.readers.front() == Some(&self.reader);
        if is_first && !self.resumes {
            // Whoever read before this one has had what it read.
            self.after = stream.read;
        }
        let next = stream.events.iter().find(|event| event.number > self.after);
        match next {
            Some(event) if is_first => {
                self.after = event.number;
                let (id, body) =
                    (EventId { stream: self.stream, number: event.number }, event.body.clone());
                stream.read = stream.read.max(event.number);
                NextEvent::Event(match body {
                    EventBody::Priming => ServerSseMessage::priming(id.to_string(), RETRY),
                    EventBody::Message(message) => {
                        let mut event = ServerSseMessage::default();
                        event.event_id = Some(id.to_string());
                        event.message = Some(message);
                        event
                    }
                })
            }
            // A call's stream has one reader: whoever came back for it took it over.
            _ if !is_first && self.stream != STANDALONE => NextEvent::Never,
            None if stream.ended.is_some() => NextEvent::Never,
            _ => NextEvent::Later,
        }
    }
}

impl Drop for EventReader {
    fn drop(&mut self) {
        self.log.change(|state| {
            if let Some(stream) = state.streams.get_mut(&self.stream) {
                stream.readers.retain(|reader| *reader != self.reader);
            }
        });
    }
}

#[cfg(test)]
mod tests;
