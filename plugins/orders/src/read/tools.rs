//! The reads as tools.

use souk_sdk::{Action, ActionInfo, STORE_CONFIGS};

use super::{get, items, search, stuck, totals, tracking, why};
use crate::routes::{CREDITMEMOS, INVOICES, ITEMS, ORDER, ORDERS, SHIPMENTS, TRANSACTIONS};
use crate::with_untrusted;

/// The reading half of the group.
pub(crate) fn actions() -> Vec<Action> {
    let about = |name, title, description| ActionInfo { name, title, description };
    vec![
        Action::query(
            search::search,
            about(
                "search",
                "Search orders",
                with_untrusted!(
                    "Finds orders by number, customer, status, state, dates, total, store view, \
                     payment or shipping method, a page at a time, newest first by \
                     default. Days are those of the store view's time zone. Returns items, \
                     total_count, and next_after_id for the next page."
                ),
            ),
        )
        .reads(ORDERS)
        .reads(STORE_CONFIGS),
        Action::query(
            get::get,
            about(
                "get",
                "Get an order",
                with_untrusted!(
                    "Reads an order by id or number: totals, customer, addresses, payment, items, \
                     and everything that happened to it (invoices, shipments, tracking numbers, \
                     credit memos, transactions, comments) as one timeline, oldest first."
                ),
            ),
        )
        .reads(ORDER)
        .reads(ORDERS)
        .reads(INVOICES)
        .reads(SHIPMENTS)
        .reads(CREDITMEMOS)
        .reads(TRANSACTIONS)
        .reads(STORE_CONFIGS),
        Action::query(
            items::items,
            about(
                "items",
                "List order items",
                with_untrusted!(
                    "Lists ordered items by order, sku or day, with prices, quantities and what of \
                     each is left to invoice, ship and refund."
                ),
            ),
        )
        .reads(ITEMS)
        .reads(STORE_CONFIGS),
        Action::query(
            tracking::tracking,
            about(
                "tracking",
                "Track an order",
                with_untrusted!(
                    "Shows what of an order was sent, when, from where and with which tracking \
                     numbers, and what is left to ship."
                ),
            ),
        )
        .reads(ORDER)
        .reads(ORDERS)
        .reads(SHIPMENTS)
        .reads(STORE_CONFIGS),
        Action::query(
            totals::totals,
            about(
                "totals",
                "Add up orders",
                "Adds up the orders of a range of days, by day, status, state, store view or \
                 payment method: how many, and exact sums of totals, taxes, shipping, payments and \
                 refunds. All pages are read, days are the store's own, and currencies are kept \
                 apart.",
            ),
        )
        .reads(ORDERS)
        .reads(STORE_CONFIGS),
        Action::query(
            stuck::stuck,
            about(
                "stuck",
                "Find stuck orders",
                with_untrusted!(
                    "Finds orders that wait too long: paid and not shipped, pending, invoiced and \
                     not paid, on hold, payment under review. The days after which each counts are \
                     arguments."
                ),
            ),
        )
        .reads(ORDERS)
        .reads(INVOICES)
        .reads(STORE_CONFIGS),
        Action::query(
            why::why,
            about(
                "why",
                "List what can be done with an order",
                "Lists for one order which of comment, email, hold, unhold, cancel, invoice, ship, \
                 refund offline and refund online are possible now, and for each that is not, why \
                 and what to do; what is left of each item; how much can be refunded; which \
                 statuses a comment can set. The acts themselves follow the same rules.",
            ),
        )
        .reads(ORDER)
        .reads(ORDERS)
        .reads(INVOICES),
    ]
}
