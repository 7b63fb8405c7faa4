//! How the host reads the subjects of changes: before, for drift, and after.

use super::{Batch, Lookup, Read};

impl Lookup {
    /// Subjects are read one by one. Build the read with
    /// [`Route::read_by`](crate::core::Route::read_by) and `BindingSource::Subject`.
    #[must_use]
    pub fn one(read: Read) -> Self {
        Self { one: read, many: None, inherits: false }
    }

    /// Many subjects may be read at once with this search: `ids` is the query parameter that takes
    /// them, joined with commas; the answer has them at `items`, each with its id at `id`.
    #[must_use]
    pub fn many(mut self, read: Read, ids: &str, items: &str, id: &str) -> Self {
        let [ids, items, id] = [ids, items, id].map(str::to_owned);
        self.many = Some(Batch { read, ids, items, id });
        self
    }

    /// The back end answers effective values: a field that equals the global one was inherited, and
    /// undoing takes the override away again.
    #[must_use]
    pub fn inherits(mut self, inherits: bool) -> Self {
        self.inherits = inherits;
        self
    }
}
