//! `orders_invoice`

use schemars::JsonSchema;
use serde::Deserialize;
use souk_sdk::{ApplyContext, ChangeBuilder, EntityId, Failure};

use super::document::{bundle, expect, newest, write};
use super::{Outcome, Remarks, afterwards, carry_out, changing, lookup, post};
use crate::answer::Answer;
use crate::lines::{AskedItem, all_left, resolve};
use crate::order::{Item, Order, documents, which};
use crate::routes::{INVOICES, MAKE_INVOICE};
use crate::state::{Act, check, is_offline};

/// How an invoice is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Capture {
    /// The gateway captures the money now.
    Online,
    /// It was paid outside the store: for cheques, transfers and the like.
    Offline,
    /// Not now: the invoice stays open.
    Not,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Its entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// Its number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
    /// Which items and how many. Without it all that is left.
    #[schemars(length(min = 1))]
    items: Option<Vec<AskedItem>>,
    /// How it is paid. `online` and `not` are for payment methods with a gateway, where one of them
    /// has to be said; for others it is `offline`.
    capture: Option<Capture>,
    /// Whether the customer gets it by e-mail.
    #[serde(default)]
    notify: bool,
    /// A comment on the invoice.
    #[schemars(length(min = 1))]
    comment: Option<String>,
    /// Whether the customer sees the comment.
    #[serde(default)]
    comment_visible: bool,
}

pub(crate) fn invoice(asked: &Asked, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = which(asked.order_id, asked.increment_id.as_deref()).read(context)?;
    let remarks = Remarks {
        notify: asked.notify,
        comment: asked.comment.as_deref(),
        visible: asked.comment_visible,
    };
    let change = change(&order, asked.items.as_deref(), asked.capture, remarks)?;
    let summary = format!("invoice {}", order.name());
    let mut happened = carry_out(context, summary, lookup(), change)?;
    if happened.done {
        let read = documents(&INVOICES, order.id(), "entity_id")?;
        happened.with("invoice", newest(&afterwards(context, &read)));
    }
    Ok(happened.answer())
}

/// The change that invoices these items, or all that is left.
///
/// # Errors
/// When its state does not allow it, an item or quantity is wrong, or it is not clear how it is paid.
pub(crate) fn change(
    order: &Order,
    items: Option<&[AskedItem]>,
    capture: Option<Capture>,
    remarks: Remarks<'_>,
) -> Result<ChangeBuilder, Failure> {
    check(order, Act::Invoice).map_err(|why| why.failure(order, "invoice"))?;
    let capture = captures(order, capture)?;
    let mut change = changing(order);
    let step = change.step(post(&MAKE_INVOICE));
    change.constant(step, "/capture", capture.into());
    let left = |item: &Item<'_>| item.to_invoice();
    let lines = match items {
        Some(_) if order.has_bundle() => return Err(bundle(order, "invoiced")),
        Some(items) => resolve(order, items, left, "invoice")?,
        None => all_left(order, left),
    };
    expect(&mut change, &lines, "qty_invoiced");
    // Of bundles only Magento knows which items count: without a list it invoices all that is left.
    if !order.has_bundle() {
        write(&mut change, step, &lines);
    }
    remarks.write(&mut change, step);
    if capture {
        change.warn("the payment gateway captures the money at once");
    }
    change.cannot_be_undone("Magento cannot take an invoice back; what was paid can be refunded");
    Ok(change)
}

/// Whether the body says `capture`. Without it Magento counts the invoice of an offline method as
/// paid all the same (`orders_more.jsonl`, `f-inv-nocapture`), so `not` cannot be had there.
fn captures(order: &Order, capture: Option<Capture>) -> Result<bool, Failure> {
    let method = order.payment_method();
    let refused = |why: String, remedy: &str| Err(Failure::argument("capture", why).remedy(remedy));
    match (is_offline(method), capture) {
        (true, None | Some(Capture::Offline)) | (false, Some(Capture::Not)) => Ok(false),
        (false, Some(Capture::Online)) => Ok(true),
        (true, Some(Capture::Online)) => refused(
            format!("`{method}` has no gateway that could capture money"),
            "leave `capture` out: the invoice counts as paid outside the store",
        ),
        (true, Some(Capture::Not)) => refused(
            format!("Magento counts an invoice for `{method}` as paid at once"),
            "invoice it when the money has come",
        ),
        (false, Some(Capture::Offline)) => refused(
            format!("`{method}` has a gateway: Magento cannot count the invoice as paid elsewhere"),
            "say `online` to capture the money, or `not` to leave the invoice open",
        ),
        (false, None) => refused(
            format!("`{method}` has a gateway, and whether it captures the money has to be said"),
            "say `online` to capture the money now, or `not` to leave the invoice open",
        ),
    }
}
