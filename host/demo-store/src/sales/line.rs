//! The lines of a document made from an order: which items, how many, and what they come to.

use serde_json::Value;

use super::order;
use crate::amount::{Amount, Money, PriceCalculators, Sign};
use crate::document::Doc;
use crate::document::Fields;
use crate::php;

/// The quantities that a request asks for, by order item. None at all asks for everything left.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestedQuantities(Vec<(u64, Amount)>);

impl RequestedQuantities {
    /// Reads the `items` of a request: `order_item_id` and `qty`, the last of equal items counting.
    pub(crate) fn read(items: &[Value]) -> Self {
        Self(
            items
                .iter()
                .map(|item| (php::id_of(&item["order_item_id"]), Amount::of(item.get("qty"))))
                .collect(),
        )
    }

    /// Whether everything left is asked for.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of an order item are asked for.
    pub(crate) fn of(&self, item: &Doc) -> Option<Amount> {
        self.by_id(item.id("item_id"))
    }

    /// How many of the order item with this id are asked for.
    pub(crate) fn by_id(&self, id: u64) -> Option<Amount> {
        self.0.iter().rev().find(|(known, _)| *known == id).map(|(_, quantity)| *quantity)
    }

    /// Asks for so many of an order item, too.
    pub(crate) fn ask(&mut self, id: u64, quantity: Amount) {
        self.0.push((id, quantity));
    }

    /// Ids and quantities as given.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Amount)> + '_ {
        self.0.iter().copied()
    }
}

/// A line: so many of an order item, and their part of its money.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// The order item's place in the order.
    pub(crate) place: usize,
    /// How many.
    pub(crate) quantity: Amount,
    /// Whether it has amounts: of a composite product either the whole has or its parts.
    pub(crate) is_billed: bool,
    /// Whether nothing is left of the item after this line. What rounding left over goes here.
    pub(crate) is_last: bool,
    /// Without tax and before discount.
    pub(crate) row_total: Money,
    /// With tax and before discount.
    pub(crate) row_total_incl_tax: Money,
    /// The discount, a positive amount; absent when the item has none.
    pub(crate) discount: Option<Money>,
    /// Tax.
    pub(crate) tax: Money,
    /// Tax that a discount on prices with tax leaves in the price.
    pub(crate) compensation: Money,
}

/// What an item's money is shared by: a line's quantity of what is left of the item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RemainingQuantity {
    /// How many are left, this line among them.
    pub(crate) quantity: Amount,
}

impl Line {
    /// The line's part of what is left of an amount: all of it if it is the last line.
    pub(crate) fn part(
        &self,
        calculators: &mut PriceCalculators,
        rest: Money,
        left: RemainingQuantity,
        sign: Sign,
    ) -> Money {
        if self.is_last {
            rest
        } else {
            calculators.delta_round(rest, self.quantity, left.quantity, sign)
        }
    }

    /// The line's row total with tax and before discount, in proportion to all that was ordered.
    pub(crate) fn with_tax(&self, calculators: &mut PriceCalculators, item: &Doc) -> Money {
        let ordered = item.amount("qty_ordered");
        let total = item.money("price_incl_tax").map(|price| price.times(ordered));
        calculators.delta_round(total, self.quantity, ordered, Sign::Added)
    }

    /// The line as a document's item: what the order item says, and this line's amounts.
    pub(crate) fn document_item(&self, item: &Doc, id: u64, parent: u64) -> Doc {
        let mut doc = Doc::new();
        doc.put("entity_id", id);
        doc.put("parent_id", parent);
        doc.put("order_item_id", item.id("item_id"));
        doc.take_over(
            item,
            &[
                "name",
                "sku",
                "product_id",
                "price",
                "base_price",
                "price_incl_tax",
                "base_price_incl_tax",
            ],
        );
        doc.set_amount("qty", self.quantity);
        if !self.is_billed {
            return doc;
        }
        doc.set_money("row_total", self.row_total);
        doc.set_money("row_total_incl_tax", self.row_total_incl_tax);
        doc.set_money("tax_amount", self.tax);
        doc.set_money("discount_tax_compensation_amount", self.compensation);
        if let Some(discount) = self.discount {
            doc.set_money("discount_amount", discount);
        }
        doc
    }
}

/// An order item's total without tax and before discount. Orders show it less the discount.
pub(crate) fn row_total(item: &Doc) -> Money {
    item.money("row_total") + item.money("discount_amount")
}

/// What every document made from an order takes over from it.
pub(crate) fn header(order: &Doc, id: u64, increment: &str, now: &str) -> Doc {
    let mut doc = Doc::new();
    doc.put("entity_id", id);
    doc.put("increment_id", increment);
    doc.put("order_id", order.value("entity_id").clone());
    doc.put("created_at", now);
    doc.put("updated_at", now);
    doc.take_over(order, &["store_id", "billing_address_id"]);
    if let Some(address) = order::shipping_address(order) {
        doc.put("shipping_address_id", address.value("entity_id").clone());
    }
    doc
}

/// Currencies, rates and the discount's name: what documents about money take over beside the header.
pub(crate) fn money_header(doc: &mut Doc, order: &Doc) {
    doc.take_over(
        order,
        &[
            "base_currency_code",
            "global_currency_code",
            "order_currency_code",
            "store_currency_code",
            "base_to_global_rate",
            "base_to_order_rate",
            "store_to_base_rate",
            "store_to_order_rate",
            "discount_description",
        ],
    );
}

/// Documents as a list in JSON.
pub(crate) fn list(docs: impl Iterator<Item = Doc>) -> Value {
    docs.map(Value::Object).collect()
}
