//! Through which invoice an online refund goes, and what of it is left.

use souk_sdk::magento::Scan;
use souk_sdk::prelude::*;

use crate::balance::{money_if_any, shipping_compensation};
use crate::credit_memo::InvoiceBalance;
use crate::json_object::{JsonObject, object};
use crate::money::Money;
use crate::order::{Order, OrderItem, grand_total};
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
    /// Finds the invoice: the one that is meant, or the only one that the gateway can give back of.
    ///
    /// # Errors
    /// When the order has no such invoice or several that can be refunded through, or the gateway did not
    /// capture it; and what reading meets.
    pub(crate) fn find(
        context: &ApplyContext,
        order: &Order,
        memos: &[JsonObject],
        id: Option<u64>,
    ) -> Result<Self, Failure> {
        let kind = DocumentKind::Invoice;
        let mut invoices = kind.all_of(context, order)?;
        if let Some(why) = Self::why_none(order, &invoices, memos)? {
            return Err(why.failure(order, "refund"));
        }
        if let Some(id) = id {
            let invoice = kind.choose(order, &invoices, Some(id), "invoice_id")?;
            let refused = |message: String| Failure::argument("invoice_id", message);
            if invoice.id("state") != PAID {
                return Err(refused(format!("the invoice {id} is not paid")));
            }
            if !is_captured(invoice) {
                return Err(refused(format!("the invoice {id} was not captured by the gateway"))
                    .remedy(OFFLINE));
            }
            return Self::new(order, invoice, memos);
        }
        // Nobody has to choose what the gateway can give nothing back of.
        let mut unfit = Vec::new();
        for invoice in &invoices {
            if !Self::gives_back(order, invoice, memos)? {
                unfit.push(invoice.id("entity_id"));
            }
        }
        invoices.retain(|invoice| !unfit.contains(&invoice.id("entity_id")));
        Self::new(order, kind.choose(order, &invoices, None, "invoice_id")?, memos)
    }

    /// Why the gateway can give nothing of an order back, whatever its state, as these are its invoices
    /// and credit memos; none where it can.
    ///
    /// # Errors
    /// What of a document cannot be read.
    pub(crate) fn why_none(
        order: &Order,
        invoices: &[JsonObject],
        memos: &[JsonObject],
    ) -> Result<Option<StateRefusal>, Failure> {
        if !invoices.iter().any(is_captured) {
            let why = StateRefusal::new("the gateway captured none of its invoices");
            return Ok(Some(why.remedy(OFFLINE)));
        }
        for invoice in invoices {
            if Self::gives_back(order, invoice, memos)? {
                return Ok(None);
            }
        }
        let why = "all of what the gateway captured of it has been given back";
        Ok(Some(StateRefusal::new(why).remedy(OFFLINE)))
    }

    /// Whether the gateway can give something back of an invoice.
    fn gives_back(
        order: &Order,
        invoice: &JsonObject,
        memos: &[JsonObject],
    ) -> Result<bool, Failure> {
        let is_left = |own: Self| own.money_left.base.cents().is_positive();
        Ok(is_captured(invoice) && is_left(Self::new(order, invoice, memos)?))
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
        let shipping_compensation = shipping_compensation(invoice)?;
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

/// The order's credit memos. Where nothing of it was refunded there are none, or none that count.
///
/// # Errors
/// What reading meets.
pub(crate) fn refunds_of(context: &Context, order: &Order) -> Result<Vec<JsonObject>, Failure> {
    let is_refunded = order.items().iter().any(|item| item.qty_refunded.is_positive());
    if !is_refunded && !order.total_refunded.is_positive() && !order.fee_kept.is_positive() {
        return Ok(Vec::new());
    }
    let criteria = Criteria::new().filter(equals("order_id", &order.id.to_string())?);
    let memos = Scan::new(context, CREDITMEMOS, criteria, "entity_id").all()?;
    Ok(memos.into_iter().map(object).collect())
}

const COMPENSATION: &str = "discount_tax_compensation_amount";

/// How many of each order item a document is about.
fn quantities(document: &JsonObject) -> Result<Vec<(u64, Decimal)>, Failure> {
    document.rows("items").map(|row| Ok((row.id("order_item_id"), row.amount("qty")?))).collect()
}
