//! `orders_email`

use souk_sdk::prelude::*;

use super::apply::{ActReply, apply_to, lookup, post};
use crate::order_ref::OrderRef;
use crate::routes::{
    CREDITMEMO, CREDITMEMO_EMAILS, CREDITMEMOS, EMAIL_CREDITMEMO, EMAIL_INVOICE, EMAIL_ORDER,
    EMAIL_SHIPMENT, FIND_ORDER, INVOICE, INVOICE_EMAILS, INVOICES, ORDER, ORDER_EMAILS, SHIPMENT,
    SHIPMENT_EMAILS, SHIPMENTS,
};
use crate::sales_document::DocumentKind;

/// Which e-mail.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum EmailKind {
    /// The order's confirmation.
    Order,
    Invoice,
    Shipment,
    Creditmemo,
}

impl EmailKind {
    /// The document it is about, where that is not the order; where it is sent from, and how the
    /// document is read.
    const fn routes(self) -> (Option<DocumentKind>, Route<1>, Route<1>) {
        match self {
            Self::Order => (None, EMAIL_ORDER, ORDER),
            Self::Invoice => (Some(DocumentKind::Invoice), EMAIL_INVOICE, INVOICE),
            Self::Shipment => (Some(DocumentKind::Shipment), EMAIL_SHIPMENT, SHIPMENT),
            Self::Creditmemo => (Some(DocumentKind::CreditMemo), EMAIL_CREDITMEMO, CREDITMEMO),
        }
    }
}

#[args]
#[derive(Debug)]
pub(crate) struct EmailArgs {
    #[serde(flatten)]
    order: OrderRef,
    /// Which e-mail: the order's confirmation, or that of one of its documents.
    email: EmailKind,
    /// The document's entity id, where the order has several; see `orders_get`.
    document_id: Option<EntityId>,
}

/// Send an order's e-mail again
///
/// Sends the e-mail of an order, or of one of its invoices, shipments or credit memos, to the
/// customer again. No read shows whether it went out: the result says what the store reported.
#[action(
    apply,
    tier = risk,
    reads(FIND_ORDER, INVOICES, SHIPMENTS, CREDITMEMOS),
    changes(ORDER_EMAILS, INVOICE_EMAILS, SHIPMENT_EMAILS, CREDITMEMO_EMAILS), keywords("resend", "send again", "confirmation mail", "invoice mail"))]
pub(crate) fn email(args: &EmailArgs, context: &ApplyContext) -> ActReply {
    let order = args.order.read(context)?;
    let (document, send, read) = args.email.routes();
    let (kind, id) = match document {
        None => ("order", order.id),
        Some(kind) => {
            let documents = kind.all_of(context, &order)?;
            let id = args.document_id.map(EntityId::get);
            let argument = if documents.is_empty() { "email" } else { "document_id" };
            (kind.as_str(), kind.choose(&order, &documents, id, argument)?.id("entity_id"))
        }
    };
    let mut change = ChangeBuilder::of(kind, id.to_string()).label(Some(order.increment_id()));
    change.step(post(&send).failure_responses("", Some(&false.into())));
    let to = order.document.text("customer_email");
    change.unverifiable("email", &json!(format!("the e-mail of {kind} {id} goes to {to}")));
    change.warn(
        "no read shows whether an e-mail was sent: the store's answer is all there is, and that is `false`, \
         too, of one that it queues (asynchronous sending)",
    );
    change.cannot_be_undone("an e-mail cannot be called back");
    let summary = format!("e-mail the {kind} of {}", order.name());
    Ok(apply_to(context, summary, lookup(&read), change)?.result())
}
