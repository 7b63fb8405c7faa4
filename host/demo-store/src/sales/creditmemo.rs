//! Credit memos: money given back, with or without the goods.

use super::composition::Roles;
use super::creditmemo_totals::{MemoBasis, MemoTotals};
use super::history::{self, Remarks};
use super::line::{self, Line, RequestedQuantities};
use super::lookup;
use super::order;
use super::payment::{self, Movement};
use super::refund_lines::{InvoiceLimits, lines};
use super::states::{self, After, Can};
use super::stock::{self, ReturnedItem};
use crate::amount::{Amount, Money};
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::shop::numbers::{Document, Part};
use crate::shop::{Shop, StoreId};

/// The state of a credit memo: refunded.
const REFUNDED: i32 = 2;

/// What a request to refund says beside items and remarks.
#[derive(Debug, Clone, Default)]
pub(crate) struct RefundArguments {
    /// Shipping to give back; all that is left when not said.
    pub(crate) shipping: Option<Amount>,
    /// To give back on top.
    pub(crate) extra: Option<Amount>,
    /// To keep.
    pub(crate) fee: Option<Amount>,
    /// Order items whose goods go back to stock.
    pub(crate) returned: Vec<u64>,
}

/// Where the refund is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundTarget {
    /// On the order: never through the gateway.
    Order,
    /// On an invoice, through the gateway or not.
    Invoice {
        /// The invoice.
        id: u64,
        /// Whether the gateway gives the money back.
        online: bool,
    },
}

/// A credit memo's lines and totals, before it is made.
#[derive(Debug)]
struct Draft {
    lines: Vec<Line>,
    totals: MemoTotals,
    extra: Money,
    fee: Money,
}

impl Draft {
    fn of(
        basis: &MemoBasis<'_>,
        asked: &RequestedQuantities,
        limits: Option<&InvoiceLimits>,
        terms: &RefundArguments,
    ) -> Result<Self, Refusal> {
        let order = basis.order;
        let mut lines = lines(order, asked, limits)?;
        let totals = MemoTotals::collect(basis, &mut lines)?;
        let rate = order.amount("base_to_order_rate");
        let in_both = |base: Option<Amount>| {
            let base = base.unwrap_or(Amount::ZERO).cents();
            let order = if rate == Amount::ZERO { base } else { base.times(rate).cents() };
            Money { order, base }
        };
        Ok(Self { lines, totals, extra: in_both(terms.extra), fee: in_both(terms.fee) })
    }

    fn grand_total(&self) -> Money {
        self.totals.sum() + self.extra - self.fee
    }
}

fn validate(
    order: &Doc,
    draft: &Draft,
    asked: &RequestedQuantities,
    terms: &RefundArguments,
    refundable: bool,
    known_item: impl Fn(u64) -> Option<String>,
) -> Result<(), Refusal> {
    let mut messages = Vec::new();
    if !refundable {
        messages.push("We can't create creditmemo for the invoice.".to_owned());
    }
    if !states::is_open_to(order, Can::Creditmemo) {
        messages.push(format!(
            "A creditmemo can not be created when an order has a status of {}",
            order.text("status")
        ));
    }
    let items = order.docs("items");
    // A row of what is only carried along has to be of some: a bundle that never counted as invoiced is none.
    let empty = draft.lines.iter().filter(|line| !line.is_billed && line.quantity <= Amount::ZERO);
    messages.extend(empty.map(|line| {
        format!(
            "The quantity to creditmemo must not be greater than the unrefunded quantity for product SKU \
             \"{}\".",
            items[line.place].text("sku")
        )
    }));
    let refunded = order.amount("base_total_refunded");
    let paid = order.amount("base_total_paid");
    if (refunded + draft.grand_total().base).cents() > paid.cents() {
        let left = crate::php::text_of(&(paid - refunded).json());
        messages.push(format!("The most money available to refund is {left}."));
    }
    let roles = Roles::of(order);
    for (id, quantity) in asked.iter() {
        let place = items.iter().position(|item| item.id("item_id") == id);
        match place.map(|place| (roles.at(place), items[place])) {
            None => messages.push(
                "The creditmemo contains product item that is not part of the original order."
                    .to_owned(),
            ),
            Some((role, _)) if !role.is_billed => {
                messages.push("The creditmemo contains incorrect product items.".to_owned());
            }
            Some((role, item)) if quantity > role.to_refund(item) => messages.push(
                "The quantity to refund must not be greater than the unrefunded quantity."
                    .to_owned(),
            ),
            Some(_) => {}
        }
    }
    for id in &terms.returned {
        let in_memo = draft.lines.iter().any(|line| items[line.place].id("item_id") == *id);
        match known_item(*id) {
            _ if in_memo => continue,
            Some(sku) => messages
                .push(format!("The \"{sku}\" product is not part of the current creditmemo.")),
            None => messages.push(
                "The return to stock argument contains product item that is not part of the original order."
                    .to_owned(),
            ),
        }
        break;
    }
    lookup::refuse("Creditmemo", &messages)
}

/// Gives back what is asked for; the credit memo's id.
///
/// # Errors
/// Magento's refusals: more than was paid or invoiced, items of other orders, a state that allows no
/// refund, an invoice that was paid by a method that cannot refund.
pub(crate) fn make(
    shop: &mut Shop,
    order: u64,
    basis: RefundTarget,
    asked: &RequestedQuantities,
    terms: &RefundArguments,
    remarks: &Remarks,
    now: &str,
) -> Result<u64, Refusal> {
    let mut order = lookup::order_of(shop, order)?;
    let invoice = match basis {
        RefundTarget::Order => None,
        RefundTarget::Invoice { id, .. } => shop.invoices.get(id).cloned(),
    };
    let refundable = invoice.is_none() || payment::is_gateway(&order);
    let limits = invoice.as_ref().map(|invoice| InvoiceLimits::of(shop, &order, invoice));
    let memo_basis = MemoBasis {
        order: &order,
        earlier: lookup::documents_of(&shop.creditmemos, &order).collect(),
        invoice: invoice.as_ref(),
        named_shipping: terms.shipping,
        shows_tax: shop.shows_shipping_with_tax,
    };
    let draft = Draft::of(&memo_basis, asked, limits.as_ref(), terms)?;
    validate(&order, &draft, asked, terms, refundable, |id| {
        lookup::item_of(shop, id).map(|item| item.text("sku"))
    })?;
    let online = matches!(basis, RefundTarget::Invoice { online: true, .. });
    if online && payment::declines(draft.grand_total().order) {
        return Err(Refusal::bad("Could not save a Creditmemo, see error log for details"));
    }
    let id = shop.creditmemos.take_id();
    let store = StoreId::try_from(order.id("store_id")).unwrap_or(0);
    let increment = shop.sales_numbers.increment(Document::Creditmemo, store);
    let mut memo = line::header(&order, id, &increment, now);
    line::money_header(&mut memo, &order);
    memo.put("state", REFUNDED);
    write_totals(&mut memo, &draft, terms);
    let items = draft.lines.iter().filter(|line| line.quantity > Amount::ZERO).map(|line| {
        let number = shop.sales_numbers.next(Part::CreditmemoItem);
        document_item(line, order.docs("items")[line.place], number, id)
    });
    memo.put("items", line::list(items));
    remarks.write(&mut memo, &mut shop.sales_numbers, Part::CreditmemoComment, now);
    register(&mut order, &draft, online, now);
    order.put("customer_note_notify", i32::from(remarks.notify));
    if let RefundTarget::Invoice { id: invoice, .. } = basis {
        memo.put("invoice_id", invoice);
    }
    let mut how = "offline.".to_owned();
    if online {
        let total = draft.grand_total().order;
        let txn = payment::record(shop, &mut order, Movement::Refund, total, now);
        how = format!("online. Transaction ID: \"{txn}\"");
        memo.put("transaction_id", txn);
    }
    states::settle(&mut order, After::Creditmemo);
    order.put("updated_at", now);
    let total = payment::formatted(draft.grand_total().base, &order.text("base_currency_code"));
    let note = format!("We refunded {total} {how}");
    history::note_refund(&mut order, &mut shop.sales_numbers, &note, remarks.notify, now);
    shop.creditmemos.put(memo);
    move_stock(shop, &order, &draft, terms);
    shop.orders.put(order);
    Ok(id)
}

fn write_totals(memo: &mut Doc, draft: &Draft, terms: &RefundArguments) {
    memo.set_money("subtotal", draft.totals.subtotal);
    memo.set_money("subtotal_incl_tax", draft.totals.subtotal_incl_tax);
    memo.set_money("discount_amount", -draft.totals.discount);
    memo.set_money("shipping_amount", draft.totals.shipping);
    memo.set_money("shipping_incl_tax", draft.totals.shipping_incl_tax);
    memo.set_money("shipping_tax_amount", draft.totals.shipping_tax);
    memo.set_money("tax_amount", draft.totals.tax);
    memo.set_money("discount_tax_compensation_amount", draft.totals.compensation);
    memo.set_money("adjustment", draft.extra - draft.fee);
    if terms.extra.is_some() {
        memo.set_money("adjustment_positive", draft.extra);
    }
    if terms.fee.is_some() {
        memo.set_money("adjustment_negative", draft.fee);
    }
    memo.set_money("grand_total", draft.grand_total());
}

fn document_item(line: &Line, item: &Doc, id: u64, parent: u64) -> Doc {
    let mut doc = line.document_item(item, id, parent);
    doc.put("base_cost", item.value("base_cost").clone());
    doc.put("weee_tax_applied", "[]");
    doc.put("weee_tax_applied_row_amount", 0);
    doc.put("weee_tax_row_disposition", 0);
    doc.put("base_weee_tax_row_disposition", 0);
    doc
}

/// Counts the refund on the order, its items and its payment.
fn register(order: &mut Doc, draft: &Draft, online: bool, now: &str) {
    let roles = Roles::of(order);
    let mut cost = Amount::ZERO;
    let mut place = 0;
    order::each_item(order, |item| {
        let line =
            draft.lines.iter().find(|line| line.place == place && line.quantity > Amount::ZERO);
        let has_parts = roles.at(place).has_parts;
        place += 1;
        let Some(line) = line else { return };
        if !has_parts {
            cost += item.amount("base_cost").times(line.quantity);
        }
        item.add_amount("qty_refunded", line.quantity);
        item.add_money("tax_refunded", line.tax);
        item.add_money("discount_tax_compensation_refunded", line.compensation);
        item.add_money("amount_refunded", line.row_total);
        item.add_money("discount_refunded", line.discount.unwrap_or(Money::ZERO));
        item.put("updated_at", now);
    });
    if cost != Amount::ZERO {
        order.add_amount("base_total_invoiced_cost", -cost);
    }
    let total = draft.grand_total();
    let refunded = order.money("total_refunded") + total;
    order.set_money("total_refunded", refunded.map(Amount::cents));
    order.add_money("subtotal_refunded", draft.totals.subtotal);
    order.add_money("tax_refunded", draft.totals.tax);
    order.add_money("discount_tax_compensation_refunded", draft.totals.compensation);
    order.add_money("shipping_refunded", draft.totals.shipping);
    order.add_money("shipping_tax_refunded", draft.totals.shipping_tax);
    order.add_money("adjustment_positive", draft.extra);
    order.add_money("adjustment_negative", draft.fee);
    order.add_money("discount_refunded", -draft.totals.discount);
    order.add_money(if online { "total_online_refunded" } else { "total_offline_refunded" }, total);
    // What a payment counts is in cents of the base currency.
    let counted = Money { base: total.base.cents(), ..total };
    payment::add(order, "amount_refunded", counted);
    payment::add(order, "shipping_refunded", draft.totals.shipping);
    if online {
        payment::add_base(order, "base_amount_refunded_online", counted.base);
    }
}

/// Moves the goods: of composite products those of the parts.
fn move_stock(shop: &mut Shop, order: &Doc, draft: &Draft, terms: &RefundArguments) {
    let items = order.docs("items");
    let roles = Roles::of(order);
    for line in draft.lines.iter().filter(|line| line.quantity > Amount::ZERO) {
        let item = items[line.place];
        let role = roles.at(line.place);
        if role.has_parts {
            continue;
        }
        let returned = terms.returned.contains(&item.id("item_id"))
            || role.whole.is_some_and(|whole| {
                !role.is_in_bundle && terms.returned.contains(&items[whole].id("item_id"))
            });
        stock::refund(shop, order, &ReturnedItem { item, quantity: line.quantity, returned });
    }
}
