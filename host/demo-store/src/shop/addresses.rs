//! Which addresses products and categories have, and when they change.

use super::category::Category;
use super::contents::Shop;
use super::product::Product;
use super::rewrites::{Kind, Slot};
use super::scope::{ALL, StoreId};
use crate::php;

/// What products' and categories' addresses end in.
pub(crate) const SUFFIX: &str = ".html";

/// What a product's addresses follow from. A save that leaves it alone leaves them alone.
#[derive(Debug, PartialEq)]
pub(crate) struct Cause {
    keys: Vec<String>,
    websites: Vec<u32>,
    categories: Vec<u64>,
    visibility: Vec<u64>,
}

impl Shop {
    /// What the product's addresses follow from now.
    pub(crate) fn cause_of_addresses(&self, product: &Product) -> Cause {
        let views = self.stores.all_views();
        let visibility =
            |store: &StoreId| product.values.get("visibility", *store).map_or(0, php::id_of);
        Cause {
            keys: views.iter().map(|store| product.text("url_key", *store)).collect(),
            websites: product.websites.clone(),
            categories: product.categories.iter().map(|link| link.category).collect(),
            visibility: views.iter().map(visibility).collect(),
        }
    }

    /// Gives the product the addresses that it shall have.
    pub(crate) fn address_product(&mut self, id: u64, keeps_old: bool) {
        let Some(product) = self.products.get(id) else { return };
        let mut paths: Vec<(Slot, String)> = Vec::new();
        for website in &product.websites {
            for store in self.stores.views_of(*website) {
                self.paths_in(product, store, &mut paths);
            }
        }
        self.rewrites.replace(Kind::Product, id, &paths, keeps_old);
    }

    fn paths_in(&self, product: &Product, store: StoreId, paths: &mut Vec<(Slot, String)>) {
        let key = product.text("url_key", store);
        // What is not visible alone has no page.
        let is_alone = product.values.get("visibility", store).map_or(0, php::id_of) == 1;
        if key.is_empty() || is_alone {
            return;
        }
        paths.push(((store, None), format!("{key}{SUFFIX}")));
        let root = self.stores.root_category(store);
        for link in &product.categories {
            // And through those above that show what is below them.
            let line = self.categories.path(link.category);
            for id in line.iter().copied().skip_while(|id| *id != root).skip(1) {
                let is_shown = id == link.category || self.categories.is_anchor(id);
                let slot = (store, Some(id));
                if let Some(category) = self.categories.get(id)
                    && is_shown
                    && !paths.iter().any(|(known, _)| *known == slot)
                {
                    let above = self.categories.url_path(category, store);
                    paths.push((slot, format!("{above}/{key}{SUFFIX}")));
                }
            }
        }
    }

    /// Gives the category, and those below it, the addresses that they shall have.
    pub(crate) fn address_category(&mut self, id: u64, keeps_old: bool) {
        for id in self.categories.descendants(id).into_iter().chain([id]) {
            let Some(category) = self.categories.get(id) else { continue };
            let paths = self.category_paths(category);
            self.rewrites.replace(Kind::Category, id, &paths, keeps_old);
        }
    }

    fn category_paths(&self, category: &Category) -> Vec<(Slot, String)> {
        let line = self.categories.path(category.id);
        let mut paths = Vec::new();
        for store in self.stores.all_views() {
            let root = self.stores.root_category(store);
            let path = self.categories.url_path(category, store);
            if line.contains(&root) && category.id != root && !path.is_empty() {
                paths.push(((store, None), format!("{path}{SUFFIX}")));
            }
        }
        paths
    }

    /// Gives everything its addresses, in a shop that comes without.
    pub(crate) fn address_all(&mut self) {
        if !self.rewrites.is_empty() {
            return;
        }
        let categories: Vec<u64> =
            self.categories.children(ALL.into()).iter().map(|c| c.id).collect();
        for id in categories {
            self.address_category(id, false);
        }
        let products: Vec<u64> = self.products.iter().map(|product| product.id).collect();
        for id in products {
            self.address_product(id, false);
        }
    }
}
