//! `orders_invoice`

use souk_sdk::magento::LIST_LIMIT;
use souk_sdk::prelude::*;

use super::apply::{ActReply, DocumentNote, apply, order_change, post};
use super::document_items::{IN_PARTS, check_length, expect_added, is_all, with_bundles};
use crate::item_quantity::{ItemQuantityArgs, all_left, resolve};
use crate::item_role::DocumentSide;
use crate::order::{Order, OrderItem};
use crate::order_ref::OrderRef;
use crate::routes::{FIND_ORDER, MAKE_INVOICE, NEW_INVOICES};
use crate::sales_document::DocumentKind;
use crate::state::{OrderAct, is_paid_offline, require};

/// How an invoice is paid. Whatever is said, Magento counts it as paid at once: by this interface no
/// invoice stays open.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Capture {
    /// The gateway captures the money now: of an authorised payment, so much of it.
    Online,
    /// The money was had outside the store: cheques, transfers, or a gateway's own pages. Nothing is
    /// captured, and what was authorised stays so.
    Offline,
    /// Refused: Magento counts an invoice as paid although nothing was captured.
    Not,
}

#[args]
#[derive(Debug)]
pub(crate) struct InvoiceArgs {
    #[serde(flatten)]
    order: OrderRef,
    /// Which items and how many. Without it all that is left.
    #[schemars(length(min = 1))]
    items: Option<Vec<ItemQuantityArgs>>,
    /// How it is paid; with a payment gateway it has to be said. `online`: the gateway captures the money
    /// now, also what was only authorised; `offline`: counted as paid, and nothing is captured. `not` is
    /// refused: Magento counts every invoice as paid.
    capture: Option<Capture>,
    #[serde(flatten)]
    note: DocumentNote,
}

/// Invoice an order
///
/// Makes an invoice of an order: of all that is left, or of some items. With a payment gateway say
/// whether the money is captured now. Magento puts all of the shipping into the first invoice.
/// `preview: true` shows what would be sent.
#[action(apply, tier = risk, reads(FIND_ORDER), changes(NEW_INVOICES), keywords("bill", "capture", "charge", "payment received"))]
pub(crate) fn invoice(args: &InvoiceArgs, context: &ApplyContext) -> ActReply {
    let order = args.order.read(context)?;
    let change = invoice_change(context, &order, args.items.as_deref(), args.capture, &args.note)?;
    let mut outcome = apply(context, &order, "invoice", change)?;
    outcome.put_made(&order, DocumentKind::Invoice);
    Ok(outcome.result())
}

/// The change that invoices these items, or all that is left.
///
/// # Errors
/// When its state does not allow it, an item or quantity is wrong, or it is not clear how it is paid.
pub(crate) fn invoice_change(
    context: &Context,
    order: &Order,
    items: Option<&[ItemQuantityArgs]>,
    capture: Option<Capture>,
    note: &DocumentNote,
) -> Result<ChangeBuilder, Failure> {
    require(order, OrderAct::Invoice)?;
    let capture = captures(order, capture)?;
    let mut change = order_change(order);
    let step = change.step(post(&MAKE_INVOICE));
    change.constant(step, "/capture", capture.into());
    let quantities = match items {
        Some(items) => {
            resolve(order, items, DocumentSide::Money, OrderItem::to_invoice, "invoice")?
        }
        None => all_left(order, OrderItem::to_invoice),
    };
    expect_added(&mut change, &quantities, "qty_invoiced");
    let named = with_bundles(order, &quantities);
    if named.len() <= LIST_LIMIT || !is_all(&quantities, &all_left(order, OrderItem::to_invoice)) {
        check_length(context, "items", named.len(), IN_PARTS)?;
        change.constant(step, "/items", named.into());
    }
    note.write(&mut change, step);
    if capture {
        change.warn("the payment gateway captures the money at once");
    } else if !is_paid_offline(order) {
        change.warn(format!(
            "COUNTED AS PAID, NOTHING CAPTURED: `{}` has a gateway, and it takes no money for this invoice. \
             What was authorised stays authorised, and the invoice cannot be refunded online",
            order.payment_method
        ));
    }
    change.cannot_be_undone("Magento cannot take an invoice back; what was paid can be refunded");
    Ok(change)
}

/// Whether the body says `capture`. Without it Magento counts the invoice as paid all the same: of an
/// offline method (`orders_more.jsonl`, `f-inv-nocapture`), and of a gateway that captured nothing
/// (`live2_orders.jsonl`, order 68). So `not` cannot be had.
fn captures(order: &Order, capture: Option<Capture>) -> Result<bool, Failure> {
    let method = &order.payment_method;
    let refused = |why: String, remedy: &str| Err(Failure::argument("capture", why).remedy(remedy));
    match (is_paid_offline(order), capture) {
        (true, None | Some(Capture::Offline)) | (false, Some(Capture::Offline)) => Ok(false),
        (false, Some(Capture::Online)) => Ok(true),
        (true, Some(Capture::Online)) => refused(
            format!("`{method}` has no gateway that could capture money"),
            "leave `capture` out: the invoice counts as paid outside the store",
        ),
        (true, Some(Capture::Not)) => refused(
            format!("Magento counts an invoice for `{method}` as paid at once"),
            "invoice it when the money has come",
        ),
        (false, Some(Capture::Not)) => refused(
            format!(
                "Magento counts an invoice for `{method}` as paid although the gateway captured nothing"
            ),
            "say `online` to capture the money now; leave the order without an invoice as long as it \
             shall not be captured; or say `offline` if the money was had outside the store",
        ),
        (false, None) => refused(
            format!("`{method}` has a gateway, and whether it captures the money has to be said"),
            "say `online` to capture the money now, or `offline` if it was had outside the store",
        ),
    }
}
