//! The acts as tools.

use souk_sdk::{Action, ActionInfo, Bound, Method, Tier};

use super::{cancel, comment, email, hold, invoice, refund, ship, track};
use crate::routes::{
    ADD_TRACK, CANCEL, COMMENT, CREDITMEMO, CREDITMEMOS, EMAIL_CREDITMEMO, EMAIL_INVOICE,
    EMAIL_ORDER, EMAIL_SHIPMENT, HOLD, INVOICE, INVOICES, MAKE_INVOICE, ORDER, ORDERS, REFUND,
    REFUND_INVOICE, SHIP, SHIPMENT, SHIPMENTS, TRACK, TRANSACTIONS, UNHOLD,
};

/// One change a call.
const ONE: Bound = Bound::AtMost(1);

/// The acting half of the group, one order at a time.
pub(crate) fn actions() -> Vec<Action> {
    let about = |name, title, description| ActionInfo { name, title, description };
    let mut actions = states();
    actions.extend([
        Action::apply(
            comment::comment,
            about(
                "comment",
                "Comment on an order",
                "Writes a comment into an order's history: seen by the customer or not, e-mailed or \
                 not, and with a status within the order's current state. `preview: true` shows \
                 what would be sent.",
            ),
            ONE,
        )
        .tier(Tier::Risk)
        .writes(Method::Post, COMMENT),
        Action::apply(
            email::email,
            about(
                "email",
                "Send an order's e-mail again",
                "Sends the e-mail of an order, or of one of its invoices, shipments or credit \
                 memos, to the customer again. No read shows whether it went out: the result says \
                 what the store reported.",
            ),
            ONE,
        )
        .tier(Tier::Risk)
        .reads(INVOICES)
        .reads(INVOICE)
        .reads(SHIPMENTS)
        .reads(SHIPMENT)
        .reads(CREDITMEMOS)
        .reads(CREDITMEMO)
        .writes(Method::Post, EMAIL_ORDER)
        .writes(Method::Post, EMAIL_INVOICE)
        .writes(Method::Post, EMAIL_SHIPMENT)
        .writes(Method::Post, EMAIL_CREDITMEMO),
        Action::apply(
            invoice::invoice,
            about(
                "invoice",
                "Invoice an order",
                "Makes an invoice of an order: of all that is left, or of some items. With a \
                 payment gateway say whether the money is captured now. Magento \
                 puts all of the shipping into the first invoice. `preview: true` shows what would \
                 be sent.",
            ),
            ONE,
        )
        .tier(Tier::Risk)
        .reads(INVOICES)
        .writes(Method::Post, MAKE_INVOICE),
        Action::apply(
            ship::ship,
            about(
                "ship",
                "Ship an order",
                "Makes a shipment of an order: of all that is left, or of some items, with tracking \
                 numbers, from a source. The goods leave the source's stock. `preview: true` shows \
                 what would be sent.",
            ),
            ONE,
        )
        .tier(Tier::Risk)
        .reads(SHIPMENTS)
        .writes(Method::Post, SHIP),
        Action::apply(
            track::add_track,
            about(
                "add_track",
                "Add a tracking number",
                "Adds a tracking number to a shipment of an order.",
            ),
            ONE,
        )
        .reads(SHIPMENT)
        .reads(SHIPMENTS)
        .writes(Method::Post, ADD_TRACK)
        .writes(Method::Delete, TRACK),
        Action::apply(
            refund::refund,
            about(
                "refund",
                "Refund an order",
                "Gives money back: quantities of items, shipping, an adjustment on top, a fee kept, \
                 or everything that is left; offline (the store notes it) or online (through the \
                 gateway). Amounts are in the order's currency and refused above what is left of \
                 what was paid; the total is computed beforehand and verified by reading back. It cannot be \
                 undone: see it with `preview: true` first.",
            ),
            ONE,
        )
        .tier(Tier::Critical)
        .reads(INVOICES)
        .reads(CREDITMEMOS)
        .reads(TRANSACTIONS)
        .writes(Method::Post, REFUND)
        .writes(Method::Post, REFUND_INVOICE),
    ]);
    actions.into_iter().map(|action| action.reads(ORDER).reads(ORDERS)).collect()
}

/// Those that only move an order between states.
fn states() -> Vec<Action> {
    let about = |name, title, description| ActionInfo { name, title, description };
    vec![
        Action::apply(
            hold::hold,
            about(
                "hold",
                "Put an order on hold",
                "Puts an order on hold: it cannot be invoiced, shipped, canceled or refunded until it \
                 is released.",
            ),
            ONE,
        )
        .writes(Method::Post, HOLD)
        .writes(Method::Post, UNHOLD),
        Action::apply(
            hold::unhold,
            about(
                "unhold",
                "Release an order from hold",
                "Releases an order from hold: it returns to the state and status it had before.",
            ),
            ONE,
        )
        .writes(Method::Post, UNHOLD)
        .writes(Method::Post, HOLD),
        Action::apply(
            cancel::cancel,
            about(
                "cancel",
                "Cancel an order",
                "Cancels what of an order was neither invoiced nor shipped; the goods are free \
                 again, an authorised payment is voided. What was paid is not given back by it. It \
                 cannot be undone: see it with `preview: true` first.",
            ),
            ONE,
        )
        .tier(Tier::Critical)
        .writes(Method::Post, CANCEL),
    ]
}
