//! The `match` argument: which products a bulk change is about.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::filter::LIST_BUDGET;
use super::scan::PAGE;
use super::sku_search::{PRODUCTS, SkuSearch, groups};
use crate::core::{Context, Failure, StoreView};
use crate::magento::{
    Condition, Criteria, Direction, EntityId, Filter, Filters, Product, SearchPage, URL_BUDGET,
};

/// Which products: all that is given has to hold, and something has to be given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductMatch {
    /// These skus; all must exist.
    #[schemars(length(min = 1))]
    sku_list: Option<Vec<String>>,
    /// Skus that begin with this.
    #[schemars(length(min = 1))]
    sku_prefix: Option<String>,
    /// Attribute → value, list, {value, condition} or {from, to}; options by label or id.
    attribute_filters: Option<Filters>,
    /// In this category.
    category_id: Option<EntityId>,
}

impl ProductMatch {
    /// Finds the products with these attributes of each as `view` shows them, and `id`, `sku` and
    /// `type_id` in any case: in the order of their ids, or of a list of skus where there is nothing
    /// else. Nothing limits how many may be found.
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
        let projection = product_projection(attributes)?;
        let mut pages = ProductPages {
            context,
            criteria: criteria.fields(projection.clone()),
            view: view.clone(),
            slices: vec![ProductSlice { filter: SliceFilter::None, skus: None }],
            after: 0,
            missing: BTreeMap::new(),
        };
        if let Some(list) = &self.sku_list {
            if self.is_only_a_list() {
                pages.slices = listed_slices(list, &projection)?;
                pages.missing = typed_skus(&pages.slices);
            } else {
                pages.slices = slices_of(list)?;
                must_exist(context, &pages.slices)?;
            }
        }
        pages.slices.reverse();
        Ok(pages)
    }

    /// Whether nothing is given beside the list of skus.
    fn is_only_a_list(&self) -> bool {
        let Self { sku_list, sku_prefix, attribute_filters, category_id } = self;
        sku_list.is_some()
            && sku_prefix.as_ref().is_none_or(String::is_empty)
            && attribute_filters.as_ref().is_none_or(Filters::is_empty)
            && category_id.is_none()
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

/// The fields that products are read with: these attributes, `id`, `sku` and `type_id`.
pub(super) fn product_projection(attributes: &[&str]) -> Result<String, Failure> {
    Product::projection(&[&["id", "sku", "type_id"][..], attributes].concat())
}

/// Some of the skus asked for, as many as fit into one URL.
#[derive(Debug, Clone)]
struct ProductSlice {
    filter: SliceFilter,
    /// The skus as they were typed, by what is left of each when it is folded. Magento's comparison
    /// also takes accents for the same, so what is found is compared once more.
    skus: Option<BTreeMap<String, String>>,
}

/// How the products of a slice are asked for.
#[derive(Debug, Clone)]
enum SliceFilter {
    /// By the match alone.
    None,
    /// By this beside the match.
    Beside(Filter),
    /// As the host looks products up, by skus, so that within a call the same is asked once.
    Listed(SkuSearch),
}

impl ProductSlice {
    fn wants(&self, sku: &str) -> bool {
        self.skus.as_ref().is_none_or(|skus| skus.contains_key(&folded(sku)))
    }

    fn beside(sku: Filter, skus: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { filter: SliceFilter::Beside(sku), skus: Some(skus.into_iter().collect()) }
    }
}

/// Skus that differ in case or in spaces at their end are the same to Magento. Letters beyond ASCII
/// are taken as they are written: which of those are the same, its collation says.
fn folded(sku: &str) -> String {
    sku.trim_end_matches(' ').to_ascii_lowercase()
}

/// Lists as long as a URL takes. Magento cannot say "one of" of a value with a comma, so those are
/// asked for one by one.
fn slices_of(list: &[String]) -> Result<Vec<ProductSlice>, Failure> {
    let (mut slices, plain) = single_slices(list)?;
    if !plain.is_empty() {
        for filter in Filter::split("sku", &plain, LIST_BUDGET / 2)? {
            let typed: Vec<_> =
                filter.value.split(',').map(|sku| (folded(sku), sku.to_owned())).collect();
            slices.push(ProductSlice::beside(filter, typed));
        }
    }
    Ok(slices)
}

/// The same, in searches as the host makes them.
fn listed_slices(list: &[String], projection: &str) -> Result<Vec<ProductSlice>, Failure> {
    let (mut slices, plain) = single_slices(list)?;
    slices.extend(groups(&plain).into_iter().map(|skus| {
        let typed = skus.iter().map(|&sku| (folded(sku), sku.to_owned())).collect();
        ProductSlice {
            filter: SliceFilter::Listed(SkuSearch::new(projection, &skus)),
            skus: Some(typed),
        }
    }));
    Ok(slices)
}

/// A slice for each sku with a comma, and the other skus, each once.
fn single_slices(list: &[String]) -> Result<(Vec<ProductSlice>, Vec<&str>), Failure> {
    let mut seen = BTreeSet::new();
    let mut slices = Vec::new();
    let mut plain: Vec<&str> = Vec::new();
    for sku in list {
        let folded = folded(sku);
        if folded.is_empty() {
            return Err(Failure::argument("/match/sku_list", "a sku is not empty"));
        }
        if !seen.insert(folded.clone()) {
            continue;
        }
        if sku.contains(',') {
            let filter = Filter::new("sku", Condition::Eq, sku.as_str())?;
            slices.push(ProductSlice::beside(filter, [(folded, sku.clone())]));
        } else {
            plain.push(sku);
        }
    }
    Ok((slices, plain))
}

/// The skus of slices as they were typed, by what is left of each when it is folded.
fn typed_skus(slices: &[ProductSlice]) -> BTreeMap<String, String> {
    slices.iter().filter_map(|slice| slice.skus.clone()).flatten().collect()
}

/// A `PUT` to a sku that does not exist can create a product, and a typing error would pass for
/// "nothing to do".
fn must_exist(context: &Context, slices: &[ProductSlice]) -> Result<(), Failure> {
    let fields = Product::projection(&["id", "sku"])?;
    let mut pages = ProductPages {
        context,
        criteria: Criteria::new().fields(fields),
        view: StoreView::Global,
        slices: slices.to_vec(),
        after: 0,
        missing: typed_skus(slices),
    };
    while pages.next_page()?.is_some() {}
    Ok(())
}

fn none_missing(missing: &BTreeMap<String, String>) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing.values().take(20).map(String::as_str).collect::<Vec<_>>().join("`, `");
    let more = missing.len().saturating_sub(20);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Err(Failure::argument("/match/sku_list", format!("the store has no product `{named}`{more}"))
        .remedy("take them off the list, or correct them"))
}

/// Products, a page at a time. By entity id, or by lists of skus: any other order repeats products and
/// loses others.
#[derive(Debug)]
pub struct ProductPages<'context> {
    context: &'context Context,
    criteria: Criteria,
    view: StoreView,
    /// What is still to be asked for, the next one last.
    slices: Vec<ProductSlice>,
    /// The id of the last product seen of this slice.
    after: i64,
    /// Skus that have to exist and were not seen yet, by what is left of each when it is folded.
    missing: BTreeMap<String, String>,
}

impl ProductPages<'_> {
    /// The next products, at least one; `None` after the last.
    ///
    /// # Errors
    /// What reading meets; after the last, skus that the store does not have.
    pub fn next_page(&mut self) -> Result<Option<Vec<Product>>, Failure> {
        Ok(self.next_found()?.map(|page| page.products))
    }

    /// The same, with the search that found them.
    pub(super) fn next_found(&mut self) -> Result<Option<FoundPage>, Failure> {
        while let Some(slice) = self.slices.last() {
            let (mut products, search, is_full) = match &slice.filter {
                SliceFilter::Listed(search) => {
                    let found: SearchPage<Product> =
                        self.context.get(&search.read(self.view.clone()))?;
                    (found.items, Some(search.clone()), false)
                }
                SliceFilter::Beside(filter) => self.page(Some(filter))?,
                SliceFilter::None => self.page(None)?,
            };
            let last = products.iter().filter_map(|product| product.integer("id")).max();
            products.retain(|product| slice.wants(product.sku()));
            for product in &products {
                self.missing.remove(&folded(product.sku()));
            }
            if let Some(search) = &search {
                products.sort_by_cached_key(|product| search.place(product.sku()));
            }
            match last.filter(|last| is_full && *last > self.after) {
                Some(last) => self.after = last,
                None => {
                    self.after = 0;
                    self.slices.pop();
                }
            }
            if !products.is_empty() {
                return Ok(Some(FoundPage { products, search }));
            }
        }
        none_missing(&self.missing)?;
        Ok(None)
    }

    /// The next products of the match, and whether there may be more.
    fn page(
        &self,
        filter: Option<&Filter>,
    ) -> Result<(Vec<Product>, Option<SkuSearch>, bool), Failure> {
        let mut criteria = self.criteria.clone();
        if let Some(filter) = filter {
            criteria = criteria.filter(filter.clone());
        }
        if self.after > 0 {
            let after = self.after.to_string();
            criteria = criteria.filter(Filter::new("entity_id", Condition::Gt, after)?);
        }
        let criteria = criteria.sort("entity_id", Direction::Asc)?.page(PAGE, 1);
        let read = PRODUCTS.read([]).search(&criteria).in_view(self.view.clone());
        let found: SearchPage<Product> = self.context.get(&read)?;
        // Counts may lie, and pages be shorter than was asked.
        let is_full =
            found.items.len() >= PAGE as usize || found.total_count > found.items.len() as u64;
        Ok((found.items, None, is_full))
    }
}

/// Products, and the search for a list of skus that found them, if it was one.
#[derive(Debug)]
pub(super) struct FoundPage {
    pub(super) products: Vec<Product>,
    pub(super) search: Option<SkuSearch>,
}
