//! What of a plan its guards look at.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use souk_model::StoreView;
use souk_model::plan::{Lookup, PlanHeader, PlanOrigin};
use souk_upstream::{BaseCurrencies, WebsiteProduct};

use crate::magento::sku::fold;

/// Rules as they stand in the store, by number. What could not be read is not among them.
#[derive(Debug, Default)]
pub(crate) struct CouponRules(pub(crate) BTreeMap<u64, Map<String, Value>>);

/// Products as each website sells them, by the sku as the database compares it.
#[derive(Debug, Default)]
pub(crate) struct WebsitePrices(BTreeMap<String, Vec<WebsiteProduct>>);

impl WebsitePrices {
    pub(crate) fn new(products: Vec<WebsiteProduct>) -> Self {
        let mut all = Self::default();
        for product in products {
            all.0.entry(fold(&product.sku)).or_default().push(product);
        }
        all
    }

    /// One of them, on each website.
    pub(super) fn of(&self, sku: &str) -> &[WebsiteProduct] {
        self.0.get(&fold(sku)).map_or(&[], Vec::as_slice)
    }
}

/// What of a plan decides how its changes are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanScope<'h> {
    /// Where it writes.
    pub(crate) view: &'h StoreView,
    /// How its subjects are read.
    pub(crate) lookup: &'h Lookup,
    /// Whether it takes another plan back, which was judged when it was proposed.
    pub(crate) takes_back: bool,
    /// In which currencies the store's websites count, where that was asked for.
    pub(crate) currencies: Option<&'h BaseCurrencies>,
    /// The rules whose coupons it makes or changes, where that was asked for.
    pub(crate) rules: Option<&'h CouponRules>,
    /// What its products cost over all websites, where that was asked for.
    pub(crate) website_prices: Option<&'h WebsitePrices>,
}

impl<'h> PlanScope<'h> {
    /// Of a plan with this header.
    pub(crate) const fn of(header: &'h PlanHeader) -> Self {
        Self {
            view: &header.view,
            lookup: &header.lookup,
            takes_back: matches!(header.origin, PlanOrigin::Undo { .. }),
            currencies: None,
            rules: None,
            website_prices: None,
        }
    }

    /// The same, with what the store's websites count in.
    pub(crate) const fn with_currencies(self, currencies: &'h BaseCurrencies) -> Self {
        Self { currencies: Some(currencies), ..self }
    }

    /// The same, with what its products cost over all websites.
    pub(crate) const fn with_website_prices(self, prices: &'h WebsitePrices) -> Self {
        Self { website_prices: Some(prices), ..self }
    }

    /// The same, with the rules of its coupons.
    pub(crate) const fn with_rules(self, rules: &'h CouponRules) -> Self {
        Self { rules: Some(rules), ..self }
    }
}
