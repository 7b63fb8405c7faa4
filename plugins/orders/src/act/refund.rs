//! `orders_refund`
//!
//! What the body says is all that can happen: every item is named with its quantity, 0 too, since an
//! empty list would refund everything that is left; the shipping is always given, since leaving it
//! out would refund all of it (`orders_more.jsonl`, `refund-shiponly`, `refund-rest`).

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use souk_sdk::{ApplyContext, BindingSource, ChangeBuilder, EntityId, Failure, Method, StoreView};

use super::basis::Basis;
use super::document::{newest, told};
use super::{Outcome, Remarks, afterwards, carry_out, changing, item_place, lookup, post};
use crate::amount::Amount;
use crate::answer::Answer;
use crate::lines::{AskedItem, Line, resolve};
use crate::money::{Memo, Terms, adjustment, check_total, shipping, shipping_left};
use crate::order::{Item, Order, documents, id_of, which};
use crate::routes::{CREDITMEMOS, REFUND, REFUND_INVOICE, TRANSACTIONS};
use crate::search::Decimals;
use crate::state::{Act, check, is_offline};

/// Who gives the money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// The store only notes it; the customer is paid back outside.
    Offline,
    /// The payment gateway that captured an invoice.
    Online,
}

/// So many of an item, and whether the goods come back.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundItem {
    /// The order item's id, as `orders_get` tells it. Give this or `sku`.
    order_item_id: Option<EntityId>,
    /// The item's sku.
    #[schemars(length(min = 1))]
    sku: Option<String>,
    /// How many.
    qty: Decimals,
    /// Whether these go back to stock. Without it, what `return_to_stock` says for all.
    return_to_stock: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Its entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// Its number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
    /// `offline`: the store notes it and the customer is paid back outside; `online`: through the
    /// gateway that captured the invoice.
    method: Way,
    /// The invoice to refund through, by entity id, where the order has several. Online only.
    invoice_id: Option<EntityId>,
    /// Refund all that is left: of the order, or online of the invoice. Instead of `items` and
    /// `shipping`.
    #[serde(default)]
    everything: bool,
    /// Which items and how many. Without it none.
    #[serde(default)]
    items: Vec<RefundItem>,
    /// How much of the shipping, without its tax, in the order's currency. Without it none.
    shipping: Option<Decimals>,
    /// To give back on top, in the order's currency.
    adjustment_refund: Option<Decimals>,
    /// To keep, in the order's currency.
    adjustment_fee: Option<Decimals>,
    /// Whether the goods go back to stock. Those that were never shipped and do not are written off.
    #[serde(default)]
    return_to_stock: bool,
    /// Whether the customer gets it by e-mail.
    #[serde(default)]
    notify: bool,
    /// A comment on the credit memo.
    #[schemars(length(min = 1))]
    comment: Option<String>,
    /// Whether the customer sees the comment.
    #[serde(default)]
    comment_visible: bool,
}

pub(crate) fn refund(asked: &Asked, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = which(asked.order_id, asked.increment_id.as_deref()).read(context)?;
    let basis = basis(asked, context, &order)?;
    let refund = Refund::of(asked, &order, basis.as_ref())?;
    let change = refund.change(asked, &order, basis.as_ref());
    let total = refund.memo.grand_total().order;
    let summary = format!("refund {total} {} of {}", order.currency(), order.name());
    let mut happened = carry_out(context, summary, lookup(), change)?;
    happened.with(
        "refund",
        json!({
            "currency": order.currency(),
            "total": total.json(),
            "items": refund.memo.subtotal.order.json(),
            "discount": refund.memo.discount.order.json(),
            "shipping": refund.memo.shipping.order.json(),
            "tax": refund.memo.tax.order.json(),
            "adjustment_refund": refund.memo.extra.order.json(),
            "adjustment_fee": refund.memo.fee.order.json(),
        }),
    );
    if happened.done {
        let memos = documents(&CREDITMEMOS, order.id(), "entity_id")?;
        happened.with("creditmemo", newest(&afterwards(context, &memos)));
        if basis.is_some() {
            let transactions = documents(&TRANSACTIONS, order.id(), "transaction_id")?;
            let read = afterwards(context, &transactions);
            happened.with("transaction", last_transaction(&read));
        }
    }
    Ok(happened.answer())
}

fn last_transaction(found: &Value) -> Value {
    const TOLD: [&str; 6] =
        ["transaction_id", "txn_id", "parent_txn_id", "txn_type", "is_closed", "created_at"];
    let mut items = found.get("items").and_then(Value::as_array).into_iter().flatten();
    told(items.rfind(|one| one["txn_type"] == "refund"), &TOLD, found)
}

/// Whether the order can be refunded so, and for an online refund through which invoice.
fn basis(asked: &Asked, context: &ApplyContext, order: &Order) -> Result<Option<Basis>, Failure> {
    let act = match asked.method {
        Way::Offline => Act::RefundOffline,
        Way::Online => Act::RefundOnline,
    };
    check(order, act).map_err(|why| why.failure(order, "refund"))?;
    if order.has_bundle() {
        return Err(Failure::unavailable(format!(
            "{} has a bundle: what of it a refund gives back is a setting of the product that \
             Magento does not tell",
            order.name()
        ))
        .remedy("refund it in the store's administration"));
    }
    paid_otherwise(order)?;
    if asked.method == Way::Offline {
        return match asked.invoice_id {
            None => Ok(None),
            Some(_) => Err(Failure::argument("invoice_id", "an offline refund is of the order")
                .remedy("leave `invoice_id` out, or refund `online`")),
        };
    }
    Basis::find(context, order, asked.invoice_id.map(EntityId::get)).map(Some)
}

/// What an order was paid with that no memo computed here knows of: gift cards, store credit, reward
/// points, wrapping, fixed product taxes.
fn paid_otherwise(order: &Order) -> Result<(), Failure> {
    const PARTS: [&str; 5] = [
        "gift_cards_amount",
        "customer_balance_amount",
        "reward_currency_amount",
        "gw_price",
        "gw_items_price",
    ];
    let extension = order.value("extension_attributes");
    let is_there = |value: Option<&Value>| {
        value.and_then(Amount::of).is_some_and(|amount| amount != Amount::ZERO)
    };
    let part = PARTS
        .iter()
        .find(|part| is_there(extension.get(**part)) || is_there(order.fields().get(**part)))
        .copied()
        .or_else(|| {
            let taxed = order.items().any(|item| {
                item.amount("weee_tax_applied_row_amount").is_positive()
                    || item.amount("gw_price").is_positive()
            });
            taxed.then_some("weee_tax_applied_row_amount")
        });
    match part {
        None => Ok(()),
        Some(part) => Err(Failure::unavailable(format!(
            "{} has a `{part}`, and what a refund of that comes to cannot be said beforehand",
            order.name()
        ))
        .remedy("refund it in the store's administration")),
    }
}

/// A refund, worked out.
struct Refund<'order> {
    lines: Vec<Line<'order>>,
    /// Order items whose goods come back.
    returned: Vec<u64>,
    terms: Terms,
    memo: Memo,
}

impl<'order> Refund<'order> {
    fn of(asked: &Asked, order: &'order Order, basis: Option<&Basis>) -> Result<Self, Failure> {
        let left = |item: &Item<'order>| {
            let left = item.to_refund();
            basis.map_or(left, |basis| basis.left(item).min(left))
        };
        let lines = if asked.everything {
            if !asked.items.is_empty() || asked.shipping.is_some() {
                return Err(Failure::argument(
                    "everything",
                    "everything includes items and shipping",
                )
                .remedy("leave `items` and `shipping` out, or `everything`"));
            }
            crate::lines::all_left(order, left)
        } else {
            let items: Vec<AskedItem> = asked
                .items
                .iter()
                .map(|item| AskedItem {
                    order_item_id: item.order_item_id,
                    sku: item.sku.clone(),
                    qty: item.qty,
                })
                .collect();
            resolve(order, &items, left, "refund")?
        };
        let terms = Terms {
            shipping: shipping_wanted(asked, order, basis)?,
            extra: wanted(order, asked.adjustment_refund, "adjustment_refund")?,
            fee: wanted(order, asked.adjustment_fee, "adjustment_fee")?,
        };
        let quantities: Vec<(u64, Amount)> =
            lines.iter().map(|line| (line.item.id(), line.quantity)).collect();
        let memo = Memo::of(order, &quantities, terms)?;
        check_total(order, &memo)?;
        if let Some(basis) = basis
            && memo.grand_total().order > basis.money_left()
        {
            return Err(Failure::argument(
                "invoice_id",
                format!(
                    "this would give back {} {}, and {} of the invoice {} are left",
                    memo.grand_total().order,
                    order.currency(),
                    basis.money_left(),
                    basis.id
                ),
            ));
        }
        let returned = lines
            .iter()
            .map(|line| line.item.id())
            .enumerate()
            .filter(|(index, _)| {
                let own = asked.items.get(*index).and_then(|item| item.return_to_stock);
                own.unwrap_or(asked.return_to_stock)
            })
            .map(|(_, id)| id)
            .collect();
        Ok(Self { lines, returned, terms, memo })
    }

    fn change(&self, asked: &Asked, order: &Order, basis: Option<&Basis>) -> ChangeBuilder {
        let mut change = changing(order);
        let step = change.step(match basis {
            None => post(&REFUND),
            Some(basis) => {
                let invoice = BindingSource::Text(basis.id.to_string());
                REFUND_INVOICE.step(Method::Post, [invoice], StoreView::Global)
            }
        });
        if basis.is_some() {
            change.constant(step, "/isOnline", true.into());
        }
        change.constant(step, "/items", self.every_item(order));
        for (field, amount) in [
            ("shipping_amount", self.terms.shipping),
            ("adjustment_positive", self.terms.extra),
            ("adjustment_negative", self.terms.fee),
        ] {
            change.constant(step, &["/arguments/", field].concat(), amount.json());
        }
        let returned = self.returned_items(order);
        if !returned.is_empty() {
            let place = "/arguments/extension_attributes/return_to_stock_items";
            change.constant(step, place, returned.into());
        }
        let remarks = Remarks {
            notify: asked.notify,
            comment: asked.comment.as_deref(),
            visible: asked.comment_visible,
        };
        remarks.write(&mut change, step);
        self.expect(&mut change, order);
        self.warn(&mut change, order, basis.is_some());
        change.cannot_be_undone("money that was given back cannot be taken again");
        change
    }

    /// What the order will show.
    fn expect(&self, change: &mut ChangeBuilder, order: &Order) {
        let total = order.amount("total_refunded") + self.memo.grand_total().order;
        change.expect("total_refunded", "/total_refunded", Some(&total.json()));
        if self.memo.shipping.order.is_positive() {
            let shipping = order.amount("shipping_refunded") + self.memo.shipping.order;
            change.expect("shipping_refunded", "/shipping_refunded", Some(&shipping.json()));
        }
        for line in &self.lines {
            let (id, sku) = (line.item.id(), line.item.sku());
            let after = line.item.amount("qty_refunded") + line.quantity;
            let place = item_place(id, "qty_refunded");
            change.expect(&format!("qty_refunded of {sku} ({id})"), &place, Some(&after.json()));
        }
    }

    fn every_item(&self, order: &Order) -> Value {
        let of = |item: &Item<'_>| {
            let line = self.lines.iter().find(|line| line.item.id() == item.id());
            line.map_or(Amount::ZERO, |line| line.quantity)
        };
        order
            .whole_items()
            .map(|item| json!({"order_item_id": item.id(), "qty": of(&item).json()}))
            .collect()
    }

    /// The ids of what comes back: of a configurable product the variant too, whose stock it is.
    fn returned_items(&self, order: &Order) -> Vec<Value> {
        let comes_back = |item: &Item<'_>| {
            let whole =
                if item.is_part() { id_of(Some(item.value("parent_item_id"))) } else { item.id() };
            self.returned.contains(&whole)
        };
        order.items().filter(comes_back).map(|item| item.id().into()).collect()
    }

    fn warn(&self, change: &mut ChangeBuilder, order: &Order, online: bool) {
        for line in &self.lines {
            let (shipped, before) =
                (line.item.amount("qty_shipped"), line.item.amount("qty_refunded"));
            let kept = (shipped - before).max(Amount::ZERO);
            let unshipped = line.quantity - kept;
            if unshipped.is_positive()
                && !line.item.is_virtual()
                && !self.returned.contains(&line.item.id())
            {
                change.warn(format!(
                    "{unshipped} of `{}` were never shipped and do not go back to stock: Magento \
                     takes them off the source's quantity",
                    line.item.sku()
                ));
            }
        }
        if !online && !is_offline(order.payment_method()) {
            change.warn(format!(
                "`{}` is not told: the store only notes the refund, and the customer has to be \
                 paid back outside",
                order.payment_method()
            ));
        }
        if self.memo.shipping.order.is_positive()
            && order.amount("shipping_tax_amount").is_positive()
        {
            change.warn(
                "a store that shows shipping with tax in its orders takes the amount as including \
                 it and gives back less: the refund then ends as unknown, and the credit memo says \
                 how much it was",
            );
        }
    }
}

fn wanted(order: &Order, asked: Option<Decimals>, argument: &str) -> Result<Amount, Failure> {
    match asked {
        None => Ok(Amount::ZERO),
        Some(Decimals(amount)) => adjustment(order, amount, argument),
    }
}

fn shipping_wanted(asked: &Asked, order: &Order, basis: Option<&Basis>) -> Result<Amount, Failure> {
    match asked.shipping {
        Some(Decimals(amount)) => shipping(order, amount),
        // The first invoice took all of the shipping; the others give none back.
        None if asked.everything
            && basis.is_none_or(|basis| basis.amount("shipping_amount").is_positive()) =>
        {
            Ok(shipping_left(order).base.max(Amount::ZERO))
        }
        None => Ok(Amount::ZERO),
    }
}
