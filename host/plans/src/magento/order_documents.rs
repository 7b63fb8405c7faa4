//! The search for the documents that were made of an order.

use souk_model::Binding;

/// The query of the search for an order's invoices or credit memos, oldest first: word for word that
/// of plugins, so that within a call the store is asked once.
pub(crate) fn order_documents(order: &str) -> Vec<Binding> {
    let filter = "searchCriteria[filter_groups][0][filters][0]";
    let sort = "searchCriteria[sortOrders][0]";
    vec![
        Binding::text(format!("{filter}[field]"), "order_id"),
        Binding::text(format!("{filter}[value]"), order),
        Binding::text(format!("{filter}[condition_type]"), "eq"),
        Binding::text(format!("{sort}[field]"), "entity_id"),
        Binding::text(format!("{sort}[direction]"), "ASC"),
        // Without a page a store that limits its input answers twenty.
        Binding::text("searchCriteria[pageSize]", "300"),
        Binding::text("searchCriteria[currentPage]", "1"),
    ]
}
