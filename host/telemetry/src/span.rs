//! Spans: what was done for a request, from when to when.

use std::future::Future;
use std::time::SystemTime;

use crate::scope::RequestScope;
use crate::span_record::{AttributeValue, SpanKind, SpanRecord};
use crate::trace_context::TraceParent;
use crate::tracer;

/// A span that is at work, for what it does to say something of it. What nobody collects is not kept.
pub struct ActiveSpan(Option<Box<SpanRecord>>);

impl ActiveSpan {
    /// Calls it otherwise than it was begun.
    pub fn rename(&mut self, name: String) {
        if let Some(record) = &mut self.0 {
            record.name = name;
        }
    }

    /// Says something of it.
    pub fn text(&mut self, key: &'static str, value: impl Into<String>) {
        if let Some(record) = &mut self.0 {
            record.attributes.push((key, AttributeValue::Text(value.into())));
        }
    }

    /// Says a number of it.
    pub fn whole(&mut self, key: &'static str, value: u64) {
        if let Some(record) = &mut self.0 {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            record.attributes.push((key, AttributeValue::Whole(value)));
        }
    }

    /// Says that it failed, by a code.
    pub fn fail(&mut self, code: impl Into<String>) {
        if let Some(record) = &mut self.0 {
            let code = code.into();
            record.attributes.push(("error.type", AttributeValue::Text(code.clone())));
            record.error = Some(code);
        }
    }

    /// Whether anything that is said of it is kept.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.0.is_some()
    }
}

/// What is given up before its end is told, too.
impl Drop for ActiveSpan {
    fn drop(&mut self) {
        if let Some(mut record) = self.0.take() {
            record.ended = SystemTime::now();
            tracer::keep(*record);
        }
    }
}

/// Does this as a span of the request that is at work. `name` is made only where the trace is
/// recorded; outside of a request nothing is.
pub async fn span<T, F>(
    kind: SpanKind,
    name: impl FnOnce() -> String,
    work: impl FnOnce(ActiveSpan) -> F,
) -> T
where
    F: Future<Output = T>,
{
    let scope = RequestScope::current().filter(|scope| scope.is_sampled && tracer::is_on());
    let Some(mut scope) = scope else { return work(ActiveSpan(None)).await };
    let context =
        TraceParent { trace_id: scope.trace_id, span_id: tracer::new_span_id(), is_sampled: true };
    let now = SystemTime::now();
    let record = SpanRecord {
        context,
        parent: scope.parent.map(|parent| parent.span_id),
        name: name(),
        kind,
        started: now,
        ended: now,
        attributes: Vec::new(),
        error: None,
    };
    scope.parent = Some(context);
    let work = work(ActiveSpan(Some(Box::new(record))));
    scope.run(work).await
}
