//! The routes of sales that this group may use: what an action is granted and what it asks.
//!
//! `POST /V1/orders`, `POST /V1/invoices` and `POST /V1/creditmemo/refund` are not among them, and
//! must not be: they write documents past the rules of states and totals (`orders_more.jsonl`,
//! `g-post-orders`, `g-inv-post`).

use souk_sdk::prelude::{Changes, Grants, Route};

/// Orders by search.
pub(crate) const ORDERS: Route<0> = Route::new("/V1/orders");
/// One order.
pub(crate) const ORDER: Route<1> = Route::new("/V1/orders/{id}");
/// Items of orders by search.
pub(crate) const ITEMS: Route<0> = Route::new("/V1/orders/items");
/// Invoices by search.
pub(crate) const INVOICES: Route<0> = Route::new("/V1/invoices");
/// One invoice.
pub(crate) const INVOICE: Route<1> = Route::new("/V1/invoices/{id}");
/// Shipments by search.
pub(crate) const SHIPMENTS: Route<0> = Route::new("/V1/shipments");
/// One shipment.
pub(crate) const SHIPMENT: Route<1> = Route::new("/V1/shipment/{id}");
/// Credit memos by search.
pub(crate) const CREDITMEMOS: Route<0> = Route::new("/V1/creditmemos");
/// One credit memo.
pub(crate) const CREDITMEMO: Route<1> = Route::new("/V1/creditmemo/{id}");
/// Payment transactions by search. Sorted by `entity_id` they are an error 500: their id is
/// `transaction_id` (`orders_more.jsonl`, `transactions-all`).
pub(crate) const TRANSACTIONS: Route<0> = Route::new("/V1/transactions");

/// A comment in an order's history.
pub(crate) const COMMENT: Route<1> = Route::new("/V1/orders/{id}/comments");
/// Puts an order on hold.
pub(crate) const HOLD: Route<1> = Route::new("/V1/orders/{id}/hold");
/// Releases it.
pub(crate) const UNHOLD: Route<1> = Route::new("/V1/orders/{id}/unhold");
/// Calls it off. That it cannot be is answered with 200 and `false`.
pub(crate) const CANCEL: Route<1> = Route::new("/V1/orders/{id}/cancel");
/// Makes an invoice of an order.
pub(crate) const MAKE_INVOICE: Route<1> = Route::new("/V1/order/{orderId}/invoice");
/// Makes a shipment of an order.
pub(crate) const SHIP: Route<1> = Route::new("/V1/order/{orderId}/ship");
/// Adds a tracking number to a shipment.
pub(crate) const ADD_TRACK: Route<0> = Route::new("/V1/shipment/track");
/// Deletes one.
pub(crate) const TRACK: Route<1> = Route::new("/V1/shipment/track/{id}");
/// Refunds without the payment gateway.
pub(crate) const REFUND: Route<1> = Route::new("/V1/order/{orderId}/refund");
/// Refunds through the gateway that captured an invoice.
pub(crate) const REFUND_INVOICE: Route<1> = Route::new("/V1/invoice/{invoiceId}/refund");
/// E-mails of an order and of its documents.
pub(crate) const EMAIL_ORDER: Route<1> = Route::new("/V1/orders/{id}/emails");
pub(crate) const EMAIL_INVOICE: Route<1> = Route::new("/V1/invoices/{id}/emails");
pub(crate) const EMAIL_SHIPMENT: Route<1> = Route::new("/V1/shipment/{id}/emails");
pub(crate) const EMAIL_CREDITMEMO: Route<1> = Route::new("/V1/creditmemo/{id}/emails");

/// The order that a caller names, by its id or its number.
pub(crate) const FIND_ORDER: Grants = Grants::reads(ORDER).and(ORDERS);

const ORDER_CHANGES: Changes<1> = Changes::of("order", ORDER);
pub(crate) const HOLDS: Changes<1> = ORDER_CHANGES.post(HOLD).post(UNHOLD);
pub(crate) const CANCELLATIONS: Changes<1> = ORDER_CHANGES.post(CANCEL);
pub(crate) const COMMENTS: Changes<1> = ORDER_CHANGES.post(COMMENT);
pub(crate) const NEW_INVOICES: Changes<1> = ORDER_CHANGES.post(MAKE_INVOICE);
pub(crate) const NEW_SHIPMENTS: Changes<1> = ORDER_CHANGES.post(SHIP);
pub(crate) const REFUNDS: Changes<1> = ORDER_CHANGES.post(REFUND).post(REFUND_INVOICE);
/// What plans for many orders do.
pub(crate) const BULK_CHANGES: Changes<1> =
    HOLDS.post(COMMENT).post(MAKE_INVOICE).post(SHIP).search(ORDERS);
pub(crate) const BULK_CANCELLATIONS: Changes<1> = CANCELLATIONS.search(ORDERS);
/// Tracking numbers of shipments.
pub(crate) const TRACKS: Changes<1> =
    Changes::of("shipment", SHIPMENT).post(ADD_TRACK).delete(TRACK);
pub(crate) const ORDER_EMAILS: Changes<1> = ORDER_CHANGES.post(EMAIL_ORDER);
pub(crate) const INVOICE_EMAILS: Changes<1> = Changes::of("invoice", INVOICE).post(EMAIL_INVOICE);
pub(crate) const SHIPMENT_EMAILS: Changes<1> =
    Changes::of("shipment", SHIPMENT).post(EMAIL_SHIPMENT);
pub(crate) const CREDITMEMO_EMAILS: Changes<1> =
    Changes::of("creditmemo", CREDITMEMO).post(EMAIL_CREDITMEMO);
