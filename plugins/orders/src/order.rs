//! An order as the store answers it, checked once, and what of its items is left to do.
//!
//! What the rules of states need is parsed here, what a refund needs besides in
//! [`balance`](crate::balance). The document is kept for what results pass on unchanged.

use souk_sdk::prelude::*;

use crate::item_role::{ItemRole, ShippedAs, shipment_types};
use crate::json_object::{JsonObject, object};
use crate::money::Money;
use crate::order_state::OrderState;

/// An order. Amounts are in its own currency.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Its entity id.
    pub(crate) id: u64,
    pub(crate) state: OrderState,
    /// The payment method's code.
    pub(crate) payment_method: String,
    /// Whether nothing of it needs a parcel.
    pub(crate) is_virtual: bool,
    pub(crate) grand_total: Decimal,
    /// What is still to be paid. What was canceled is not owed.
    pub(crate) due: Decimal,
    pub(crate) total_invoiced: Decimal,
    pub(crate) total_paid: Decimal,
    pub(crate) total_refunded: Decimal,
    /// What was paid, in the base currency.
    pub(crate) base_paid: Decimal,
    /// What was refunded, in the base currency.
    pub(crate) base_refunded: Decimal,
    /// What credit memos kept as a fee.
    pub(crate) fee_kept: Decimal,
    /// What credit memos gave back and the order's total lacks: of two that are made in the same moment
    /// Magento keeps the sum of one. Nothing until [`learn_refunds`](Self::learn_refunds) knows better.
    pub(crate) unrecorded_refunds: Money,
    items: Vec<OrderItem>,
    /// What the store answered, without the items.
    pub(crate) document: JsonObject,
}

/// An order item.
#[derive(Debug, Clone)]
pub(crate) struct OrderItem {
    pub(crate) id: u64,
    /// The item that this one is a part of; 0 where it stands for itself. The variant is a part of
    /// its configurable product.
    pub(crate) parent_id: u64,
    /// Whether it needs no parcel.
    pub(crate) is_virtual: bool,
    /// Whether it is sold in fractions. Magento cuts fractions of others off.
    pub(crate) is_divisible: bool,
    pub(crate) qty_ordered: Decimal,
    pub(crate) qty_invoiced: Decimal,
    pub(crate) qty_shipped: Decimal,
    pub(crate) qty_refunded: Decimal,
    qty_canceled: Decimal,
    /// How many were canceled with its bundle, or with the parts of it, where those are billed: Magento
    /// counts a cancellation only there.
    canceled_in_bundle: Decimal,
    /// How many of it were refunded: of a bundle that is billed by its parts as these tell, since Magento
    /// counts more.
    refunded: Decimal,
    /// How many of it the parts that are left make, of a bundle that is billed by its parts: a shipment
    /// without a list takes those along and counts none of the bundle itself.
    left_by_parts: Option<Decimal>,
    /// What it is among the other items.
    pub(crate) role: ItemRole,
    /// What the store answered.
    pub(crate) document: JsonObject,
}

/// The fields that [`Order::parse`] needs, for searches that ask for no more than they use.
pub(crate) const ORDER_FIELDS: &str = "\
    entity_id increment_id state is_virtual payment[method] order_currency_code grand_total \
    total_due total_invoiced total_paid total_refunded base_total_paid base_total_refunded \
    total_canceled adjustment_negative \
    items[item_id,parent_item_id,product_type,sku,is_virtual,price_incl_tax,qty_ordered,\
    qty_invoiced,qty_shipped,qty_refunded,qty_canceled]";

impl Order {
    /// An order from its document.
    ///
    /// What Magento always has is an error where it is missing: the `grand_total`, `total_due`, which it
    /// works out, and the quantities of items. Every other amount may be null in its tables, and is then
    /// no member of its answers: most come with the first invoice, payment or refund, and orders that were
    /// imported, or placed in some payment module's own way, lack others. Magento takes each for nothing.
    ///
    /// # Errors
    /// When it has no id, no items, one of those amounts is missing, or any cannot be read.
    pub(crate) fn parse(document: Value) -> Result<Self, Failure> {
        let mut document = object(document);
        let id = document.id("entity_id");
        if id == 0 {
            return Err(document.unreadable("an order has no `entity_id`"));
        }
        let Some(Value::Array(items)) = document.remove("items") else {
            return Err(document.unreadable("an order has no `items`"));
        };
        let mut items: Vec<OrderItem> = items
            .into_iter()
            .map(|item| OrderItem::parse(object(item)))
            .collect::<Result<_, _>>()?;
        let roles: Vec<ItemRole> = items.iter().map(|item| item.role_among(&items)).collect();
        items.iter_mut().zip(roles).for_each(|(item, role)| item.role = role);
        let canceled: Vec<Decimal> = items.iter().map(|item| item.canceled_among(&items)).collect();
        items.iter_mut().zip(canceled).for_each(|(item, count)| item.canceled_in_bundle = count);
        let by_parts: Vec<_> = items.iter().map(|item| item.counted_by_parts(&items)).collect();
        for (item, counts) in items.iter_mut().zip(by_parts) {
            if let Some((refunded, left)) = counts {
                (item.refunded, item.left_by_parts) = (refunded, Some(left));
            }
        }
        let method = document.get("payment").and_then(|payment| payment.get("method"));
        Ok(Self {
            id,
            state: OrderState::named(document.text("state")),
            payment_method: method.and_then(Value::as_str).unwrap_or_default().to_owned(),
            is_virtual: document.flag("is_virtual"),
            grand_total: document.amount("grand_total")?,
            due: due(&document)?,
            total_invoiced: document.amount_if_any("total_invoiced")?,
            total_paid: document.amount_if_any("total_paid")?,
            total_refunded: document.amount_if_any("total_refunded")?,
            base_paid: document.amount_if_any("base_total_paid")?,
            base_refunded: document.amount_if_any("base_total_refunded")?,
            fee_kept: document.amount_if_any("adjustment_negative")?,
            unrecorded_refunds: Money::default(),
            items,
            document,
        })
    }

    /// The number that people know it by.
    pub(crate) fn increment_id(&self) -> &str {
        self.document.text("increment_id")
    }

    /// What a person calls it: `order 000000012`.
    pub(crate) fn name(&self) -> String {
        match self.increment_id() {
            "" => format!("order with id {}", self.id),
            number => format!("order {number}"),
        }
    }

    /// The currency that its amounts are in.
    pub(crate) fn currency(&self) -> &str {
        self.document.text("order_currency_code")
    }

    /// The currency of its website.
    pub(crate) fn base_currency(&self) -> &str {
        self.document.text("base_currency_code")
    }

    /// Whether customers paid in another currency than the website's own.
    pub(crate) fn is_converted(&self) -> bool {
        self.currency() != self.base_currency()
    }

    /// All items, parts of others among them.
    pub(crate) fn items(&self) -> &[OrderItem] {
        &self.items
    }

    /// The items whose money is their own: invoices and credit memos name these.
    pub(crate) fn billed_items(&self) -> impl Iterator<Item = &OrderItem> {
        self.items.iter().filter(|item| item.role.is_billed)
    }

    /// The parts of an item.
    pub(crate) fn parts(&self, whole: &OrderItem) -> impl Iterator<Item = &OrderItem> {
        let whole = whole.id;
        self.items.iter().filter(move |item| item.parent_id == whole)
    }

    /// Whether parts of a bundle are left to ship, in whatever state it is: Magento counts each shipped part
    /// against what was ordered in bundles, and takes an order for complete before all of it was shipped.
    pub(crate) fn has_parts_to_ship(&self) -> bool {
        self.items.iter().any(|item| item.role.is_in_bundle && item.to_ship().is_positive())
    }

    /// How many of a bundle so many of each of its parts are. One that lacks a part is none.
    pub(crate) fn bundles(
        &self,
        bundle: &OrderItem,
        of_part: impl Fn(&OrderItem) -> Decimal,
    ) -> Decimal {
        bundle.bundles_among(&self.items, of_part)
    }

    /// Finds out how the bundles in it ship, which their products say.
    ///
    /// # Errors
    /// What reading meets. Products that are gone leave it unknown.
    pub(crate) fn learn_shipping(&mut self, context: &Context) -> Result<(), Failure> {
        Self::learn_shipping_of(context, std::slice::from_mut(self))
    }

    /// The same of several orders, in one search.
    ///
    /// # Errors
    /// As [`learn_shipping`](Self::learn_shipping).
    pub(crate) fn learn_shipping_of(context: &Context, orders: &mut [Self]) -> Result<(), Failure> {
        let mut products: Vec<String> = Vec::new();
        for item in orders.iter().flat_map(|order| &order.items).filter(|item| item.is_bundle()) {
            let id = item.document.id("product_id").to_string();
            if !products.contains(&id) {
                products.push(id);
            }
        }
        let known = shipment_types(context, &products)?;
        for order in orders {
            order.ship_as(&known);
        }
        Ok(())
    }

    /// Takes how bundles ship from their products, by whose ids it is known.
    fn ship_as(&mut self, known: &[(u64, bool)]) {
        let ships_apart: Vec<(u64, bool)> = self
            .items
            .iter()
            .filter(|item| item.is_bundle())
            .filter_map(|item| {
                let product = item.document.id("product_id");
                let (_, apart) = known.iter().find(|(id, _)| *id == product)?;
                Some((item.id, *apart))
            })
            .collect();
        for item in &mut self.items {
            let whole = if item.is_part() { item.parent_id } else { item.id };
            if let Some((_, apart)) = ships_apart.iter().find(|(id, _)| *id == whole) {
                let own = *apart == item.is_part();
                item.role.shipped_as = if own { ShippedAs::Itself } else { ShippedAs::Another };
            }
        }
    }

    /// Takes what was given back from its credit memos, where they come to more than the order says.
    ///
    /// # Errors
    /// When a memo has no total.
    pub(crate) fn learn_refunds(&mut self, memos: &[JsonObject]) -> Result<(), Failure> {
        let (mut given, mut roundings) = (Money::default(), Decimal::ZERO);
        for memo in memos.iter().filter(|memo| memo.id("state") != CANCELED_MEMO) {
            given += grand_total(memo)?;
            roundings += Decimal::CENT;
        }
        let recorded = Money { order: self.total_refunded, base: self.base_refunded };
        let missing = (given - recorded).cents();
        let is_missing = missing.base > roundings;
        self.unrecorded_refunds = if is_missing { missing } else { Money::default() };
        Ok(())
    }

    /// Whether something of it was invoiced.
    pub(crate) fn is_invoiced(&self) -> bool {
        self.items.iter().any(|item| item.qty_invoiced.is_positive())
    }
}

/// Magento's number for a credit memo that was canceled.
const CANCELED_MEMO: u64 = 3;

/// What a document comes to, which every one has.
pub(crate) fn grand_total(document: &JsonObject) -> Result<Money, Failure> {
    Ok(Money { order: document.amount("grand_total")?, base: document.amount("base_grand_total")? })
}

/// What is still to be paid of an order: what is due, less what was canceled.
pub(crate) fn due(document: &JsonObject) -> Result<Decimal, Failure> {
    let canceled = document.amount_if_any("total_canceled")?;
    Ok((document.amount("total_due")? - canceled).max(Decimal::ZERO))
}

/// The next whole quantity, unless it is one.
fn rounded_up(quantity: Decimal) -> Decimal {
    let below = Decimal::of_millionths(quantity.millionths() / 1_000_000 * 1_000_000);
    if below == quantity { below } else { below + Decimal::whole(1) }
}

impl OrderItem {
    /// An item from its document. Its quantities are in every answer of the recordings.
    pub(crate) fn parse(document: JsonObject) -> Result<Self, Failure> {
        Ok(Self {
            id: document.id("item_id"),
            parent_id: document.id("parent_item_id"),
            is_virtual: document.flag("is_virtual"),
            is_divisible: document.flag("is_qty_decimal"),
            qty_ordered: document.amount("qty_ordered")?,
            qty_invoiced: document.amount("qty_invoiced")?,
            qty_shipped: document.amount("qty_shipped")?,
            qty_refunded: document.amount("qty_refunded")?,
            qty_canceled: document.amount("qty_canceled")?,
            canceled_in_bundle: Decimal::ZERO,
            refunded: document.amount("qty_refunded")?,
            left_by_parts: None,
            role: ItemRole { is_billed: document.id("parent_item_id") == 0, ..ItemRole::alone() },
            document,
        })
    }

    /// What it is among the items of its order.
    fn role_among(&self, items: &[Self]) -> ItemRole {
        let has_parts = items.iter().any(|other| other.parent_id == self.id);
        let whole = items.iter().find(|other| self.is_part() && other.id == self.parent_id);
        if whole.is_none() && !has_parts {
            return ItemRole::alone();
        }
        let composite = whole.unwrap_or(self);
        let is_in_bundle = composite.document.text("product_type") == "bundle";
        let mut parts = items.iter().filter(|part| part.parent_id == composite.id);
        let has_price =
            |part: &Self| part.document.get("price_incl_tax").is_some_and(|price| !price.is_null());
        let bills_parts = is_in_bundle && parts.any(has_price);
        let per_whole = whole.and_then(|whole| self.qty_ordered.over(whole.qty_ordered));
        let per_whole = per_whole.unwrap_or(Decimal::whole(1));
        ItemRole::composite(whole.is_some(), is_in_bundle, bills_parts, per_whole)
    }

    /// How many of it were canceled with its bundle or with the parts of it, where those are billed.
    fn canceled_among(&self, items: &[Self]) -> Decimal {
        if self.role.is_billed || !self.role.is_in_bundle {
            return Decimal::ZERO;
        }
        if self.is_part() {
            let bundle = items.iter().find(|other| other.id == self.parent_id);
            let canceled = bundle.map_or(Decimal::ZERO, |bundle| bundle.qty_canceled);
            return canceled.times(self.role.per_whole);
        }
        self.bundles_among(items, |part| part.qty_canceled)
    }

    /// How many of a bundle that is billed by its parts were refunded, and how many the parts make that are
    /// left to ship.
    fn counted_by_parts(&self, items: &[Self]) -> Option<(Decimal, Decimal)> {
        self.role.is_bundle_of_parts().then(|| {
            let left = |part: &Self| if part.is_virtual { Decimal::ZERO } else { part.remaining() };
            let refunded = self.bundles_among(items, |part| part.qty_refunded);
            (refunded, self.bundles_among(items, left))
        })
    }

    /// How many bundles so many of each part are. One that lacks a part is none.
    fn bundles_among(&self, items: &[Self], quantity: impl Fn(&Self) -> Decimal) -> Decimal {
        let parts = items.iter().filter(|other| other.parent_id == self.id);
        let bundles = parts.filter_map(|part| quantity(part).over(part.role.per_whole));
        bundles.map(rounded_up).max().unwrap_or_default()
    }

    /// Its sku.
    pub(crate) fn sku(&self) -> &str {
        self.document.text("sku")
    }

    /// Whether it is a part of another: the variant of its configurable product, a part of its bundle.
    pub(crate) const fn is_part(&self) -> bool {
        self.parent_id != 0
    }

    /// Whether it is a bundle, and none of the parts of one.
    pub(crate) const fn is_bundle(&self) -> bool {
        self.role.has_parts && self.role.is_in_bundle
    }

    /// How many can still be invoiced.
    pub(crate) fn to_invoice(&self) -> Decimal {
        if !self.role.is_billed {
            return Decimal::ZERO;
        }
        (self.qty_ordered - self.qty_invoiced - self.qty_canceled).max(Decimal::ZERO)
    }

    /// How many are still to be shipped: neither shipped nor refunded nor canceled. Where it is not known
    /// how a bundle ships, its parts are.
    pub(crate) fn to_ship(&self) -> Decimal {
        if !self.is_shipped() {
            return Decimal::ZERO;
        }
        let left = self.remaining();
        self.left_by_parts.map_or(left, |by_parts| left.min(by_parts))
    }

    /// How many are neither shipped nor refunded nor canceled, whatever it ships with.
    fn remaining(&self) -> Decimal {
        let canceled = self.qty_canceled.max(self.canceled_in_bundle);
        let gone = self.qty_shipped + self.refunded + canceled;
        (self.qty_ordered - gone).max(Decimal::ZERO)
    }

    /// How many Magento would still ship: it lets what was refunded be shipped, as long as no more was
    /// shipped, and what was canceled with another item of a bundle.
    pub(crate) fn shippable(&self) -> Decimal {
        if self.is_shipped() { self.unshipped() } else { Decimal::ZERO }
    }

    fn is_shipped(&self) -> bool {
        !self.is_virtual
            && match self.role.shipped_as {
                ShippedAs::Itself => true,
                ShippedAs::Another => false,
                ShippedAs::Unknown => !self.role.has_parts,
            }
    }

    /// How many Magento takes for neither shipped nor refunded nor canceled, whatever it ships with.
    pub(crate) fn unshipped(&self) -> Decimal {
        self.unshipped_after(Decimal::ZERO)
    }

    /// How many Magento would take for that, once so many more are refunded.
    pub(crate) fn unshipped_after(&self, refunded: Decimal) -> Decimal {
        let gone = self.qty_shipped.max(self.qty_refunded + refunded);
        (self.qty_ordered - gone - self.qty_canceled).max(Decimal::ZERO)
    }

    /// The same, as an act counts it: nothing of what leaves with another item, but in bundles.
    fn unshipped_for_cancel(&self) -> Decimal {
        let carried = self.role.shipped_as == ShippedAs::Another && !self.role.is_in_bundle;
        if carried { Decimal::ZERO } else { self.unshipped() }
    }

    /// How many can still be refunded.
    pub(crate) fn to_refund(&self) -> Decimal {
        if !self.role.is_billed {
            return Decimal::ZERO;
        }
        (self.qty_invoiced - self.qty_refunded).max(Decimal::ZERO)
    }

    /// How many a cancellation calls off: neither invoiced nor shipped.
    pub(crate) fn to_cancel(&self) -> Decimal {
        self.to_invoice().min(self.unshipped_for_cancel())
    }

    /// Whether a cancellation leaves goods to be sent.
    pub(crate) fn stays_to_ship(&self) -> bool {
        self.unshipped_for_cancel() > self.to_cancel()
    }

    /// How many are in stock no more and were never shipped, once so many are refunded and do not come
    /// back: Magento takes them off a source.
    pub(crate) fn written_off(&self, refunded: Decimal) -> Decimal {
        let left = self.qty_invoiced - self.qty_refunded;
        (left - self.qty_shipped).max(Decimal::ZERO).min(refunded)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// An order of one item, two of it ordered; `item` and `more` replace members of either.
    pub(crate) fn order(state: &str, item: &Value, more: &Value) -> Order {
        Order::parse(document(state, item, more)).unwrap()
    }

    fn document(state: &str, item: &Value, more: &Value) -> Value {
        let mut order = json!({
            "entity_id": 7, "increment_id": "000000007", "state": state, "status": state,
            "grand_total": 20, "total_due": 20, "total_invoiced": 0, "total_refunded": 0,
            "order_currency_code": "EUR", "base_currency_code": "EUR",
            "payment": {"method": "checkmo"},
        });
        let mut only = json!({
            "item_id": 1, "sku": "A", "product_type": "simple", "qty_ordered": 2,
            "qty_invoiced": 0, "qty_shipped": 0, "qty_refunded": 0, "qty_canceled": 0,
        });
        for (field, value) in item.as_object().into_iter().flatten() {
            only[field] = value.clone();
        }
        for (field, value) in more.as_object().into_iter().flatten() {
            order[field] = value.clone();
        }
        order["items"] = json!([only]);
        order
    }

    #[test]
    fn an_amount_that_is_missing_is_none_unless_magento_always_has_it() {
        let without = |mut order: Value, field: &str| {
            order.as_object_mut().unwrap().remove(field);
            Order::parse(order).map(|_| ()).map_err(|failure| failure.message)
        };
        let new = || document("new", &json!({}), &json!({}));
        let refunded = || {
            let item = json!({"qty_invoiced": 2, "qty_refunded": 1});
            document("processing", &item, &json!({"total_paid": 20}))
        };
        for field in ["grand_total", "total_due", "items", "entity_id"] {
            assert!(without(new(), field).unwrap_err().contains(field), "{field}");
        }
        for field in ["total_invoiced", "total_refunded", "total_paid"] {
            assert_eq!(without(new(), field), Ok(()), "{field}");
            assert_eq!(without(refunded(), field), Ok(()), "{field}");
        }
        let item = json!({"qty_shipped": null});
        let missing = Order::parse(document("new", &item, &json!({}))).unwrap_err();
        assert!(missing.message.contains("`qty_shipped` is missing (sku \"A\")"), "{missing:?}");
        let odd = json!({"total_paid": "ten"});
        let unreadable = Order::parse(document("new", &json!({}), &odd)).unwrap_err();
        assert!(unreadable.message.contains("`total_paid` is \"ten\", which is no amount"));
    }
}
