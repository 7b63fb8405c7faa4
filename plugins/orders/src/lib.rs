//! The `orders` action group: what merchants ask about orders, and what they do with them.
//!
//! It owns the words of its tools, the rules of what an order's state allows (`state.rs`) and the
//! arithmetic of what can be given back (`credit_memo.rs`). What it must not know is how a change is sent,
//! reviewed or taken back: it proposes, with what the store will show afterwards, and the host proves
//! that from reads.

mod act;
mod balance;
mod bulk;
mod credit_memo;
mod document;
mod item_quantity;
mod money;
mod order;
mod order_filter;
mod order_ref;
mod order_state;
mod read;
mod result;
mod routes;
mod sales_document;
mod state;
mod time_zones;
mod untrusted;

use souk_sdk::Group;

fn orders() -> Group {
    Group {
        name: "orders",
        version: env!("CARGO_PKG_VERSION"),
        title: "Orders",
        description: "Find, read and handle orders: invoices, shipments, refunds, cancellations.",
        actions: [read::tools::actions(), act::tools::actions(), bulk::actions()]
            .into_iter()
            .flatten()
            .collect(),
    }
}

souk_sdk::export!(orders);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
