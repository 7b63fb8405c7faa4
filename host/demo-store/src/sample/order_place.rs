//! Placing an order in the sample shop: its document, the goods it holds back, the coupon it uses.

use serde_json::{Value, json};

use super::basket::{Basket, BasketLine, Visit};
use super::data::Data;
use super::rows;
use crate::amount::{Amount, Money};
use crate::document::{Doc, Fields};
use crate::php;
use crate::sales::composition::Roles;
use crate::sales::{order, stock};
use crate::shop::numbers::{Document, Part};
use crate::shop::{ALL, Shop, StoreId};

/// Who buys: the id and the group of a customer, and an address, which may be a guest's.
fn buyer(shop: &Shop, data: &Data, email: &str) -> (Option<u64>, u64, Doc) {
    let known = shop.customers.find(|customer| customer.text("email") == email);
    let mut address = Doc::new();
    if let Some(customer) = known {
        if let Some(given) = customer.docs("addresses").first() {
            address.take_over(given, &["street", "postcode", "city", "country_id", "telephone"]);
        }
        address.take_over(customer, &["firstname", "lastname"]);
        return (Some(customer.id("id")), customer.id("group_id"), address);
    }
    for guest in data.guests.iter().filter(|guest| *guest.email == *email) {
        let pairs = [
            ("firstname", &guest.firstname),
            ("lastname", &guest.lastname),
            ("postcode", &guest.postcode),
            ("city", &guest.city),
            ("country_id", &guest.country),
            ("telephone", &guest.telephone),
        ];
        for (field, value) in pairs {
            address.put(field, &**value);
        }
        address.put("street", json!([*guest.street]));
    }
    (None, 0, address)
}

/// Places an order, at a time as the API writes it; its id.
pub(super) fn place(shop: &mut Shop, data: &Data, row: &rows::Order, placed: &str) -> u64 {
    let (customer, group, address) = buyer(shop, data, &row.email);
    let country = address.text("country_id");
    let store = data.view(&row.view).map_or(ALL, |view| view.id);
    let visit = Visit { store, group, country: &country, now: placed };
    let basket = Basket::fill(shop, data, visit, &row.basket.0, row.coupon.as_deref());
    let id = shop.orders.take_id();
    let increment = shop.sales_numbers.increment(Document::Order, store);
    let mut order = Doc::new();
    order.put("entity_id", id);
    order.put("increment_id", increment);
    order.put("state", "new");
    order.put("status", "pending");
    order.put("store_id", store);
    order.put("store_name", store_name(shop, store));
    order.put("created_at", placed);
    order.put("updated_at", placed);
    order.put("quote_id", id);
    order.put("remote_ip", format!("192.0.2.{}", id % 250 + 1));
    order.put(
        "protect_code",
        format!("{:032x}", u128::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
    );
    order.put("customer_email", &*row.email);
    order.put("customer_group_id", group);
    order.put("customer_is_guest", i32::from(customer.is_none()));
    order.put("customer_note_notify", 1);
    order.put("email_sent", 1);
    if let Some(customer) = customer {
        order.put("customer_id", customer);
    }
    for field in ["firstname", "lastname"] {
        order.put(&format!("customer_{field}"), address.value(field).clone());
    }
    write_totals(&mut order, &basket);
    write_items(shop, &mut order, &basket, placed);
    write_addresses(&mut order, &basket, &address, &row.email);
    let method = data.payments.iter().find(|method| method.code == row.payment);
    write_payment(&mut order, &basket, &row.payment, method.map_or("", |method| &method.name));
    hold_back(shop, &order);
    count_coupon(shop, &basket);
    order::set_due(&mut order);
    shop.orders.put(order);
    id
}

fn store_name(shop: &Shop, store: StoreId) -> String {
    let name = |list: &[Value], id: &Value| {
        let found = list.iter().find(|known| &known["id"] == id);
        found.map(|known| php::text_of(&known["name"])).unwrap_or_default()
    };
    let Some(view) = shop.stores.view(store) else { return String::new() };
    let website = name(&shop.stores.websites, &view["website_id"]);
    let group = name(&shop.stores.groups, &view["store_group_id"]);
    format!("{website}\n{group}\n{}", php::text_of(&view["name"]))
}

fn write_totals(order: &mut Doc, basket: &Basket) {
    for field in ["base_currency_code", "global_currency_code", "store_currency_code"] {
        order.put(field, "EUR");
    }
    order.put("order_currency_code", basket.currency.clone());
    order.put("base_to_global_rate", 1);
    order.set_amount("base_to_order_rate", basket.rate);
    order.put("store_to_base_rate", 0);
    order.put("store_to_order_rate", 0);
    let subtotal = basket.sum(|line| line.row_total);
    let tax = basket.sum(|line| line.tax);
    let discount = basket.sum(|line| line.discount);
    order.set_money("subtotal", subtotal);
    order.set_money("subtotal_incl_tax", subtotal + basket.sum(|line| line.tax_before_discount));
    order.set_money("discount_amount", -discount);
    order.set_money("discount_tax_compensation_amount", Money::ZERO);
    order.set_money("shipping_amount", basket.shipping);
    order.set_money("shipping_tax_amount", basket.shipping_tax);
    order.set_money("shipping_incl_tax", basket.shipping + basket.shipping_tax);
    order.set_money("shipping_discount_amount", Money::ZERO);
    order.set_money("shipping_discount_tax_compensation_amount", Money::ZERO);
    order.set_money("tax_amount", tax + basket.shipping_tax);
    order.set_money(
        "grand_total",
        subtotal - discount + basket.shipping + tax + basket.shipping_tax,
    );
    order.set_amount("total_qty_ordered", basket.lines.iter().map(|line| line.quantity).sum());
    order.put("total_item_count", basket.lines.len());
    order.set_amount(
        "weight",
        basket.lines.iter().map(|line| line.weight.times(line.quantity)).sum(),
    );
    order.put("is_virtual", i32::from(basket.is_virtual()));
    if !basket.applied.is_empty() {
        order.put("applied_rule_ids", basket.applied.join(","));
        order.put("discount_description", basket.names.join(", "));
    }
    if let Some(coupon) = &basket.coupon {
        order.put("coupon_code", coupon.clone());
    }
    if !basket.is_virtual() {
        order.put("shipping_description", basket.method.1.clone());
    }
}

fn write_items(shop: &mut Shop, order: &mut Doc, basket: &Basket, placed: &str) {
    let mut items = Vec::new();
    for line in &basket.lines {
        let id = shop.sales_numbers.next(Part::OrderItem);
        let whole = item(line, order, id, basket, placed);
        items.push(Value::Object(whole.clone()));
        if line.variant_of.is_some() {
            let mut part = whole;
            part.put("item_id", shop.sales_numbers.next(Part::OrderItem));
            part.put("parent_item_id", id);
            part.put("product_id", line.product);
            part.put("product_type", "simple");
            for field in [
                "price",
                "price_incl_tax",
                "original_price",
                "row_total",
                "row_total_incl_tax",
                "tax_amount",
                "discount_amount",
            ] {
                part.set_money(field, Money::ZERO);
            }
            part.put("tax_percent", 0);
            items.push(Value::Object(part));
        }
    }
    order.put("items", items);
}

fn item(line: &BasketLine, order: &Doc, id: u64, basket: &Basket, placed: &str) -> Doc {
    let mut item = Doc::new();
    item.put("item_id", id);
    item.put("order_id", order.id("entity_id"));
    item.put("quote_item_id", id);
    item.put("store_id", order.id("store_id"));
    item.put("created_at", placed);
    item.put("updated_at", placed);
    item.put("product_id", line.variant_of.unwrap_or(line.product));
    item.put("product_type", line.kind());
    item.put("sku", line.sku.clone());
    item.put("name", line.name.clone());
    item.put("is_virtual", i32::from(line.is_virtual));
    item.put("is_qty_decimal", 0);
    item.put("free_shipping", 0);
    item.put("no_discount", 0);
    item.set_amount("weight", line.weight);
    item.set_amount("row_weight", line.weight.times(line.quantity));
    item.set_amount("qty_ordered", line.quantity);
    for field in ["qty_invoiced", "qty_shipped", "qty_refunded", "qty_canceled"] {
        item.put(field, 0);
    }
    item.set_money("price", line.price);
    item.set_money("original_price", line.original);
    let tax_of_one =
        line.price.map(|price| price.share(line.tax_percent, Amount::of(Some(&json!(100)))));
    item.set_money("price_incl_tax", line.price + tax_of_one);
    // Orders show a row less its discount.
    item.set_money("row_total", line.row_total - line.discount);
    item.set_money("row_total_incl_tax", line.row_total + line.tax_before_discount - line.discount);
    item.set_money("discount_amount", line.discount);
    item.set_amount("discount_percent", line.discount_percent);
    item.set_money("tax_amount", line.tax);
    item.set_amount("tax_percent", line.tax_percent);
    for field in [
        "discount_tax_compensation_amount",
        "discount_invoiced",
        "tax_invoiced",
        "amount_refunded",
        "row_invoiced",
    ] {
        item.set_money(field, Money::ZERO);
    }
    if line.cost != Amount::ZERO {
        item.set_amount("base_cost", line.cost);
    }
    if line.discount != Money::ZERO {
        item.put("applied_rule_ids", basket.applied.join(","));
    }
    item.put("extension_attributes", json!({ "itemized_taxes": [] }));
    item
}

fn write_addresses(order: &mut Doc, basket: &Basket, address: &Doc, email: &str) {
    let id = order.id("entity_id");
    let dressed = |kind: &str, number: u64| {
        let mut address = address.clone();
        address.put("address_type", kind);
        address.put("email", email);
        address.put("entity_id", number);
        address.put("parent_id", id);
        address
    };
    order.put("billing_address_id", id * 2);
    order.put("billing_address", dressed("billing", id * 2));
    let mut shipping = Doc::new();
    if !basket.is_virtual() {
        shipping.put("address", dressed("shipping", id * 2 - 1));
        shipping.put("method", basket.method.0.clone());
    }
    order.put(
        "extension_attributes",
        json!({
            "shipping_assignments": [{ "shipping": shipping, "items": [] }],
            "payment_additional_info": [], "applied_taxes": [], "item_applied_taxes": [],
            "converting_from_quote": false, "taxes": [], "additional_itemized_taxes": []
        }),
    );
}

fn write_payment(order: &mut Doc, basket: &Basket, method: &str, title: &str) {
    let id = order.id("entity_id");
    let mut payment = Doc::new();
    payment.put("account_status", Value::Null);
    payment.put("additional_information", json!([title]));
    payment.put(
        "cc_last4",
        if method == "braintree" {
            json!(format!("{:04}", id * 317 % 10_000))
        } else {
            Value::Null
        },
    );
    payment.put("entity_id", id);
    payment.put("method", method);
    payment.put("parent_id", id);
    payment.set_money("amount_ordered", order.money("grand_total"));
    payment.set_money("shipping_amount", basket.shipping);
    if method == "purchaseorder" {
        payment.put("po_number", format!("PO-{}", 4_100 + id));
    }
    order.put("payment", payment);
    order.put("status_histories", json!([]));
    if let Some(extension) = order.get_mut("extension_attributes") {
        extension["payment_additional_info"] = json!([{ "key": "method_title", "value": title }]);
    }
}

/// Holds the goods back for the order.
fn hold_back(shop: &mut Shop, order: &Doc) {
    let roles = Roles::of(order);
    let items = order.docs("items").into_iter().enumerate();
    let ordered = items.filter(|(place, _)| roles.at(*place).is_shipped);
    let ordered = ordered.map(|(place, item)| (place, -item.amount("qty_ordered")));
    let goods = stock::goods(order, &roles, ordered);
    stock::release(shop, order, &goods);
}

fn count_coupon(shop: &mut Shop, basket: &Basket) {
    let Some(code) = &basket.coupon else { return };
    for coupon in shop.coupons.iter_mut().filter(|coupon| coupon.text("code") == *code) {
        let used = coupon.id("times_used") + 1;
        coupon.put("times_used", used);
    }
}
