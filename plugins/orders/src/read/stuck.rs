//! `orders_stuck`

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use souk_sdk::{Condition, Context, Criteria, Failure, Filter, LIST_BUDGET, Scan, projection};

use super::picked;
use crate::answer::{Answer, Shape, members};
use crate::clock::{Zones, instant, rfc3339, written};
use crate::order::{Order, id_of};
use crate::routes::{INVOICES, ORDERS};
use crate::state::{Act, State, check};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Paid in full and something not shipped: days since the last invoice.
    #[serde(default = "three")]
    #[schemars(range(min = 0, max = 3650))]
    paid_not_shipped_days: u32,
    /// Placed and nothing invoiced: days since it was placed.
    #[serde(default = "seven")]
    #[schemars(range(min = 0, max = 3650))]
    pending_days: u32,
    /// Invoiced and not paid in full: days since the last invoice.
    #[serde(default = "fourteen")]
    #[schemars(range(min = 0, max = 3650))]
    invoiced_not_paid_days: u32,
    /// On hold, or its payment under review: days since it last changed.
    #[serde(default = "three")]
    #[schemars(range(min = 0, max = 3650))]
    waiting_days: u32,
    /// Only orders of these store views.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// As of when: `2026-11-01T14:00:00Z`. Without it, now.
    as_of: Option<String>,
    /// At most so many, the longest stuck first.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
}

const fn three() -> u32 {
    3
}

const fn seven() -> u32 {
    7
}

const fn fourteen() -> u32 {
    14
}

const fn fifty() -> u32 {
    50
}

pub(crate) struct Stuck;

impl Shape for Stuck {
    const PROPERTIES: &'static str = r#"
        "orders": {"type": "array", "items": {"type": "object"}, "description": "Each with reason (paid_not_shipped, pending, invoiced_not_paid, on_hold, payment_review), since (UTC) and days, the longest first."},
        "counts": {"type": "object", "description": "How many there are for each reason, also beyond the limit."},
        "as_of": {"type": "string"}"#;
    const REQUIRED: &'static str = r#""orders", "counts", "as_of""#;
}

/// States in which an order waits for something. Complete, closed and canceled ones do not.
const OPEN: [&str; 5] = ["new", "pending_payment", "processing", "payment_review", "holded"];

const FIELDS: [&str; 16] = [
    "entity_id",
    "increment_id",
    "state",
    "status",
    "store_id",
    "created_at",
    "updated_at",
    "customer_email",
    "order_currency_code",
    "grand_total",
    "total_paid",
    "total_due",
    "total_invoiced",
    "is_virtual",
    "payment[method]",
    "items[item_id,parent_item_id,product_type,sku,is_virtual,qty_ordered,qty_invoiced,qty_shipped,qty_refunded,qty_canceled]",
];

/// An order that waits, why, and since when.
struct Found {
    order: Order,
    reason: &'static str,
    since: Timestamp,
}

pub(crate) fn stuck(asked: &Asked, context: &Context) -> Result<Answer<Stuck>, Failure> {
    let as_of = crate::clock::as_of(asked.as_of.as_deref())?;
    let zones = if asked.store_view_codes.is_empty() {
        Zones::where_readable(context)
    } else {
        Zones::read(context)?
    };
    let shortest = asked
        .paid_not_shipped_days
        .min(asked.pending_days)
        .min(asked.invoiced_not_paid_days)
        .min(asked.waiting_days);
    // What is younger than the shortest threshold cannot be stuck.
    let mut criteria = Criteria::new().filter(Filter::any_of("state", &OPEN)?).filter(Filter::new(
        "created_at",
        Condition::Lteq,
        written(before(as_of, shortest)),
    )?);
    let stores = zones.ids(&asked.store_view_codes)?;
    if !stores.is_empty() {
        criteria = criteria.filter(Filter::any_of("store_id", &stores)?);
    }
    let mut scan = Scan::new(context, ORDERS, criteria.fields(projection(FIELDS)?), "entity_id");
    let mut waiting: Vec<Found> = Vec::new();
    while let Some(page) = scan.next_page()? {
        for order in page {
            waiting.extend(why(Order::of(order)?));
        }
    }
    date_by_invoices(context, &mut waiting)?;
    waiting.retain(|found| found.since <= before(as_of, asked.days(found.reason)));
    waiting.sort_by_key(|found| found.since);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for found in &waiting {
        *counts.entry(found.reason).or_default() += 1;
    }
    let orders: Vec<Value> = waiting
        .iter()
        .take(asked.limit as usize)
        .map(|found| Value::Object(found.told(as_of, &zones)))
        .collect();
    Ok(Answer::new(members(json!({
        "orders": orders,
        "counts": counts,
        "as_of": rfc3339(as_of),
    }))))
}

impl Asked {
    fn days(&self, reason: &str) -> u32 {
        match reason {
            "paid_not_shipped" => self.paid_not_shipped_days,
            "pending" => self.pending_days,
            "invoiced_not_paid" => self.invoiced_not_paid_days,
            _ => self.waiting_days,
        }
    }
}

fn before(as_of: Timestamp, days: u32) -> Timestamp {
    as_of.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

/// What an order waits for, if anything; since when, as far as the order itself tells.
fn why(order: Order) -> Option<Found> {
    let at = |field: &str| instant(order.text(field));
    let invoiced = order.items().any(|item| item.amount("qty_invoiced").is_positive());
    let (reason, since) = match State::of(&order) {
        State::Holded => ("on_hold", at("updated_at")?),
        State::PaymentReview => ("payment_review", at("updated_at")?),
        _ if !invoiced => ("pending", at("created_at")?),
        _ if order.amount("total_paid") < order.amount("total_invoiced") => {
            ("invoiced_not_paid", at("created_at")?)
        }
        _ if !order.amount("total_due").is_positive() && check(&order, Act::Ship).is_ok() => {
            ("paid_not_shipped", at("created_at")?)
        }
        _ => return None,
    };
    Some(Found { order, reason, since })
}

/// Invoiced orders wait since their last invoice.
fn date_by_invoices(context: &Context, waiting: &mut [Found]) -> Result<(), Failure> {
    let by_invoice =
        |found: &Found| matches!(found.reason, "paid_not_shipped" | "invoiced_not_paid");
    let ids: Vec<String> = waiting
        .iter()
        .filter(|found| by_invoice(found))
        .map(|f| f.order.id().to_string())
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut last: BTreeMap<u64, Timestamp> = BTreeMap::new();
    for filter in Filter::split("order_id", &ids, LIST_BUDGET / 2)? {
        let criteria = Criteria::new().filter(filter).fields(projection([
            "entity_id",
            "order_id",
            "created_at",
        ])?);
        for invoice in Scan::new(context, INVOICES, criteria, "entity_id").all()? {
            let made = invoice["created_at"].as_str().and_then(instant);
            let order = id_of(invoice.get("order_id"));
            last.extend(
                made.map(|made| (order, made.max(last.get(&order).copied().unwrap_or(made)))),
            );
        }
    }
    for found in waiting.iter_mut().filter(|found| by_invoice(found)) {
        if let Some(made) = last.get(&found.order.id()) {
            found.since = *made;
        }
    }
    Ok(())
}

impl Found {
    fn told(&self, as_of: Timestamp, zones: &Zones) -> Map<String, Value> {
        let fields = [
            "entity_id",
            "increment_id",
            "state",
            "status",
            "created_at",
            "customer_email",
            "order_currency_code",
            "grand_total",
            "total_due",
        ];
        let mut told = picked(self.order.fields(), &fields);
        let store = id_of(self.order.fields().get("store_id"));
        let hours = as_of.duration_since(self.since).as_hours();
        let left: Vec<Value> = self
            .order
            .whole_items()
            .filter(|item| item.to_ship().is_positive())
            .map(|item| json!({"sku": item.sku(), "qty": item.to_ship().json()}))
            .collect();
        told.extend(members(json!({
            "reason": self.reason,
            "since": written(self.since),
            "days": hours / 24,
            "store_view_code": zones.code(store),
            "payment_method": self.order.payment_method(),
            "left_to_ship": left,
        })));
        told
    }
}
