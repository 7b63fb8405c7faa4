//! A store's reply, read within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use jiff::Timestamp;
use reqwest::Response;
use souk_model::Failure;

use super::echo::{EchoFilter, LONGEST_ECHO};
use super::php_trace::without_traces;
use super::retry;
use super::text::sanitize;
use super::transport_error::{TransportError, innermost_cause};
use super::upstream::upstream_error;

/// Of an error's body no more than this is read, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// The longest `Location` that a failure repeats, in characters.
const MAX_LOCATION_CHARS: usize = 200;

/// A store's reply, whatever its status.
#[derive(Debug)]
pub(crate) struct StoreReply {
    pub status: u16,
    /// Whether the store says that it is JSON.
    pub json: bool,
    /// For how long the store asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Where a redirect points, fit to be shown.
    pub location: Option<String>,
    /// The store's clock, as it was sent.
    pub date: Option<HeaderValue>,
    /// The whole body of a 2xx; of others at most [`MAX_ERROR_BYTES`].
    pub body: Bytes,
}

impl StoreReply {
    /// Reads a response to its end: a 2xx of at most `max_bytes`, of others the beginning. What it
    /// quotes of our credentials is taken out here, so that nothing else ever sees it.
    ///
    /// # Errors
    /// A 2xx that broke off or is too long.
    pub(crate) async fn read(
        response: Response,
        max_bytes: usize,
        echoes: &EchoFilter,
    ) -> Result<Self, TransportError> {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let json = header(CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
        let retry_after =
            header(RETRY_AFTER).and_then(|after| retry::retry_after(after, Timestamp::now()));
        let location =
            header(LOCATION).map(|to| sanitize(&echoes.clean_text(to), MAX_LOCATION_CHARS));
        let date = response.headers().get(DATE).cloned();
        let body = if status.is_success() {
            let body = whole_body(response, max_bytes).await;
            without_traces(echoes.clean(body.map_err(TransportError::BrokenReply)?))
        } else {
            // Half of an error body is better than none.
            clean_prefix(response, MAX_ERROR_BYTES, echoes).await
        };
        Ok(Self { status: status.as_u16(), json, retry_after, location, date, body })
    }

    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Whether the store, or a server before it, says that it did not do what it was asked. A 5xx
    /// does not say it: the connection behind a proxy may break after the work is done. Nor does
    /// 303, which some give to what they have done.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self.status, 301 | 302 | 307 | 308 | 400..=499)
    }
}

async fn whole_body(mut response: Response, max: usize) -> Result<Bytes, Failure> {
    let too_long = || {
        upstream_error(format!("the store's answer is longer than {max} bytes"))
            .remedy("ask for fewer items or fewer fields, or raise the store's `max_answer_bytes`")
    };
    let expected = response.content_length();
    if expected.is_some_and(|length| length > max as u64) {
        return Err(too_long());
    }
    let broken = |error| {
        upstream_error(format!("the store's answer broke off: {}", innermost_cause(error)))
            .remedy("try again; if it happens again, the store's log says why")
    };
    let Some(first) = response.chunk().await.map_err(broken)? else {
        return Ok(Bytes::new());
    };
    let mut rest: Option<BytesMut> = None;
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        let all = rest.get_or_insert_with(|| BytesMut::from(&first[..]));
        all.extend_from_slice(&chunk);
        if all.len() > max {
            return Err(too_long());
        }
    }
    let body = rest.map_or(first, BytesMut::freeze);
    if body.len() > max { Err(too_long()) } else { Ok(body) }
}

/// The beginning of a body, without what it quotes of our credentials: neither whole nor, where it is
/// cut off, in part.
pub(crate) async fn clean_prefix(response: Response, max: usize, echoes: &EchoFilter) -> Bytes {
    let mut body = echoes.clean(body_prefix(response, max + LONGEST_ECHO).await);
    body.truncate(max);
    body
}

/// The beginning of a body, as far as it comes.
async fn body_prefix(mut response: Response, max: usize) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(max - body.len())]);
        if body.len() == max {
            break;
        }
    }
    body.freeze()
}
