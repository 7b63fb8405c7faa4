//! Changes of products, right on a real Magento.
//!
//! What makes a plain `PUT` wrong, and what is done about it:
//!
//! - Custom attributes at the top level are refused, and unknown ones ignored: [`Product::place`].
//! - A store view's `PUT` to a product with a special price starts that sale today, in the whole
//!   website, even if it sends the very date along (`special_from_drift.jsonl`): what stands there
//!   already counts as inherited and is dropped. The same date in another form is not
//!   (`repair-de-different-date`), so it goes along as `2027-06-01`. Where prices are kept per
//!   website, an inherited special price is dropped as well, and nothing is dated.
//! - A store view's empty texts last until the next save there that does not send them again: they
//!   are sent along.
//! - Links to categories merge, and only an empty list clears them (`products_put.jsonl`,
//!   `put-categories-replace`): a change that takes categories away clears first.
//! - A new URL key leaves no redirect unless `save_rewrites_history` goes with it (`graphql.jsonl`,
//!   `chg-urlkey`).

use std::cell::OnceCell;

use serde_json::Value;

use super::product_change::{PRODUCT, ProductChange};
use super::product_match::{ProductMatch, product_projection};
use super::scoped_product::{ScopedPages, ScopedProduct};
use super::sku_search::by_skus;
use super::write_scope::{ATTRIBUTE, ScopeLevel, WriteScope};
use crate::bindings::souk::plugin::plans::{Change, Intent, Lookup};
use crate::core::{BindingSource, Context, Failure, FailureCode, StoreView};
use crate::magento::{ProductField, ProductUpdates};

const SPECIAL_PRICE: &str = "special_price";

/// Makes changes of products for one place in the store.
#[derive(Debug)]
pub struct ProductWriter<'a> {
    context: &'a Context,
    target: &'a WriteScope,
    attributes: Vec<&'static str>,
    warnings: Vec<String>,
    /// The website that is written in, or at a view of.
    website: Option<i64>,
    /// Whether the store keeps special prices per website, once that was asked.
    website_prices: OnceCell<bool>,
}

impl<'a> ProductWriter<'a> {
    /// A writer of these fields at this place.
    ///
    /// # Errors
    /// When Magento keeps one of them at another level, so that the write would change more than
    /// was named; and what reading that level meets.
    pub fn new(
        context: &'a Context,
        target: &'a WriteScope,
        fields: impl IntoIterator<Item = ProductField>,
    ) -> Result<Self, Failure> {
        let mut attributes = vec!["name", "special_price", "special_from_date"];
        let mut warnings = Vec::new();
        let mut links = false;
        for field in fields {
            let keeps = match field.keeps() {
                Some(keeps) => keeps,
                None if target.is_global() => ScopeLevel::Global,
                None => scope_level(context, field.code())?,
            };
            warnings.extend(target.admits(field.code(), keeps)?);
            links |= field == ProductField::CategoryIds;
            let needed = match field {
                ProductField::CategoryIds => &[][..],
                // A day lets a sale out, which is judged against the price.
                ProductField::SpecialPrice | ProductField::SpecialFromDate => &["price"],
                // One that is enabled is sold at its sale's price.
                ProductField::Status => &["status", "price", "special_price", "special_to_date"],
                ProductField::SpecialToDate => &["special_to_date", "price"],
                _ => &[field.code()],
            };
            for code in needed {
                if !attributes.contains(code) {
                    attributes.push(code);
                }
            }
        }
        let website = target.website_id(context)?;
        // One member of the answer is named once.
        let extension = |links, websites| match (links, websites) {
            (true, true) => Some("extension_attributes[category_links,website_ids]"),
            (true, false) => Some("extension_attributes[category_links]"),
            (false, true) => Some("extension_attributes[website_ids]"),
            (false, false) => None,
        };
        attributes.extend(extension(links, website.is_some()));
        let website_prices = OnceCell::new();
        Ok(Self { context, target, attributes, warnings, website, website_prices })
    }

    /// Where it writes.
    #[must_use]
    pub fn target(&self) -> &WriteScope {
        self.target
    }

    /// The attributes that products must be read with.
    #[must_use]
    pub fn attributes(&self) -> &[&'static str] {
        &self.attributes
    }

    /// What holds for every change of this writer's.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What a draft of this writer's changes is for. `summary` is one line, without the place.
    ///
    /// # Errors
    /// Never for the fields of products.
    pub fn intent(&self, summary: &str) -> Result<Intent, Failure> {
        let projection = product_projection(&self.attributes)?;
        let whole = projection.strip_prefix("items[").and_then(|rest| rest.split_once("],total"));
        let view = self.target.view();
        let mut one = PRODUCT.read_by([BindingSource::Subject]).in_view(view.clone());
        if let Some((fields, _)) = whole {
            one = one.query("fields", fields);
        }
        Ok(Intent {
            summary: [summary, " ", &self.target.in_words()].concat(),
            view: view.clone(),
            lookup: by_skus(Lookup::one(one), &projection).inherits(!self.target.is_global()),
        })
    }

    /// The products of a match, as they are where it writes.
    ///
    /// # Errors
    /// As [`ProductMatch::products`].
    pub fn products<'context>(
        &'context self,
        context: &'context Context,
        matching: &ProductMatch,
    ) -> Result<ScopedPages<'context>, Failure> {
        ScopedPages::new(context, matching, self.target, &self.attributes)
    }

    /// The change of one product of [`products`](Self::products). `None` where nothing is left to do.
    ///
    /// # Errors
    /// When the store would not do what is wanted: it dates a sale that has no beginning itself, and
    /// a website cannot end a sale of the global scope.
    pub fn change(
        &self,
        product: &ScopedProduct,
        updates: &ProductUpdates,
    ) -> Result<Option<Change>, Failure> {
        // It matters where a sale of the global scope shows through.
        let matters = product.global().is_some() && product.here().decimal(SPECIAL_PRICE).is_some();
        let website_prices = matters && self.website_prices()?;
        let mut change = ProductChange::new(self.target, product, updates, website_prices);
        if let Some(website) = self.website {
            change.warn_of_website(website);
        }
        change.run()
    }

    fn website_prices(&self) -> Result<bool, Failure> {
        if let Some(known) = self.website_prices.get() {
            return Ok(*known);
        }
        let level = scope_level(self.context, SPECIAL_PRICE)?;
        Ok(*self.website_prices.get_or_init(|| level != ScopeLevel::Global))
    }
}

/// The level at which this store keeps a price.
fn scope_level(context: &Context, code: &str) -> Result<ScopeLevel, Failure> {
    let attribute: Value = context.get(&ATTRIBUTE.read([code]).in_view(StoreView::Global))?;
    match attribute.get("scope").and_then(Value::as_str) {
        Some("global") => Ok(ScopeLevel::Global),
        Some("website") => Ok(ScopeLevel::PerWebsite),
        Some("store") => Ok(ScopeLevel::PerView),
        _ => Err(Failure::new(
            FailureCode::UpstreamError,
            format!("the store does not tell at which level it keeps `{code}`"),
        )),
    }
}
