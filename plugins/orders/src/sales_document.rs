//! The documents that are made from an order: invoices, shipments, credit memos, transactions.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;

use crate::json_object::JsonObject;
use crate::order::Order;
use crate::routes::{CREDITMEMOS, INVOICES, SHIPMENTS, TRANSACTIONS};

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    Invoice,
    Shipment,
    CreditMemo,
    Transaction,
}

impl DocumentKind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] =
        [Self::Invoice, Self::Shipment, Self::CreditMemo, Self::Transaction];

    /// Its name in results: `creditmemo`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Shipment => "shipment",
            Self::CreditMemo => "creditmemo",
            Self::Transaction => "transaction",
        }
    }

    const fn search(self) -> (Route<0>, &'static str) {
        match self {
            Self::Invoice => (INVOICES, "entity_id"),
            Self::Shipment => (SHIPMENTS, "entity_id"),
            Self::CreditMemo => (CREDITMEMOS, "entity_id"),
            Self::Transaction => (TRANSACTIONS, "transaction_id"),
        }
    }

    /// The read of an order's documents of this kind, oldest first.
    pub(crate) fn read_of(self, order: &Order) -> Result<Read, Failure> {
        let (route, id) = self.search();
        let criteria = Criteria::new()
            .filter(Filter::new("order_id", Condition::Eq, order.id.to_string())?)
            .sort(id, Direction::Asc)?
            // Without a page a store that limits its input answers twenty.
            .page(300, 1);
        Ok(route.read([]).search(&criteria).in_view(StoreView::Global))
    }

    /// An order's documents of this kind, oldest first.
    pub(crate) fn all_of(
        self,
        context: &Context,
        order: &Order,
    ) -> Result<Vec<JsonObject>, Failure> {
        let page: SearchPage<JsonObject> = context.get(&self.read_of(order)?)?;
        Ok(page.items)
    }

    /// The document that is meant: the one with this id, or the only one there is.
    ///
    /// # Errors
    /// When the order has no such document, or several where none is named; `argument` is the one
    /// that takes the id.
    pub(crate) fn choose<'d>(
        self,
        order: &Order,
        documents: &'d [JsonObject],
        id: Option<u64>,
        argument: &str,
    ) -> Result<&'d JsonObject, Failure> {
        let kind = self.as_str();
        let refused = |message: String| Failure::argument(argument, message);
        let found = documents.iter().find(|one| id.is_none_or(|id| id == one.id("entity_id")));
        let ids: Vec<_> = documents.iter().map(|one| one.id("entity_id").to_string()).collect();
        match (found, id) {
            (None, _) if documents.is_empty() => {
                Err(refused(format!("{} has no {kind}", order.name())))
            }
            (None, id) => {
                let id = id.unwrap_or_default();
                Err(refused(format!("the {kind} {id} is not one of {}", order.name()))
                    .remedy(format!("one of: {}", ids.join(", "))))
            }
            (Some(_), None) if documents.len() > 1 => {
                Err(refused(format!("{} has several {kind}s", order.name()))
                    .remedy(format!("name one: {}", ids.join(", "))))
            }
            (Some(document), _) => Ok(document),
        }
    }
}
