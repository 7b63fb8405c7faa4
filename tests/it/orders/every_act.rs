//! Every act on every order of a shop that has orders of every kind. What `orders_why` says is possible is
//! done, and what it does not is refused and changes nothing; what an act answers, and what it said
//! beforehand, is what the store's own interface shows, to the cent; and nothing ends unknown.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures::StreamExt;
use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, Mcp, confirmed};

use super::recorded_shop::{APART, GONE, RecordedShop, renumbered};

/// How many are tried at a time.
const AT_ONCE: usize = 6;

/// Payment methods that never move money by themselves.
const OFFLINE: [&str; 5] = ["checkmo", "banktransfer", "cashondelivery", "purchaseorder", "free"];

/// Calls that were made.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// An amount in cents. More digits than these are a store's own business.
fn cents(value: &Value) -> i64 {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "amounts are far smaller")]
    text.parse::<f64>().map_or(0, |amount| (amount * 100.0).round() as i64)
}

fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

/// An order, and what can be done with it.
struct OrderView<'v> {
    order: &'v Value,
    why: &'v Value,
}

impl OrderView<'_> {
    fn can(&self, act: &str) -> bool {
        let known = list(self.why, "acts").iter().find(|known| known["act"] == act);
        known.unwrap()["possible"] == true
    }

    /// Whether it holds a bundle whose product is gone, and with it how it ships: then nothing of it can
    /// be named.
    fn has_lost_a_bundle(&self) -> bool {
        list(self.order, "items").iter().any(|item| item["product_id"] == GONE)
    }

    /// One of the first item of which something is left, or all of it where that is less.
    fn one_left(&self, left: &str) -> Option<Value> {
        let amount = |item: &Value| item[left].as_f64().unwrap();
        let item = list(self.why, "items").iter().find(|item| amount(item) > 0.0)?;
        Some(json!([{"order_item_id": item["order_item_id"], "qty": amount(item).min(1.0)}]))
    }

    /// Through which invoice a gateway gives money back: where there are several, one has to be named.
    fn captured_invoice(&self) -> Value {
        let invoices = list(&self.why["payment"], "invoices");
        let is_captured =
            |one: &&Value| one["transaction_id"].as_str().is_some_and(|id| !id.is_empty());
        match invoices.iter().rfind(is_captured) {
            Some(invoice) if invoices.len() > 1 => invoice["entity_id"].clone(),
            _ => Value::Null,
        }
    }
}

/// Whether the order's payment method moves money by itself.
fn has_gateway(view: &OrderView<'_>) -> bool {
    !OFFLINE.contains(&view.order["payment"]["method"].as_str().unwrap())
}

/// Something to try: its name here and in `orders_why`, the tool, its arguments beside the order (none:
/// there is nothing to name), and whether it is possible with these arguments where the act is.
struct Act {
    name: &'static str,
    why: &'static str,
    tool: &'static str,
    arguments: fn(&OrderView<'_>) -> Option<Value>,
    is_allowed: fn(&OrderView<'_>) -> bool,
}

const fn act(
    name: &'static str,
    why: &'static str,
    tool: &'static str,
    arguments: fn(&OrderView<'_>) -> Option<Value>,
) -> Act {
    Act { name, why, tool, arguments, is_allowed: |_| true }
}

/// The items of which something is left to refund, with more arguments.
fn refund_of_parts(view: &OrderView<'_>, more: Value) -> Option<Value> {
    let mut arguments = more;
    arguments["items"] = view.one_left("to_refund")?;
    Some(arguments)
}

fn acts() -> Vec<Act> {
    vec![
        act("comment", "comment", "orders_comment", |_| Some(json!({"comment": "seen"}))),
        act("email", "email", "orders_email", |_| Some(json!({"email": "order"}))),
        act("hold", "hold", "orders_hold", |_| Some(json!({}))),
        act("unhold", "unhold", "orders_unhold", |_| Some(json!({}))),
        act("cancel", "cancel", "orders_cancel", |_| Some(json!({}))),
        Act {
            is_allowed: has_gateway,
            ..act("invoice, captured online", "invoice", "orders_invoice", |_| {
                Some(json!({"capture": "online"}))
            })
        },
        act("invoice, paid outside", "invoice", "orders_invoice", |_| {
            Some(json!({"capture": "offline"}))
        }),
        Act {
            is_allowed: |_| false,
            ..act("invoice, not captured", "invoice", "orders_invoice", |_| {
                Some(json!({"capture": "not"}))
            })
        },
        Act {
            is_allowed: |view| !has_gateway(view),
            ..act("invoice", "invoice", "orders_invoice", |_| Some(json!({})))
        },
        act("invoice of a part", "invoice", "orders_invoice", |view| {
            Some(json!({"capture": "offline", "items": view.one_left("to_invoice")?}))
        }),
        act("ship", "ship", "orders_ship", |_| Some(json!({}))),
        Act {
            is_allowed: |view| !view.has_lost_a_bundle(),
            ..act("ship a part", "ship", "orders_ship", |view| {
                Some(json!({"items": view.one_left("to_ship")?}))
            })
        },
        act("refund of everything", "refund_offline", "orders_refund", |_| {
            Some(json!({"method": "offline", "everything": true, "return_to_stock": true}))
        }),
        act("online refund of everything", "refund_online", "orders_refund", |view| {
            let mut arguments = json!({"method": "online", "everything": true});
            if !view.captured_invoice().is_null() {
                arguments["invoice_id"] = view.captured_invoice();
            }
            Some(arguments)
        }),
        act("refund of a part", "refund_offline", "orders_refund", |view| {
            refund_of_parts(view, json!({"method": "offline", "return_to_stock": true}))
        }),
        act("online refund of a part", "refund_online", "orders_refund", |view| {
            let mut arguments = refund_of_parts(view, json!({"method": "online"}))?;
            if !view.captured_invoice().is_null() {
                arguments["invoice_id"] = view.captured_invoice();
            }
            Some(arguments)
        }),
        act("refund with adjustments", "refund_offline", "orders_refund", |view| {
            // What a unit of the store's own currency makes, and a bit of it.
            let rate = view.order["base_to_order_rate"].as_f64()?;
            let [more, fee] = [rate, 0.4 * rate].map(|amount| format!("{amount:.2}"));
            // There is to be as much left.
            (cents(&view.why["refundable"]["left"]) >= cents(&json!(more))).then(
                || json!({"method": "offline", "adjustment_refund": more, "adjustment_fee": fee}),
            )
        }),
    ]
}

/// What the store shows before or after an act.
struct Trial<'t> {
    client: &'t Mcp,
    store: &'t DemoStore,
}

/// What came of a trial: done, or refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TrialEnd {
    Done,
    Refused,
}

impl Trial<'_> {
    async fn order(&self, id: u64) -> Value {
        self.store.rest(&format!("/all/V1/orders/{id}")).await
    }

    async fn documents(&self, table: &str, order: u64) -> Vec<Value> {
        let found = self
            .store
            .rest(&format!(
                "/all/V1/{table}?searchCriteria[filterGroups][0][filters][0][field]=order_id\
                 &searchCriteria[filterGroups][0][filters][0][value]={order}"
            ))
            .await;
        list(&found, "items").to_vec()
    }

    async fn why(&self, id: u64) -> Value {
        self.client.answer("orders_why", json!({"order_id": id})).await
    }

    /// Tries an act on an order of which `why` said whether it can be done, and holds what came of it to
    /// what the store shows; what is wrong with that, in words.
    async fn act(
        &self,
        id: u64,
        tool: &str,
        arguments: &Value,
        is_possible: bool,
    ) -> Result<TrialEnd, String> {
        let before = self.order(id).await;
        let mut given = arguments.clone();
        given["order_id"] = json!(id);
        // The same again is meant here, and not a repetition.
        given["idempotency_key"] =
            json!(format!("{tool} {}", CALLS.fetch_add(1, Ordering::Relaxed)));
        let result = self.client.call(tool, confirmed(given)).await.unwrap();
        let told: String = result
            .content
            .iter()
            .filter_map(|block| block.as_text().map(|text| text.text.as_str()))
            .collect();
        let after = self.order(id).await;
        if result.is_error == Some(true) {
            if is_possible {
                return Err(format!("was possible: {told}"));
            }
            return match before == after {
                true => Ok(TrialEnd::Refused),
                false => Err(format!("was refused and changed the order: {told}")),
            };
        }
        let answer = result.structured_content.unwrap();
        if !is_possible {
            return Err(format!("was not possible: {answer}"));
        }
        if answer["done"] != true {
            return Err(format!("was not done: {answer}"));
        }
        self.compare(id, &answer, (&before, &after)).await?;
        Ok(TrialEnd::Done)
    }

    /// What an answer shows beside what the store does.
    async fn compare(
        &self,
        id: u64,
        answer: &Value,
        (before, after): (&Value, &Value),
    ) -> Result<(), String> {
        same("order", &answer["order"], after)?;
        let grown = |field: &str| cents(&after[field]) - cents(&before[field]);
        for (member, table) in [
            ("invoice", "invoices"),
            ("shipment", "shipments"),
            ("creditmemo", "creditmemos"),
            ("transaction", "transactions"),
        ] {
            let said = &answer[member];
            if said.is_null() {
                continue;
            }
            let key = if member == "transaction" { "transaction_id" } else { "entity_id" };
            let all = self.documents(table, id).await;
            let shown = all.iter().max_by_key(|one| one[key].as_u64());
            let shown = shown.ok_or_else(|| format!("the store has no {member}: {answer}"))?;
            same(member, said, shown)?;
            match member {
                "invoice" if grown("total_paid") != cents(&shown["grand_total"]) => {
                    return Err(format!("{said} was paid, and the order shows {after}"));
                }
                "creditmemo" => {
                    if (grown("total_refunded") - cents(&shown["grand_total"])).abs() > 1 {
                        return Err(format!("{said} was given back, the order shows {after}"));
                    }
                    as_foreseen(&answer["refund"], shown)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether everything that is said of a document is so.
fn same(what: &str, said: &Value, shown: &Value) -> Result<(), String> {
    for (name, value) in said.as_object().into_iter().flatten() {
        if *value != shown[name] {
            return Err(format!("{what}: {name} is {}, and not {value}", shown[name]));
        }
    }
    Ok(())
}

/// Whether a refund came to what was said of it beforehand, in both currencies.
fn as_foreseen(said: &Value, memo: &Value) -> Result<(), String> {
    const PARTS: [(&str, &str, i64); 7] = [
        ("total", "grand_total", 1),
        ("items", "subtotal", 1),
        ("discount", "discount_amount", -1),
        ("shipping", "shipping_amount", 1),
        ("tax", "tax_amount", 1),
        ("adjustment_refund", "adjustment_positive", 1),
        ("adjustment_fee", "adjustment_negative", 1),
    ];
    for (side, prefix) in [(said, ""), (&said["in_base_currency"], "base_")] {
        for (part, field, sign) in PARTS.iter().filter(|_| !side.is_null()) {
            let shown = &memo[[prefix, field].concat()];
            if cents(&side[part]) != sign * cents(shown) {
                return Err(format!(
                    "{part} was said to be {}, and is {shown}: {memo}",
                    side[part]
                ));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_act_on_every_order_agrees_with_orders_why_and_with_what_the_store_shows() {
    let (acts, shop) = (acts(), RecordedShop::new().await);
    let orders = shop.orders();
    assert!(orders.len() > 100, "{} orders", orders.len());
    let store = shop.with_copies(&orders, acts.len()).open().await;
    let home = Home::new();
    let host = open_host(&home, &store).await;
    let client = host.connect(Era::Modern).await;
    client.log_in().await;
    let trial = Trial { client: &client, store: &store };
    let (done, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tried = AtomicU64::new(0);
    let ends: Vec<Vec<String>> = futures::stream::iter(orders.iter().copied())
        .map(|id| {
            let (trial, acts, done, refused, tried) = (&trial, &acts, &done, &refused, &tried);
            async move {
                let (order, why) = (trial.order(id).await, trial.why(id).await);
                let view = OrderView { order: &order, why: &why };
                let mut wrong = Vec::new();
                for (act, copy) in acts.iter().zip(1..) {
                    let Some(arguments) = (act.arguments)(&view) else { continue };
                    let is_possible = view.can(act.why) && (act.is_allowed)(&view);
                    let (copy, arguments) =
                        (id + copy * APART, renumbered(&arguments, copy * APART));
                    tried.fetch_add(1, Ordering::Relaxed);
                    match trial.act(copy, act.tool, &arguments, is_possible).await {
                        Ok(TrialEnd::Done) => done.fetch_add(1, Ordering::Relaxed),
                        Ok(TrialEnd::Refused) => refused.fetch_add(1, Ordering::Relaxed),
                        Err(what) => {
                            wrong.push(format!("{} of order {id} {arguments} {what}", act.name));
                            0
                        }
                    };
                }
                wrong
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let wrong: Vec<String> = ends.into_iter().flatten().collect();
    let (done, refused) = (done.into_inner(), refused.into_inner());
    eprintln!("{} tries: {done} done, {refused} refused", tried.into_inner());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(done > 500 && refused > 500, "{done} {refused}");
}

/// A host that is let do everything.
pub(super) async fn open_host(home: &Home, store: &DemoStore) -> souk_tests::HttpHost {
    let souk = home.souk(["serve", "--max-tier", "critical"]).on(store);
    let souk = ["SOUK_MAX_REFUND", "SOUK_MAX_REFUND_PER_DAY", "SOUK_MAX_CANCEL_PER_DAY"]
        .into_iter()
        .fold(souk, |souk, cap| souk.env(cap, "100000000"));
    souk.http().await
}

/// One act after another on one order, in part first, each asked about before.
struct Story<'t> {
    trial: &'t Trial<'t>,
    id: u64,
    ends: BTreeMap<bool, usize>,
    wrong: Vec<String>,
}

impl Story<'_> {
    async fn act(&mut self, act: &str, tool: &str, more: &Value) {
        let (order, why) = (self.trial.order(self.id).await, self.trial.why(self.id).await);
        let view = OrderView { order: &order, why: &why };
        let names_what_is_lost =
            act == "ship" && more.get("items").is_some() && view.has_lost_a_bundle();
        let is_possible = view.can(act) && !names_what_is_lost;
        match self.trial.act(self.id, tool, more, is_possible).await {
            Ok(end) => *self.ends.entry(end == TrialEnd::Done).or_default() += 1,
            Err(what) => self.wrong.push(format!("{tool} of order {} {more} {what}", self.id)),
        }
    }

    /// One of what is left, if something is.
    async fn one_left(&self, left: &str) -> Option<Value> {
        let why = self.trial.why(self.id).await;
        OrderView { order: &Value::Null, why: &why }.one_left(left)
    }

    async fn tell(&mut self) {
        let everything = json!({"method": "offline", "everything": true});
        self.act("hold", "orders_hold", &json!({})).await;
        let order = self.trial.order(self.id).await;
        if order["state"] == "holded" {
            self.act("cancel", "orders_cancel", &json!({})).await;
            self.act("ship", "orders_ship", &json!({})).await;
            self.act("refund_offline", "orders_refund", &everything).await;
        }
        self.act("unhold", "orders_unhold", &json!({})).await;
        let view = OrderView { order: &order, why: &Value::Null };
        let how = if has_gateway(&view) { "online" } else { "offline" };
        let capture = json!({"capture": how});
        let refund = json!({"method": "offline", "return_to_stock": true});
        for _ in 0..2 {
            for (act, tool, left, more) in [
                ("invoice", "orders_invoice", "to_invoice", &capture),
                ("ship", "orders_ship", "to_ship", &json!({})),
                ("refund_offline", "orders_refund", "to_refund", &refund),
            ] {
                let Some(items) = self.one_left(left).await else { continue };
                let mut more = more.clone();
                more["items"] = items;
                self.act(act, tool, &more).await;
            }
        }
        if self.id.is_multiple_of(3) {
            self.act("cancel", "orders_cancel", &json!({})).await;
        }
        self.act("invoice", "orders_invoice", &capture).await;
        self.act("ship", "orders_ship", &json!({})).await;
        self.act("refund_offline", "orders_refund", &everything).await;
        self.act("cancel", "orders_cancel", &json!({})).await;
    }
}

#[tokio::test]
async fn whatever_became_of_an_order_the_next_act_agrees_with_orders_why() {
    let shop = RecordedShop::new().await;
    let orders = shop.orders();
    let store = shop.open().await;
    let home = Home::new();
    let host = open_host(&home, &store).await;
    let client = host.connect(Era::Modern).await;
    client.log_in().await;
    let trial = Trial { client: &client, store: &store };
    let stories: Vec<Story<'_>> = futures::stream::iter(orders)
        .map(|id| {
            let trial = &trial;
            async move {
                let mut story = Story { trial, id, ends: BTreeMap::new(), wrong: Vec::new() };
                story.tell().await;
                story
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let wrong: Vec<&str> =
        stories.iter().flat_map(|story| &story.wrong).map(String::as_str).collect();
    let count =
        |done: bool| -> usize { stories.iter().filter_map(|story| story.ends.get(&done)).sum() };
    eprintln!("{} done, {} refused", count(true), count(false));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count(true) > 400 && count(false) > 100, "{} {}", count(true), count(false));
}
