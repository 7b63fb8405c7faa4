//! The `match` argument: which products a bulk change is about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::filter::LIST_BUDGET;
use crate::core::{Context, Failure, Route, StoreView};
use crate::magento::{
    Condition, Criteria, Direction, EntityId, Filter, Filters, Product, SearchPage, URL_BUDGET,
};

/// The search for products.
pub const PRODUCTS: Route<0> = Route::new("/V1/products");

/// How many products are read at once. Magento's own limit on pages, where an operator sets it, is
/// 300 by default.
const PAGE: u32 = 200;

/// Which products: all that is given has to hold, and something has to be given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductMatch {
    /// These skus. One that the store does not have is an error.
    #[schemars(length(min = 1))]
    sku_list: Option<Vec<String>>,
    /// Skus that begin with this text; nothing in it is a wildcard.
    #[schemars(length(min = 1))]
    sku_prefix: Option<String>,
    /// Attribute → value, list of values, or {value, condition} or {from, to}; all must hold. Options
    /// by label or id.
    attribute_filters: Option<Filters>,
    /// Products that are assigned to this category.
    category_id: Option<EntityId>,
}

impl ProductMatch {
    /// Finds the products, in the order of their ids, with these attributes of each as `view` shows
    /// them, and `id`, `sku` and `type_id` in any case. Nothing limits how many may be found.
    ///
    /// # Errors
    /// When nothing is given, a filter is none, or `sku_list` names what the store does not have;
    /// and what reading meets.
    pub fn products<'context>(
        &self,
        context: &'context Context,
        view: &StoreView,
        attributes: &[&str],
    ) -> Result<ProductPages<'context>, Failure> {
        let criteria = self.criteria(context, view)?;
        let mut fields: Vec<String> = ["id", "sku", "type_id"].map(str::to_owned).into();
        fields.extend(attributes.iter().map(|&code| code.to_owned()));
        let criteria = criteria.fields(Product::projection(&fields)?);
        let mut slices = vec![SkuSlice { filter: None, skus: None }];
        if let Some(list) = &self.sku_list {
            slices = slices_of(list)?;
            must_exist(context, &slices)?;
        }
        slices.reverse();
        Ok(ProductPages { context, criteria, view: view.clone(), slices, after: 0 })
    }

    /// The criteria but for the list of skus.
    fn criteria(&self, context: &Context, view: &StoreView) -> Result<Criteria, Failure> {
        let lists = self.sku_list.as_ref().is_some_and(|list| !list.is_empty());
        let filters = self.attribute_filters.as_ref().filter(|filters| !filters.is_empty());
        let prefix = self.sku_prefix.as_deref().filter(|prefix| !prefix.is_empty());
        if !lists && filters.is_none() && prefix.is_none() && self.category_id.is_none() {
            let message = "an empty match would be the whole catalogue";
            return Err(Failure::argument("match", message)
                .remedy("give `sku_list`, `sku_prefix`, `attribute_filters` or `category_id`"));
        }
        let mut criteria = Criteria::new();
        if let Some(prefix) = prefix {
            criteria = criteria.filter(Filter::starts_with("sku", prefix)?);
        }
        if let Some(id) = self.category_id {
            let id = id.get().to_string();
            criteria = criteria.filter(Filter::new("category_id", Condition::Eq, id)?);
        }
        if let Some(filters) = filters {
            criteria = filters.for_products(context, view, criteria, "match/attribute_filters")?;
        }
        // The list, the page, the sort and the fields need room too.
        if criteria.url_length() > URL_BUDGET - LIST_BUDGET / 2 - 1_000 {
            let message = "the filters are longer than the store's web server takes in a URL";
            return Err(Failure::argument("/match/attribute_filters", message)
                .remedy("shorten their lists, or name products in `sku_list`"));
        }
        Ok(criteria)
    }
}

/// Some of the skus asked for, as many as fit into one URL.
#[derive(Debug, Clone)]
struct SkuSlice {
    filter: Option<Filter>,
    /// The skus as they were typed, by what is left of each when it is folded. Magento's comparison
    /// also takes accents for the same, so what is found is compared once more.
    skus: Option<BTreeMap<String, String>>,
}

impl SkuSlice {
    fn wants(&self, sku: &str) -> bool {
        self.skus.as_ref().is_none_or(|skus| skus.contains_key(&folded(sku)))
    }
}

/// Skus that differ in case or in spaces at their end are the same to Magento. Letters beyond ASCII
/// are taken as they are written: which of those are the same, its collation says.
fn folded(sku: &str) -> String {
    sku.trim_end_matches(' ').to_ascii_lowercase()
}

/// Lists as long as a URL takes. Magento cannot say "one of" of a value with a comma, so those are
/// asked for one by one.
fn slices_of(list: &[String]) -> Result<Vec<SkuSlice>, Failure> {
    let skus: BTreeMap<String, &str> = list.iter().map(|sku| (folded(sku), &**sku)).collect();
    let mut slices = Vec::new();
    let mut plain: Vec<&str> = Vec::new();
    for (folded, sku) in skus {
        if folded.is_empty() {
            return Err(Failure::argument("/match/sku_list", "a sku is not empty"));
        }
        if sku.contains(',') {
            let filter = Some(Filter::new("sku", Condition::Eq, sku)?);
            slices.push(SkuSlice { filter, skus: Some([(folded, sku.to_owned())].into()) });
        } else {
            plain.push(sku);
        }
    }
    if !plain.is_empty() {
        for filter in Filter::split("sku", &plain, LIST_BUDGET / 2)? {
            let typed = filter.value.split(',').map(|sku| (folded(sku), sku.to_owned()));
            let skus = typed.collect();
            slices.push(SkuSlice { filter: Some(filter), skus: Some(skus) });
        }
    }
    Ok(slices)
}

/// A `PUT` to a sku that does not exist can create a product, and a typing error would pass for
/// "nothing to do".
fn must_exist(context: &Context, slices: &[SkuSlice]) -> Result<(), Failure> {
    let mut missing: BTreeMap<&str, &str> = slices
        .iter()
        .filter_map(|slice| slice.skus.as_ref())
        .flatten()
        .map(|(folded, typed)| (&**folded, &**typed))
        .collect();
    let fields = Product::projection(&["id".to_owned(), "sku".to_owned()])?;
    let mut pages = ProductPages {
        context,
        criteria: Criteria::new().fields(fields),
        view: StoreView::Global,
        slices: slices.to_vec(),
        after: 0,
    };
    while let Some(products) = pages.next_page()? {
        for product in products {
            missing.remove(&*folded(product.sku()));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing.values().take(20).copied().collect::<Vec<_>>().join("`, `");
    let more = missing.len().saturating_sub(20);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Err(Failure::argument("/match/sku_list", format!("the store has no product `{named}`{more}"))
        .remedy("take them off the list, or correct them"))
}

/// Products, a page at a time. By entity id: any other order repeats products and loses others.
#[derive(Debug)]
pub struct ProductPages<'context> {
    context: &'context Context,
    criteria: Criteria,
    view: StoreView,
    /// What is still to be asked for, the next one last.
    slices: Vec<SkuSlice>,
    /// The id of the last product seen of this slice.
    after: i64,
}

impl ProductPages<'_> {
    /// The next products, at least one; `None` after the last.
    ///
    /// # Errors
    /// What reading meets.
    pub fn next_page(&mut self) -> Result<Option<Vec<Product>>, Failure> {
        while let Some(slice) = self.slices.last() {
            let mut criteria = self.criteria.clone();
            if let Some(filter) = &slice.filter {
                criteria = criteria.filter(filter.clone());
            }
            if self.after > 0 {
                let after = self.after.to_string();
                criteria = criteria.filter(Filter::new("entity_id", Condition::Gt, after)?);
            }
            let criteria = criteria.sort("entity_id", Direction::Asc)?.page(PAGE, 1);
            let read = PRODUCTS.read([]).search(&criteria).in_view(self.view.clone());
            let found: SearchPage<Product> = self.context.get(&read)?;
            let full = found.items.len() >= PAGE as usize;
            let last = found.items.iter().filter_map(|product| product.integer("id")).max();
            let mut products = found.items;
            products.retain(|product| slice.wants(product.sku()));
            match last.filter(|last| full && *last > self.after) {
                Some(last) => self.after = last,
                None => {
                    self.after = 0;
                    self.slices.pop();
                }
            }
            if !products.is_empty() {
                return Ok(Some(products));
            }
        }
        Ok(None)
    }
}
