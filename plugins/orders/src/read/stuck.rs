//! `orders_stuck`

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use souk_sdk::magento::{LIST_BUDGET, STORE_CONFIGS, Scan, projection};
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, JsonObjectView, object};
use crate::order::{ORDER_FIELDS, Order};
use crate::order_filter::{any_of_each, count};
use crate::order_state::OrderState;
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::{INVOICES, ITEMS, ORDERS};
use crate::state::{OrderAct, check};
use crate::time_zones::{StoreTimeZones, ZoneNeed, as_of, filter_text, instant, rfc3339};
use crate::untrusted::UNTRUSTED;

#[args]
#[derive(Debug)]
pub(crate) struct StuckArgs {
    /// Paid in full and something not shipped: days since the last invoice.
    #[serde(default = "count::<3>")]
    #[schemars(range(min = 0, max = 3650))]
    paid_not_shipped_days: u32,
    /// Placed and nothing invoiced: days since it was placed.
    #[serde(default = "count::<7>")]
    #[schemars(range(min = 0, max = 3650))]
    pending_days: u32,
    /// Invoiced and not paid in full: days since the last invoice.
    #[serde(default = "count::<14>")]
    #[schemars(range(min = 0, max = 3650))]
    invoiced_not_paid_days: u32,
    /// On hold, or its payment under review: days since it last changed.
    #[serde(default = "count::<3>")]
    #[schemars(range(min = 0, max = 3650))]
    waiting_days: u32,
    /// Complete orders of which parts of bundles were not shipped count as paid_not_shipped: placed in the
    /// last so many days.
    #[serde(default = "count::<90>")]
    #[schemars(range(min = 0, max = 3650))]
    complete_since_days: u32,
    /// Only orders of these store views.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// As of when: `2026-11-01T14:00:00Z`. Without it, now.
    as_of: Option<String>,
    /// At most so many, the longest stuck first.
    #[serde(default = "count::<50>")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
}

pub(crate) struct StuckResult;

impl ResultSchema for StuckResult {
    const PROPERTIES: &'static str = r#"
        "orders": {"type": "array", "items": {"type": "object"}, "description": "Each with reason (paid_not_shipped, pending, invoiced_not_paid, on_hold, payment_review), since (UTC) and days, the longest first."},
        "counts": {"type": "object", "description": "How many there are for each reason, also beyond the limit."},
        "as_of": {"type": "string"}"#;
    const REQUIRED: &'static str = "orders counts as_of";
}

/// States in which an order waits for something. Closed and canceled ones do not, and of complete ones only
/// those with parts of bundles that Magento has not counted.
const OPEN: [OrderState; 5] = [
    OrderState::New,
    OrderState::PendingPayment,
    OrderState::Processing,
    OrderState::PaymentReview,
    OrderState::Holded,
];

/// What is read beside [`ORDER_FIELDS`].
const MORE_FIELDS: &str = "status store_id created_at updated_at customer_email";

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitReason {
    OnHold,
    PaymentReview,
    Pending,
    InvoicedNotPaid,
    PaidNotShipped,
}

impl WaitReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::OnHold => "on_hold",
            Self::PaymentReview => "payment_review",
            Self::Pending => "pending",
            Self::InvoicedNotPaid => "invoiced_not_paid",
            Self::PaidNotShipped => "paid_not_shipped",
        }
    }

    /// Whether it begins with the last invoice.
    const fn since_invoice(self) -> bool {
        matches!(self, Self::InvoicedNotPaid | Self::PaidNotShipped)
    }

    /// What an order waits for, if anything.
    fn of(order: &Order) -> Option<Self> {
        match order.state {
            OrderState::Holded => Some(Self::OnHold),
            OrderState::PaymentReview => Some(Self::PaymentReview),
            OrderState::Complete => {
                let waits = order.has_parts_to_ship() && !order.due.is_positive();
                waits.then_some(Self::PaidNotShipped)
            }
            _ if !order.is_invoiced() => Some(Self::Pending),
            _ if order.total_paid < order.total_invoiced => Some(Self::InvoicedNotPaid),
            _ if !order.due.is_positive() && check(order, OrderAct::Ship).is_ok() => {
                Some(Self::PaidNotShipped)
            }
            _ => None,
        }
    }
}

/// An order that waits, for what, and since when.
struct StuckOrder {
    order: Order,
    wait: WaitReason,
    since: Timestamp,
}

/// Find stuck orders
///
/// Finds orders that wait too long: paid and not shipped, pending, invoiced and not paid, on hold,
/// payment under review. The days after which each counts are arguments.
#[action(query, reads(ORDERS, ITEMS, INVOICES, STORE_CONFIGS), note = UNTRUSTED, keywords("late", "overdue", "waiting", "not shipped", "backlog", "forgotten"))]
pub(crate) fn stuck(args: &StuckArgs, context: &Context) -> OrdersReply<StuckResult> {
    let as_of = as_of(args.as_of.as_deref())?;
    let asked = ZoneNeed::of(!args.store_view_codes.is_empty(), false);
    let mut zones = StoreTimeZones::read(context, asked)?;
    let shortest = args
        .paid_not_shipped_days
        .min(args.pending_days)
        .min(args.invoiced_not_paid_days)
        .min(args.waiting_days);
    // What is younger than the shortest threshold cannot be stuck.
    let oldest = filter_text(before(as_of, shortest));
    let stores = zones.ids(&args.store_view_codes)?;
    let criteria = Criteria::new().filter(Filter::new("created_at", Condition::Lteq, oldest)?);
    let criteria = any_of_each(criteria, [("store_id", "store_view_codes", &stores)])?;
    let open = Filter::any_of("state", &OPEN.map(OrderState::as_str))?;
    let mut orders = waiting(context, criteria.clone().filter(open))?;
    let since = filter_text(before(as_of, args.complete_since_days));
    let complete = criteria
        .filter(Filter::new("created_at", Condition::Gteq, since)?)
        .filter(Filter::new("state", Condition::Eq, OrderState::Complete.as_str())?);
    for ids in bundle_orders(context, &complete)? {
        orders.extend(waiting(context, complete.clone().filter(ids))?);
    }
    date_by_invoices(context, &mut orders)?;
    orders.retain(|stuck| stuck.since <= before(as_of, args.days(stuck.wait)));
    orders.sort_by_key(|stuck| stuck.since);
    if asked == ZoneNeed::None && !orders.is_empty() {
        zones = StoreTimeZones::read(context, ZoneNeed::Shown)?;
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for stuck in &orders {
        *counts.entry(stuck.wait.as_str()).or_default() += 1;
    }
    let views = orders.iter().take(args.limit as usize).map(|stuck| stuck.view(as_of, &zones));
    Ok(OrdersResult::from(json!({
        "orders": views.collect::<Vec<_>>(),
        "counts": counts,
        "as_of": rfc3339(as_of),
    })))
}

impl StuckArgs {
    const fn days(&self, wait: WaitReason) -> u32 {
        match wait {
            WaitReason::PaidNotShipped => self.paid_not_shipped_days,
            WaitReason::Pending => self.pending_days,
            WaitReason::InvoicedNotPaid => self.invoiced_not_paid_days,
            WaitReason::OnHold | WaitReason::PaymentReview => self.waiting_days,
        }
    }
}

/// The orders of a search that wait.
fn waiting(context: &Context, criteria: Criteria) -> Result<Vec<StuckOrder>, Failure> {
    let fields = projection(ORDER_FIELDS.split(' ').chain(MORE_FIELDS.split(' ')))?;
    let mut scan = Scan::new(context, ORDERS, criteria.fields(fields), "entity_id");
    let mut orders = Vec::new();
    while let Some(page) = scan.next_page()? {
        for order in page {
            orders.extend(StuckOrder::new(Order::parse(order)?));
        }
    }
    Ok(orders)
}

/// Filters for those of these orders that have bundles, and some others beside: most stores have few, and no
/// search of orders finds them.
fn bundle_orders(context: &Context, orders: &Criteria) -> Result<Vec<Filter>, Failure> {
    let oldest = orders.clone().fields(projection(["entity_id"])?);
    let oldest = oldest.sort("entity_id", Direction::Asc)?.page(1, 1);
    let oldest = ORDERS.read([]).search(&oldest).in_view(StoreView::Global);
    let oldest: SearchPage<JsonObject> = context.get(&oldest)?;
    let Some(oldest) = oldest.items.first() else { return Ok(Vec::new()) };
    let criteria = Criteria::new()
        .filter(Filter::new("order_id", Condition::Gteq, oldest.id("entity_id").to_string())?)
        .filter(Filter::new("product_type", Condition::Eq, "bundle")?)
        .fields(projection(["item_id", "order_id"])?);
    let items = Scan::new(context, ITEMS, criteria, "item_id").all()?;
    let ids: BTreeSet<u64> = items.into_iter().map(|item| object(item).id("order_id")).collect();
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    if ids.is_empty() { Ok(Vec::new()) } else { Filter::split("entity_id", &ids, LIST_BUDGET / 2) }
}

fn before(as_of: Timestamp, days: u32) -> Timestamp {
    as_of.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

/// Invoiced orders wait since their last invoice.
fn date_by_invoices(context: &Context, orders: &mut [StuckOrder]) -> Result<(), Failure> {
    let invoiced = || orders.iter().filter(|stuck| stuck.wait.since_invoice());
    let ids: Vec<String> = invoiced().map(|stuck| stuck.order.id.to_string()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut last: BTreeMap<u64, Timestamp> = BTreeMap::new();
    for filter in Filter::split("order_id", &ids, LIST_BUDGET / 2)? {
        let fields = projection(["entity_id", "order_id", "created_at"])?;
        let criteria = Criteria::new().filter(filter).fields(fields);
        for invoice in Scan::new(context, INVOICES, criteria, "entity_id").all()? {
            let invoice = object(invoice);
            let Some(created) = instant(invoice.text("created_at")) else { continue };
            let latest = last.entry(invoice.id("order_id")).or_insert(created);
            *latest = created.max(*latest);
        }
    }
    for stuck in orders.iter_mut().filter(|stuck| stuck.wait.since_invoice()) {
        if let Some(created) = last.get(&stuck.order.id) {
            stuck.since = *created;
        }
    }
    Ok(())
}

impl StuckOrder {
    /// An order that waits, since when as far as the order itself says.
    fn new(order: Order) -> Option<Self> {
        let wait = WaitReason::of(&order)?;
        let since = match wait {
            WaitReason::OnHold | WaitReason::PaymentReview => "updated_at",
            _ => "created_at",
        };
        let since = instant(order.document.text(since))?;
        Some(Self { order, wait, since })
    }

    fn view(&self, as_of: Timestamp, zones: &StoreTimeZones) -> JsonObject {
        let document = &self.order.document;
        let mut view = document.pick("entity_id increment_id state status created_at customer_email order_currency_code grand_total");
        let left = self.order.items().iter().filter(|item| item.to_ship().is_positive());
        let left = left.map(|item| json!({"sku": item.sku(), "qty": item.to_ship()}));
        view.extend(object(json!({
            "total_due": self.order.due,
            "reason": self.wait.as_str(),
            "since": filter_text(self.since),
            "days": as_of.duration_since(self.since).as_hours() / 24,
            "store_view_code": zones.code(document.id("store_id")),
            "payment_method": self.order.payment_method,
            "left_to_ship": left.collect::<Vec<_>>(),
        })));
        view
    }
}
