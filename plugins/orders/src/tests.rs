//! The whole group against the demo store, which is held to recordings of a real one: what an act
//! says beforehand is what the store then shows, and no sequence of acts goes past what was ordered,
//! paid or shipped.

mod bundle_invoices;
mod bundles;
mod conformance;
mod discounted_shipping;
mod naming;
mod odd_amounts;
mod recorded;
mod shop;

use proptest::prelude::*;
use serde_json::{Value, json};
use souk_sdk::prelude::{Decimal, FailureCode};

use self::shop::{Shop, same};

fn amount(document: &Value, field: &str) -> Decimal {
    document.get(field).and_then(Decimal::rounded).unwrap_or(Decimal::ZERO)
}

/// What must hold of every order, whatever was done with it.
fn is_sound(order: &Value) {
    let converted = order["order_currency_code"] != order["base_currency_code"];
    let slack = if converted { Decimal::CENT } else { Decimal::ZERO };
    assert!(amount(order, "total_refunded") <= amount(order, "total_paid") + slack, "{order}");
    assert!(amount(order, "base_total_refunded") <= amount(order, "base_total_paid"), "{order}");
    assert!(amount(order, "shipping_refunded") <= amount(order, "shipping_amount"), "{order}");
    assert!(!amount(order, "total_refunded").is_negative());
    for item in order["items"].as_array().unwrap() {
        let of = |field: &str| amount(item, field);
        let ordered = of("qty_ordered");
        assert!(of("qty_invoiced") + of("qty_canceled") <= ordered, "{item}");
        assert!(of("qty_shipped") + of("qty_canceled") <= ordered, "{item}");
        assert!(of("qty_refunded") <= of("qty_invoiced"), "{item}");
    }
}

/// One thing somebody tries.
#[derive(Debug, Clone)]
struct Try {
    action: &'static str,
    item: usize,
    qty: u32,
    cents: u32,
    fee: u32,
    shipping: u32,
    online: bool,
    everything: bool,
    returned: bool,
}

fn tries() -> impl Strategy<Value = Try> {
    let action = prop::sample::select(vec![
        "invoice", "invoice", "ship", "ship", "refund", "refund", "refund", "cancel", "hold",
        "unhold",
    ]);
    (action, 0_usize..4, 1_u32..4, 0_u32..900, 0_u32..300, 0_u32..1200, any::<[bool; 6]>())
        .prop_map(
            |(
                action,
                item,
                qty,
                cents,
                fee,
                shipping,
                [online, everything, returned, extra, with_fee, ship],
            )| Try {
                action,
                item,
                qty,
                cents: if extra { cents } else { 0 },
                fee: if with_fee { fee } else { 0 },
                shipping: if ship { shipping } else { 0 },
                online,
                everything,
                returned,
            },
        )
}

/// Most of the older orders are at their end.
fn orders() -> impl Strategy<Value = u64> {
    prop_oneof![1 => 1_u64..22, 4 => 22_u64..43]
}

fn cents(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Try {
    fn arguments(&self, order: &Value) -> Value {
        let wholes: Vec<&Value> = order["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item.get("parent_item_id").is_none())
            .collect();
        let item = &wholes[self.item % wholes.len()]["item_id"];
        let mut arguments = json!({"order_id": order["entity_id"]});
        let items = json!([{"order_item_id": item, "qty": self.qty}]);
        match self.action {
            "invoice" | "ship" => {
                if !self.everything {
                    arguments["items"] = items;
                }
                let offline = ["checkmo", "banktransfer", "purchaseorder"];
                let method = order["payment"]["method"].as_str().unwrap();
                if self.action == "ship" && order["store_id"] == 3 {
                    arguments["source_code"] = json!("leipzig");
                }
                if self.action == "invoice" && !offline.contains(&method) {
                    arguments["capture"] = json!("online");
                }
            }
            "refund" => {
                arguments["method"] = json!(if self.online { "online" } else { "offline" });
                arguments["return_to_stock"] = json!(self.returned);
                arguments["adjustment_refund"] = json!(cents(self.cents));
                arguments["adjustment_fee"] = json!(cents(self.fee));
                if self.everything {
                    arguments["everything"] = json!(true);
                } else {
                    arguments["items"] = items;
                    arguments["shipping"] = json!(cents(self.shipping));
                }
            }
            _ => {}
        }
        arguments
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn whatever_is_tried_comes_to_what_was_said_and_stays_within_what_was_paid(
        story in prop::collection::vec((orders(), prop::collection::vec(tries(), 4..14)), 2..5),
    ) {
        let shop = Shop::open();
        for (id, tried) in story {
            for one in tried {
                let before = shop.order(id);
                match shop.act(one.action, &one.arguments(&before)) {
                    Ok(_) => is_sound(&shop.order(id)),
                    Err(failure) => {
                        // A refusal has words, and nothing happened.
                        prop_assert!(failure.code != FailureCode::InternalError, "{failure:?}");
                        prop_assert_eq!(shop.order(id), before);
                    }
                }
            }
        }
    }
}

#[test]
fn what_can_be_done_is_told_by_the_rules_that_the_acts_follow() {
    let shop = Shop::open();
    for id in 1..=42 {
        let why = shop.host().call(&crate::orders(), "why", &json!({"order_id": id})).unwrap();
        for told in why["acts"].as_array().unwrap() {
            let act = told["act"].as_str().unwrap();
            let mut arguments = json!({"order_id": id});
            let action = match act {
                "comment" | "email" => continue,
                "refund_offline" | "refund_online" => {
                    arguments["method"] = json!(act.trim_start_matches("refund_"));
                    arguments["adjustment_refund"] = json!("0.01");
                    "refund"
                }
                "invoice" if why["payment"]["moves_money_by_itself"] == true => {
                    arguments["capture"] = json!("online");
                    "invoice"
                }
                other => other,
            };
            // Of a preview nothing is sent: the act only has to agree.
            let tried = shop.host().call(&crate::orders(), action, &arguments);
            if told["possible"] == false {
                let failure = tried.unwrap_err();
                assert!(failure.message.contains(told["why"].as_str().unwrap()), "{failure:?}");
            } else if let Err(failure) = tried {
                let several =
                    failure.message.contains("several") || failure.message.contains("converted");
                let cents = failure.message.contains("no cent");
                assert!(several || cents, "order {id}, {act}: {}", failure.message);
            }
        }
    }
}

#[test]
fn a_refund_names_every_item_and_always_says_how_much_shipping() {
    let shop = Shop::open();
    let host = shop.host();
    let arguments = json!({"order_id": 10, "method": "offline", "adjustment_refund": "1.00"});
    host.call(&crate::orders(), "refund", &arguments).unwrap();
    let proposed = host.proposed().pop().unwrap();
    let sent = host.sent(&proposed.changes[0]).pop().unwrap();
    let items = sent.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{}", sent.body);
    assert!(items.iter().all(|item| item["qty"] == 0), "{}", sent.body);
    assert_eq!(sent.body["arguments"]["shipping_amount"], 0);
    assert_eq!(sent.path, "/rest/all/V1/order/10/refund");
}

#[test]
fn an_online_refund_is_found_again_as_a_memo_and_a_transaction() {
    let shop = Shop::open();
    let arguments = json!({"order_id": 10, "method": "online", "everything": true});
    shop.act("refund", &arguments).unwrap();
    let order = shop.order(10);
    assert_eq!(order["state"], "closed");
    assert!(same(&order["total_online_refunded"], &order["grand_total"]), "{order}");
    let again = shop.act("refund", &arguments).unwrap_err();
    assert!(again.message.contains("it is closed"), "{}", again.message);
}

#[test]
fn everything_is_what_is_left_after_adjustments_too_and_is_left_to_the_store() {
    let shop = Shop::open();
    let extra = json!({"order_id": 10, "method": "offline", "adjustment_refund": "3.00"});
    shop.act("refund", &extra).unwrap();
    let everything = json!({"order_id": 10, "method": "offline", "everything": true});
    let host = shop.host();
    let preview = host.call(&crate::orders(), "refund", &everything).unwrap();
    let proposed = host.proposed().pop().unwrap();
    let body = host.sent(&proposed.changes[0]).pop().unwrap().body;
    // What is left is the store's to say; what was given back before is not given back again.
    assert!(body.get("items").is_none(), "{body}");
    assert!(body["arguments"].get("shipping_amount").is_none(), "{body}");
    // Requests are in the base currency.
    let given = shop.order(10)["base_total_refunded"].clone();
    assert!(same(&body["arguments"]["adjustment_negative"], &given), "{body}");
    assert!(preview["warnings"].to_string().contains("given back by adjustments before"));
    shop.act("refund", &everything).unwrap();
    let order = shop.order(10);
    assert_eq!(order["state"], "closed");
    assert!(same(&order["total_refunded"], &order["total_paid"]), "{order}");
}

#[test]
fn a_store_that_shows_shipping_with_tax_is_reckoned_with() {
    let of = |shop: &std::rc::Rc<Shop>, setting: Option<&str>, arguments: Value| {
        let host = shop.host();
        let host = match setting {
            Some(setting) => host.setting("shipping_display", json!(setting)),
            None => host,
        };
        host.call(&crate::orders(), "refund", &arguments).unwrap();
        let change = host.proposed().pop().unwrap().changes.remove(0);
        let body = host.sent(&change).pop().unwrap().body;
        (change, body)
    };
    let shop = Shop::of(souk_demo_store::DemoStore::sample().with_shipping_shown_with_tax());
    let taxed = (1..43).find(|id| {
        let order = shop.order(*id);
        amount(&order, "base_shipping_tax_amount").is_positive()
            && order["state"] != "closed"
            && amount(&order, "shipping_invoiced").is_positive()
            && !amount(&order, "total_refunded").is_positive()
            && order["order_currency_code"] == order["base_currency_code"]
    });
    let id = taxed.unwrap();
    let order = shop.order(id);
    let part = json!({"order_id": id, "method": "offline", "shipping": "1.00"});
    // Where the operator says so, the amount is sent with its tax, and the order shows what was asked for.
    let (change, body) = of(&shop, Some("including_tax"), part.clone());
    let rate =
        amount(&order, "base_shipping_incl_tax").over(amount(&order, "base_shipping_amount"));
    let with_tax = rate.unwrap().cents();
    assert!(same(&body["arguments"]["shipping_amount"], &with_tax.json()), "{body}");
    assert!(change.warnings.iter().all(|warning| !warning.contains("shipping_display")));
    // Where nobody does, the review says by how much the store may differ.
    let (change, body) = of(&shop, None, part);
    assert!(same(&body["arguments"]["shipping_amount"], &json!(1)), "{body}");
    assert!(change.warnings.iter().any(|warning| warning.contains("shipping_display")));
    // All of it is left to the store, which takes that alike however it shows it.
    let all = json!({"order_id": id, "method": "offline", "shipping": order["shipping_amount"]});
    let (_, body) = of(&shop, None, all.clone());
    assert!(body["arguments"].get("shipping_amount").is_none(), "{body}");
    shop.act("refund", &all).unwrap();
    assert!(same(&shop.order(id)["shipping_refunded"], &order["shipping_amount"]));
}

#[test]
fn what_each_way_of_capturing_does_is_said_and_true() {
    let shop = Shop::open();
    let invoice = |capture: &str| json!({"order_id": 42, "capture": capture});
    let refused = shop.host().call(&crate::orders(), "invoice", &invoice("not")).unwrap_err();
    assert!(refused.message.contains("although the gateway captured nothing"), "{refused:?}");
    let host = shop.host();
    let preview = host.call(&crate::orders(), "invoice", &invoice("offline")).unwrap();
    let warnings = preview["warnings"].to_string();
    assert!(warnings.contains("COUNTED AS PAID, NOTHING CAPTURED"), "{warnings}");
    shop.act("invoice", &invoice("offline")).unwrap();
    let order = shop.order(42);
    assert!(same(&order["total_paid"], &order["grand_total"]), "{order}");
    assert_eq!(amount(&order["payment"], "base_amount_paid_online"), Decimal::ZERO);
    let online = json!({"order_id": 42, "method": "online", "everything": true});
    let refused = shop.host().call(&crate::orders(), "refund", &online).unwrap_err();
    assert!(refused.message.contains("the gateway captured none of its invoices"), "{refused:?}");

    let shop = Shop::open();
    let preview = shop.host().call(&crate::orders(), "invoice", &invoice("online")).unwrap();
    assert!(preview["warnings"].to_string().contains("captures the money at once"));
    shop.act("invoice", &invoice("online")).unwrap();
    let order = shop.order(42);
    assert!(
        same(&order["payment"]["base_amount_paid_online"], &order["base_grand_total"]),
        "{order}"
    );
    shop.act("refund", &online).unwrap();
}

#[test]
fn texts_of_customers_are_marked_in_every_answer_that_has_any() {
    let shop = Shop::open();
    for (action, arguments) in [
        ("search", json!({})),
        ("get", json!({"order_id": 4})),
        ("tracking", json!({"order_id": 4})),
        ("stuck", json!({"as_of": "2026-11-22T00:00:00Z"})),
    ] {
        let answer = shop.host().call(&crate::orders(), action, &arguments).unwrap();
        assert!(!answer["untrusted"].as_array().unwrap().is_empty(), "{action}");
        assert!(answer["notice"].as_str().unwrap().contains("never instructions"), "{action}");
    }
}

#[test]
fn no_tool_can_write_past_the_rules_of_states_and_totals() {
    let described = crate::orders().describe();
    for action in &described.actions {
        assert!(["orders_", &action.name].concat().len() <= 45);
        let output: Value = serde_json::from_str(&action.output).unwrap();
        assert!(output["properties"].is_object(), "{} has no schema", action.name);
        for grant in &action.grants {
            let text = format!("{grant:?}");
            let write = text.starts_with("Grant::Write");
            for route in ["\"/V1/orders\"", "\"/V1/invoices\"", "\"/V1/creditmemo/refund\""] {
                assert!(!(write && text.contains(route)), "{}: {text}", action.name);
            }
        }
    }
}

#[test]
fn days_are_the_store_views_own() {
    let shop = Shop::open();
    let host = shop.host();
    let day = json!({"created": {"from": "2026-11-21", "to": "2026-11-21"}});
    let found = host.call(&crate::orders(), "search", &day).unwrap();
    assert_eq!(found["time_zone"], "Europe/Berlin");
    let asked = format!("{:?}", host.reads().last().unwrap().query);
    for moment in ["2026-11-20 23:00:00", "2026-11-21 23:00:00"] {
        assert!(asked.contains(moment), "{asked}");
    }
    assert_eq!(found["items"][0]["created_local"], "2026-11-21T22:07:00+01:00");
}

#[test]
fn pages_by_id_show_every_order_once() {
    let shop = Shop::open();
    for direction in ["ASC", "DESC"] {
        let mut seen: Vec<u64> = Vec::new();
        let mut arguments =
            json!({"page_size": 5, "sort_direction": direction, "fields": ["status"]});
        loop {
            let page = shop.host().call(&crate::orders(), "search", &arguments).unwrap();
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|order| order["entity_id"].as_u64().unwrap()));
            match page["next_after_id"].as_u64() {
                Some(last) => arguments["after_id"] = json!(last),
                None => break,
            }
        }
        if direction == "DESC" {
            seen.reverse();
        }
        assert_eq!(seen, (1..=42).collect::<Vec<_>>(), "{direction}");
    }
}

#[test]
fn totals_keep_currencies_apart_and_lose_nothing() {
    let shop = Shop::open();
    let arguments = json!({"created": {"from": "2026-01-01"}, "group_by": ["day", "status"]});
    let totals = shop.host().call(&crate::orders(), "totals", &arguments).unwrap();
    assert_eq!(totals["orders"], 42);
    for currency in ["EUR", "GBP", "NOK"] {
        let rows = totals["rows"].as_array().unwrap();
        let rows = rows.iter().filter(|row| row["currency"] == currency);
        let sum: Decimal = rows.map(|row| amount(row, "grand_total")).sum();
        let orders = (1..=42).map(|id| shop.order(id));
        let orders = orders.filter(|order| order["order_currency_code"] == currency);
        assert_eq!(sum, orders.map(|order| amount(&order, "grand_total")).sum(), "{currency}");
    }
}

#[test]
fn a_plan_for_many_leaves_out_what_cannot_be_done_and_says_why() {
    let shop = Shop::open();
    let host = shop.host();
    let hold = |ids: &[u64]| json!({"match": {"order_ids": ids}, "action": "hold"});
    let plan = host.call(&crate::orders(), "prepare_bulk_update", &hold(&[41, 38, 12])).unwrap();
    assert_eq!(plan["affected_count"], 2);
    assert_eq!(plan["left_out"][0]["order_id"], 12);
    assert!(plan["left_out"][0]["why"].as_str().unwrap().contains("it is closed"));
    let missing =
        host.call(&crate::orders(), "prepare_bulk_update", &hold(&[41, 999])).unwrap_err();
    assert!(missing.message.contains("no order 999"), "{}", missing.message);
    let none = host.call(&crate::orders(), "prepare_bulk_update", &hold(&[12])).unwrap_err();
    assert!(none.message.contains("it is closed"), "{}", none.message);
    let stray = json!({"match": {"order_ids": [41]}, "action": "hold", "comment": "x"});
    let stray = host.call(&crate::orders(), "prepare_bulk_update", &stray).unwrap_err();
    assert_eq!(stray.argument.as_deref(), Some("/comment"));
}

#[test]
fn where_money_moves_orders_are_looked_up_whole() {
    let shop = Shop::open();
    for (action, arguments) in [
        ("refund", json!({"order_id": 2, "method": "offline", "adjustment_refund": 1})),
        ("cancel", json!({"order_id": 42})),
        ("prepare_bulk_cancel", json!({"match": {"states": ["new"]}})),
    ] {
        let host = shop.host();
        host.call(&crate::orders(), action, &arguments).unwrap();
        let lookup = host.proposed().pop().unwrap().intent.lookup;
        let many = lookup.many.map(|batch| batch.read.query).unwrap_or_default();
        let fields = lookup.one.query.iter().chain(&many).any(|binding| binding.name == "fields");
        assert!(!fields, "{action}");
    }
}

#[test]
fn goods_that_never_left_are_warned_about_and_variants_come_back_with_their_product() {
    let shop = Shop::open();
    let refund = |arguments: Value| {
        let host = shop.host();
        host.call(&crate::orders(), "refund", &arguments).unwrap();
        let change = host.proposed().pop().unwrap().changes.pop().unwrap();
        let sent = host.sent(&change).pop().unwrap();
        (change.warnings.join("; "), sent.body)
    };
    let lost = json!({"order_id": 24, "method": "offline", "everything": true});
    let (warnings, _) = refund(lost);
    assert!(warnings.contains("1 of `TEN-006` were never shipped"), "{warnings}");
    assert!(warnings.contains("`braintree` moves no money"), "{warnings}");
    let back =
        json!({"order_id": 24, "method": "online", "everything": true, "return_to_stock": true});
    assert_eq!(refund(back).0, "");
    let jacket = json!({"order_id": 2, "method": "offline", "items": [
        {"sku": "JKT-ALDER-MOSS-M", "qty": 1, "return_to_stock": true}]});
    let (_, body) = refund(jacket);
    let returned = &body["arguments"]["extension_attributes"]["return_to_stock_items"];
    assert_eq!(returned.as_array().unwrap().len(), 2, "{body}");
}

#[test]
fn orders_are_read_where_the_stores_settings_are_not() {
    let shop = Shop::open();
    let inner = std::rc::Rc::clone(&shop);
    let host = souk_sdk::testing::Host::answering(move |read| {
        if read.route.template == "/V1/store/storeConfigs" {
            return Err(souk_sdk::core::Failure::new(FailureCode::UpstreamError, "401"));
        }
        inner.read(read)
    });
    let found = host.call(&crate::orders(), "search", &json!({"page_size": 1})).unwrap();
    assert_eq!(found["items"][0].get("created_local"), None);
    let order = host.call(&crate::orders(), "get", &json!({"order_id": 4})).unwrap();
    assert_eq!(order["order"].get("store_view_code"), None);
    let day = json!({"created": {"from": "2026-11-21"}});
    assert!(host.call(&crate::orders(), "search", &day).is_err());
}
