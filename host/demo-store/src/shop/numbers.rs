//! The numbers that sales documents get: ids of what is inside them, and increment ids per store view.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scope::StoreId;
use super::table::Table;
use crate::document::Fields as _;
use crate::php;

/// What has ids of its own inside a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Part {
    /// An order's item.
    OrderItem,
    /// A comment on an order.
    History,
    /// An invoice's item.
    InvoiceItem,
    /// A comment on an invoice.
    InvoiceComment,
    /// A shipment's item.
    ShipmentItem,
    /// A comment on a shipment.
    ShipmentComment,
    /// A shipment's tracking number.
    Track,
    /// A credit memo's item.
    CreditmemoItem,
    /// A comment on a credit memo.
    CreditmemoComment,
}

/// The documents that have increment ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Document {
    /// An order.
    Order,
    /// An invoice.
    Invoice,
    /// A shipment.
    Shipment,
    /// A credit memo.
    Creditmemo,
}

/// The last numbers given out. A refused save may use numbers up, as it does in a database.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Numbers {
    parts: BTreeMap<Part, u64>,
    documents: BTreeMap<Document, BTreeMap<StoreId, u64>>,
}

impl Numbers {
    /// The next id of a part.
    pub(crate) fn next(&mut self, part: Part) -> u64 {
        let last = self.parts.entry(part).or_default();
        *last += 1;
        *last
    }

    /// The next increment id of a document in a store view: nine digits, and before them the view
    /// unless it is the first.
    pub(crate) fn increment(&mut self, document: Document, store: StoreId) -> String {
        let last = self.documents.entry(document).or_default().entry(store).or_default();
        *last += 1;
        if store <= 1 { format!("{last:09}") } else { format!("{store}{last:09}") }
    }

    /// The numbers that these documents have used.
    pub(crate) fn of(
        orders: &Table,
        invoices: &Table,
        shipments: &Table,
        creditmemos: &Table,
    ) -> Self {
        let mut numbers = Self::default();
        numbers.scan(
            orders,
            Document::Order,
            &[
                ("items", "item_id", Part::OrderItem),
                ("status_histories", "entity_id", Part::History),
            ],
        );
        numbers.scan(
            invoices,
            Document::Invoice,
            &[
                ("items", "entity_id", Part::InvoiceItem),
                ("comments", "entity_id", Part::InvoiceComment),
            ],
        );
        numbers.scan(
            shipments,
            Document::Shipment,
            &[
                ("items", "entity_id", Part::ShipmentItem),
                ("comments", "entity_id", Part::ShipmentComment),
                ("tracks", "entity_id", Part::Track),
            ],
        );
        numbers.scan(
            creditmemos,
            Document::Creditmemo,
            &[
                ("items", "entity_id", Part::CreditmemoItem),
                ("comments", "entity_id", Part::CreditmemoComment),
            ],
        );
        numbers
    }

    fn scan(&mut self, table: &Table, document: Document, lists: &[(&str, &str, Part)]) {
        for doc in table.iter() {
            for (list, id, part) in lists {
                for inner in doc.docs(list) {
                    let last = self.parts.entry(*part).or_default();
                    *last = inner.id(id).max(*last);
                }
            }
            let increment = doc.text("increment_id");
            let digits = increment.get(increment.len().saturating_sub(9)..).unwrap_or_default();
            let number = php::id_of(&digits.into());
            let store = StoreId::try_from(doc.id("store_id")).unwrap_or(0);
            let last = self.documents.entry(document).or_default().entry(store).or_default();
            *last = number.max(*last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increment_ids_count_per_store_view_and_name_it_unless_it_is_the_first() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.increment(Document::Invoice, 1), "000000001");
        assert_eq!(numbers.increment(Document::Invoice, 3), "3000000001");
        assert_eq!(numbers.increment(Document::Invoice, 3), "3000000002");
        assert_eq!(numbers.increment(Document::Shipment, 1), "000000001");
    }
}
