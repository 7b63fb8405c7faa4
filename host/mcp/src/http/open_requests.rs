//! The ids of a session's requests that are not answered yet.
//!
//! rmcp sends a reply to whoever asked last under its id: a second request under an id that is open
//! takes the first one's place, and whoever made the first waits for ever. So an id is taken before
//! rmcp sees the request, and is free again when the reply goes out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;

#[derive(Default)]
struct OpenIds {
    /// Each with the number of its taking: an id may be another request's by the time one ends.
    taken: HashMap<RequestId, u64>,
    last: u64,
}

/// The open requests of one session.
#[derive(Default)]
pub(crate) struct OpenRequests(Mutex<OpenIds>);

impl OpenRequests {
    fn ids(&self) -> MutexGuard<'_, OpenIds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an id; none where it is open.
    pub(crate) fn begin(self: &Arc<Self>, id: &RequestId) -> Option<OpenRequest> {
        let mut ids = self.ids();
        if ids.taken.contains_key(id) {
            return None;
        }
        ids.last += 1;
        let number = ids.last;
        ids.taken.insert(id.clone(), number);
        Some(OpenRequest { id: id.clone(), number, all: self.clone() })
    }

    /// What is cancelled is not answered: its id is free.
    pub(crate) fn cancel(&self, id: &RequestId) {
        self.ids().taken.remove(id);
    }
}

/// A request that has its id until this is dropped.
pub(crate) struct OpenRequest {
    id: RequestId,
    number: u64,
    all: Arc<OpenRequests>,
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut ids = self.all.ids();
        if ids.taken.get(&self.id) == Some(&self.number) {
            ids.taken.remove(&self.id);
        }
    }
}

/// An open request on its way through rmcp, as an extension of the HTTP request. Whoever is to answer
/// takes it out; what is refused on the way drops it.
#[derive(Clone)]
pub(crate) struct RequestInPassing(Arc<Mutex<Option<OpenRequest>>>);

impl RequestInPassing {
    pub(crate) fn new(request: OpenRequest) -> Self {
        Self(Arc::new(Mutex::new(Some(request))))
    }

    pub(crate) fn take(&self) -> Option<OpenRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_requests_until_it_ends_and_no_other_frees_it() {
        let all = Arc::new(OpenRequests::default());
        let (one, other) = (RequestId::Number(1), RequestId::String("1".into()));
        let first = all.begin(&one).unwrap();
        assert!(all.begin(&one).is_none());
        assert!(all.begin(&other).is_some(), "a text is no number");
        all.cancel(&one);
        let second = all.begin(&one).unwrap();
        drop(first);
        assert!(all.begin(&one).is_none(), "the second is open still");
        drop(second);
        assert!(all.begin(&one).is_some());
    }
}
