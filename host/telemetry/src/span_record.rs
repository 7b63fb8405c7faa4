//! A span that has ended, as it is exported.

use std::time::SystemTime;

use crate::trace_context::TraceParent;

/// What part a span has in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Inside of this host.
    Internal,
    /// It answers somebody's request.
    Server,
    /// It asks another server.
    Client,
}

/// What is said of a span.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// A count.
    Whole(i64),
}

/// A span that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRecord {
    /// Which one, of which trace.
    pub context: TraceParent,
    /// The span that it is a part of, here or elsewhere.
    pub parent: Option<u64>,
    /// What was done.
    pub name: String,
    /// Its part in the trace.
    pub kind: SpanKind,
    /// When it began.
    pub started: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What is said of it.
    pub attributes: Vec<(&'static str, AttributeValue)>,
    /// What failed, as a code; none where nothing did.
    pub error: Option<String>,
}
