//! `orders_refund`
//!
//! What the body says is all that can happen: every item is named with its quantity, 0 too, since an
//! empty list would refund everything that is left; the shipping is always given, since leaving it
//! out would refund all of it (`orders_more.jsonl`, `refund-shiponly`, `refund-rest`).

use souk_sdk::prelude::*;

use super::apply::{ActReply, DocumentNote, apply_to, order_change, order_lookup, post};
use super::document_items::expect_added;
use super::refund_invoice::RefundInvoice;
use crate::balance::OrderBalance;
use crate::credit_memo::{CreditMemo, RefundExtras, adjustment_in_base, shipping_in_base};
use crate::item_quantity::{ItemQuantity, ItemQuantityArgs, all_left, resolve};
use crate::item_role::DocumentSide;
use crate::json_object::JsonObject;
use crate::order::{Order, OrderItem};
use crate::order_ref::OrderRef;
use crate::routes::{
    CREDITMEMOS, FIND_ORDER, INVOICES, REFUND, REFUND_INVOICE, REFUNDS, TRANSACTIONS,
};
use crate::sales_document::DocumentKind;
use crate::state::{OrderAct, is_paid_offline, require};

/// Who gives the money back.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum RefundMethod {
    /// The store only notes it; the customer is paid back outside.
    Offline,
    /// The payment gateway that captured an invoice.
    Online,
}

/// So many of an item, and whether the goods come back.
#[args]
#[derive(Debug, Clone)]
struct RefundItemArgs {
    #[serde(flatten)]
    item: ItemQuantityArgs,
    /// Whether these go back to stock. Without it, what `return_to_stock` says for all.
    return_to_stock: Option<bool>,
}

#[args]
#[derive(Debug)]
pub(crate) struct RefundArgs {
    #[serde(flatten)]
    order: OrderRef,
    /// `offline`: the store notes it and the customer is paid back outside; `online`: through the
    /// gateway that captured the invoice.
    method: RefundMethod,
    /// The invoice to refund through, by entity id, where the order has several. Online only.
    invoice_id: Option<EntityId>,
    /// Refund all that is left: of the order, or online of the invoice. Instead of `items` and
    /// `shipping`.
    #[serde(default)]
    everything: bool,
    /// Which items and how many. Without it none.
    #[serde(default)]
    items: Vec<RefundItemArgs>,
    /// How much of the shipping, without its tax, in the order's currency. Without it none.
    shipping: Option<NonNegative>,
    /// To give back on top, in the order's currency.
    adjustment_refund: Option<NonNegative>,
    /// To keep, in the order's currency.
    adjustment_fee: Option<NonNegative>,
    /// Whether the goods go back to stock. Those that were never shipped and do not are written off.
    #[serde(default)]
    return_to_stock: bool,
    #[serde(flatten)]
    note: DocumentNote,
}

/// Refund an order
///
/// Gives money back: quantities of items, shipping, an adjustment on top, a fee kept, or everything
/// that is left; offline (the store notes it) or online (through the gateway). Amounts are in the
/// order's currency and refused above what is left of what was paid; the total is computed beforehand
/// and verified by reading back. It cannot be undone: see it with `preview: true` first.
#[action(
    apply,
    tier = critical,
    reads(FIND_ORDER, INVOICES, CREDITMEMOS, TRANSACTIONS),
    changes(REFUNDS)
)]
pub(crate) fn refund(args: &RefundArgs, context: &ApplyContext) -> ActReply {
    let order = args.order.read(context)?;
    let invoice = refund_invoice(args, context, &order)?;
    let balance = OrderBalance::parse(&order)?;
    let refund = Refund::new(args, &order, &balance, invoice.as_ref())?;
    let change = refund.change(&balance, &args.note);
    let memo = &refund.memo;
    let total = memo.grand_total().order;
    let summary = format!("refund {total} {} of {}", order.currency(), order.name());
    let mut outcome = apply_to(context, summary, order_lookup(), change)?;
    let amounts = json!({
        "currency": order.currency(),
        "total": total,
        "items": memo.subtotal.order,
        "discount": memo.discount.order,
        "shipping": memo.shipping.order,
        "tax": memo.tax.order,
        "adjustment_refund": memo.adjustment.order,
        "adjustment_fee": memo.fee.order,
    });
    outcome.put("refund", Some(amounts));
    outcome.put_newest(context, &order, DocumentKind::CreditMemo, |_| true)?;
    if invoice.is_some() {
        let is_refund = |transaction: &JsonObject| transaction.text("txn_type") == "refund";
        outcome.put_newest(context, &order, DocumentKind::Transaction, is_refund)?;
    }
    Ok(outcome.result())
}

/// Whether the order can be refunded so, and for an online refund through which invoice.
fn refund_invoice(
    args: &RefundArgs,
    context: &ApplyContext,
    order: &Order,
) -> Result<Option<RefundInvoice>, Failure> {
    let online = args.method == RefundMethod::Online;
    require(order, if online { OrderAct::RefundOnline } else { OrderAct::RefundOffline })?;
    match (online, args.invoice_id) {
        (true, id) => RefundInvoice::find(context, order, id.map(EntityId::get)).map(Some),
        (false, None) => Ok(None),
        (false, Some(_)) => {
            Err(Failure::argument("invoice_id", "an offline refund is of the order")
                .remedy("leave `invoice_id` out, or refund `online`"))
        }
    }
}

/// A refund, worked out.
struct Refund<'order> {
    order: &'order Order,
    /// The invoice of an online refund.
    invoice: Option<u64>,
    quantities: Vec<ItemQuantity<'order>>,
    /// Order items whose goods come back.
    returned: Vec<u64>,
    extras: RefundExtras,
    memo: CreditMemo,
}

impl<'order> Refund<'order> {
    fn new(
        args: &RefundArgs,
        order: &'order Order,
        balance: &OrderBalance,
        invoice: Option<&RefundInvoice>,
    ) -> Result<Self, Failure> {
        let left = |item: &OrderItem| {
            let left = item.to_refund();
            invoice.map_or(left, |invoice| invoice.left(item).min(left))
        };
        let quantities = if !args.everything {
            resolve(
                order,
                args.items.iter().map(|item| &item.item),
                DocumentSide::Money,
                left,
                "refund",
            )?
        } else if args.items.is_empty() && args.shipping.is_none() {
            all_left(order, left)
        } else {
            return Err(Failure::argument("everything", "everything includes items and shipping")
                .remedy("leave `items` and `shipping` out, or `everything`"));
        };
        let adjustment = |wanted: Option<NonNegative>, argument: &str| match wanted {
            None => Ok(Decimal::ZERO),
            Some(NonNegative(wanted)) => adjustment_in_base(order, balance, wanted, argument),
        };
        let extras = RefundExtras {
            shipping: match args.shipping {
                Some(NonNegative(wanted)) => shipping_in_base(order, balance, wanted)?,
                // Other invoices than that with the shipping give none back.
                None if args.everything && invoice.is_none_or(|invoice| invoice.has_shipping) => {
                    balance.shipping_left.base.max(Decimal::ZERO)
                }
                None => Decimal::ZERO,
            },
            adjustment: adjustment(args.adjustment_refund, "adjustment_refund")?,
            fee: adjustment(args.adjustment_fee, "adjustment_fee")?,
        };
        let named: Vec<_> = quantities.iter().map(|line| (line.item.id, line.quantity)).collect();
        let memo = CreditMemo::new(order, balance, &named, extras)?;
        memo.check(order, balance)?;
        let total = memo.grand_total().order;
        if let Some(invoice) = invoice.filter(|invoice| total > invoice.money_left) {
            let message = format!(
                "this would give back {total} {}, and {} of the invoice {} are left",
                order.currency(),
                invoice.money_left,
                invoice.id
            );
            return Err(Failure::argument("invoice_id", message));
        }
        let comes_back = |(index, _): &(usize, &ItemQuantity<'_>)| {
            let own = args.items.get(*index).and_then(|item| item.return_to_stock);
            own.unwrap_or(args.return_to_stock)
        };
        let returned = quantities.iter().enumerate().filter(comes_back);
        Ok(Self {
            order,
            invoice: invoice.map(|invoice| invoice.id),
            returned: returned.map(|(_, line)| line.item.id).collect(),
            quantities,
            extras,
            memo,
        })
    }

    fn change(&self, balance: &OrderBalance, note: &DocumentNote) -> ChangeBuilder {
        let mut change = order_change(self.order);
        let step = change.step(match self.invoice {
            None => post(&REFUND),
            Some(id) => {
                let invoice = BindingSource::Text(id.to_string());
                REFUND_INVOICE.step(Method::Post, [invoice], StoreView::Global)
            }
        });
        if self.invoice.is_some() {
            change.constant(step, "/isOnline", true.into());
        }
        change.constant(step, "/items", self.every_item());
        for (field, amount) in [
            ("shipping_amount", self.extras.shipping),
            ("adjustment_positive", self.extras.adjustment),
            ("adjustment_negative", self.extras.fee),
        ] {
            change.constant(step, &["/arguments/", field].concat(), amount.json());
        }
        let returned = self.returned_items();
        if !returned.is_empty() {
            let pointer = "/arguments/extension_attributes/return_to_stock_items";
            change.constant(step, pointer, returned.into());
        }
        note.write(&mut change, step);
        self.expect(&mut change, balance);
        self.warn(&mut change, balance);
        change.cannot_be_undone("money that was given back cannot be taken again");
        change
    }

    /// What the order will show.
    fn expect(&self, change: &mut ChangeBuilder, balance: &OrderBalance) {
        // The discount on shipping can have more digits than cents; the order's total has not.
        let total = (self.order.total_refunded + self.memo.grand_total().order).cents();
        change.expect("total_refunded", "/total_refunded", Some(&total.json()));
        if self.memo.shipping.order.is_positive() {
            let shipping = balance.shipping_refunded + self.memo.shipping.order;
            change.expect("shipping_refunded", "/shipping_refunded", Some(&shipping.json()));
        }
        expect_added(change, &self.quantities, "qty_refunded");
    }

    fn every_item(&self) -> Value {
        let quantity = |item: &OrderItem| {
            let line = self.quantities.iter().find(|line| line.item.id == item.id);
            line.map_or(Decimal::ZERO, |line| line.quantity)
        };
        let items = self.order.billed_items();
        items.map(|item| json!({"order_item_id": item.id, "qty": quantity(item)})).collect()
    }

    /// The ids of what comes back: of a configurable product the variant too, whose stock it is.
    fn returned_items(&self) -> Vec<Value> {
        let comes_back = |item: &&OrderItem| {
            self.returned.contains(&item.id) || self.returned.contains(&item.parent_id)
        };
        self.order.items().iter().filter(comes_back).map(|item| item.id.into()).collect()
    }

    /// The goods that are given back: of a bundle that is billed whole those of its parts.
    fn goods(&self) -> Vec<(&OrderItem, Decimal)> {
        let mut goods = Vec::new();
        for ItemQuantity { item, quantity } in &self.quantities {
            if item.role.is_in_bundle && item.role.has_parts {
                let parts = self.order.parts(item);
                goods.extend(parts.map(|part| (part, quantity.times(part.role.per_whole))));
            } else {
                goods.push((*item, *quantity));
            }
        }
        goods
    }

    fn warn(&self, change: &mut ChangeBuilder, balance: &OrderBalance) {
        for (item, quantity) in self.goods() {
            let gone = item.written_off(quantity);
            let returned =
                self.returned.contains(&item.id) || self.returned.contains(&item.parent_id);
            if gone.is_positive() && !item.is_virtual && !returned {
                change.warn(format!(
                    "{gone} of `{}` were never shipped and do not go back to stock: Magento takes them off \
                     the source's quantity",
                    item.sku()
                ));
            }
        }
        if self.invoice.is_none() && !is_paid_offline(self.order) {
            change.warn(format!(
                "`{}` moves no money: the store only notes the refund, and the customer has to be \
                 paid back outside",
                self.order.payment_method
            ));
        }
        if self.memo.shipping.order.is_positive() && balance.shipping_tax.order.is_positive() {
            change.warn(
                "a store that shows shipping with tax in its orders takes the amount as including \
                 it and gives back less: the refund then ends as unknown, and the credit memo says \
                 how much it was",
            );
        }
    }
}
