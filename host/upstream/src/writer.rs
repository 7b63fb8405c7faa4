//! Writing to a store.

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use souk_model::{Code, Failure, StoreView, WriteMethod};
use souk_policy::PermittedWrite;

use crate::session::Session;
use crate::wire::address::{ApiTarget, StoreApi, view_segment};
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::{RequestLine, not_json};
use crate::wire::request::StoreRequest;
use crate::wire::transport_error::TransportError;
use crate::wire::upstream::{check_upstream, upstream_error};

/// What sends writes in a session's name.
///
/// Apart from the session, which only reads: whoever holds a session cannot change the store by
/// it. In Souk `souk-plans` alone asks for a writer, since it alone knows that what is sent was
/// shown before, and keeps account of it.
#[derive(Debug, Clone)]
pub struct StoreWriter(Session);

/// What a store answered to a write that it carried out, by its status.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteResponse {
    /// The status: 2xx.
    pub status: u16,
    /// The body: null where there is none, a string where it is plain text.
    pub body: Value,
}

/// Why a write has no answer to show, by what is known of it.
///
/// Only [`Unknown`](Self::Unknown) writes may have happened. Nothing here is sent again by itself
/// once it may have arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It never left: no connection, an address that cannot be sent, no free place among the
    /// store's requests in time, no new token in place of an expired one.
    #[error("not sent: {0}")]
    NotSent(Failure),
    /// The store answered that it did not do it: 4xx, or a redirect, which is not followed.
    #[error("refused: {0}")]
    Refused(Failure),
    /// It may or may not have happened: no answer in time, a connection lost after sending, 5xx, an
    /// answer that cannot be read.
    #[error("not known to have happened: {0}")]
    Unknown(Failure),
}

impl SendError {
    /// What went wrong.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        match self {
            Self::NotSent(failure) | Self::Refused(failure) | Self::Unknown(failure) => failure,
        }
    }

    /// Whether the store certainly did nothing.
    #[must_use]
    pub const fn did_nothing(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::Refused(_) => true,
            Self::Unknown(_) => false,
        }
    }

    /// A write that may have happened. "Try again" would be the wrong advice for it.
    fn unknown(failure: Failure) -> Self {
        const READ_FIRST: &str = "it may have been done: read what the store has now before \
                                  anything is sent again";
        let remedy = match (&failure.remedy, failure.status) {
            (Some(hint), Some(_)) => format!("{READ_FIRST}; {hint}"),
            _ => READ_FIRST.to_owned(),
        };
        Self::Unknown(failure.remedy(remedy))
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(failure)
            | SendError::Refused(failure)
            | SendError::Unknown(failure) => failure,
        }
    }
}

impl From<TransportError> for SendError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Unsendable(failure) | TransportError::NoConnection(failure) => {
                Self::NotSent(failure)
            }
            TransportError::NoReply(failure) | TransportError::BrokenReply(failure) => {
                Self::unknown(failure)
            }
        }
    }
}

impl Session {
    /// What writes to the store in this session's name. For `souk-plans` only: see [`StoreWriter`].
    #[must_use]
    pub fn writer(&self) -> StoreWriter {
        StoreWriter(self.clone())
    }
}

impl StoreWriter {
    /// The session that it writes for.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.0
    }

    /// How many requests the store takes at the same time, reads included. More writes than that
    /// only wait for each other.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.0.store().limits().concurrency
    }

    /// Sends a permitted write, with a JSON body where there is one, and gives what the store
    /// answers to it if that is 2xx.
    ///
    /// It is sent again only where it is certain that the store did nothing: no connection stood,
    /// 429, a token that had expired, a signature refused for the form of its path. All that, and
    /// the answer, must fit into the store's `write_timeout`. Dropping the future leaves it open
    /// whether the write happens.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(
        &self,
        write: &PermittedWrite,
        body: Option<&Value>,
    ) -> Result<WriteResponse, SendError> {
        let target = ApiTarget {
            api: StoreApi::Rest,
            // A write never falls back on the session's scope.
            view: view_segment(write.view(), None),
            path: write.path(),
            query: write.query(),
        };
        let body = body.map(encode_body).transpose().map_err(SendError::NotSent)?;
        let request = StoreRequest::write(http_method(write.method()), target, body)
            .of_route(write.route().as_str());
        let limit = self.0.store().limits().write_timeout;
        match tokio::time::timeout(limit, self.send_now(write, &request)).await {
            Ok(outcome) => outcome,
            Err(_) if request.is_under_way() => Err(SendError::unknown(upstream_error(format!(
                "the store did not answer within {} s",
                limit.as_secs_f32()
            )))),
            Err(_) => Err(SendError::NotSent(
                upstream_error(format!(
                    "the write could not be sent within {} s",
                    limit.as_secs_f32()
                ))
                .remedy("the store is busy: try again later, or raise its `write_timeout`"),
            )),
        }
    }

    async fn send_now(
        &self,
        write: &PermittedWrite,
        request: &StoreRequest<'_>,
    ) -> Result<WriteResponse, SendError> {
        check_upstream(write.upstream()).map_err(SendError::NotSent)?;
        if let StoreView::View(code) = write.view() {
            self.0.check_view(code).await.map_err(SendError::NotSent)?;
        }
        let reply = self.0.send(request).await?;
        if reply.is_success() {
            return write_response(&reply).map_err(SendError::unknown);
        }
        let line = RequestLine {
            method: souk_model::Method::Write(write.method()),
            route: write.route().as_str(),
            path: write.path(),
        };
        let failure = self.0.failure_of(&reply, &line).await;
        Err(if reply.is_refusal() {
            SendError::Refused(failure)
        } else {
            SendError::unknown(failure)
        })
    }
}

const fn http_method(method: WriteMethod) -> Method {
    match method {
        WriteMethod::Post => Method::POST,
        WriteMethod::Put => Method::PUT,
        WriteMethod::Patch => Method::PATCH,
        WriteMethod::Delete => Method::DELETE,
    }
}

fn encode_body(body: &Value) -> Result<Bytes, Failure> {
    let bytes = serde_json::to_vec(body);
    bytes.map(Bytes::from).map_err(|error| {
        Failure::new(Code::InternalError, format!("the body cannot be written: {error}"))
    })
}

fn write_response(reply: &StoreReply) -> Result<WriteResponse, Failure> {
    Ok(WriteResponse { status: reply.status, body: response_body(reply)? })
}

/// The body of a 2xx. A page, or JSON that is none, comes from something else than the store's API,
/// or from one that failed half-way: it tells nothing about the write.
fn response_body(reply: &StoreReply) -> Result<Value, Failure> {
    let body = reply.body.trim_ascii();
    if body.is_empty() {
        return Ok(Value::Null);
    }
    match (serde_json::from_slice(body), str::from_utf8(body)) {
        (Ok(value), _) => Ok(value),
        (Err(_), Ok(text)) if !reply.json && !text.starts_with('<') => Ok(text.into()),
        _ => Err(not_json(reply, "look at the store before trying again: it may have done it")),
    }
}
