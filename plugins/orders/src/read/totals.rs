//! `orders_totals`

use std::collections::BTreeMap;

use souk_sdk::magento::{STORE_CONFIGS, Scan, projection};
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, JsonObjectView};
use crate::order::due;
use crate::order_filter::{OrderFilter, check_length};
use crate::order_state::OrderState;
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::ORDERS;
use crate::time_zones::{NamedZone, StoreTimeZones, TimeRange, ZoneNeed};

/// By what orders are put together.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum GroupBy {
    Day,
    Status,
    State,
    Store,
    PaymentMethod,
}

impl GroupBy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Status => "status",
            Self::State => "state",
            Self::Store => "store",
            Self::PaymentMethod => "payment_method",
        }
    }

    fn key(self, order: &JsonObject, zones: &StoreTimeZones, days: &NamedZone) -> String {
        match self {
            Self::Day => days.day(order.text("created_at")).unwrap_or_default(),
            Self::Status => order.text("status").to_owned(),
            Self::State => order.text("state").to_owned(),
            Self::Store => {
                let id = order.id("store_id");
                let code = zones.code(id).map(str::to_owned);
                code.unwrap_or_else(|| format!("store view {id}, which is gone"))
            }
            Self::PaymentMethod => {
                let method = order.get("payment").and_then(|payment| payment.get("method"));
                method.and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        }
    }
}

#[args]
#[derive(Debug)]
pub(crate) struct TotalsArgs {
    /// By what: each combination is a row. Without it, one row a currency.
    #[serde(default)]
    group_by: Vec<GroupBy>,
    /// When the orders were placed.
    created: TimeRange,
    /// Statuses to count. Without it all, canceled ones too.
    #[serde(default)]
    statuses: Vec<String>,
    /// States to count.
    #[serde(default)]
    states: Vec<OrderState>,
    /// Store views to count; days are theirs.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own.
    time_zone: Option<String>,
}

pub(crate) struct TotalsResult;

impl ResultSchema for TotalsResult {
    const PROPERTIES: &'static str = r#"
        "rows": {"type": "array", "items": {"type": "object"}, "description": "What was grouped by, currency, orders, items (pieces ordered), and exact sums in that currency of what was ordered: grand_total (all of it), subtotal (goods, before tax and discount), discount (negative), shipping (before tax), tax; and of what became of it: invoiced, paid, refunded (of what was paid), canceled (of grand_total, never to be paid), due (neither paid nor canceled). Currencies are never added up."},
        "orders": {"type": "integer", "description": "How many were read: all that fit."},
        "time_zone": {"type": "string", "description": "Whose days these are."}"#;
    const REQUIRED: &'static str = "rows orders time_zone";
}

/// What is added up, and what it is called in a row. Of an amount that an order has none of, nothing is:
/// some come with a first invoice, payment, refund or cancellation, and any may be null of an order that was
/// imported.
const SUMS: [(&str, &str); 9] = [
    ("grand_total", "grand_total"),
    ("subtotal", "subtotal"),
    ("discount_amount", "discount"),
    ("shipping_amount", "shipping"),
    ("tax_amount", "tax"),
    ("total_invoiced", "invoiced"),
    ("total_paid", "paid"),
    ("total_refunded", "refunded"),
    ("total_canceled", "canceled"),
];

/// The sums of some orders.
#[derive(Default)]
struct TotalsRow {
    orders: u32,
    items: Decimal,
    sums: [Decimal; SUMS.len()],
    due: Decimal,
}

/// Add up orders
///
/// Adds up the orders of a range of days, by day, status, state, store view or payment method: how
/// many, and exact sums of totals, taxes, shipping, payments and refunds. All pages are read, days
/// are the store's own, and currencies are kept apart.
#[action(
    query,
    reads(ORDERS, STORE_CONFIGS),
    keywords("revenue", "turnover", "sales figures", "income", "how much did we sell")
)]
pub(crate) fn totals(args: &TotalsArgs, context: &Context) -> OrdersReply<TotalsResult> {
    let filter = OrderFilter {
        statuses: args.statuses.clone(),
        states: args.states.clone(),
        created: Some(args.created.clone()),
        store_view_codes: args.store_view_codes.clone(),
        time_zone: args.time_zone.clone(),
        ..OrderFilter::default()
    };
    let is_by_day = args.group_by.contains(&GroupBy::Day);
    let beside = match args.group_by.contains(&GroupBy::Store) {
        true => ZoneNeed::Asked,
        false => ZoneNeed::None,
    };
    let (zones, days) = filter.zones(context, is_by_day, beside)?;
    let mut fields = vec![
        "entity_id",
        "store_id",
        "state",
        "status",
        "created_at",
        "order_currency_code",
        "total_qty_ordered",
        "total_due",
    ];
    fields.extend(SUMS.map(|(field, _)| field));
    if args.group_by.contains(&GroupBy::PaymentMethod) {
        fields.push("payment[method]");
    }
    let criteria = filter.criteria(&zones, &days)?;
    check_length(&criteria)?;
    let mut scan = Scan::new(context, ORDERS, criteria.fields(projection(fields)?), "entity_id");
    let mut rows: BTreeMap<Vec<String>, TotalsRow> = BTreeMap::new();
    let mut count = 0_u64;
    while let Some(page) = scan.next_page()? {
        for order in page.iter().filter_map(Value::as_object) {
            let mut key: Vec<String> =
                args.group_by.iter().map(|by| by.key(order, &zones, &days)).collect();
            key.push(order.text("order_currency_code").to_owned());
            rows.entry(key).or_default().add(order)?;
            count += 1;
        }
        context.progress(count, None, "adding up orders");
    }
    let rows = rows.into_iter().map(|(key, row)| row.view(&args.group_by, key));
    Ok(OrdersResult::from(json!({
        "rows": rows.collect::<Vec<_>>(),
        "orders": count,
        "time_zone": days.name,
    })))
}

impl TotalsRow {
    fn add(&mut self, order: &JsonObject) -> Result<(), Failure> {
        self.orders += 1;
        self.items += order.amount_if_any("total_qty_ordered")?;
        for (sum, (field, _)) in self.sums.iter_mut().zip(SUMS) {
            *sum += order.amount_if_any(field)?;
        }
        self.due += due(order)?;
        Ok(())
    }

    fn view(self, by: &[GroupBy], key: Vec<String>) -> JsonObject {
        let names = by.iter().map(|by| by.as_str()).chain(["currency"]);
        let mut row: JsonObject =
            names.map(str::to_owned).zip(key.into_iter().map(Value::String)).collect();
        row.put("orders", Some(self.orders));
        row.put("items", Some(self.items.json()));
        for ((_, name), sum) in SUMS.iter().zip(self.sums) {
            row.put(name, Some(sum.json()));
        }
        row.put("due", Some(self.due.json()));
        row
    }
}
