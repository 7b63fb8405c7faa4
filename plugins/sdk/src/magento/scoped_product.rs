//! Products as a write finds them: at its place in the store, and globally.
//!
//! What a store view answers is its own value or the global one, and nothing in the answer says
//! which. The two side by side do: a value that differs is the view's own, and one that only the
//! global answer has is empty there. One that is the same may be either, and counts as inherited.

use std::collections::BTreeMap;

use serde_json::Value;

use super::product_match::{FoundPage, ProductMatch, ProductPages};
use super::sku_search::PRODUCTS;
use super::write_scope::WriteScope;
use crate::core::{Context, Failure, StoreView};
use crate::magento::{Criteria, Decimal, Filter, Product, SearchPage};

/// Attributes that a save treats in ways of their own.
const NOT_TEXTS: [&str; 8] = [
    "image",
    "small_image",
    "thumbnail",
    "swatch_image",
    "url_key",
    "url_path",
    "special_from_date",
    "category_ids",
];

/// Where a value comes from that a store view, a website or the global scope shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueOrigin {
    /// There is none, and none globally.
    Nothing,
    /// The place's own: all values of the global scope are.
    Own,
    /// The global one shows through, or the place has the same of its own.
    Inherited,
    /// The place has an empty one of its own.
    Emptied,
}

/// A product at one place of the store.
#[derive(Debug, Clone)]
pub struct ScopedProduct {
    here: Product,
    /// The same globally, where that is another place.
    global: Option<Product>,
}

impl ScopedProduct {
    /// As its place shows it.
    #[must_use]
    pub const fn here(&self) -> &Product {
        &self.here
    }

    /// As it is globally, where that is another place.
    pub(super) const fn global(&self) -> Option<&Product> {
        self.global.as_ref()
    }

    /// Drops the custom attributes that a change of others needs not know: all come or none.
    pub fn keep_only(&mut self, codes: &[&str]) {
        let emptied: Vec<String> = self.emptied_texts().into_iter().map(str::to_owned).collect();
        self.here.keep_only(codes);
        if let Some(global) = &mut self.global {
            let emptied = emptied.iter().map(String::as_str);
            global.keep_only(&codes.iter().copied().chain(emptied).collect::<Vec<_>>());
        }
    }

    /// Where an attribute's value comes from.
    pub(super) fn origin(&self, code: &str) -> ValueOrigin {
        let Some(global) = &self.global else {
            return match self.here.attribute(code) {
                Some(_) => ValueOrigin::Own,
                None => ValueOrigin::Nothing,
            };
        };
        match (self.here.attribute(code), global.attribute(code)) {
            (None, None) => ValueOrigin::Nothing,
            (None, Some(_)) => ValueOrigin::Emptied,
            (Some(here), Some(global)) if here == global => ValueOrigin::Inherited,
            (Some(_), _) => ValueOrigin::Own,
        }
    }

    /// The texts that are empty here though they are not globally. A save at a store view that does
    /// not send them again drops them, and the global ones show.
    pub(super) fn emptied_texts(&self) -> Vec<&str> {
        let global = self.global.as_ref().and_then(|global| global.attribute("custom_attributes"));
        let entries = global.and_then(Value::as_array).into_iter().flatten();
        // An option's id is a number, and empty it would be 0.
        let is_text = |value: &Value| value.is_string() && Decimal::of(value).is_none();
        entries
            .filter(|entry| is_text(&entry["value"]))
            .filter_map(|entry| entry["attribute_code"].as_str())
            .filter(|code| !NOT_TEXTS.contains(code))
            .filter(|code| self.origin(code) == ValueOrigin::Emptied)
            .collect()
    }

    /// Whether it is sold in this website; true where the answer does not tell.
    pub(super) fn is_in_website(&self, website: i64) -> bool {
        let websites = self.here.extension("website_ids").and_then(Value::as_array);
        websites.is_none_or(|ids| ids.iter().any(|id| id.as_i64() == Some(website)))
    }

    /// Whether it is in no website at all.
    pub(super) fn is_in_no_website(&self) -> bool {
        let websites = self.here.extension("website_ids").and_then(Value::as_array);
        websites.is_some_and(Vec::is_empty)
    }
}

/// Products of a match at the place of a write, a page at a time.
#[derive(Debug)]
pub struct ScopedPages<'context> {
    context: &'context Context,
    pages: ProductPages<'context>,
    attributes: &'context [&'static str],
    is_global: bool,
}

impl<'context> ScopedPages<'context> {
    pub(super) fn new(
        context: &'context Context,
        matching: &ProductMatch,
        target: &WriteScope,
        attributes: &'context [&'static str],
    ) -> Result<Self, Failure> {
        let pages = matching.products(context, target.view(), attributes)?;
        Ok(Self { context, pages, attributes, is_global: target.is_global() })
    }

    /// The next products, at least one; `None` after the last.
    ///
    /// # Errors
    /// What reading meets.
    pub fn next_page(&mut self) -> Result<Option<Vec<ScopedProduct>>, Failure> {
        let Some(FoundPage { products, search }) = self.pages.next_found()? else {
            return Ok(None);
        };
        let globally = match (self.is_global, search) {
            (true, _) => Vec::new(),
            (false, Some(search)) => {
                let found: SearchPage<Product> =
                    self.context.get(&search.read(StoreView::Global))?;
                found.items
            }
            (false, None) => read_globally(self.context, &products, self.attributes)?,
        };
        let mut globally: BTreeMap<String, Product> =
            globally.into_iter().map(|global| (global.sku().to_owned(), global)).collect();
        let mut scoped = |here: Product| {
            let global = globally.remove(here.sku());
            ScopedProduct { here, global }
        };
        Ok(Some(products.into_iter().map(&mut scoped).collect()))
    }
}

/// These products as they are globally.
fn read_globally(
    context: &Context,
    products: &[Product],
    attributes: &[&str],
) -> Result<Vec<Product>, Failure> {
    let ids: Vec<String> =
        products.iter().filter_map(|p| p.integer("id")).map(|id| id.to_string()).collect();
    let fields = [&["id", "sku"][..], attributes].concat();
    let size = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let criteria = Criteria::new()
        .filter(Filter::any_of("entity_id", &ids)?)
        .page(size, 1)
        .fields(Product::projection(&fields)?);
    let read = PRODUCTS.read([]).search(&criteria).in_view(StoreView::Global);
    let found: SearchPage<Product> = context.get(&read)?;
    Ok(found.items)
}
