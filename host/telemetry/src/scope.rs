//! The request that something is done for: set where it comes in, and found by whatever writes a log
//! line, a line of the trail or a request to the store below it.

use std::future::Future;

use crate::request_id::RequestId;
use crate::trace_context::TraceParent;
use crate::tracer;

tokio::task_local! {
    static CURRENT: RequestScope;
}

/// What a request brought of its own origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOrigin {
    id: RequestId,
    parent: Option<TraceParent>,
    /// Of a trace that begins here.
    trace_id: u128,
}

impl RequestOrigin {
    /// Of what it brought as `x-request-id` and `traceparent`: the one if it is well formed, else the
    /// trace's id, else an id of its own.
    #[must_use]
    pub fn new(request_id: Option<&str>, traceparent: Option<&str>) -> Self {
        let parent = traceparent.and_then(TraceParent::parse);
        let trace_id = parent.map_or_else(tracer::new_trace_id, |parent| parent.trace_id);
        let id = request_id.and_then(RequestId::parse);
        Self { id: id.unwrap_or_else(|| RequestId::of_trace(trace_id)), parent, trace_id }
    }

    /// The same as a part of the trace that it names of itself, beside what carried it.
    #[must_use]
    pub fn within(self, traceparent: Option<&str>) -> Self {
        match traceparent.and_then(TraceParent::parse) {
            Some(parent) => Self { parent: Some(parent), trace_id: parent.trace_id, ..self },
            None => self,
        }
    }

    /// What it is called by.
    #[must_use]
    pub const fn id(&self) -> &RequestId {
        &self.id
    }
}

/// A request, and the span of it that is at work.
#[derive(Debug, Clone)]
pub struct RequestScope {
    pub(crate) id: RequestId,
    /// The span that is at work; before the first that of whoever asked, if there is one.
    pub(crate) parent: Option<TraceParent>,
    /// Of which trace spans are, and whether they are recorded.
    pub(crate) trace_id: u128,
    pub(crate) is_sampled: bool,
}

impl RequestScope {
    /// The scope of a request that came in.
    #[must_use]
    pub fn of(origin: RequestOrigin) -> Self {
        let RequestOrigin { id, parent, trace_id } = origin;
        let is_sampled = tracer::samples(trace_id, parent.map(|parent| parent.is_sampled));
        Self { id, parent, trace_id, is_sampled }
    }

    /// The one that is at work; else that of a request that nobody sent an id with.
    #[must_use]
    pub fn current_or_new() -> Self {
        Self::current().unwrap_or_else(|| Self::of(RequestOrigin::new(None, None)))
    }

    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Does this for the request.
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }
}

/// The id of the request that is at work, if one is.
#[must_use]
pub fn request_id() -> Option<RequestId> {
    CURRENT.try_with(|scope| scope.id.clone()).ok()
}

/// What is sent to another server as `traceparent`: the span at work, where spans are collected.
#[must_use]
pub fn trace_parent() -> Option<TraceParent> {
    tracer::is_on().then(|| CURRENT.try_with(|scope| scope.parent).ok().flatten()).flatten()
}

/// Work for a task of its own, that is done for the request which begins it.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let scope = RequestScope::current();
    async move {
        match scope {
            Some(scope) => scope.run(work).await,
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_is_carried_knows_its_request() {
        let scope = RequestScope::of(RequestOrigin::new(Some("r-1"), None));
        let (plain, carried) = scope
            .run(async {
                let plain = tokio::spawn(async { request_id() });
                let carried = tokio::spawn(carried(async { request_id() }));
                (plain.await.unwrap(), carried.await.unwrap())
            })
            .await;
        assert_eq!(plain, None);
        assert_eq!(carried.unwrap().as_str(), "r-1");
        assert_eq!(request_id(), None);
    }

    #[test]
    fn an_id_is_the_clients_or_the_traces_or_its_own() {
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let id = |id, parent| RequestOrigin::new(id, parent).id().to_string();
        assert_eq!(id(Some("r-1"), Some(traceparent)), "r-1");
        assert_eq!(id(Some("r 1"), Some(traceparent)), "0af7651916cd43dd8448eb211c80319c");
        let own = id(Some("r 1"), Some("00-nonsense"));
        assert!(own.len() == 32 && own != id(None, None), "{own}");
    }
}
