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
mod item_quantity;
mod item_role;
mod json_object;
mod miscounted_bundle;
mod money;
mod order;
mod order_filter;
mod order_ref;
mod order_state;
mod read;
mod result;
mod routes;
mod sales_document;
mod shipping_source;
mod state;
mod state_refusal;
mod time_zones;
mod uninvoiced_bundle;
mod untrusted;

use souk_sdk::core::{GroupDetails, ResourceTemplate};
use souk_sdk::prelude::group;

group! {
    /// Orders
    ///
    /// Find, read and handle orders: invoices, shipments, refunds, cancellations.
    orders: [
        read::search::search,
        read::get::get,
        read::items::items,
        read::tracking::tracking,
        read::totals::totals,
        read::stuck::stuck,
        read::why::why,
        act::hold::hold,
        act::hold::unhold,
        act::cancel::cancel,
        act::comment::comment,
        act::email::email,
        act::invoice::invoice,
        act::ship::ship,
        act::track::add_track,
        act::refund::refund,
        bulk::prepare_bulk_update,
        bulk::prepare_bulk_cancel,
    ],
    details: GroupDetails {
        resource_templates: vec![ResourceTemplate {
            uri: "souk://orders/{increment_id}".to_owned(),
            title: "An order".to_owned(),
            description: "An order by its number, with its items and its history, as `orders_get` answers it.".to_owned(),
            action: "get".to_owned(),
        }],
        ..GroupDetails::default()
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
