//! The search for products by a list of skus, as plugins make it and the host: word for word the same,
//! so that within a call the store is asked once.

use crate::core::{Lookup, Read, Route, StoreView};
use crate::magento::Condition;

/// The search for products.
pub const PRODUCTS: Route<0> = Route::new("/V1/products");

/// How many subjects the host may look up in one search.
const PAGE: &str = "300";
/// How many it does, and how long their skus are together at most.
const SKUS: usize = 50;
const CHARS: usize = 1_800;

/// The parameter that has the skus.
const VALUE: &str = "searchCriteria[filter_groups][0][filters][0][value]";

/// A search for these skus.
#[derive(Debug, Clone)]
pub(super) struct SkuSearch {
    projection: String,
    skus: Vec<String>,
}

impl SkuSearch {
    pub(super) fn new(projection: &str, skus: &[&str]) -> Self {
        let skus = skus.iter().map(|&sku| sku.to_owned()).collect();
        Self { projection: projection.to_owned(), skus }
    }

    /// The search in a view.
    pub(super) fn read(&self, view: StoreView) -> Read {
        search(&self.projection, view).query(VALUE, &self.skus.join(","))
    }

    /// Where a sku stands in the list.
    pub(super) fn place(&self, sku: &str) -> usize {
        let at = self.skus.iter().position(|typed| typed.eq_ignore_ascii_case(sku));
        at.unwrap_or(usize::MAX)
    }
}

/// A lookup that may read many products in one search.
pub(super) fn by_skus(lookup: Lookup, projection: &str) -> Lookup {
    let many = search(projection, lookup.one.view.clone());
    lookup.many(many, VALUE, "/items", "/sku")
}

/// The search but for its skus, which go last.
fn search(projection: &str, view: StoreView) -> Read {
    let filter = |key: &str| format!("searchCriteria[filter_groups][0][filters][0][{key}]");
    PRODUCTS
        .read([])
        .query(&filter("field"), "sku")
        .query(&filter("condition_type"), Condition::In.as_str())
        .query("searchCriteria[pageSize]", PAGE)
        .query("searchCriteria[currentPage]", "1")
        .query("fields", projection)
        .in_view(view)
}

/// Skus as the host groups them.
pub(super) fn groups<'s>(skus: &[&'s str]) -> Vec<Vec<&'s str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut chars = 0;
    for &sku in skus {
        match groups.last_mut() {
            Some(group) if group.len() < SKUS && chars + sku.len() < CHARS => {
                chars += sku.len() + 1;
                group.push(sku);
            }
            _ => {
                chars = sku.len();
                groups.push(vec![sku]);
            }
        }
    }
    groups
}
