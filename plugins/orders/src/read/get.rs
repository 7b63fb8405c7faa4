//! `orders_get`

use serde_json::{Map, Value, json};
use souk_sdk::{Context, Failure};

use super::picked;
use super::timeline::Made;
use crate::answer::{Answer, Shape, members};
use crate::clock::Zones;
use crate::order::{Item, Order, Plain, id_of};

pub(crate) struct Whole;

impl Shape for Whole {
    const PROPERTIES: &'static str = r#"
        "order": {"type": "object", "description": "The order: who, how much, where to, how paid. Amounts are in order_currency_code; times are UTC, *_local in the store view's time zone."},
        "items": {"type": "array", "items": {"type": "object"}},
        "timeline": {"type": "array", "items": {"type": "object"}, "description": "Oldest first: placed, comment, invoice, shipment, track, creditmemo, transaction; at is UTC."},
        "unread": {"type": "array", "items": {"type": "object"}, "description": "What could not be read, and why: the timeline says nothing about these."}"#;
    const REQUIRED: &'static str = r#""order", "items", "timeline", "unread""#;
}

pub(crate) fn get(asked: &Plain, context: &Context) -> Result<Answer<Whole>, Failure> {
    let order = asked.which().read(context)?;
    let zones = Zones::where_readable(context);
    let made = Made::read(context, &order)?;
    Ok(Answer::new(members(json!({
        "order": head(&order, &zones),
        "items": order.items().map(|item| Value::Object(line(item))).collect::<Vec<_>>(),
        "timeline": made.timeline(&order, &zones),
        "unread": made.unread,
    }))))
}

/// What is told of an order's head. Left out: the same amounts in the base currency where it is the
/// same, technical ids, the customer's network address, the code that opens the order without a
/// login, and what gateways keep beside a payment, which can be tokens.
const HEAD: [&str; 46] = [
    "entity_id",
    "increment_id",
    "state",
    "status",
    "hold_before_state",
    "hold_before_status",
    "store_id",
    "created_at",
    "updated_at",
    "is_virtual",
    "customer_id",
    "customer_group_id",
    "customer_is_guest",
    "customer_email",
    "customer_firstname",
    "customer_lastname",
    "customer_taxvat",
    "customer_note",
    "coupon_code",
    "discount_description",
    "applied_rule_ids",
    "order_currency_code",
    "base_currency_code",
    "base_to_order_rate",
    "subtotal",
    "discount_amount",
    "shipping_amount",
    "shipping_incl_tax",
    "shipping_description",
    "tax_amount",
    "grand_total",
    "base_grand_total",
    "total_invoiced",
    "total_paid",
    "total_due",
    "total_canceled",
    "total_refunded",
    "shipping_invoiced",
    "shipping_refunded",
    "adjustment_positive",
    "adjustment_negative",
    "total_online_refunded",
    "total_offline_refunded",
    "total_qty_ordered",
    "weight",
    "email_sent",
];

const ADDRESS: [&str; 14] = [
    "prefix",
    "firstname",
    "middlename",
    "lastname",
    "suffix",
    "company",
    "street",
    "postcode",
    "city",
    "region",
    "country_id",
    "telephone",
    "email",
    "vat_id",
];

const PAYMENT: [&str; 9] = [
    "method",
    "po_number",
    "cc_type",
    "cc_last4",
    "amount_ordered",
    "amount_authorized",
    "amount_paid",
    "amount_refunded",
    "last_trans_id",
];

fn head(order: &Order, zones: &Zones) -> Map<String, Value> {
    let mut head = picked(order.fields(), &HEAD);
    if !order.is_converted() {
        for field in ["base_currency_code", "base_to_order_rate", "base_grand_total"] {
            head.remove(field);
        }
    }
    let store = id_of(order.fields().get("store_id"));
    if let Some(code) = zones.code(store) {
        head.insert("store_view_code".to_owned(), code.into());
    }
    for (field, local) in [("created_at", "created_local"), ("updated_at", "updated_local")] {
        if let Some(at) = zones.local(store, order.text(field)) {
            head.insert(local.to_owned(), at.into());
        }
    }
    let address = |value: Option<&Value>| {
        value.and_then(Value::as_object).map(|address| Value::Object(picked(address, &ADDRESS)))
    };
    let shipping = order.value("extension_attributes").pointer("/shipping_assignments/0/shipping");
    for (name, value) in [
        ("billing_address", address(order.fields().get("billing_address"))),
        ("shipping_address", address(shipping.and_then(|shipping| shipping.get("address")))),
        ("shipping_method", shipping.and_then(|shipping| shipping.get("method")).cloned()),
        ("payment", payment(order)),
    ] {
        if let Some(value) = value {
            head.insert(name.to_owned(), value);
        }
    }
    head
}

fn payment(order: &Order) -> Option<Value> {
    let mut told = picked(order.value("payment").as_object()?, &PAYMENT);
    let more = order.value("extension_attributes").get("payment_additional_info");
    let title = more.and_then(Value::as_array).into_iter().flatten();
    let title = title.filter(|one| one["key"] == "method_title").find_map(|one| one.get("value"));
    if let Some(title) = title {
        told.insert("method_title".to_owned(), title.clone());
    }
    Some(Value::Object(told))
}

/// What is told of an item.
const LINE: [&str; 26] = [
    "item_id",
    "parent_item_id",
    "order_id",
    "product_id",
    "product_type",
    "sku",
    "name",
    "qty_ordered",
    "qty_invoiced",
    "qty_shipped",
    "qty_refunded",
    "qty_canceled",
    "qty_backordered",
    "price",
    "price_incl_tax",
    "original_price",
    "row_total",
    "row_total_incl_tax",
    "discount_amount",
    "discount_percent",
    "tax_amount",
    "tax_percent",
    "row_invoiced",
    "amount_refunded",
    "weight",
    "is_virtual",
];

/// An item, and what is left to be done with it.
pub(crate) fn line(item: Item<'_>) -> Map<String, Value> {
    let mut line = picked(item.fields(), &LINE);
    if let Some(options) = item.fields().get("product_option").filter(|value| value.is_object()) {
        line.insert("product_option".to_owned(), options.clone());
    }
    if !item.is_part() {
        line.insert(
            "left".to_owned(),
            json!({
                "to_invoice": item.to_invoice().json(),
                "to_ship": item.to_ship().json(),
                "to_refund": item.to_refund().json(),
            }),
        );
    }
    line
}
