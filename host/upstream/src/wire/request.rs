//! One request: what is sent, and when it may be sent again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::{Request, Url};

use super::address::ApiTarget;
use super::reply::StoreReply;
use super::retry;
use super::transport_error::TransportError;

/// A request but for the proof of who we are.
#[derive(Debug)]
pub(crate) struct StoreRequest<'a> {
    pub method: Method,
    pub target: ApiTarget<'a>,
    /// JSON.
    pub body: Option<Bytes>,
    pub resend_policy: ResendPolicy,
    /// Whether it asks for a token: what the store then gives out is meant for us.
    pub asks_for_token: bool,
    /// The route's template, where it is one that a grant names: never a path with its values.
    pub route: Option<&'a str>,
    /// Whether the store may be doing it now, or have done it. It is looked at when nobody waits
    /// for the answer any more.
    under_way: AtomicBool,
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResendPolicy {
    /// Whatever became of it: it reads, or gets a token.
    Always,
    /// Only where it is certain that the store did nothing.
    UnlessProcessed,
    /// Never: it only asks what can be had, and a store in trouble is left alone.
    Never,
}

impl<'a> StoreRequest<'a> {
    /// A read.
    pub(crate) const fn get(target: ApiTarget<'a>) -> Self {
        Self::new(Method::GET, target, None, ResendPolicy::Always)
    }

    /// A read that is made once, whatever becomes of it.
    pub(crate) const fn once(target: ApiTarget<'a>) -> Self {
        Self::new(Method::GET, target, None, ResendPolicy::Never)
    }

    /// A POST of JSON that may be repeated harmlessly: getting a token.
    pub(crate) fn post(target: ApiTarget<'a>, body: Bytes) -> Self {
        let request = Self::new(Method::POST, target, Some(body), ResendPolicy::Always);
        Self { asks_for_token: true, ..request }
    }

    /// A write.
    pub(crate) const fn write(method: Method, target: ApiTarget<'a>, body: Option<Bytes>) -> Self {
        Self::new(method, target, body, ResendPolicy::UnlessProcessed)
    }

    const fn new(
        method: Method,
        target: ApiTarget<'a>,
        body: Option<Bytes>,
        resend_policy: ResendPolicy,
    ) -> Self {
        let under_way = AtomicBool::new(false);
        Self { method, target, body, resend_policy, asks_for_token: false, route: None, under_way }
    }

    /// As one of this route.
    pub(crate) const fn of_route(mut self, route: &'a str) -> Self {
        self.route = Some(route);
        self
    }

    /// Whether the store may have done it, as far as is known.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Notes whether the store may be doing it, or have done it.
    pub(crate) fn set_under_way(&self, under_way: bool) {
        self.under_way.store(under_way, Ordering::Relaxed);
    }

    /// A POST of JSON that is made once, whatever becomes of it: a login that counts as a failed one
    /// when it is repeated.
    pub(crate) fn post_once(target: ApiTarget<'a>, body: Bytes) -> Self {
        Self { resend_policy: ResendPolicy::Never, ..Self::post(target, body) }
    }

    /// As it goes out: with the proof of who we are, the view where a header names it, and all other
    /// headers.
    pub(crate) fn to_http(&self, url: &Url, proof: HeaderMap, view: Option<&str>) -> Request {
        let mut request = Request::new(self.method.clone(), url.clone());
        let headers = request.headers_mut();
        headers.extend(proof);
        // A code was checked to be letters, digits and `_`.
        if let Some(view) = view.and_then(|view| HeaderValue::from_str(view).ok()) {
            headers.insert("store", view);
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

impl ResendPolicy {
    /// Whether a request that ended so may be sent again; if so, after which wait the store asked
    /// for.
    pub(crate) fn resend(
        self,
        outcome: &Result<StoreReply, TransportError>,
    ) -> Option<Option<Duration>> {
        match (self, outcome) {
            (Self::Always, Ok(reply)) if retry::is_transient(reply.status) => {
                Some(reply.retry_after)
            }
            (Self::UnlessProcessed, Ok(reply)) if reply.status == 429 => Some(reply.retry_after),
            (Self::Always | Self::UnlessProcessed, Err(TransportError::NoConnection(_)))
            | (Self::Always, Err(TransportError::NoReply(_))) => Some(None),
            _ => None,
        }
    }
}
