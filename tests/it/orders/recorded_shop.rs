//! A shop with orders of every kind: those of a real store, as they were recorded (two currencies,
//! gateways, taxed and discounted shipping, bundles of each kind, partial documents, fractions), those of
//! the sample shop (composite products, every state), and some that are odd: gift cards, store credit,
//! nothing to pay, customers and products that are gone. Each can be had many times over, so that
//! whatever is tried is tried on an order of its own.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use souk_tests::DemoStore;

#[path = "../../../host/demo-store/tests/recorded/rows.rs"]
mod recorded;

/// Tables whose rows belong to orders.
const SALES: [&str; 5] = ["orders", "invoices", "shipments", "creditmemos", "transactions"];

/// Members that hold the number of an order, a document or a row of one.
const NUMBERS: [&str; 12] = [
    "entity_id",
    "order_id",
    "item_id",
    "parent_item_id",
    "parent_id",
    "order_item_id",
    "invoice_id",
    "transaction_id",
    "payment_id",
    "billing_address_id",
    "shipping_address_id",
    "quote_id",
];

/// Members that hold what a gateway calls a transaction.
const GATEWAYS_NUMBERS: [&str; 4] = ["transaction_id", "txn_id", "parent_txn_id", "last_trans_id"];

/// How far apart the numbers of two copies of an order are.
pub(super) const APART: u64 = 1_000_000;
/// A product that is not there any more.
pub(super) const GONE: u64 = 424_242;

/// Where the sample shop's orders begin, and those of the second recorded store.
const SAMPLE: u64 = 100_000;
const SECOND: u64 = 200_000;

/// The shop as a file of a state.
pub(super) struct RecordedShop(Value);

fn golden(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/demo-store/tests/golden");
    std::fs::read_to_string(root.join(file)).unwrap()
}

fn rows<'v>(state: &'v Value, table: &str) -> &'v Vec<Value> {
    state[table].as_array().unwrap()
}

/// The order that a row is of; none where it is of no order.
fn order_of(table: &str, row: &Value) -> Option<u64> {
    let member = if table == "orders" { "entity_id" } else { "order_id" };
    row[member].as_u64()
}

/// A row, or the arguments of an act, under other numbers.
pub(super) fn renumbered(row: &Value, by: u64) -> Value {
    match row {
        Value::Array(list) => list.iter().map(|one| renumbered(one, by)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), renumbered_member(name, value, by)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn renumbered_member(name: &str, value: &Value, by: u64) -> Value {
    match value {
        // What stands for itself is part of nothing.
        Value::Number(number) if NUMBERS.contains(&name) => {
            number.as_u64().filter(|number| *number > 0).map_or(json!(0), |own| json!(own + by))
        }
        Value::String(number) if name == "increment_id" => {
            let number: u64 = number.parse().unwrap();
            json!(format!("{:09}", number + by))
        }
        Value::String(text) if GATEWAYS_NUMBERS.contains(&name) && !text.is_empty() && by > 0 => {
            json!(format!("{text}-{by}"))
        }
        other => renumbered(other, by),
    }
}

impl RecordedShop {
    /// All of it, each order once.
    pub(super) async fn new() -> Self {
        let mut shop = Self::of_recordings();
        shop.add_sample().await;
        shop.add_odd_ones();
        shop
    }

    /// What was recorded, and nothing else.
    pub(super) fn of_recordings() -> Self {
        let mut state: Value = serde_json::from_str(&golden("state.json")).unwrap();
        let second: Vec<Value> =
            rows(&state, "orders").iter().map(|order| renumbered(order, SECOND)).collect();
        for table in SALES {
            state[table] = json!([]);
        }
        let mut shop = Self(state);
        for line in golden("live2_orders.jsonl").lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            for (table, rows) in line["seed"].as_object().into_iter().flatten() {
                for row in rows.as_array().unwrap() {
                    recorded::add(&mut shop.0, table, row.clone());
                }
            }
        }
        // Some were recorded only as far as their scene needs.
        let is_whole = |order: &Value| {
            order["order_currency_code"].is_string()
                && order["items"][0]["amount_refunded"].is_number()
        };
        shop.0["orders"].as_array_mut().unwrap().retain(is_whole);
        shop.complete_invoices();
        second.into_iter().for_each(|order| recorded::add(&mut shop.0, "orders", order));
        recorded::add_bundles(&mut shop.0);
        shop
    }

    /// Some invoices were recorded without what they say of tax and goods: what their orders do, which they
    /// are all of.
    fn complete_invoices(&mut self) {
        const FIELDS: [&str; 9] = [
            "tax_amount",
            "base_tax_amount",
            "shipping_tax_amount",
            "base_shipping_tax_amount",
            "shipping_discount_tax_compensation_amount",
            "base_shipping_discount_tax_compensation_amnt",
            "subtotal",
            "base_subtotal",
            "order_currency_code",
        ];
        let orders = rows(&self.0, "orders").clone();
        for invoice in self.0["invoices"].as_array_mut().unwrap() {
            let order = orders.iter().find(|order| order["entity_id"] == invoice["order_id"]);
            let (order, invoice) = (order.unwrap(), invoice.as_object_mut().unwrap());
            for field in FIELDS {
                invoice.entry(field).or_insert_with(|| order[field].clone());
            }
        }
    }

    /// The sample shop's orders, as its interface shows them.
    async fn add_sample(&mut self) {
        let sample = DemoStore::start().await;
        for table in SALES {
            let all = format!("/all/V1/{table}?searchCriteria[pageSize]=1000");
            for row in rows(&sample.rest(&all).await, "items") {
                recorded::add(&mut self.0, table, renumbered(row, SAMPLE));
            }
        }
    }

    /// A copy of an order without documents, under another number.
    fn like(&self, id: u64, number: u64) -> Value {
        let order = rows(&self.0, "orders").iter().find(|order| order["entity_id"] == id);
        renumbered(order.unwrap(), number - id)
    }

    /// Orders like recorded ones, but for what makes them odd.
    fn add_odd_ones(&mut self) {
        // Neither invoiced nor shipped; and paid.
        const NEW: u64 = 68;
        const PAID: u64 = 72;
        let mut number = 9_000;
        let mut next = |shop: &mut Self, like: u64, change: &dyn Fn(&mut Value)| {
            number += 100;
            let mut order = shop.like(like, number);
            change(&mut order);
            recorded::add(&mut shop.0, "orders", order);
        };
        for like in [NEW, PAID] {
            for part in ["gift_cards_amount", "customer_balance_amount", "reward_currency_amount"] {
                next(self, like, &|order| order["extension_attributes"][part] = json!(5));
            }
            next(self, like, &|order| {
                order["items"][0]["weee_tax_applied_row_amount"] = json!(1.5);
            });
            next(self, like, &|order| {
                order["payment"]["method"] = json!("free");
                without_money(order);
            });
            next(self, like, &|order| {
                order["payment"]["method"] = json!("banktransfer");
                order["customer_id"] = json!(424_242);
                order["customer_is_guest"] = json!(0);
            });
            for (state, status) in [
                ("payment_review", "payment_review"),
                ("pending_payment", "pending_payment"),
                ("processing", "fraud"),
            ] {
                next(self, like, &|order| {
                    order["state"] = json!(state);
                    order["status"] = json!(status);
                });
            }
        }
        // Bundles whose product is gone.
        for like in [79, 80, 83, 86] {
            next(self, like, &|order| {
                for item in order["items"].as_array_mut().unwrap() {
                    item["product_id"] = json!(GONE);
                }
            });
        }
    }

    /// The orders in it.
    pub(super) fn orders(&self) -> Vec<u64> {
        rows(&self.0, "orders").iter().filter_map(|order| order_of("orders", order)).collect()
    }

    /// The same with this many copies of these orders more, [`APART`] from each other.
    pub(super) fn with_copies(mut self, orders: &[u64], count: usize) -> Self {
        for table in SALES {
            let own: Vec<Value> = rows(&self.0, table)
                .iter()
                .filter(|row| order_of(table, row).is_some_and(|order| orders.contains(&order)))
                .cloned()
                .collect();
            let all = self.0[table].as_array_mut().unwrap();
            for copy in 1..=count as u64 {
                all.extend(own.iter().map(|row| renumbered(row, copy * APART)));
            }
        }
        self
    }

    /// Opens it, with enough of everything at every source.
    pub(super) async fn open(mut self) -> DemoStore {
        let mut skus: Vec<&Value> = rows(&self.0, "orders")
            .iter()
            .flat_map(|order| rows(order, "items"))
            .map(|item| &item["sku"])
            .collect();
        skus.sort_by_key(|sku| sku.as_str());
        skus.dedup();
        let at = |sku: &Value, source: &Value| {
            json!({
                "sku": sku, "source_code": source["source_code"], "quantity": 1_000_000, "status": 1,
            })
        };
        let sources = rows(&self.0, "sources");
        let stock = skus.iter().flat_map(|sku| sources.iter().map(|source| at(sku, source)));
        let stock: Vec<Value> = stock.collect();
        self.0["sourceItems"] = stock.into();
        let directory = tempfile::TempDir::new().unwrap();
        let file: PathBuf = directory.path().join("state.json");
        std::fs::write(&file, self.0.to_string()).unwrap();
        DemoStore::start_with(&["--state", file.to_str().unwrap()]).await
    }
}

/// An order that costs nothing.
fn without_money(document: &mut Value) {
    const MONEY: [&str; 8] =
        ["total", "tax", "shipping", "price", "row", "amount", "subtotal", "discount"];
    for (name, value) in document.as_object_mut().unwrap() {
        let is_money = MONEY.iter().any(|part| name.contains(part));
        match value {
            Value::Number(_) if is_money && !name.ends_with("count") && !name.contains("qty") => {
                *value = json!(0);
            }
            Value::Array(items) if name == "items" => items.iter_mut().for_each(without_money),
            Value::Object(_) if name == "payment" => without_money(value),
            _ => {}
        }
    }
}
