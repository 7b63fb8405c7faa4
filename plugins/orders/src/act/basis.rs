//! Through which invoice an online refund goes, and what of it is left.

use serde_json::Value;
use souk_sdk::{ApplyContext, Criteria, EntityId, Failure, Scan, SearchPage};

use crate::amount::Amount;
use crate::order::{Item, Order, documents, id_of};
use crate::routes::{CREDITMEMOS, INVOICES};
use crate::search::by;

/// The invoice that is refunded through, and what of it was given back before.
pub(super) struct Basis {
    invoice: Value,
    /// Its entity id.
    pub(super) id: u64,
    /// Credit memos made through it.
    memos: Vec<Value>,
}

impl Basis {
    /// Finds the invoice: the one that is meant, or the order's only one.
    ///
    /// # Errors
    /// When the order has no such invoice or several, or the gateway did not capture it; and what
    /// reading meets.
    pub(super) fn find(
        context: &ApplyContext,
        order: &Order,
        wanted: Option<u64>,
    ) -> Result<Self, Failure> {
        let found: SearchPage<Value> =
            context.get(&documents(&INVOICES, order.id(), "entity_id")?)?;
        let invoice = pick(order, wanted, found.items)?;
        let id = id_of(invoice.get("entity_id"));
        let criteria = Criteria::new().filter(by("order_id", &order.id().to_string())?);
        let mut memos = Scan::new(context, CREDITMEMOS, criteria, "entity_id").all()?;
        memos.retain(|memo| id_of(memo.get("invoice_id")) == id);
        Ok(Self { invoice, id, memos })
    }

    /// How many of an order item can be given back through this invoice.
    pub(super) fn left(&self, item: &Item<'_>) -> Amount {
        let of = |document: &Value| -> Amount {
            let lines = document.get("items").and_then(Value::as_array).into_iter().flatten();
            lines
                .filter(|line| id_of(line.get("order_item_id")) == item.id())
                .filter_map(|line| Amount::of(line.get("qty")?))
                .sum()
        };
        let refunded: Amount = self.memos.iter().map(of).sum();
        (of(&self.invoice) - refunded).max(Amount::ZERO)
    }

    /// An amount of the invoice; nothing where there is none.
    pub(super) fn amount(&self, field: &str) -> Amount {
        self.invoice.get(field).and_then(Amount::of).unwrap_or(Amount::ZERO)
    }

    /// What can be given back through it, in the order's currency.
    pub(super) fn money_left(&self) -> Amount {
        let refunded: Amount =
            self.memos.iter().filter_map(|memo| Amount::of(memo.get("grand_total")?)).sum();
        self.amount("grand_total") - refunded
    }
}

/// The invoice that is meant, if it can be refunded through.
fn pick(order: &Order, wanted: Option<u64>, invoices: Vec<Value>) -> Result<Value, Failure> {
    let ids: Vec<String> =
        invoices.iter().map(|one| id_of(one.get("entity_id")).to_string()).collect();
    let refused = |message: String| Failure::argument("invoice_id", message);
    let mut fitting = invoices
        .into_iter()
        .filter(|one| wanted.is_none_or(|id| id == id_of(one.get("entity_id"))));
    let invoice = match (fitting.next(), fitting.next()) {
        (Some(invoice), None) => invoice,
        (None, _) => {
            return Err(refused(format!("{} has no such invoice", order.name()))
                .remedy(format!("one of: {}", ids.join(", "))));
        }
        (Some(_), Some(_)) => {
            return Err(refused(format!("{} has several invoices", order.name()))
                .remedy(format!("say which to refund through: {}", ids.join(", "))));
        }
    };
    let id = id_of(invoice.get("entity_id"));
    if invoice.get("state").and_then(EntityId::of).map(EntityId::get) != Some(2) {
        return Err(refused(format!("the invoice {id} is not paid")));
    }
    if invoice.get("transaction_id").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(refused(format!("the invoice {id} was not captured by the gateway"))
            .remedy("refund it `offline`, and pay the customer back outside the store"));
    }
    Ok(invoice)
}
