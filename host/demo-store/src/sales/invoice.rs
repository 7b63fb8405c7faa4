//! Invoices: the money of some of an order's items. The first one takes all of the shipping.

use super::composition::Roles;
use super::history::Remarks;
use super::line::{self, Line, RemainingQuantity, RequestedQuantities};
use super::lookup;
use super::order;
use super::payment::{self, Movement};
use super::states::{self, After, Can};
use super::stock;
use crate::amount::{Amount, Money, PriceCalculators, Sign};
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::shop::numbers::{Document, Part};
use crate::shop::{Shop, StoreId};

/// The state of an invoice that is paid. One of an offline method is as soon as it is made.
const PAID: i32 = 2;

/// An invoice's lines and totals, before it is made.
#[derive(Debug, Default)]
struct Draft {
    lines: Vec<Line>,
    /// Whether the order has nothing left to invoice after this.
    is_last: bool,
    subtotal: Money,
    subtotal_incl_tax: Money,
    discount: Money,
    /// The shipping, unless an earlier invoice had it.
    shipping: Option<Money>,
    /// Whether the tax on shipping is in: it is in the first invoice.
    takes_shipping_tax: bool,
    tax: Money,
    compensation: Money,
}

impl Draft {
    fn of(order: &Doc, earlier: &[&Doc], asked: &RequestedQuantities) -> Result<Self, Refusal> {
        let lines = lines(order, asked)?;
        let is_last = lines.iter().all(|line| line.is_last || !line.is_billed);
        let mut draft = Self { lines, is_last, ..Self::default() };
        draft.add_rows(order);
        draft.add_discount(order, earlier);
        draft.add_shipping(order, earlier);
        draft.add_tax(order);
        Ok(draft)
    }

    /// All quantities together, those that are only carried along too.
    fn quantity(&self) -> Amount {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// Row totals, discounts and taxes of all lines, each rounded so that its remainder counts for
    /// the next.
    fn add_rows(&mut self, order: &Doc) {
        let items = order.docs("items");
        let (mut plain, mut with_tax) = (PriceCalculators::default(), PriceCalculators::default());
        for line in self.lines.iter_mut().filter(|line| line.is_billed) {
            let item = items[line.place];
            let left = left(item);
            line.row_total = line.part(
                &mut plain,
                line::row_total(item) - item.money("row_invoiced"),
                left,
                Sign::Added,
            );
            line.row_total_incl_tax = line.with_tax(&mut with_tax, item);
            self.subtotal += line.row_total;
            self.subtotal_incl_tax += line.row_total_incl_tax;
        }
        for line in self.lines.iter_mut().filter(|line| line.is_billed) {
            let item = items[line.place];
            if item.money("discount_amount") != Money::ZERO {
                let rest = item.money("discount_amount") - item.money("discount_invoiced");
                line.discount = Some(line.part(&mut plain, rest, left(item), Sign::Deducted));
            }
        }
        for line in self.lines.iter_mut().filter(|line| line.is_billed) {
            let item = items[line.place];
            let rest = |of: &str, done: &str| item.money(of) - item.money(done);
            line.tax =
                line.part(&mut plain, rest("tax_amount", "tax_invoiced"), left(item), Sign::Added);
            line.compensation = line.part(
                &mut plain,
                rest("discount_tax_compensation_amount", "discount_tax_compensation_invoiced"),
                left(item),
                Sign::Added,
            );
        }
        let allowed = order.money("subtotal") - order.money("subtotal_invoiced");
        self.subtotal = if self.is_last { allowed } else { self.subtotal.min(allowed) };
    }

    /// The lines' discounts; the one on shipping goes with the first discounted invoice.
    fn add_discount(&mut self, order: &Doc, earlier: &[&Doc]) {
        let had_discount =
            earlier.iter().any(|invoice| invoice.money("discount_amount") != Money::ZERO);
        if !had_discount {
            self.discount += order.money("shipping_discount_amount");
        }
        for discount in self.lines.iter().filter_map(|line| line.discount) {
            self.discount += discount;
        }
    }

    fn add_shipping(&mut self, order: &Doc, earlier: &[&Doc]) {
        let had_shipping =
            earlier.iter().any(|invoice| invoice.money("shipping_amount") != Money::ZERO);
        self.takes_shipping_tax = !had_shipping;
        if !had_shipping && order.money("shipping_amount") != Money::ZERO {
            self.shipping = Some(order.money("shipping_amount"));
        }
    }

    fn add_tax(&mut self, order: &Doc) {
        for line in &self.lines {
            self.tax += line.tax;
            self.compensation += line.compensation;
        }
        if self.takes_shipping_tax {
            self.tax += order.money("shipping_tax_amount");
            self.compensation += order.money("shipping_discount_tax_compensation_amount");
        }
        let allowed = order.money("tax_amount") - order.money("tax_invoiced");
        self.tax = if self.is_last { allowed } else { self.tax.min(allowed) };
    }

    fn grand_total(&self) -> Money {
        self.subtotal - self.discount
            + self.shipping.unwrap_or(Money::ZERO)
            + self.tax
            + self.compensation
    }
}

fn left(item: &Doc) -> RemainingQuantity {
    RemainingQuantity { quantity: item.amount("qty_ordered") - item.amount("qty_invoiced") }
}

/// What is asked for, in quantities of every item: a bundle's parts come with it, unless they are asked
/// for themselves, and a variant with its configurable product.
fn spread(order: &Doc, roles: &Roles, asked: &RequestedQuantities) -> RequestedQuantities {
    let items = order.docs("items");
    let mut spread = asked.clone();
    for (place, item) in items.iter().enumerate() {
        if let Some(quantity) = spread.of(item) {
            for part in roles.parts(place) {
                if spread.of(items[part]).is_none()
                    && let Some(own) = roles.at(part).in_bundles(quantity)
                {
                    spread.ask(items[part].id("item_id"), own);
                }
            }
        } else if let Some(quantity) = spread.by_id(item.id("parent_item_id")) {
            spread.ask(item.id("item_id"), quantity);
        }
    }
    spread
}

/// A line for every item that has something left, also of those not asked for, with 0; and for what is
/// only carried along with one that is asked for.
fn lines(order: &Doc, asked: &RequestedQuantities) -> Result<Vec<Line>, Refusal> {
    let items = order.docs("items");
    let roles = Roles::of(order);
    let spread = spread(order, &roles, asked);
    let is_wanted = |place: usize| match spread.of(items[place]) {
        Some(quantity) => quantity > Amount::ZERO,
        None => spread.is_everything() && roles.at(place).to_invoice(items[place]) > Amount::ZERO,
    };
    let mut lines = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let role = roles.at(place);
        let left = role.to_invoice(item);
        let is_in = match role.whole {
            _ if role.is_billed => left > Amount::ZERO,
            Some(whole) => is_wanted(whole),
            None => roles.parts(place).any(&is_wanted),
        };
        if !is_in {
            continue;
        }
        let wanted = match spread.of(item) {
            Some(quantity) => quantity,
            // What is only carried along counts as invoiced whole, however much is left.
            None if !role.is_billed => item.amount("qty_ordered"),
            None if asked.is_everything() => left,
            None => Amount::ZERO,
        };
        let quantity = order::counted(item, wanted).max(Amount::ZERO);
        if role.is_billed && quantity > left {
            return Err(Refusal::bad("We found an invalid quantity to invoice item \"%1\".")
                .with(serde_json::json!([item.value("name")])));
        }
        let is_last = role.is_billed && quantity == left;
        lines.push(Line { place, quantity, is_last, is_billed: role.is_billed, ..Line::default() });
    }
    Ok(lines)
}

fn validate(order: &Doc, draft: &Draft) -> Result<(), Refusal> {
    let mut messages = Vec::new();
    if draft.quantity() <= Amount::ZERO {
        messages.push(
            "The invoice can't be created without products. Add products and try again.".to_owned(),
        );
    }
    if !states::is_open_to(order, Can::Invoice) {
        messages.push(format!(
            "An invoice cannot be created when an order has a status of {}",
            order.text("status")
        ));
    } else if !states::can(order, Can::Invoice) {
        messages.push("The order does not allow an invoice to be created.".to_owned());
    }
    lookup::refuse("Invoice", &messages)
}

/// Makes an invoice of what is asked for, and counts it as paid; its id.
///
/// # Errors
/// Magento's refusals: nothing to invoice, too much of an item, a state that allows no invoice.
pub(crate) fn make(
    shop: &mut Shop,
    order: u64,
    asked: &RequestedQuantities,
    capture: bool,
    remarks: &Remarks,
    now: &str,
) -> Result<u64, Refusal> {
    let mut order = lookup::order_of(shop, order)?;
    let earlier: Vec<&Doc> = lookup::documents_of(&shop.invoices, &order).collect();
    let draft = Draft::of(&order, &earlier, asked)?;
    validate(&order, &draft)?;
    let id = shop.invoices.take_id();
    let store = StoreId::try_from(order.id("store_id")).unwrap_or(0);
    let increment = shop.sales_numbers.increment(Document::Invoice, store);
    let mut invoice = line::header(&order, id, &increment, now);
    line::money_header(&mut invoice, &order);
    // Captured or not, it counts as paid.
    invoice.put("state", PAID);
    invoice.put("can_void_flag", 0);
    write_totals(&mut invoice, &order, &draft);
    let items = draft.lines.iter().filter(|line| line.quantity > Amount::ZERO).map(|line| {
        let item = order.docs("items")[line.place];
        let number = shop.sales_numbers.next(Part::InvoiceItem);
        let mut doc = line.document_item(item, number, id);
        doc.take_over(item, &["base_cost"]);
        doc
    });
    invoice.put("items", line::list(items));
    remarks.write(&mut invoice, &mut shop.sales_numbers, Part::InvoiceComment, now);
    let goods = register(&mut order, &draft, now);
    if capture && payment::is_gateway(&order) {
        let total = draft.grand_total().order;
        let txn = payment::record(shop, &mut order, Movement::Capture, total, now);
        invoice.put("transaction_id", txn);
        payment::add_base(&mut order, "base_amount_paid_online", draft.grand_total().base);
    }
    pay(&mut order, draft.grand_total(), draft.shipping.unwrap_or(Money::ZERO));
    states::settle(&mut order, After::Delivery);
    order.put("updated_at", now);
    shop.invoices.put(invoice);
    stock::use_up(shop, &order, &goods);
    shop.orders.put(order);
    Ok(id)
}

fn write_totals(invoice: &mut Doc, order: &Doc, draft: &Draft) {
    invoice.set_money("subtotal", draft.subtotal);
    invoice.set_money("subtotal_incl_tax", draft.subtotal_incl_tax);
    invoice.set_money("discount_amount", -draft.discount);
    invoice.set_money("tax_amount", draft.tax);
    invoice.set_money("discount_tax_compensation_amount", draft.compensation);
    invoice.set_money("grand_total", draft.grand_total());
    invoice.set_amount("total_qty", draft.quantity());
    if let Some(shipping) = draft.shipping {
        invoice.set_money("shipping_amount", shipping);
        invoice.set_money("shipping_incl_tax", order.money("shipping_incl_tax"));
    }
    if draft.takes_shipping_tax {
        for field in ["shipping_tax_amount", "shipping_discount_tax_compensation_amount"] {
            invoice.set_money(field, order.money(field));
        }
    }
}

/// Counts the invoice on the order and its items; the goods that are delivered by being invoiced.
fn register(order: &mut Doc, draft: &Draft, now: &str) -> Vec<stock::Goods> {
    let roles = Roles::of(order);
    let mut place = 0;
    let mut goods = Vec::new();
    let mut cost = Amount::ZERO;
    order::each_item(order, |item| {
        let has_parts = roles.at(place).has_parts;
        let line = draft.lines.iter().find(|line| line.place == place);
        place += 1;
        let Some(line) = line else { return };
        // Totals were worked out for lines of nothing too, and left this.
        if line.is_billed {
            item.put("weee_tax_applied", "[]");
        }
        if line.quantity == Amount::ZERO {
            return;
        }
        item.add_amount("qty_invoiced", line.quantity);
        item.add_money("tax_invoiced", line.tax);
        item.add_money("discount_tax_compensation_invoiced", line.compensation);
        item.add_money("discount_invoiced", line.discount.unwrap_or(Money::ZERO));
        item.add_money("row_invoiced", line.row_total);
        item.put("updated_at", now);
        if has_parts {
            return;
        }
        cost += item.amount("base_cost").times(line.quantity);
        if order::is_virtual_item(item) {
            goods.push((item.text("sku"), line.quantity));
        }
    });
    order.add_money("total_invoiced", draft.grand_total());
    order.add_money("subtotal_invoiced", draft.subtotal);
    order.add_money("tax_invoiced", draft.tax);
    order.add_money("discount_tax_compensation_invoiced", draft.compensation);
    order.add_money("shipping_invoiced", draft.shipping.unwrap_or(Money::ZERO));
    order.add_money("discount_invoiced", -draft.discount);
    order.add_amount("base_total_invoiced_cost", cost);
    goods
}

fn pay(order: &mut Doc, total: Money, shipping: Money) {
    order.add_money("total_paid", total);
    payment::add(order, "amount_paid", total);
    payment::add(order, "shipping_captured", shipping);
}

/// Has the gateway capture the money of an open invoice.
///
/// # Errors
/// When it is paid already, or of an offline method.
pub(crate) fn capture(shop: &mut Shop, id: u64, now: &str) -> Result<(), Refusal> {
    let mut invoice = shop.invoices.get(id).cloned().ok_or_else(lookup::no_such_entity)?;
    let mut order = lookup::order_of(shop, invoice.id("order_id"))?;
    if invoice.id("state") != 1 || !payment::is_gateway(&order) {
        return Err(Refusal::bad("The capture action is not available."));
    }
    let total = invoice.money("grand_total");
    let txn = payment::record(shop, &mut order, Movement::Capture, total.order, now);
    invoice.put("transaction_id", txn);
    invoice.put("state", PAID);
    invoice.put("updated_at", now);
    pay(&mut order, total, invoice.money("shipping_amount"));
    order::set_due(&mut order);
    order.put("updated_at", now);
    shop.invoices.put(invoice);
    shop.orders.put(order);
    Ok(())
}
