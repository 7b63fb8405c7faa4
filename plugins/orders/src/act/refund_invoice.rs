//! Through which invoice an online refund goes, and what of it is left.

use souk_sdk::magento::Scan;
use souk_sdk::prelude::*;

use crate::balance::money_if_any;
use crate::credit_memo::InvoiceBalance;
use crate::json_object::{JsonObject, object};
use crate::money::Money;
use crate::order::{Order, OrderItem};
use crate::order_filter::equals;
use crate::routes::CREDITMEMOS;
use crate::sales_document::DocumentKind;
use crate::state_refusal::StateRefusal;

/// What helps where the gateway cannot give back.
const OFFLINE: &str = "refund it `offline`, and pay the customer back outside the store";

/// Magento's number for an invoice that is paid.
const PAID: u64 = 2;

/// The invoice that is refunded through, and what of it was given back before.
pub(crate) struct RefundInvoice {
    /// Its entity id.
    pub(crate) id: u64,
    /// What can be given back through it: a gateway captures and gives back cents, however many digits the
    /// invoice and its memos have.
    pub(crate) money_left: Money,
    /// What a memo of it draws on.
    pub(crate) balance: InvoiceBalance,
    /// What was invoiced of order items and not given back, by their ids.
    left: Vec<(u64, Decimal)>,
}

impl RefundInvoice {
    /// Finds the invoice: the one that is meant, or the order's only one.
    ///
    /// # Errors
    /// When the order has no such invoice or several, or the gateway did not capture it; and what
    /// reading meets.
    pub(crate) fn find(
        context: &ApplyContext,
        order: &Order,
        id: Option<u64>,
    ) -> Result<Self, Failure> {
        let invoices = DocumentKind::Invoice.all_of(context, order)?;
        if !invoices.iter().any(is_captured) {
            return Err(not_captured().failure(order, "refund"));
        }
        let invoice = DocumentKind::Invoice.choose(order, &invoices, id, "invoice_id")?;
        let id = invoice.id("entity_id");
        let refused = |message: String| Failure::argument("invoice_id", message);
        if invoice.id("state") != PAID {
            return Err(refused(format!("the invoice {id} is not paid")));
        }
        if !is_captured(invoice) {
            return Err(refused(format!("the invoice {id} was not captured by the gateway"))
                .remedy(OFFLINE));
        }
        Self::new(order, invoice, &memos(context, order)?)
    }

    /// Why the gateway can give nothing of an order back, whatever its state, as these are its invoices;
    /// none where it can.
    ///
    /// # Errors
    /// What reading the memos meets.
    pub(crate) fn why_none(
        context: &Context,
        order: &Order,
        invoices: &[JsonObject],
    ) -> Result<Option<StateRefusal>, Failure> {
        let mut captured = invoices.iter().filter(|invoice| is_captured(invoice)).peekable();
        if captured.peek().is_none() {
            return Ok(Some(not_captured()));
        }
        let memos = memos(context, order)?;
        for invoice in captured {
            if Self::new(order, invoice, &memos)?.money_left.base.cents().is_positive() {
                return Ok(None);
            }
        }
        let why = "all of what the gateway captured of it has been given back";
        Ok(Some(StateRefusal::new(why).remedy(OFFLINE)))
    }

    /// An invoice after the order's credit memos: those that were made of it count.
    ///
    /// # Errors
    /// What of a document cannot be read.
    pub(crate) fn new(
        order: &Order,
        invoice: &JsonObject,
        memos: &[JsonObject],
    ) -> Result<Self, Failure> {
        let id = invoice.id("entity_id");
        let memos = memos.iter().filter(|memo| memo.id("invoice_id") == id);
        let shipping_compensation = Money {
            order: invoice.amount_if_any("shipping_discount_tax_compensation_amount")?,
            // Magento's column is too short for the whole name.
            base: invoice.amount_if_any("base_shipping_discount_tax_compensation_amnt")?,
        };
        let mut balance = InvoiceBalance {
            items: Vec::new(),
            // Later invoices have no `shipping_amount` at all (`orders_more.jsonl`).
            base_shipping: invoice.amount_if_any("base_shipping_amount")?,
            shipping_tax: money_if_any(invoice, "shipping_tax_amount")?,
            shipping_compensation,
            tax_left: money_if_any(invoice, "tax_amount")?,
            compensation_left: money_if_any(invoice, COMPENSATION)? + shipping_compensation,
        };
        let mut money_left = grand_total(invoice)?.cents();
        let mut left = quantities(invoice)?;
        for memo in memos {
            money_left = money_left - grand_total(memo)?.cents();
            balance.tax_left = balance.tax_left - money_if_any(memo, "tax_amount")?;
            balance.compensation_left =
                balance.compensation_left - money_if_any(memo, COMPENSATION)?;
            left.extend(quantities(memo)?.into_iter().map(|(item, quantity)| (item, -quantity)));
        }
        let mut found = Self { id, money_left, balance, left };
        let is_left = |item: &&OrderItem| found.left(item).is_positive();
        found.balance.items = order.items().iter().filter(is_left).map(|item| item.id).collect();
        Ok(found)
    }

    /// Whether shipping was invoiced with it: the first invoice takes all of it.
    pub(crate) fn has_shipping(&self) -> bool {
        self.balance.base_shipping.is_positive()
    }

    /// How many of an order item can be given back through this invoice.
    pub(crate) fn left(&self, item: &OrderItem) -> Decimal {
        let own = self.left.iter().filter(|(id, _)| *id == item.id);
        own.map(|(_, quantity)| *quantity).sum::<Decimal>().max(Decimal::ZERO)
    }
}

/// Whether a gateway took the money of an invoice.
fn is_captured(invoice: &JsonObject) -> bool {
    invoice.id("state") == PAID && !invoice.text("transaction_id").is_empty()
}

fn not_captured() -> StateRefusal {
    StateRefusal::new("the gateway captured none of its invoices").remedy(OFFLINE)
}

/// The order's credit memos. Where nothing of it was refunded there are none, or none that count.
fn memos(context: &Context, order: &Order) -> Result<Vec<JsonObject>, Failure> {
    let is_refunded = order.items().iter().any(|item| item.qty_refunded.is_positive());
    if !is_refunded && !order.total_refunded.is_positive() && !order.fee_kept.is_positive() {
        return Ok(Vec::new());
    }
    let criteria = Criteria::new().filter(equals("order_id", &order.id.to_string())?);
    let memos = Scan::new(context, CREDITMEMOS, criteria, "entity_id").all()?;
    Ok(memos.into_iter().map(object).collect())
}

const COMPENSATION: &str = "discount_tax_compensation_amount";

/// What a document comes to, which every one has.
fn grand_total(document: &JsonObject) -> Result<Money, Failure> {
    Ok(Money { order: document.amount("grand_total")?, base: document.amount("base_grand_total")? })
}

/// How many of each order item a document is about.
fn quantities(document: &JsonObject) -> Result<Vec<(u64, Decimal)>, Failure> {
    document.rows("items").map(|row| Ok((row.id("order_item_id"), row.amount("qty")?))).collect()
}
