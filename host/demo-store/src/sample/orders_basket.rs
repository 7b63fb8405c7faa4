//! What a basket of the sample shop costs: prices, cart price rules, shipping, tax, currency.

use serde_json::json;

use crate::php;
use crate::sales::amount::{Amount, Money};
use crate::sales::fields::Fields;
use crate::shop::{Doc, Product, Shop, StoreId};

use super::TRADE;

/// Customers whose orders are in another currency than the shop's: country, currency, rate.
const CURRENCIES: [(&str, &str, &str); 2] = [("GB", "GBP", "0.86"), ("NO", "NOK", "11.62")];
/// The country in which the trade pays tax, and how many percent.
const TAXED: (&str, &str) = ("DE", "19");

fn decimal(text: &str) -> Amount {
    Amount::of(Some(&json!(text)))
}

/// One line of a basket.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
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

impl Line {
    /// The type of the item that the order shows.
    pub(super) fn kind(&self) -> &'static str {
        match (self.variant_of, self.is_virtual) {
            (Some(_), _) => "configurable",
            (None, true) => "virtual",
            (None, false) => "simple",
        }
    }
}

/// A basket, reckoned up.
#[derive(Debug, Default)]
pub(super) struct Basket {
    /// Its lines.
    pub(super) lines: Vec<Line>,
    /// The order's currency.
    pub(super) currency: &'static str,
    /// How much of it a euro is.
    pub(super) rate: Amount,
    /// Code and description of the shipping method.
    pub(super) method: (&'static str, &'static str),
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
    /// Reckons up `SKU*quantity …` for a buyer of a group and country.
    pub(super) fn fill(
        shop: &Shop,
        store: StoreId,
        group: u64,
        country: &str,
        goods: &str,
        coupon: &str,
        now: &str,
    ) -> Self {
        let foreign = CURRENCIES.iter().find(|(known, ..)| *known == country);
        let mut basket = Self {
            currency: foreign.map_or("EUR", |(_, currency, _)| currency),
            rate: decimal(foreign.map_or("1", |(.., rate)| rate)),
            coupon: coupon_code(shop, coupon),
            ..Self::default()
        };
        for part in goods.split_whitespace() {
            let (sku, quantity) = part.split_once('*').unwrap_or((part, "1"));
            if let Some(product) = shop.products.by_sku(sku) {
                let line = basket.line(shop, product, decimal(quantity), store, group, now);
                basket.lines.push(line);
            }
        }
        basket.discount(shop, store, group, now);
        basket.ship(store);
        if store == TRADE && country == TAXED.0 {
            basket.tax();
        }
        basket
    }

    /// Whether nothing in it needs a parcel.
    pub(super) fn is_virtual(&self) -> bool {
        self.lines.iter().all(|line| line.is_virtual)
    }

    /// The sum of an amount over the lines.
    pub(super) fn sum(&self, amount: impl Fn(&Line) -> Money) -> Money {
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
        store: StoreId,
        group: u64,
        now: &str,
    ) -> Line {
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
        Line {
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
            ..Line::default()
        }
    }

    /// Applies the rules that were running then, one after the other.
    fn discount(&mut self, shop: &Shop, store: StoreId, group: u64, now: &str) {
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
        let amount = rule.amount("discount_amount");
        let hundred = decimal("100");
        let total = self.sum(|line| line.row_total - line.discount);
        let whole = self.money(amount);
        let mut given = Money::ZERO;
        let last = self.lines.len().saturating_sub(1);
        for place in 0..self.lines.len() {
            let fixed = self.money(amount);
            let line = &mut self.lines[place];
            let left = line.row_total - line.discount;
            let off = match rule.text("simple_action").as_str() {
                "by_percent" => {
                    line.discount_percent += amount;
                    left.map(|left| left.share(amount, hundred))
                }
                "by_fixed" => fixed.map(|fixed| fixed.times(line.quantity)).min(left),
                "cart_fixed" if place == last => whole - given,
                "cart_fixed" => Money {
                    order: whole.order.share(left.order, total.order),
                    base: whole.base.share(left.base, total.base),
                },
                _ => Money::ZERO,
            };
            line.discount += off;
            given += off;
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

    fn ship(&mut self, store: StoreId) {
        if self.is_virtual() {
            return;
        }
        let subtotal = self.sum(|line| line.row_total).base;
        let (method, price) = if store == TRADE {
            (("tablerate_bestway", "Best Way - Pallet"), "39")
        } else if subtotal >= decimal("150") {
            (("freeshipping_freeshipping", "Free Shipping - Free"), "0")
        } else {
            (("flatrate_flatrate", "Flat Rate - Fixed"), "5.9")
        };
        self.method = method;
        self.shipping = self.money(decimal(price));
    }

    fn tax(&mut self) {
        let (percent, hundred) = (decimal(TAXED.1), decimal("100"));
        for line in &mut self.lines {
            line.tax_percent = percent;
            line.tax_before_discount = line.row_total.map(|total| total.share(percent, hundred));
            line.tax = (line.row_total - line.discount).map(|total| total.share(percent, hundred));
        }
        self.shipping_tax = self.shipping.map(|shipping| shipping.share(percent, hundred));
    }
}

/// `NEWS` is the next newsletter code that nobody used; anything else is a code.
fn coupon_code(shop: &Shop, coupon: &str) -> Option<String> {
    match coupon {
        "" => None,
        "NEWS" => shop
            .coupons
            .find(|known| known.text("code").starts_with("NEWS-") && known.id("times_used") == 0)
            .map(|known| known.text("code")),
        code => Some(code.to_owned()),
    }
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
