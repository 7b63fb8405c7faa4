//! Batches of messages on lines, which version 2025-03-26 has: each message is served by itself, and
//! what is answered goes back together.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{ProtocolVersion, RequestId};
use serde_json::value::RawValue;

use crate::message::{self, MessageError};

#[derive(Default)]
struct OpenBatch {
    /// Requests whose replies are still to come.
    unanswered: HashSet<RequestId>,
    /// As JSON.
    replies: Vec<Vec<u8>>,
}

impl OpenBatch {
    fn line(self) -> Option<Vec<u8>> {
        if self.replies.is_empty() {
            return None;
        }
        Some([b"[", &self.replies.join(&b","[..])[..], b"]"].concat())
    }
}

#[derive(Default)]
struct BatchState {
    /// The version that was agreed on.
    version: Option<ProtocolVersion>,
    /// The rest of the batch that is being read.
    unread: VecDeque<Box<RawValue>>,
    /// That batch.
    reading: Option<OpenBatch>,
    /// Batches that are read and not answered.
    read: Vec<OpenBatch>,
}

impl BatchState {
    /// The reply of the batch that `id` ends, once it is read and answered whole.
    fn remove(&mut self, id: &RequestId, reply: Option<Vec<u8>>) -> Option<Vec<u8>> {
        if let Some(batch) = &mut self.reading
            && batch.unanswered.remove(id)
        {
            batch.replies.extend(reply);
            return None;
        }
        let index = self.read.iter_mut().position(|batch| batch.unanswered.remove(id))?;
        let batch = self.read.get_mut(index)?;
        batch.replies.extend(reply);
        if batch.unanswered.is_empty() {
            return self.read.swap_remove(index).line();
        }
        None
    }

    fn holds(&self, id: &RequestId) -> bool {
        self.reading.iter().chain(&self.read).any(|batch| batch.unanswered.contains(id))
    }
}

/// The batches of one conversation.
#[derive(Default)]
pub(crate) struct LineBatches(Mutex<BatchState>);

impl LineBatches {
    fn state(&self) -> MutexGuard<'_, BatchState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which version is spoken from now on.
    pub(crate) fn agreed(&self, version: &ProtocolVersion) {
        self.state().version = Some(version.clone());
    }

    /// Begins to read a batch.
    pub(crate) fn begin(&self, batch: &[&RawValue]) -> Result<(), MessageError> {
        let mut state = self.state();
        message::check_batches(state.version.as_ref())?;
        state.unread = batch.iter().map(|one| (*one).to_owned()).collect();
        state.reading = Some(OpenBatch::default());
        Ok(())
    }

    /// The next message of the batch that is being read.
    pub(crate) fn next(&self) -> Option<Box<RawValue>> {
        self.state().unread.pop_front()
    }

    /// A message of the batch is a request that will be answered.
    pub(crate) fn expect(&self, id: &RequestId) {
        if let Some(batch) = &mut self.state().reading {
            batch.unanswered.insert(id.clone());
        }
    }

    /// A message of the batch was refused.
    pub(crate) fn refuse(&self, reply: Vec<u8>) {
        if let Some(batch) = &mut self.state().reading {
            batch.replies.push(reply);
        }
    }

    /// Ends the reading of a batch that has no more messages, and returns what is to be written where
    /// all of it is answered.
    pub(crate) fn end_reading(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        if !state.unread.is_empty() {
            return None;
        }
        let batch = state.reading.take()?;
        if batch.unanswered.is_empty() {
            return batch.line();
        }
        state.read.push(batch);
        None
    }

    /// What is to be written now that a request is answered: by itself, or with its batch.
    pub(crate) fn reply(&self, id: &RequestId, reply: Vec<u8>) -> Option<Vec<u8>> {
        let mut state = self.state();
        if !state.holds(id) {
            return Some(reply);
        }
        state.remove(id, Some(reply))
    }

    /// What is to be written now that a request will not be answered.
    pub(crate) fn cancel(&self, id: &RequestId) -> Option<Vec<u8>> {
        self.state().remove(id, None)
    }
}
