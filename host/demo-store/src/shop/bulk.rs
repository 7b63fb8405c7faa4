//! Asynchronous requests: bulks of operations that wait for the consumer of the message queue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::scope::StoreId;

/// How an operation came out, by the numbers that answers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// Not done yet, or begun by a consumer that died of it.
    Open = 4,
    /// Done.
    Done = 1,
    /// Refused.
    Failed = 3,
}

/// One item of a bulk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// The item as given.
    pub(crate) item: Value,
    /// The item read as arguments of the route.
    pub(crate) arguments: Map<String, Value>,
    /// How it came out.
    pub(crate) outcome: Outcome,
    /// Whether the consumer took it from the queue. One that is still open after that stays so.
    pub(crate) taken: bool,
    /// What the consumer says of it.
    pub(crate) message: Option<String>,
    /// What the service answered.
    pub(crate) result: Option<String>,
}

/// One asynchronous request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bulk {
    /// Its id.
    pub(crate) uuid: String,
    /// The method of the route that it is for.
    pub(crate) method: String,
    /// The template of that route.
    pub(crate) template: String,
    /// The store view.
    pub(crate) store: StoreId,
    /// When it was accepted, in seconds since 1970.
    pub(crate) accepted: i64,
    /// The kind of user who asked: 1 an integration, 2 an admin.
    pub(crate) user_type: u8,
    /// Its items.
    pub(crate) operations: Vec<Operation>,
}

/// All bulks, in the order in which they came, and the state of their one consumer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Bulks {
    /// The bulks.
    pub(crate) list: Vec<Bulk>,
    /// Whether nobody started the consumer.
    pub(crate) stopped: bool,
    /// Until when the consumer does nothing, in seconds since 1970: it died, or has done its share of
    /// this second.
    pub(crate) down_until: i64,
    /// How many operations it took in the second of the last one.
    taken: (i64, u32),
    /// How many bulks from the first on it has done with: it does not look at them again.
    behind: usize,
}

/// How many operations the consumer takes in a second, so that large bulks are seen half done.
const PER_SECOND: u32 = 50;

impl Bulks {
    /// The bulk and operation that the consumer takes next. It is slow: what was accepted in this
    /// second waits.
    pub(crate) fn next(&self, now: i64) -> Option<(usize, usize)> {
        if self.stopped || now < self.down_until {
            return None;
        }
        self.list
            .iter()
            .enumerate()
            .skip(self.behind)
            .filter(|(_, bulk)| bulk.accepted < now)
            .find_map(|(place, bulk)| {
                let operation = bulk.operations.iter().position(|operation| !operation.taken)?;
                Some((place, operation))
            })
    }

    /// Counts an operation taken at a second.
    pub(crate) fn count(&mut self, at: i64) {
        let is_through = |bulk: &Bulk| bulk.operations.iter().all(|operation| operation.taken);
        while self.list.get(self.behind).is_some_and(is_through) {
            self.behind += 1;
        }
        let before = if self.taken.0 == at { self.taken.1 } else { 0 };
        self.taken = (at, before + 1);
        if before + 1 >= PER_SECOND {
            self.down_until = at + 1;
        }
    }

    /// A bulk.
    pub(crate) fn get(&self, uuid: &str) -> Option<&Bulk> {
        self.list.iter().find(|bulk| bulk.uuid == uuid)
    }
}
