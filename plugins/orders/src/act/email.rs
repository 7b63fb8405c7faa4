//! `orders_email`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use souk_sdk::{
    ApplyContext, BindingSource, ChangeBuilder, EntityId, Failure, Lookup, Route, SearchPage,
    StoreView,
};

use super::{Outcome, carry_out, post};
use crate::answer::Answer;
use crate::order::{Order, documents, id_of, which};
use crate::routes::{
    CREDITMEMO, CREDITMEMOS, EMAIL_CREDITMEMO, EMAIL_INVOICE, EMAIL_ORDER, EMAIL_SHIPMENT, INVOICE,
    INVOICES, ORDER, SHIPMENT, SHIPMENTS,
};

/// Which e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The order's confirmation.
    Order,
    Invoice,
    Shipment,
    Creditmemo,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Invoice => "invoice",
            Self::Shipment => "shipment",
            Self::Creditmemo => "creditmemo",
        }
    }

    /// Where it is sent from and how the document is read.
    const fn routes(self) -> (Route<1>, Route<1>) {
        match self {
            Self::Order => (EMAIL_ORDER, ORDER),
            Self::Invoice => (EMAIL_INVOICE, INVOICE),
            Self::Shipment => (EMAIL_SHIPMENT, SHIPMENT),
            Self::Creditmemo => (EMAIL_CREDITMEMO, CREDITMEMO),
        }
    }

    const fn list(self) -> Option<Route<0>> {
        match self {
            Self::Order => None,
            Self::Invoice => Some(INVOICES),
            Self::Shipment => Some(SHIPMENTS),
            Self::Creditmemo => Some(CREDITMEMOS),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The order's entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// The order's number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
    /// Which e-mail: the order's confirmation, or that of one of its documents.
    email: Kind,
    /// The document's entity id, where the order has several; see `orders_get`.
    document_id: Option<EntityId>,
}

pub(crate) fn email(asked: &Asked, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = which(asked.order_id, asked.increment_id.as_deref()).read(context)?;
    let kind = asked.email.as_str();
    let id = match asked.email.list() {
        None => order.id(),
        Some(list) => document(asked, context, &order, &list)?,
    };
    let (send, read) = asked.email.routes();
    let mut change = ChangeBuilder::of(kind, id.to_string()).label(Some(order.increment_id()));
    change.step(post(&send).failure_responses("", Some(&false.into())));
    let to = order.text("customer_email");
    change.witness("email", &json!(format!("the e-mail of {kind} {id} goes to {to}")));
    change.warn("no read shows whether an e-mail was sent: the store's answer is all there is");
    change.cannot_be_undone("an e-mail cannot be called back");
    let lookup = Lookup::one(read.read_by([BindingSource::Subject]).at(StoreView::Global));
    let summary = format!("e-mail the {kind} of {}", order.name());
    Ok(carry_out(context, summary, lookup, change)?.answer())
}

/// The document that is meant.
fn document(
    asked: &Asked,
    context: &ApplyContext,
    order: &Order,
    list: &Route<0>,
) -> Result<u64, Failure> {
    let kind = asked.email.as_str();
    let found: SearchPage<Value> = context.get(&documents(list, order.id(), "entity_id")?)?;
    let ids: Vec<u64> = found.items.iter().map(|one| id_of(one.get("entity_id"))).collect();
    let known = || ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    match (asked.document_id.map(EntityId::get), &ids[..]) {
        (Some(id), _) if ids.contains(&id) => Ok(id),
        (None, [only]) => Ok(*only),
        (_, []) => Err(Failure::argument("email", format!("{} has no {kind}", order.name()))),
        (Some(id), _) => {
            let message = format!("the {kind} {id} is not one of {}", order.name());
            Err(Failure::argument("document_id", message).remedy(format!("one of: {}", known())))
        }
        (None, _) => {
            let message = format!("{} has several of these", order.name());
            Err(Failure::argument("document_id", message).remedy(format!("say which: {}", known())))
        }
    }
}
