//! A table of documents: entities that the store keeps as the API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::Doc;
use crate::php;

/// Documents by id, with the name of their id field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    key: String,
    rows: BTreeMap<u64, Doc>,
    next_id: u64,
}

impl Table {
    /// An empty table whose documents have their id in `key`.
    pub(crate) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), rows: BTreeMap::new(), next_id: 1 }
    }

    /// A table of the documents of a list; what is not a document is left out.
    pub(crate) fn of(key: &str, docs: Option<&Value>) -> Self {
        let mut table = Self::new(key);
        for doc in docs.and_then(Value::as_array).into_iter().flatten() {
            if let Value::Object(doc) = doc {
                table.put(doc.clone());
            }
        }
        table
    }

    /// One document.
    pub(crate) fn get(&self, id: u64) -> Option<&Doc> {
        self.rows.get(&id)
    }

    /// One document, to be changed.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Doc> {
        self.rows.get_mut(&id)
    }

    /// All, by id.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Doc> {
        self.rows.values()
    }

    /// All, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Doc> {
        self.rows.values_mut()
    }

    /// The first document that satisfies the condition.
    pub(crate) fn find(&self, condition: impl Fn(&Doc) -> bool) -> Option<&Doc> {
        self.rows.values().find(|doc| condition(doc))
    }

    /// Adds or replaces a document by the id in it.
    pub(crate) fn put(&mut self, doc: Doc) {
        let id = doc.get(&self.key).map_or(0, php::id_of);
        self.next_id = self.next_id.max(id + 1);
        self.rows.insert(id, doc);
    }

    /// Adds a document under a new id, which is put into it; the id.
    pub(crate) fn insert(&mut self, mut doc: Doc) -> u64 {
        let id = self.take_id();
        doc.insert(self.key.clone(), id.into());
        self.rows.insert(id, doc);
        id
    }

    /// Uses up an id, as a failed insert does.
    pub(crate) fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Removes a document.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Doc> {
        self.rows.remove(&id)
    }

    /// Removes the documents that do not satisfy the condition.
    pub(crate) fn retain(&mut self, condition: impl Fn(&Doc) -> bool) {
        self.rows.retain(|_, doc| condition(doc));
    }
}
