//! Through which invoice an online refund goes, and what of it is left.

use souk_sdk::magento::Scan;
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, object};
use crate::order::{Order, OrderItem};
use crate::order_filter::equals;
use crate::routes::CREDITMEMOS;
use crate::sales_document::DocumentKind;

/// Magento's number for an invoice that is paid.
const PAID: u64 = 2;

/// The invoice that is refunded through, and what of it was given back before.
pub(super) struct RefundInvoice {
    /// Its entity id.
    pub(super) id: u64,
    /// What can be given back through it, in the order's currency.
    pub(super) money_left: Decimal,
    /// Whether shipping was invoiced with it: the first invoice takes all of it.
    pub(super) has_shipping: bool,
    /// What was invoiced of order items and not given back, by their ids.
    left: Vec<(u64, Decimal)>,
}

impl RefundInvoice {
    /// Finds the invoice: the one that is meant, or the order's only one.
    ///
    /// # Errors
    /// When the order has no such invoice or several, or the gateway did not capture it; and what
    /// reading meets.
    pub(super) fn find(
        context: &ApplyContext,
        order: &Order,
        id: Option<u64>,
    ) -> Result<Self, Failure> {
        let invoices = DocumentKind::Invoice.all_of(context, order)?;
        let invoice = DocumentKind::Invoice.choose(order, &invoices, id, "invoice_id")?;
        let id = invoice.id("entity_id");
        let refused = |message: String| Failure::argument("invoice_id", message);
        if invoice.id("state") != PAID {
            return Err(refused(format!("the invoice {id} is not paid")));
        }
        if invoice.text("transaction_id").is_empty() {
            return Err(refused(format!("the invoice {id} was not captured by the gateway"))
                .remedy("refund it `offline`, and pay the customer back outside the store"));
        }
        let criteria = Criteria::new().filter(equals("order_id", &order.id.to_string())?);
        let memos = Scan::new(context, CREDITMEMOS, criteria, "entity_id").all()?;
        let memos = memos.into_iter().map(object).filter(|memo| memo.id("invoice_id") == id);
        let mut money_left = invoice.amount("grand_total")?;
        let mut left = quantities(invoice)?;
        for memo in memos {
            money_left = money_left - memo.amount("grand_total")?;
            left.extend(quantities(&memo)?.into_iter().map(|(item, quantity)| (item, -quantity)));
        }
        // Later invoices have no `shipping_amount` at all (`orders_more.jsonl`).
        let has_shipping = invoice.amount_after(false, "shipping_amount")?.is_positive();
        Ok(Self { id, money_left, has_shipping, left })
    }

    /// How many of an order item can be given back through this invoice.
    pub(super) fn left(&self, item: &OrderItem) -> Decimal {
        let own = self.left.iter().filter(|(id, _)| *id == item.id);
        own.map(|(_, quantity)| *quantity).sum::<Decimal>().max(Decimal::ZERO)
    }
}

/// How many of each order item a document is about.
fn quantities(document: &JsonObject) -> Result<Vec<(u64, Decimal)>, Failure> {
    document.rows("items").map(|row| Ok((row.id("order_item_id"), row.amount("qty")?))).collect()
}
