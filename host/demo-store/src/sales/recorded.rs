//! States and amounts against what a real store answered.
//!
//! `credit_memos.jsonl` has orders of which one part was refunded, as they were before, and the memo that
//! the store made. `order_operations.jsonl` has an order as it was read, what was then asked of it, whether that was
//! done, and what the next read of the order showed: whole where the order was read whole (`exact`), else
//! its state and status. `refunds.jsonl` has refunds in the same form, with the order's memos before, the memo
//! that came of it or the reason why none did.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::creditmemo::{self, RefundArguments, RefundTarget};
use super::history::Remarks;
use super::line::RequestedQuantities;
use super::shipment::Parcel;
use super::states::{self, Can};
use super::{invoice, order_actions, shipment};
use crate::amount::Amount;
use crate::document::{Doc, Fields, doc};
use crate::refusal::{Refusal, RefusalBody};
use crate::shop::{Shop, Table};

const MEMOS: &str = include_str!("../../tests/golden/credit_memos.jsonl");
const RECORDED: &str = include_str!("../../tests/golden/order_operations.jsonl");
const REFUNDS: &str = include_str!("../../tests/golden/refunds.jsonl");
const NOW: &str = "2026-11-22 12:00:00";
/// The gateway of the store that was recorded; this store has others.
const RECORDED_GATEWAY: &str = "labpay";

/// One operation on an order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    /// The suite and the place in it.
    recording: String,
    tag: String,
    operation: String,
    /// Whether the store did it. Refusals that are not about the order's state are left out.
    allowed: bool,
    /// The order before. Fields that are 0 or null are left out.
    order: Doc,
    #[serde(default)]
    body: Map<String, Value>,
    /// Invoices that the order had.
    #[serde(default)]
    invoices: Vec<Value>,
    /// The invoice that a refund was asked for on.
    invoice: Option<u64>,
    /// Credit memos that the order had.
    #[serde(default)]
    memos: Vec<Value>,
    /// Whether the store shows shipping in its orders with tax only.
    #[serde(default)]
    shows_tax: bool,
    /// The credit memo that was made.
    memo: Option<Doc>,
    /// Why it was refused.
    message: Option<String>,
    #[serde(default)]
    exact: bool,
    /// The fields that a read after it showed to be another, null where they were gone or 0.
    after: Option<Doc>,
}

/// The first credit memo of an order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedMemo {
    recording: String,
    order: Doc,
    body: Map<String, Value>,
    memo: Doc,
}

impl Recorded {
    fn can(&self) -> Can {
        match self.operation.as_str() {
            "hold" => Can::Hold,
            "unhold" => Can::Unhold,
            "cancel" => Can::Cancel,
            "invoice" => Can::Invoice,
            "ship" => Can::Ship,
            "refund" => Can::Creditmemo,
            other => panic!("{other}"),
        }
    }

    fn named(&self) -> String {
        format!("{} {}, {}", self.recording, self.tag, self.operation)
    }

    /// A shop with the order, its invoices, and as many of its goods as anybody wants.
    fn shop(&self) -> Shop {
        let mut shop = Shop { orders: Table::new("entity_id"), ..Shop::default() };
        shop.shipments = Table::new("entity_id");
        shop.shows_shipping_with_tax = self.shows_tax;
        shop.creditmemos = Table::of("entity_id", Some(&json!(self.memos)));
        shop.transactions = Table::new("transaction_id");
        shop.invoices = Table::of("entity_id", Some(&json!(self.invoices)));
        let mut order = self.order.clone();
        order.put("status_histories", json!([]));
        if let Some(payment) = order.get_mut("payment")
            && payment["method"] == RECORDED_GATEWAY
        {
            payment["method"] = json!("braintree");
        }
        let sources = ["default", self.source().unwrap_or("default")];
        for item in order.docs("items") {
            for source in sources {
                shop.source_items.push(json!({
                    "sku": item.text("sku"), "source_code": source, "quantity": 1_000_000, "status": 1
                }));
            }
        }
        shop.orders.put(order);
        shop
    }

    fn arguments(&self) -> &Value {
        self.body.get("arguments").unwrap_or(&Value::Null)
    }

    fn source(&self) -> Option<&str> {
        self.arguments()["extension_attributes"]["source_code"].as_str()
    }

    fn asked(&self) -> RequestedQuantities {
        RequestedQuantities::read(
            self.body.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice),
        )
    }

    /// Does to the order in our store what was done to it in the recorded one; the order after.
    fn done(&self) -> Doc {
        self.done_in(&mut self.shop())
    }

    fn done_in(&self, shop: &mut Shop) -> Doc {
        let refused = |refusal: Refusal| panic!("{}: {}", self.named(), refusal.interpolated());
        self.tried_in(shop).unwrap_or_else(refused)
    }

    /// Tries to do it; the order after.
    fn tried_in(&self, shop: &mut Shop) -> Result<Doc, Refusal> {
        let id = self.order.id("entity_id");
        let remarks = Remarks::default();
        let mut order = self.order.clone();
        let made = match self.can() {
            Can::Hold => {
                order_actions::hold(&mut order);
                return Ok(order);
            }
            Can::Unhold => {
                order_actions::unhold(&mut order);
                return Ok(order);
            }
            Can::Cancel => {
                order_actions::cancel(&mut order, NOW);
                return Ok(order);
            }
            Can::Invoice => invoice::make(shop, id, &self.asked(), true, &remarks, NOW),
            Can::Ship => {
                let source = self.source().map(str::to_owned);
                let parcel = Parcel { source, ..Parcel::default() };
                shipment::make(shop, id, &self.asked(), &parcel, &remarks, NOW)
            }
            Can::Creditmemo => {
                let amount = |field: &str| {
                    let given = self.arguments().get(field).filter(|value| !value.is_null());
                    given.map(|value| Amount::of(Some(value)))
                };
                let terms = RefundArguments {
                    shipping: amount("shipping_amount"),
                    extra: amount("adjustment_positive"),
                    fee: amount("adjustment_negative"),
                    returned: Vec::new(),
                };
                let online = self.body.get("isOnline") == Some(&json!(true));
                let basis = self
                    .invoice
                    .map_or(RefundTarget::Order, |id| RefundTarget::Invoice { id, online });
                creditmemo::make(shop, id, basis, &self.asked(), &terms, &remarks, NOW)
            }
        };
        made.map(|_| shop.orders.get(id).cloned().unwrap_or_default())
    }
}

fn recorded() -> Vec<Recorded> {
    RECORDED.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn refunds() -> Vec<Recorded> {
    REFUNDS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a document and its recording differ in. 0 is the same as nothing.
fn differences(before: &Doc, changed: &Doc, after: &Doc, path: &str) -> Vec<String> {
    let mut expected: BTreeMap<&str, &Value> =
        before.iter().map(|(field, value)| (field.as_str(), value)).collect();
    expected.extend(changed.iter().map(|(field, value)| (field.as_str(), value)));
    let compared =
        expected.into_iter().filter(|(_, value)| !value.is_array() && !value.is_object());
    compared
        .filter(|(field, value)| match value {
            Value::String(text) => after.text(field) != **text,
            value => Amount::of(Some(value)) != after.amount(field),
        })
        .map(|(field, value)| format!("{path}{field} is {}, not {value}", after.value(field)))
        .collect()
}

#[test]
fn the_table_of_states_allows_what_the_recorded_store_did_and_no_more() {
    let wrongly: Vec<String> = recorded()
        .iter()
        .filter(|row| {
            // A refund is held to the state alone: the money has refusals of its own.
            let allows = match row.can() {
                Can::Creditmemo => states::is_open_to(&row.order, Can::Creditmemo),
                what => states::can(&row.order, what),
            };
            allows != row.allowed
        })
        .map(|row| format!("{} of {}: {}", row.named(), row.order.text("state"), row.allowed))
        .collect();
    assert!(wrongly.is_empty(), "{}", wrongly.join("\n"));
}

#[test]
fn the_recordings_ask_for_every_operation_in_both_ways() {
    for operation in ["hold", "unhold", "cancel", "invoice", "ship", "refund"] {
        for allowed in [true, false] {
            let is_there = |row: &Recorded| row.operation == operation && row.allowed == allowed;
            assert!(recorded().iter().any(is_there), "{operation} {allowed}");
        }
    }
}

#[test]
fn the_state_that_follows_is_the_recorded_one() {
    let mut wrongly = Vec::new();
    for row in recorded() {
        let Some(after) = &row.after else { continue };
        let done = row.done();
        for field in ["state", "status"] {
            let expected =
                after.get(field).map_or_else(|| row.order.text(field), |_| after.text(field));
            if done.text(field) != expected {
                wrongly.push(format!(
                    "{}: {field} {}, not {expected}",
                    row.named(),
                    done.text(field)
                ));
            }
        }
    }
    assert!(wrongly.is_empty(), "{}", wrongly.join("\n"));
}

#[test]
fn every_amount_after_an_invoice_a_shipment_or_a_refund_is_the_recorded_one() {
    let mut compared = 0;
    let mut wrongly = Vec::new();
    for row in recorded().iter().chain(&refunds()).filter(|row| row.exact) {
        let Some(changed) = &row.after else { continue };
        let after = row.done();
        let mut found = differences(&row.order, changed, &after, "");
        let changed_items = changed.docs("items");
        for (before, item) in row.order.docs("items").into_iter().zip(after.docs("items")) {
            let id = before.id("item_id");
            let nothing = doc(json!({}));
            let changed = changed_items.iter().find(|changed| changed.id("item_id") == id);
            let path = format!("item {id} ");
            found.extend(differences(before, changed.copied().unwrap_or(&nothing), item, &path));
        }
        compared += 1;
        wrongly
            .extend(found.into_iter().map(|difference| format!("{}: {difference}", row.named())));
    }
    assert!(compared >= 39, "{compared} documents");
    assert!(wrongly.is_empty(), "{}", wrongly.join("\n"));
}

#[test]
fn every_amount_of_a_first_credit_memo_is_the_recorded_one() {
    let mut wrongly = Vec::new();
    for line in MEMOS.lines() {
        let RecordedMemo { recording, order, body, memo } = serde_json::from_str(line).unwrap();
        let row = Recorded {
            recording,
            tag: "memo".to_owned(),
            operation: "refund".to_owned(),
            allowed: true,
            order,
            body,
            invoices: Vec::new(),
            invoice: None,
            memos: Vec::new(),
            shows_tax: false,
            memo: None,
            message: None,
            exact: false,
            after: None,
        };
        let mut shop = row.shop();
        row.done_in(&mut shop);
        let made = shop.creditmemos.iter().next().cloned().unwrap_or_default();
        let mut found = differences(&memo, &Doc::new(), &made, "");
        for (recorded, line) in memo.docs("items").into_iter().zip(made.docs("items")) {
            let path = format!("item {} ", recorded.id("order_item_id"));
            found.extend(differences(recorded, &Doc::new(), line, &path));
        }
        assert_eq!(memo.docs("items").len(), made.docs("items").len(), "{}", row.named());
        wrongly
            .extend(found.into_iter().map(|difference| format!("{}: {difference}", row.named())));
    }
    assert!(MEMOS.lines().count() >= 6);
    assert!(wrongly.is_empty(), "{}", wrongly.join("\n"));
}

#[test]
fn credit_memos_of_a_live_store_are_made_to_the_last_digit_or_refused_for_its_reasons() {
    let (mut made, mut refused) = (0, 0);
    let mut wrongly = Vec::new();
    for row in refunds() {
        let mut shop = row.shop();
        let before = shop.creditmemos.iter().count();
        let outcome = row.tried_in(&mut shop);
        if let Some(message) = &row.message {
            let reason = outcome.err().map(|refusal| match refusal.body {
                RefusalBody::Message(body) => body.text("message"),
                other => panic!("{other:?}"),
            });
            if reason.as_ref() != Some(message) {
                wrongly.push(format!("{}: {reason:?}, not {message}", row.named()));
            }
            refused += 1;
            continue;
        }
        outcome.unwrap_or_else(|refusal| panic!("{}: {}", row.named(), refusal.interpolated()));
        let Some(recorded) = &row.memo else { continue };
        let memo = shop.creditmemos.iter().nth(before).cloned().unwrap_or_default();
        let mut found = differences(recorded, &Doc::new(), &memo, "");
        for (recorded, line) in recorded.docs("items").into_iter().zip(memo.docs("items")) {
            let path = format!("item {} ", recorded.id("order_item_id"));
            found.extend(differences(recorded, &Doc::new(), line, &path));
        }
        let own = |difference: &String| {
            !["entity_id", "parent_id"].iter().any(|id| difference.contains(id))
        };
        let found = found.into_iter().filter(own);
        wrongly.extend(found.map(|difference| format!("{}: {difference}", row.named())));
        made += 1;
    }
    assert!(made >= 30 && refused >= 8, "{made} made and {refused} refused");
    assert!(wrongly.is_empty(), "{}", wrongly.join("\n"));
}
