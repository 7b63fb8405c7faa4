//! What decides whether a product that shows can be bought, and for how much.

use souk_sdk::magento::CalendarDay;
use souk_sdk::prelude::*;

use super::checks::DisplayCheck;
use super::issue::Severity::{Error, Info, Warning};
use super::issue::SuggestedAction;
use crate::composition::{Composition, ProductPart};
use crate::inventory::{InventoryModel, InventoryStock, StockItem};
use crate::store_views::ShopView;
use crate::unknown::Unknown;

/// How a sale stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SaleState {
    None,
    Running,
    Scheduled,
    Ended,
    /// Today is the day of its beginning or end in some time zones and not in others.
    Unclear,
}

impl SaleState {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running => "running",
            Self::Scheduled => "scheduled",
            Self::Ended => "ended",
            Self::Unclear => "unclear",
        }
    }

    /// How the sale of a product stands. Magento compares days in the view's own time zone, both
    /// ends included; of zones other than UTC only what holds in all of them is known here.
    pub(super) fn of(product: &Product, view: &ShopView, today: CalendarDay) -> Self {
        if product.attribute("special_price").is_none() {
            return Self::None;
        }
        let day = |code: &str| product.text(code).and_then(CalendarDay::of);
        let (from, to) = (day("special_from_date"), day("special_to_date"));
        let slack = i64::from(view.time_zone != "UTC");
        let (earliest, latest) = (today.plus(-slack), today.plus(slack));
        if to.is_some_and(|to| to < earliest) {
            Self::Ended
        } else if from.is_some_and(|from| from > latest) {
            Self::Scheduled
        } else if to.is_some_and(|to| to < latest) || from.is_some_and(|from| from > earliest) {
            Self::Unclear
        } else {
            Self::Running
        }
    }
}

impl DisplayCheck<'_> {
    /// Price and sale of a product that has its own; of others, their parts'.
    pub(super) fn price(&mut self, today: CalendarDay, unknown: &mut Vec<Unknown>) {
        if !self.facts.global.has_price() {
            self.price_of_parts();
            return;
        }
        let price = self.product.decimal("price");
        let problem = match price {
            None => Some((Error, "PRICE_MISSING", "it has no price")),
            Some(Decimal::ZERO) => {
                Some((Warning, "PRICE_ZERO", "its price is 0: it is given away"))
            }
            Some(price) if price.is_negative() => {
                Some((Error, "PRICE_NEGATIVE", "its price is negative"))
            }
            Some(_) => None,
        };
        if let Some((severity, code, message)) = problem {
            let scope = self.price_scope("price");
            let mend = SuggestedAction::prices(self.sku(), &json!({}), &scope, "gives it a price");
            self.add(severity, code, message, mend.choosing("/price_updates/price"));
        }
        self.sale(price, today, unknown);
    }

    fn price_scope(&self, attribute: &str) -> Value {
        let global = self.facts.global.attribute(attribute);
        if self.product.attribute(attribute) == global {
            json!({ "scope": "global" })
        } else {
            self.website()
        }
    }

    fn sale(&mut self, price: Option<Decimal>, today: CalendarDay, unknown: &mut Vec<Unknown>) {
        let Some(special) = self.product.decimal("special_price") else { return };
        // A bundle's is a percentage.
        let is_amount = self.facts.makeup.is_own();
        let shown = if is_amount { special.to_string() } else { format!("{special} %") };
        let scope = self.price_scope("special_price");
        let sku = self.sku();
        let end = |why| {
            let updates = json!({ "special_price": null });
            SuggestedAction::prices(sku, &updates, &scope, why)
        };
        let text = |code: &str| self.product.text(code).unwrap_or_default().to_owned();
        let (from, to) = (text("special_from_date"), text("special_to_date"));
        if let (Some(from), Some(to)) = (CalendarDay::of(&from), CalendarDay::of(&to))
            && from > to
        {
            let action = end("ends the sale");
            let message = format!("its sale ends on {to}, before it begins on {from}");
            self.add(Warning, "SALE_DATES_INVERTED", message, action);
            return;
        }
        let sale = SaleState::of(self.product, self.view(), today);
        match sale {
            SaleState::Ended => {
                let action = end("takes the leftover special price away");
                let message = format!("its sale at {shown} ended on {}", day(&to));
                self.add(Info, "SALE_ENDED", message, action);
                return;
            }
            SaleState::Scheduled => {
                let message = format!("its sale at {shown} begins on {}", day(&from));
                self.add(Info, "SALE_SCHEDULED", message, None);
            }
            SaleState::Unclear => unknown.push(Unknown::new(
                format!("whether the sale runs today in the view `{}`", self.view().code),
                format!(
                    "it runs from {} to {}, and which day it is depends on the view's time zone \
                     `{}`, whose hour is not known here",
                    day(&from),
                    day(&to),
                    self.view().time_zone
                ),
            )),
            SaleState::Running | SaleState::None => {}
        }
        if special == Decimal::ZERO && is_amount {
            let action = end("ends the sale: null, since an empty text would make it 0 again");
            let message = "its special price is 0: it is given away while the sale runs";
            self.add(Warning, "SPECIAL_PRICE_ZERO", message, action);
        } else if is_amount && price.is_some_and(|price| special >= price) {
            let action = end("takes it away");
            let message =
                format!("its special price {special} is not below its price: no sale shows");
            self.add(Warning, "SPECIAL_PRICE_NOT_LOWER", message, action);
        }
    }

    /// A composite product costs what its usable parts cost.
    fn price_of_parts(&mut self) {
        let Some(parts) = &self.seen.parts else { return };
        for part in parts.iter().filter(|part| part.is_enabled) {
            let (code, what) = match part.price {
                None => ("PART_PRICE_MISSING", "no price"),
                Some(Decimal::ZERO) => ("PART_PRICE_ZERO", "the price 0"),
                Some(_) => continue,
            };
            let scope = json!({ "scope": "global" });
            let mend =
                SuggestedAction::prices(&part.sku, &json!({}), &scope, "gives the part a price");
            let message = format!("its part `{}` has {what}", part.sku);
            self.add(Warning, code, message, mend.choosing("/price_updates/price"));
        }
    }

    /// Whether it can be bought on the view's website.
    pub(super) fn stock(&mut self, unknown: &mut Vec<Unknown>) {
        let facts = self.facts;
        let website = &self.view().website;
        if facts.stocking.lacks(&website.code) {
            let message = format!("no stock sells to the website `{}`", website.code);
            let mend = SuggestedAction::by_hand(
                "assign the website to a stock as a sales channel under Stores > Stocks",
            );
            self.add(Error, "NO_STOCK_FOR_WEBSITE", message, mend);
            return;
        }
        if !facts.makeup.is_own() {
            self.stock_of_parts(unknown);
            return;
        }
        if !facts.is_on(website) {
            // Which stock it would be sold from matters to nobody.
            return;
        }
        match (facts.is_sold_on(website), facts.stocking.of(&website.code)) {
            (None, _) => unknown.push(Unknown::new(
                format!("whether it can be sold on the website `{}`", website.code),
                "the store did not answer it",
            )),
            (Some(true), _) => {}
            (Some(false), Some(stock)) => self.not_salable(stock),
            (Some(false), None) if facts.stocking == InventoryModel::Unread => {
                let mend = SuggestedAction::by_hand("see `diagnostics_inventory_salable_report`");
                let message = format!("the storefront of `{}` does not sell it", website.code);
                self.add(Error, "NOT_SALABLE", message, mend);
            }
            (Some(false), None) => {
                let qty = StockItem::of(&facts.global).and_then(|item| item.qty);
                let left = qty.map_or(String::new(), |qty| format!("; {qty} are left"));
                let mend = SuggestedAction::by_hand("raise its quantity, or mark it as in stock");
                let message = format!("its stock item is out of stock{left}");
                self.add(Error, "OUT_OF_STOCK", message, mend);
            }
        }
    }

    /// Why a stock cannot sell it, as its sources tell.
    fn not_salable(&mut self, stock: &InventoryStock) {
        let facts = self.facts;
        let warehouse = &facts.warehouse;
        let name = &stock.name;
        let report = "see `diagnostics_inventory_salable_report`";
        if !warehouse.is_complete {
            let message = format!("the stock `{name}` cannot sell it");
            self.add(Error, "NOT_SALABLE", message, Some(SuggestedAction::by_hand(report)));
            return;
        }
        let items: Vec<_> = warehouse.items_of(self.sku(), stock).collect();
        if items.is_empty() {
            let message = format!("it is assigned to no source that the stock `{name}` sells from");
            let mend = SuggestedAction::by_hand(
                "assign a source to it in the administration: Catalog > Products > Sources",
            );
            self.add(Error, "NO_SOURCE", message, mend);
            return;
        }
        let told = |code: &str| match warehouse.source(code) {
            Some(source) => format!("`{}` ({code})", source.name),
            None => format!("`{code}`"),
        };
        for item in items.iter().filter(|item| !warehouse.counts(item)) {
            let source = told(&item.source_code);
            if item.status == 1 {
                let mend = SuggestedAction::by_hand("enable the source under Stores > Sources");
                let message = format!("the source {source} is disabled");
                self.add(Info, "SOURCE_DISABLED", message, mend);
            } else {
                let mend = SuggestedAction::by_hand(
                    "mark it as in stock at this source: Product > Sources",
                );
                let message = format!("it is marked as out of stock at the source {source}");
                self.add(Info, "SOURCE_OUT_OF_STOCK", message, mend);
            }
        }
        let counted = items.iter().filter(|item| warehouse.counts(item));
        let left: Decimal = counted.map(|item| item.quantity).sum();
        let mend = SuggestedAction::by_hand(format!("raise its quantity at a source; {report}"));
        if left.is_positive() {
            let message = format!(
                "the stock `{name}` cannot sell it although its sources have some: open orders or \
                 the out-of-stock threshold hold it back"
            );
            self.add(Error, "RESERVED", message, mend);
        } else {
            let message = format!("the stock `{name}` has none of it to sell");
            self.add(Error, "OUT_OF_STOCK", message, mend);
        }
    }

    /// A composite product can be bought as far as its parts can.
    fn stock_of_parts(&mut self, unknown: &mut Vec<Unknown>) {
        let facts = self.facts;
        let website = &self.view().website;
        let Some(parts) = &self.seen.parts else { return };
        if parts.is_empty() {
            let mend = SuggestedAction::by_hand(
                "add parts to it in the administration: Catalog > Products",
            );
            self.add(Error, "NO_PARTS", "it has no parts to sell", mend);
            return;
        }
        let usable = |part: &ProductPart| facts.is_usable(part, website);
        match facts.makeup.sells(parts, usable) {
            Some(true) => {}
            None => unknown.push(Unknown::new(
                format!("whether a part of it can be sold on the website `{}`", website.code),
                "the store did not answer it",
            )),
            Some(false) => {
                let message = match &facts.makeup {
                    Composition::Bundle(_) => "a required option of it has nothing to choose from",
                    _ => "none of its parts can be sold",
                };
                let mend = SuggestedAction::by_hand(
                    "check its parts with `diagnostics_product_display_check`, one by one",
                );
                self.add(Error, "NO_SALABLE_PART", message, mend);
            }
        }
        self.parts_left_out(parts, usable);
    }

    /// Which parts cannot be bought, by reason: one issue for all that have the same.
    fn parts_left_out(
        &mut self,
        parts: &[ProductPart],
        usable: impl Fn(&ProductPart) -> Option<bool>,
    ) {
        let website = &self.view().website;
        let (mut disabled, mut elsewhere, mut sold_out) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts.iter().filter(|part| usable(part) == Some(false)) {
            let why = if !part.is_enabled {
                &mut disabled
            } else if !part.websites.contains(&website.id) {
                &mut elsewhere
            } else {
                &mut sold_out
            };
            why.push(part.sku.as_str());
        }
        let enable = (!disabled.is_empty()).then(|| {
            let updates = json!({ "status": 1 });
            SuggestedAction::products(
                &disabled,
                &updates,
                &self.website(),
                "enables these parts there",
            )
        });
        let assign = SuggestedAction::by_hand(format!(
            "assign them to the website `{}` in the administration: Catalog > Products > Product \
             in Websites",
            website.code
        ));
        let restock =
            SuggestedAction::by_hand("raise their quantity at a source of the website's stock");
        let all = parts.len();
        for (skus, code, why, mend) in [
            (disabled, "PARTS_DISABLED", "disabled", enable),
            (elsewhere, "PARTS_NOT_IN_WEBSITE", "not assigned to the website", Some(assign)),
            (sold_out, "PARTS_OUT_OF_STOCK", "out of stock", Some(restock)),
        ] {
            if !skus.is_empty() {
                let message = format!(
                    "{} of its {all} parts are {why} on `{}`: {}",
                    skus.len(),
                    website.code,
                    listed(&skus)
                );
                self.add(Info, code, message, mend);
            }
        }
    }
}

/// The first names of a list that may be long.
fn listed(skus: &[&str]) -> String {
    const SHOWN: usize = 10;
    let some = skus.iter().take(SHOWN).map(|sku| format!("`{sku}`")).collect::<Vec<_>>().join(", ");
    if skus.len() > SHOWN { format!("{some} and {} more", skus.len() - SHOWN) } else { some }
}

/// The day of one of Magento's dates; `ever` where there is none.
fn day(text: &str) -> String {
    CalendarDay::of(text).map_or_else(|| "ever".to_owned(), |day| day.to_string())
}
