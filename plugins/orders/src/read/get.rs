//! `orders_get`

use souk_sdk::core::CompletionSource;
use souk_sdk::magento::STORE_CONFIGS;
use souk_sdk::prelude::*;

use super::timeline::OrderHistory;
use crate::item_role::ShippedAs;
use crate::json_object::{JsonObject, JsonObjectView};
use crate::order::{Order, OrderItem};
use crate::order_ref::OrderRef;
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::{CREDITMEMOS, FIND_ORDER, INVOICES, SHIPMENTS, TRANSACTIONS};
use crate::time_zones::{StoreTimeZones, ZoneNeed};
use crate::untrusted::UNTRUSTED;

pub(crate) struct GetResult;

impl ResultSchema for GetResult {
    const PROPERTIES: &'static str = r#"
        "order": {"type": "object", "description": "The order: who, how much, where to, how paid. Amounts are in order_currency_code; times are UTC, *_local in the store view's time zone."},
        "items": {"type": "array", "items": {"type": "object"}},
        "timeline": {"type": "array", "items": {"type": "object"}, "description": "Oldest first: placed, comment, invoice, shipment, track, creditmemo, transaction; at is UTC."},
        "unread": {"type": "array", "items": {"type": "object"}, "description": "What could not be read, and why: the timeline says nothing about these."}"#;
    const REQUIRED: &'static str = "order items timeline unread";
}

/// Get an order
///
/// Reads an order by id or number: totals, customer, addresses, payment, items, and everything that
/// happened to it (invoices, shipments, tracking numbers, credit memos, transactions, comments) as
/// one timeline, oldest first.
#[action(
    query,
    reads(FIND_ORDER, INVOICES, SHIPMENTS, CREDITMEMOS, TRANSACTIONS, STORE_CONFIGS),
    note = UNTRUSTED, keywords("order details", "one order", "what was bought", "billing address"),
    completes("increment_id", CompletionSource::Other("order-numbers".to_owned())))]
pub(crate) fn get(args: &OrderRef, context: &Context) -> OrdersReply<GetResult> {
    let order = args.read(context)?;
    let zones = StoreTimeZones::read(context, ZoneNeed::Shown)?;
    let history = OrderHistory::read(context, &order)?;
    Ok(OrdersResult::from(json!({
        "order": head(&order, &zones),
        "items": order.items().iter().map(item_view).collect::<Vec<_>>(),
        "timeline": history.timeline(&order, &zones),
        "unread": history.unread,
    })))
}

/// What is shown of an order's head. Left out: the same amounts in the base currency where it is the
/// same, technical ids, the customer's network address, the code that opens the order without a
/// login, and what gateways keep beside a payment, which can be tokens.
const HEAD: &str = "\
    entity_id increment_id state status hold_before_state hold_before_status store_id \
    created_at updated_at is_virtual customer_id customer_group_id customer_is_guest \
    customer_email customer_firstname customer_lastname customer_taxvat customer_note \
    coupon_code discount_description applied_rule_ids order_currency_code base_currency_code \
    base_to_order_rate subtotal discount_amount shipping_amount shipping_incl_tax \
    shipping_description tax_amount grand_total base_grand_total total_invoiced total_paid \
    total_due total_canceled total_refunded shipping_invoiced shipping_refunded \
    adjustment_positive adjustment_negative total_online_refunded total_offline_refunded \
    total_qty_ordered weight email_sent";

const ADDRESS: &str = "\
    prefix firstname middlename lastname suffix company street postcode city region country_id \
    telephone email vat_id";

const PAYMENT: &str = "\
    method po_number cc_type cc_last4 amount_ordered amount_authorized amount_paid \
    amount_refunded last_trans_id";

fn head(order: &Order, zones: &StoreTimeZones) -> JsonObject {
    let document = &order.document;
    let mut head = document.pick(HEAD);
    if !order.is_converted() {
        for field in ["base_currency_code", "base_to_order_rate", "base_grand_total"] {
            head.remove(field);
        }
    }
    let store = document.id("store_id");
    head.put("store_view_code", zones.code(store));
    for (field, local) in [("created_at", "created_local"), ("updated_at", "updated_local")] {
        head.put(local, zones.local(store, document.text(field)));
    }
    let address = |value: Option<&Value>| Some(value?.as_object()?.pick(ADDRESS));
    let extension = document.get("extension_attributes");
    let shipping = extension.and_then(|more| more.pointer("/shipping_assignments/0/shipping"));
    head.put("billing_address", address(document.get("billing_address")));
    head.put("shipping_address", address(shipping.and_then(|shipping| shipping.get("address"))));
    head.put("shipping_method", shipping.and_then(|shipping| shipping.get("method")).cloned());
    if let Some(Value::Object(payment)) = document.get("payment") {
        let mut payment = payment.pick(PAYMENT);
        let more = extension.and_then(Value::as_object).into_iter();
        let title = more
            .flat_map(|more| more.rows("payment_additional_info"))
            .filter(|info| info.text("key") == "method_title")
            .find_map(|info| info.get("value").cloned());
        payment.put("method_title", title);
        head.put("payment", Some(payment));
    }
    head
}

/// What is shown of an item.
const ITEM: &str = "\
    item_id parent_item_id order_id product_id product_type sku name qty_ordered qty_invoiced \
    qty_shipped qty_refunded qty_canceled qty_backordered price price_incl_tax original_price \
    row_total row_total_incl_tax discount_amount discount_percent tax_amount tax_percent \
    row_invoiced amount_refunded weight is_virtual";

/// An item, and what is left to be done with it.
pub(super) fn item_view(item: &OrderItem) -> JsonObject {
    let mut view = item.document.pick(ITEM);
    let options = item.document.get("product_option").filter(|value| value.is_object());
    view.put("product_option", options.cloned());
    // A part that only goes with its whole has nothing of its own left.
    if item.role.is_billed || item.role.shipped_as != ShippedAs::Another {
        let left = json!({
            "to_invoice": item.to_invoice(),
            "to_ship": item.to_ship(),
            "to_refund": item.to_refund(),
        });
        view.put("left", Some(left));
    }
    view
}
