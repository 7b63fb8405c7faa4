//! The request log: what reached the store, for tests and for the curious.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many requests are remembered.
const KEPT: usize = 10_000;

/// One request as it reached the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedRequest {
    /// Counts up from 1, also over those that are no longer remembered.
    pub number: u64,
    /// When it arrived, in seconds since 1970.
    pub time: f64,
    /// The method.
    pub method: String,
    /// Path and query exactly as sent.
    pub target: String,
    /// The status answered; 0 when none was sent.
    pub status: u16,
    /// How long the answer took, in milliseconds.
    pub ms: f64,
    /// What it was called by, as `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Of which trace it said to be a part, as `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The fault that was made to happen, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// A bounded ring of requests.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<(u64, VecDeque<LoggedRequest>)>);

impl RequestLog {
    /// Remembers a request; its number is given here.
    pub(crate) fn push(&self, mut request: LoggedRequest) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.0 += 1;
        request.number = log.0;
        if log.1.len() == KEPT {
            log.1.pop_front();
        }
        log.1.push_back(request);
    }

    /// What is remembered, oldest first.
    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.iter().cloned().collect()
    }

    /// Forgets everything; numbers go on.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clear();
    }
}
