//! One request and its answer: what is sent, what came back, when it is sent again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Method};
use jiff::Timestamp;
use reqwest::{Request, Response, Url};
use souk_model::Failure;

use crate::address::{Api, Target};
use crate::complaint::tame;
use crate::retry;
use crate::transport::{Magento, upstream_error};

/// Of an error's body no more than this is read, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// A request but for the proof of who we are.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub method: Method,
    pub target: Target<'a>,
    /// JSON.
    pub body: Option<Bytes>,
    pub repeat: Repeat,
    /// Whether the store may be doing it now, or have done it. It is looked at when nobody waits
    /// for the answer any more.
    under_way: AtomicBool,
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Whatever became of it: it reads, or gets a token.
    Always,
    /// Only where it is certain that the store did nothing.
    Undone,
    /// Never: it only asks what can be had, and a store in trouble is left alone.
    Never,
}

impl<'a> Outgoing<'a> {
    /// A read.
    pub(crate) const fn get(target: Target<'a>) -> Self {
        Self::new(Method::GET, target, None, Repeat::Always)
    }

    /// A read that is made once, whatever becomes of it.
    pub(crate) const fn once(target: Target<'a>) -> Self {
        Self::new(Method::GET, target, None, Repeat::Never)
    }

    /// A POST of JSON that may be repeated harmlessly: getting a token.
    pub(crate) const fn post(target: Target<'a>, body: Bytes) -> Self {
        Self::new(Method::POST, target, Some(body), Repeat::Always)
    }

    /// A write.
    pub(crate) const fn write(method: Method, target: Target<'a>, body: Option<Bytes>) -> Self {
        Self::new(method, target, body, Repeat::Undone)
    }

    const fn new(method: Method, target: Target<'a>, body: Option<Bytes>, repeat: Repeat) -> Self {
        Self { method, target, body, repeat, under_way: AtomicBool::new(false) }
    }

    /// Whether the store may have done it, as far as is known.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed)
    }

    fn request(&self, url: &Url, authorization: Option<HeaderValue>) -> Request {
        let mut request = Request::new(self.method.clone(), url.clone());
        let headers = request.headers_mut();
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
        if let Some(store) = store_header(&self.target) {
            headers.insert("store", store);
        }
        if let Some(body) = &self.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.clone().into());
        } else if matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
            // Some servers answer 411 to those without it.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request
    }
}

/// The header by which GraphQL is told the store view; none for the store's own default.
fn store_header(target: &Target<'_>) -> Option<HeaderValue> {
    if target.api == Api::Rest || target.store.is_empty() {
        return None;
    }
    // A code was checked to be letters, digits and `_`.
    HeaderValue::from_str(target.store).ok()
}

/// A store's answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    /// Whether the store says that it is JSON.
    pub json: bool,
    pub retry_after: Option<Duration>,
    /// Where a redirect points, fit to be shown.
    pub location: Option<String>,
    /// The store's clock, as it was sent.
    pub date: Option<HeaderValue>,
    /// The whole body of a 2xx; of others at most [`MAX_ERROR_BYTES`].
    pub body: Bytes,
}

impl Reply {
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

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// It cannot be sent, and could not the next time.
    Unsendable(Failure),
    /// There was no connection to send it on.
    Unconnected(Failure),
    /// It may have been sent, and nothing came back.
    Unanswered(Failure),
    /// There was an answer, which cannot be used: it broke off, or is too long.
    Spoilt(Failure),
}

impl Lost {
    /// Whether nothing of the request left this machine.
    const fn never_left(&self) -> bool {
        matches!(self, Self::Unsendable(_) | Self::Unconnected(_))
    }
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Unsendable(failure)
            | Lost::Unconnected(failure)
            | Lost::Unanswered(failure)
            | Lost::Spoilt(failure) => failure,
        }
    }
}

impl Repeat {
    /// Whether a request that ended so may be sent again; if so, after which wait the store asked
    /// for.
    fn again(self, outcome: &Result<Reply, Lost>) -> Option<Option<Duration>> {
        match (self, outcome) {
            (Self::Always, Ok(reply)) if retry::is_transient(reply.status) => {
                Some(reply.retry_after)
            }
            (Self::Undone, Ok(reply)) if reply.status == 429 => Some(reply.retry_after),
            (Self::Always | Self::Undone, Err(Lost::Unconnected(_)))
            | (Self::Always, Err(Lost::Unanswered(_))) => Some(None),
            _ => None,
        }
    }
}

impl Magento {
    /// Sends it, and again where that may help and may be. `authorize` is asked anew for each
    /// attempt, since a signature counts once.
    pub(crate) async fn send<A>(&self, what: &Outgoing<'_>, authorize: A) -> Result<Reply, Lost>
    where
        A: Fn() -> Result<Option<HeaderValue>, Failure>,
    {
        let url = self.address().of(&what.target, self.limits().max_url_bytes);
        let url = url.map_err(Lost::Unsendable)?;
        let mut attempts = 0;
        loop {
            let request = what.request(&url, authorize().map_err(Lost::Unsendable)?);
            let outcome = self.attempt(what, request).await;
            let Some(asked) = what.repeat.again(&outcome) else {
                return outcome;
            };
            attempts += 1;
            let Some(wait) = retry::wait(self.limits(), attempts, asked) else {
                return outcome;
            };
            tracing::debug!(store = self.name(), attempts, ?wait, "the store is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks once, as anybody may, for a page that is not of the REST API. `path` follows the base
    /// URL and is a constant of the host's own.
    pub(crate) async fn page(&self, path: &'static str) -> Result<Reply, Lost> {
        let url = self.address().page(path).map_err(Lost::Unsendable)?;
        let client = self.client().await.map_err(Lost::Unsendable)?;
        let _slot = self.slot().await.map_err(Lost::Unsendable)?;
        match client.execute(Request::new(Method::GET, url)).await {
            Ok(response) => self.reply(response).await,
            Err(error) => Err(self.lost(error)),
        }
    }

    async fn attempt(&self, what: &Outgoing<'_>, request: Request) -> Result<Reply, Lost> {
        let client = self.client().await.map_err(Lost::Unsendable)?;
        let _slot = self.slot().await.map_err(Lost::Unsendable)?;
        what.under_way.store(true, Ordering::Relaxed);
        let outcome = match client.execute(request).await {
            Ok(response) => self.reply(response).await,
            Err(error) => Err(self.lost(error)),
        };
        let undone = outcome.as_ref().map_or_else(Lost::never_left, Reply::is_refusal);
        what.under_way.store(!undone, Ordering::Relaxed);
        outcome
    }

    async fn reply(&self, response: Response) -> Result<Reply, Lost> {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let json = header(CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
        let retry_after =
            header(RETRY_AFTER).and_then(|after| retry::retry_after(after, Timestamp::now()));
        let location = header(LOCATION).map(|to| tame(to, 200));
        let date = response.headers().get(DATE).cloned();
        let body = if status.is_success() {
            whole_body(response, self.limits().max_answer_bytes).await.map_err(Lost::Spoilt)?
        } else {
            // Half of a complaint is better than none.
            some_body(response, MAX_ERROR_BYTES).await
        };
        Ok(Reply { status: status.as_u16(), json, retry_after, location, date, body })
    }

    fn lost(&self, error: reqwest::Error) -> Lost {
        let base_url = self.base_url();
        if !error.is_connect() {
            let message = format!("`{base_url}` gave no answer: {}", causes(error));
            return Lost::Unanswered(
                upstream_error(message).remedy("check that the store is up; its log may say more"),
            );
        }
        let message = if error.is_timeout() {
            let limit = self.limits().connect_timeout.as_secs_f32();
            format!("`{base_url}` took no connection within {limit} s")
        } else {
            format!("`{base_url}` cannot be reached: {}", causes(error))
        };
        Lost::Unconnected(
            upstream_error(message)
                .remedy("check that the store is up and that its `base_url` is right"),
        )
    }
}

/// The innermost cause of a transport error, which is the one that says something. The address is
/// left out: it may hold a customer's data.
pub(crate) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    tame(&innermost.to_string(), 200)
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
        upstream_error(format!("the store's answer broke off: {}", causes(error)))
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

/// The beginning of a body, as far as it comes.
pub(crate) async fn some_body(mut response: Response, max: usize) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(max - body.len())]);
        if body.len() == max {
            break;
        }
    }
    body.freeze()
}
