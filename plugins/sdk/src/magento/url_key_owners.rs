//! Who has a URL key: products and categories of the whole catalogue, in every view.

use std::collections::{BTreeMap, BTreeSet};

use super::sku_search::PRODUCTS;
use crate::core::{Context, Failure, Read, Route, StoreView};
use crate::magento::{
    Condition, Criteria, Filter, LIST_BUDGET, Product, ProductField, ProductUpdates, SearchPage,
    Stores, projection,
};

/// The search for categories.
pub const CATEGORIES: Route<0> = Route::new("/V1/categories/list");

/// How many searches are made together.
const TOGETHER: usize = 16;

/// Who has a key, or would get it. Those who have one come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum UrlKeyOwner {
    /// A product that has it, by its sku.
    Product(String),
    /// A category that has it, by its name.
    Category(String),
    /// A product that would get it, by its sku.
    Candidate(String),
}

/// Who has each of some URL keys, or would get it by the same plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlKeyOwners(BTreeMap<String, BTreeSet<UrlKeyOwner>>);

impl UrlKeyOwners {
    /// Who in the whole catalogue has these keys where they are written: in one store view, or, as a
    /// global key shows in all of them, in every view. Reads [`CATEGORIES`], [`PRODUCTS`] and, for a
    /// global key, the store's views.
    ///
    /// Of categories a global key is compared with the global keys alone: a search in each view of
    /// each would double the requests. Where one has the key in a view of its own, the store refuses
    /// the write.
    ///
    /// # Errors
    /// What reading meets.
    pub fn read(
        context: &Context,
        view: &StoreView,
        keys: &BTreeSet<&str>,
    ) -> Result<Self, Failure> {
        let mut owners = Self::default();
        if keys.is_empty() {
            return Ok(owners);
        }
        for chunk in searches(context, view, keys)?.chunks(TOGETHER) {
            // Categories decode as products do, and keep their key among custom attributes as well.
            for (read, answer) in chunk.iter().zip(context.get_all::<SearchPage<Product>>(chunk)) {
                let is_category = read.route != PRODUCTS.read([]).route;
                for found in answer?.items {
                    let Some(key) = found.text("url_key").filter(|key| keys.contains(key)) else {
                        continue;
                    };
                    let owner = match is_category {
                        true => {
                            UrlKeyOwner::Category(found.text("name").unwrap_or_default().to_owned())
                        }
                        false => UrlKeyOwner::Product(found.sku().to_owned()),
                    };
                    owners.add(key, owner);
                }
            }
        }
        Ok(owners)
    }

    /// Takes note of a product that would get a key.
    pub fn add_candidate(&mut self, key: &str, sku: &str) {
        self.add(key, UrlKeyOwner::Candidate(sku.to_owned()));
    }

    fn add(&mut self, key: &str, owner: UrlKeyOwner) {
        self.0.entry(key.to_owned()).or_default().insert(owner);
    }

    /// Why a key would not be this product's own; `None` where it would.
    #[must_use]
    pub fn collision(&self, key: &str, sku: &str) -> Option<String> {
        self.0.get(key)?.iter().find_map(|owner| match owner {
            UrlKeyOwner::Product(name) if name != sku => Some(format!("`{name}` has it")),
            UrlKeyOwner::Category(name) => Some(format!("the category `{name}` has it")),
            UrlKeyOwner::Candidate(name) if name != sku => {
                Some(format!("`{name}` would get it as well"))
            }
            UrlKeyOwner::Product(_) | UrlKeyOwner::Candidate(_) => None,
        })
    }
}

fn searches(
    context: &Context,
    view: &StoreView,
    keys: &BTreeSet<&str>,
) -> Result<Vec<Read>, Failure> {
    // What a product shows in a view is its own key there or the global one.
    let views: Vec<StoreView> = match view {
        StoreView::Global => {
            Stores::read_view_codes(context)?.into_iter().map(StoreView::View).collect()
        }
        one => vec![one.clone()],
    };
    let products = Product::projection(&["sku", "url_key"])?;
    let categories = projection(["id", "name", "custom_attributes"])?;
    let mut reads: Vec<Read> = Vec::new();
    for filter in Filter::split("url_key", &keys.iter().collect::<Vec<_>>(), LIST_BUDGET / 2)? {
        let products = Criteria::new().filter(filter.clone()).page(300, 1).fields(products.clone());
        // Only categories at the top have addresses that a product's could meet.
        let categories = Criteria::new()
            .filter(filter)
            .filter(Filter::new("level", Condition::Eq, "2")?)
            .page(300, 1)
            .fields(categories.clone());
        reads.push(CATEGORIES.read([]).search(&categories).in_view(view.clone()));
        for view in &views {
            reads.push(PRODUCTS.read([]).search(&products).in_view(view.clone()));
        }
    }
    Ok(reads)
}

/// The URL key that some updates would give to every product they are for.
pub(super) struct SharedUrlKey<'a> {
    key: Option<&'a str>,
    owners: UrlKeyOwners,
    /// Who gets it.
    taken_by: Option<String>,
}

impl<'a> SharedUrlKey<'a> {
    /// Asks the store who has it, where the updates hold one.
    pub(super) fn read(
        context: &Context,
        view: &StoreView,
        updates: &'a ProductUpdates,
    ) -> Result<Self, Failure> {
        let key = updates.text(ProductField::UrlKey);
        let owners = UrlKeyOwners::read(context, view, &key.into_iter().collect())?;
        Ok(Self { key, owners, taken_by: None })
    }

    /// Gives it to a product.
    ///
    /// # Errors
    /// When something else in the catalogue has it, or another product got it before.
    pub(super) fn give(&mut self, product: &Product) -> Result<(), Failure> {
        let Some(key) = self.key else { return Ok(()) };
        let sku = product.sku();
        let reason = match &self.taken_by {
            Some(other) => Some(format!("`{other}` and `{sku}` would both get it")),
            None => self.owners.collision(key, sku),
        };
        if let Some(reason) = reason {
            return Err(Failure::argument(
                "/updates/url_key",
                format!("the URL key `{key}` can be one product's only, and {reason}"),
            )
            .remedy(
                "give each product a key of its own; `seo_prepare_bulk_update_url_keys` makes them of \
                 the keys there are",
            ));
        }
        self.taken_by = Some(sku.to_owned());
        Ok(())
    }
}
