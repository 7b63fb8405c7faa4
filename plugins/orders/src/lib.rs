//! The `orders` action group: what merchants ask about orders, and what they do with them.
//!
//! It owns the words of its tools, the rules of what an order's state allows (`state.rs`) and the
//! arithmetic of what can be given back (`money.rs`). What it must not know is how a change is sent,
//! reviewed or taken back: it proposes, with what the store will show afterwards, and the host proves
//! that from reads.

mod act;
mod amount;
mod answer;
mod bulk;
mod clock;
mod lines;
mod money;
mod order;
mod read;
mod routes;
mod search;
mod state;
mod untrusted;

use souk_sdk::Group;

fn orders() -> Group {
    Group {
        name: "orders",
        version: env!("CARGO_PKG_VERSION"),
        title: "Orders",
        description: "Find, read and handle orders: invoices, shipments, refunds, cancellations.",
        actions: [read::actions(), act::actions::actions(), bulk::actions()]
            .into_iter()
            .flatten()
            .collect(),
    }
}

souk_sdk::export!(orders);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
