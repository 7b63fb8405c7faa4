//! What a basket of the sample shop costs: prices, cart price rules, shipping, tax, currency.

use serde_json::json;

use super::data::Data;
use super::read::Price;
use crate::amount::{Amount, Money};
use crate::document::{Doc, Fields};
use crate::php;
use crate::shop::{Product, Shop, StoreId};

fn amount(number: impl Into<f64>) -> Amount {
    Amount::of(Some(&json!(number.into())))
}

impl From<Price> for f64 {
    fn from(price: Price) -> Self {
        price.number()
    }
}

/// Who buys where, and when: what prices and rules depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit<'a> {
    /// The store view.
    pub(super) store: StoreId,
    /// The customer's group.
    pub(super) group: u64,
    /// The country that the goods go to.
    pub(super) country: &'a str,
    /// The time, as the API writes it.
    pub(super) now: &'a str,
}

/// One line of a basket.
#[derive(Debug, Clone, Default)]
pub(super) struct BasketLine {
    /// The product's id; of the variant, for a configurable one.
    pub(super) product: u64,
    /// The configurable product that it is a variant of.
    pub(super) variant_of: Option<u64>,
    /// The SKU that leaves the warehouse.
    pub(super) sku: String,
    /// The name that the customer saw.
    pub(super) name: String,
    /// Whether it needs no parcel.
    pub(super) is_virtual: bool,
    /// Weight of one.
    pub(super) weight: Amount,
    /// What one costs the shop.
    pub(super) cost: Amount,
    /// How many.
    pub(super) quantity: Amount,
    /// Price of one.
    pub(super) price: Money,
    /// Price of one without sales.
    pub(super) original: Money,
    /// Before discount.
    pub(super) row_total: Money,
    /// Discount of the row.
    pub(super) discount: Money,
    /// Sum of the percentages among its discounts.
    pub(super) discount_percent: Amount,
    /// Tax in percent.
    pub(super) tax_percent: Amount,
    /// Tax after discount.
    pub(super) tax: Money,
    /// Tax as it would be without discount.
    pub(super) tax_before_discount: Money,
}

impl BasketLine {
    /// The type of the item that the order shows.
    pub(super) fn kind(&self) -> &'static str {
        match (self.variant_of, self.is_virtual) {
            (Some(_), _) => "configurable",
            (None, true) => "virtual",
            (None, false) => "simple",
        }
    }
}

/// A basket with all that it costs.
#[derive(Debug, Default)]
pub(super) struct Basket {
    /// Its lines.
    pub(super) lines: Vec<BasketLine>,
    /// The order's currency.
    pub(super) currency: String,
    /// How much of it a euro is.
    pub(super) rate: Amount,
    /// Code and name of the shipping method.
    pub(super) method: (String, String),
    /// Shipping.
    pub(super) shipping: Money,
    /// Tax on shipping.
    pub(super) shipping_tax: Money,
    /// Ids of the rules that applied.
    pub(super) applied: Vec<String>,
    /// What the discount is called.
    pub(super) names: Vec<String>,
    /// The coupon.
    pub(super) coupon: Option<String>,
}

impl Basket {
    /// The basket with these goods.
    pub(super) fn fill(
        shop: &Shop,
        data: &Data,
        visit: Visit<'_>,
        goods: &[(String, u32)],
        coupon: Option<&str>,
    ) -> Self {
        let foreign = data.currencies.iter().find(|currency| *currency.country == *visit.country);
        let mut basket = Self {
            currency: foreign.map_or("EUR", |currency| &*currency.code).to_owned(),
            rate: foreign.map_or_else(|| amount(1), |currency| amount(currency.rate)),
            coupon: coupon.and_then(|coupon| coupon_code(shop, data, coupon)),
            ..Self::default()
        };
        for (sku, quantity) in goods {
            if let Some(product) = shop.products.by_sku(sku) {
                let line = basket.line(shop, product, amount(*quantity), visit);
                basket.lines.push(line);
            }
        }
        basket.discount(shop, visit);
        let website = shop.stores.website_of(visit.store);
        basket.ship(data, website);
        let tax = &data.tax;
        if data.website(&tax.website) == Some(website) && *tax.country == *visit.country {
            basket.tax(amount(tax.percent));
        }
        basket
    }

    /// Whether nothing in it needs a parcel.
    pub(super) fn is_virtual(&self) -> bool {
        self.lines.iter().all(|line| line.is_virtual)
    }

    /// The sum of an amount over the lines.
    pub(super) fn sum(&self, amount: impl Fn(&BasketLine) -> Money) -> Money {
        self.lines.iter().fold(Money::ZERO, |sum, line| sum + amount(line))
    }

    /// An amount in euros, in both currencies.
    fn money(&self, base: Amount) -> Money {
        Money { order: base.times(self.rate).cents(), base }
    }

    fn line(
        &self,
        shop: &Shop,
        product: &Product,
        quantity: Amount,
        Visit { store, group, now, .. }: Visit<'_>,
    ) -> BasketLine {
        let value = |code: &str| product.values.get(code, store);
        let original = Amount::of(value("price"));
        let is_on_sale = product.text("special_from_date", store).as_str() <= now
            && value("special_price").is_some()
            && value("special_to_date").is_none_or(|to| php::text_of(to).as_str() >= now);
        let mut price = original;
        if is_on_sale {
            price = price.min(Amount::of(value("special_price")));
        }
        for tier in &product.tier_prices {
            let fits = php::id_of(&tier["customer_group_id"]) == group
                && Amount::of(tier.get("qty")) <= quantity;
            if fits {
                price = price.min(Amount::of(tier.get("value")));
            }
        }
        let parent = shop.products.iter().find(|parent| {
            let children = parent.extension.get("configurable_product_links");
            children.and_then(|children| children.as_array()).is_some_and(|children| {
                children.iter().any(|child| php::id_of(child) == product.id)
            })
        });
        let price = self.money(price);
        BasketLine {
            product: product.id,
            variant_of: parent.map(|parent| parent.id),
            sku: product.sku.clone(),
            name: parent.unwrap_or(product).text("name", store),
            is_virtual: product.type_id == "virtual",
            weight: Amount::of(value("weight")),
            cost: Amount::of(value("cost")),
            quantity,
            price,
            original: self.money(original),
            row_total: price.map(|price| price.times(quantity)),
            ..BasketLine::default()
        }
    }

    /// Applies the rules that were running then, one after the other.
    fn discount(&mut self, shop: &Shop, Visit { store, group, now, .. }: Visit<'_>) {
        let website = shop.stores.website_of(store);
        let rule_of_coupon = self.coupon.as_ref().and_then(|code| {
            shop.coupons
                .find(|coupon| coupon.text("code") == *code)
                .map(|coupon| coupon.id("rule_id"))
        });
        let subtotal = self.sum(|line| line.row_total).base;
        for rule in shop.rules.iter() {
            let has = |field: &str, id: u64| {
                rule.value(field)
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|known| php::id_of(known) == id)
            };
            let (from, to) = (rule.text("from_date"), rule.text("to_date"));
            let by_coupon = rule.text("coupon_type") != "NO_COUPON";
            let runs = rule.value("is_active") == true
                && has("website_ids", u64::from(website))
                && has("customer_group_ids", group)
                && from.as_str() <= now
                && (to.is_empty() || to.as_str() >= &now[..10])
                && (!by_coupon || rule_of_coupon == Some(rule.id("rule_id")))
                && least_subtotal(rule) <= subtotal;
            if runs {
                self.apply(rule, by_coupon);
            }
        }
        if !self.applied.iter().any(|id| rule_of_coupon.is_some_and(|rule| rule.to_string() == *id))
        {
            self.coupon = None;
        }
    }

    fn apply(&mut self, rule: &Doc, by_coupon: bool) {
        let off = rule.amount("discount_amount");
        let hundred = amount(100);
        let total = self.sum(|line| line.row_total - line.discount);
        let whole = self.money(off);
        let mut given = Money::ZERO;
        let last = self.lines.len().saturating_sub(1);
        for place in 0..self.lines.len() {
            let fixed = self.money(off);
            let line = &mut self.lines[place];
            let left = line.row_total - line.discount;
            let given_here = match rule.text("simple_action").as_str() {
                "by_percent" => {
                    line.discount_percent += off;
                    left.map(|left| left.share(off, hundred))
                }
                "by_fixed" => fixed.map(|fixed| fixed.times(line.quantity)).min(left),
                "cart_fixed" if place == last => whole - given,
                "cart_fixed" => Money {
                    order: whole.order.share(left.order, total.order),
                    base: whole.base.share(left.base, total.base),
                },
                _ => Money::ZERO,
            };
            line.discount += given_here;
            given += given_here;
        }
        if given == Money::ZERO {
            return;
        }
        self.applied.push(rule.id("rule_id").to_string());
        let label = &rule.value("store_labels")[0]["store_label"];
        let name = match &self.coupon {
            Some(code) if by_coupon => code.clone(),
            _ => label.as_str().map_or_else(|| rule.text("name"), str::to_owned),
        };
        self.names.push(name);
    }

    /// Takes the first shipping method that the website and the subtotal allow.
    fn ship(&mut self, data: &Data, website: u32) {
        if self.is_virtual() {
            return;
        }
        let subtotal = self.sum(|line| line.row_total).base;
        let method = data.shipping.iter().find(|method| {
            data.website(&method.website) == Some(website)
                && amount(method.from_subtotal) <= subtotal
        });
        if let Some(method) = method {
            self.method = (method.code.to_string(), method.name.to_string());
            self.shipping = self.money(amount(method.price));
        }
    }

    fn tax(&mut self, percent: Amount) {
        let hundred = amount(100);
        for line in &mut self.lines {
            line.tax_percent = percent;
            line.tax_before_discount = line.row_total.map(|total| total.share(percent, hundred));
            line.tax = (line.row_total - line.discount).map(|total| total.share(percent, hundred));
        }
        self.shipping_tax = self.shipping.map(|shipping| shipping.share(percent, hundred));
    }
}

/// A code as it is; the beginning of generated ones stands for the next that nobody used.
fn coupon_code(shop: &Shop, data: &Data, coupon: &str) -> Option<String> {
    let generated = data.rules.iter().filter_map(|rule| rule.coupons.as_ref());
    if !generated.into_iter().any(|coupons| *coupons.prefix == *coupon) {
        return Some(coupon.to_owned());
    }
    shop.coupons
        .find(|known| known.text("code").starts_with(coupon) && known.id("times_used") == 0)
        .map(|known| known.text("code"))
}

/// What the basket must come to for a rule with such a condition.
fn least_subtotal(rule: &Doc) -> Amount {
    let conditions = rule.value("condition")["conditions"].as_array();
    let mut subtotals = conditions
        .into_iter()
        .flatten()
        .filter(|condition| condition["attribute_name"] == "base_subtotal");
    subtotals.next().map_or(Amount::ZERO, |condition| Amount::of(condition.get("value")))
}
