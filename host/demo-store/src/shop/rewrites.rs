//! URL rewrites: which address leads to what, view by view, and where old ones redirect to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::scope::StoreId;

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A product.
    Product,
    /// A category.
    Category,
}

/// One address in one view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rewrite {
    /// The view.
    pub(crate) store: StoreId,
    /// The address, without a slash at its ends.
    pub(crate) path: String,
    /// What kind of thing it leads to.
    pub(crate) kind: Kind,
    /// That thing's id.
    pub(crate) id: u64,
    /// The category through which it leads to a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<u64>,
    /// The address that this one, an old one, redirects to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
}

/// Which of a thing's addresses is meant: in a view, for a product perhaps through a category.
pub(crate) type Slot = (StoreId, Option<u64>);

/// All addresses. An address leads to one thing in a view; letters' case does not tell two apart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Rewrite>", into = "Vec<Rewrite>")]
pub(crate) struct Rewrites {
    rows: BTreeMap<Key, Rewrite>,
    /// The addresses of each thing.
    of: BTreeMap<(Kind, u64), BTreeSet<Key>>,
}

/// A view, and an address in small letters.
type Key = (StoreId, String);

impl From<Vec<Rewrite>> for Rewrites {
    fn from(rows: Vec<Rewrite>) -> Self {
        let mut rewrites = Self::default();
        rows.into_iter().for_each(|row| rewrites.put(row));
        rewrites
    }
}

impl From<Rewrites> for Vec<Rewrite> {
    fn from(rewrites: Rewrites) -> Self {
        rewrites.rows.into_values().collect()
    }
}

fn key(store: StoreId, path: &str) -> Key {
    (store, path.to_lowercase())
}

impl Rewrites {
    /// Whether there is none at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What an address is in a view, whatever its case.
    pub(crate) fn get(&self, store: StoreId, path: &str) -> Option<&Rewrite> {
        self.rows.get(&key(store, path))
    }

    /// The address of a thing itself, through no category.
    pub(crate) fn own(&self, store: StoreId, kind: Kind, id: u64) -> Option<&Rewrite> {
        let is_own =
            |row: &&Rewrite| row.store == store && row.category.is_none() && row.to.is_none();
        self.of(kind, id).find(is_own)
    }

    fn of(&self, kind: Kind, id: u64) -> impl Iterator<Item = &Rewrite> {
        let keys = self.of.get(&(kind, id)).into_iter().flatten();
        keys.filter_map(|key| self.rows.get(key))
    }

    /// Has an address redirect to another, whatever is there: a path, or a whole address of another
    /// site.
    pub(crate) fn redirect(&mut self, store: StoreId, path: &str, to: &str) {
        let (kind, id, category) = (Kind::Product, 0, None);
        let to = Some(to.to_owned());
        self.put(Rewrite { store, path: path.to_owned(), kind, id, category, to });
    }

    /// Adds an address, or replaces what it led to.
    fn put(&mut self, row: Rewrite) {
        let key = key(row.store, &row.path);
        self.remove(&key);
        self.of.entry((row.kind, row.id)).or_default().insert(key.clone());
        self.rows.insert(key, row);
    }

    fn remove(&mut self, key: &Key) {
        if let Some(row) = self.rows.remove(key)
            && let Some(keys) = self.of.get_mut(&(row.kind, row.id))
        {
            keys.remove(key);
        }
    }

    /// Removes what leads to a thing, old addresses included.
    pub(crate) fn forget(&mut self, kind: Kind, id: u64) {
        for key in self.of.remove(&(kind, id)).into_iter().flatten() {
            self.rows.remove(&key);
        }
    }

    /// Removes what leads to products through a category.
    pub(crate) fn forget_through(&mut self, category: u64) {
        let through = self.rows.iter().filter(|(_, row)| row.category == Some(category));
        let keys: Vec<Key> = through.map(|(key, _)| key.clone()).collect();
        keys.iter().for_each(|key| self.remove(key));
    }

    /// Gives a thing these addresses, one a slot. Where one changes, those that redirected to the old
    /// one redirect to the new one; the old one itself does so where `keeps_old`, and is gone else.
    /// What belongs to something else stays as it is.
    pub(crate) fn replace(
        &mut self,
        kind: Kind,
        id: u64,
        paths: &[(Slot, String)],
        keeps_old: bool,
    ) {
        let path_of = |slot: Slot| paths.iter().find(|(at, _)| *at == slot).map(|(_, path)| path);
        let before: Vec<Rewrite> = self.of(kind, id).cloned().collect();
        for row in before {
            let new = path_of((row.store, row.category));
            let key = key(row.store, &row.path);
            match new {
                None => self.remove(&key),
                Some(path) if row.to.is_some() || (*path != row.path && keeps_old) => {
                    self.put(Rewrite { to: Some(path.clone()), ..row });
                }
                Some(path) if *path != row.path => self.remove(&key),
                Some(_) => {}
            }
        }
        for ((store, category), path) in paths {
            let row = Rewrite {
                store: *store,
                path: path.clone(),
                kind,
                id,
                category: *category,
                to: None,
            };
            let is_free = self
                .get(*store, path)
                .is_none_or(|known| known.to.is_some() || ((known.kind, known.id) == (kind, id)));
            if is_free {
                self.put(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Vec<(Slot, String)> {
        vec![((1, None), path.to_owned())]
    }

    #[test]
    fn an_old_address_redirects_where_it_was_kept_and_to_the_newest() {
        let mut rewrites = Rewrites::default();
        rewrites.replace(Kind::Product, 7, &at("a.html"), false);
        rewrites.replace(Kind::Product, 7, &at("b.html"), true);
        rewrites.replace(Kind::Product, 7, &at("c.html"), true);
        let to = |path: &str| rewrites.get(1, path).map(|row| row.to.clone());
        assert_eq!(to("A.html"), Some(Some("c.html".to_owned())));
        assert_eq!(to("b.html"), Some(Some("c.html".to_owned())));
        assert_eq!(to("c.html"), Some(None));
        rewrites.replace(Kind::Product, 7, &at("d.html"), false);
        assert_eq!(rewrites.get(1, "c.html"), None);
        assert_eq!(rewrites.get(1, "a.html").unwrap().to.as_deref(), Some("d.html"));
        rewrites.replace(Kind::Product, 7, &at("a.html"), true);
        assert_eq!(rewrites.get(1, "a.html").unwrap().to, None);
    }

    #[test]
    fn what_belongs_to_something_else_stays() {
        let mut rewrites = Rewrites::default();
        rewrites.replace(Kind::Product, 7, &at("a.html"), false);
        rewrites.replace(Kind::Category, 3, &at("a.html"), false);
        assert_eq!(rewrites.get(1, "a.html").unwrap().id, 7);
        rewrites.forget(Kind::Product, 7);
        assert!(rewrites.is_empty());
    }
}
