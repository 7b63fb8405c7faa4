//! `orders_totals`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use souk_sdk::{Context, Failure, Scan, projection};

use crate::amount::Amount;
use crate::answer::{Answer, Shape, members};
use crate::clock::{Clock, Range, Zones};
use crate::order::id_of;
use crate::routes::ORDERS;
use crate::search::Wanted;
use crate::state::State;

/// By what orders are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    Day,
    Status,
    State,
    Store,
    PaymentMethod,
}

impl By {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Status => "status",
            Self::State => "state",
            Self::Store => "store",
            Self::PaymentMethod => "payment_method",
        }
    }

    fn of(self, order: &Map<String, Value>, zones: &Zones, clock: &Clock) -> String {
        let text = |field: &str| order.get(field).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Day => clock.day(text("created_at")).unwrap_or_default(),
            Self::Status => text("status").to_owned(),
            Self::State => text("state").to_owned(),
            Self::Store => {
                let id = id_of(order.get("store_id"));
                match zones.code(id) {
                    None => format!("store view {id}, which is gone"),
                    Some(code) => code.to_owned(),
                }
            }
            Self::PaymentMethod => {
                let method = order.get("payment").and_then(|payment| payment.get("method"));
                method.and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// By what: each combination is a row. Without it, one row a currency.
    #[serde(default)]
    group_by: Vec<By>,
    /// When the orders were placed.
    created: Range,
    /// Statuses to count. Without it all, canceled ones too.
    #[serde(default)]
    statuses: Vec<String>,
    /// States to count.
    #[serde(default)]
    states: Vec<State>,
    /// Store views to count; days are theirs.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own.
    time_zone: Option<String>,
}

pub(crate) struct Totals;

impl Shape for Totals {
    const PROPERTIES: &'static str = r#"
        "rows": {"type": "array", "items": {"type": "object"}, "description": "What was grouped by, currency, orders, items, and exact sums in that currency: grand_total, subtotal, discount, shipping, tax, invoiced, paid, refunded, canceled, due. Currencies are never added up."},
        "orders": {"type": "integer", "description": "How many were read: all that fit."},
        "time_zone": {"type": "string", "description": "Whose days these are."}"#;
    const REQUIRED: &'static str = r#""rows", "orders", "time_zone""#;
}

/// What is added up, and what it is called in a row.
const SUMS: [(&str, &str); 10] = [
    ("grand_total", "grand_total"),
    ("subtotal", "subtotal"),
    ("discount_amount", "discount"),
    ("shipping_amount", "shipping"),
    ("tax_amount", "tax"),
    ("total_invoiced", "invoiced"),
    ("total_paid", "paid"),
    ("total_refunded", "refunded"),
    ("total_canceled", "canceled"),
    ("total_due", "due"),
];

/// One row.
#[derive(Default)]
struct Row {
    orders: u32,
    items: Amount,
    sums: [Amount; SUMS.len()],
}

pub(crate) fn totals(asked: &Asked, context: &Context) -> Result<Answer<Totals>, Failure> {
    let zones = Zones::read(context)?;
    let clock = zones.meant(asked.time_zone.as_deref(), &asked.store_view_codes)?;
    let wanted = Wanted {
        statuses: &asked.statuses,
        states: &asked.states,
        created: Some(&asked.created),
        store_view_codes: &asked.store_view_codes,
        ..Wanted::default()
    };
    let mut fields = vec![
        "entity_id",
        "store_id",
        "state",
        "status",
        "created_at",
        "order_currency_code",
        "total_qty_ordered",
    ];
    fields.extend(SUMS.map(|(field, _)| field));
    if asked.group_by.contains(&By::PaymentMethod) {
        fields.push("payment[method]");
    }
    let criteria = wanted.criteria(&zones, &clock)?.fields(projection(fields)?);
    let mut scan = Scan::new(context, ORDERS, criteria, "entity_id");
    let mut rows: BTreeMap<Vec<String>, Row> = BTreeMap::new();
    let mut count = 0_u64;
    while let Some(page) = scan.next_page()? {
        for order in page.iter().filter_map(Value::as_object) {
            let mut key: Vec<String> =
                asked.group_by.iter().map(|by| by.of(order, &zones, &clock)).collect();
            let currency = order.get("order_currency_code").and_then(Value::as_str);
            key.push(currency.unwrap_or_default().to_owned());
            rows.entry(key).or_default().add(order)?;
            count += 1;
        }
        context.progress(count, None, "adding up orders");
    }
    let rows: Vec<Value> =
        rows.into_iter().map(|(key, row)| row.told(&asked.group_by, key)).collect();
    Ok(Answer::new(members(json!({
        "rows": rows,
        "orders": count,
        "time_zone": clock.name,
    }))))
}

impl Row {
    fn add(&mut self, order: &Map<String, Value>) -> Result<(), Failure> {
        let amount = |field: &str| match order.get(field) {
            None | Some(Value::Null) => Ok(Amount::ZERO),
            Some(value) => Amount::of(value).ok_or_else(|| {
                let id = id_of(order.get("entity_id"));
                Failure::unavailable(format!("`{field}` of the order with id {id} is no amount"))
            }),
        };
        self.orders += 1;
        self.items += amount("total_qty_ordered")?;
        for (sum, (field, _)) in self.sums.iter_mut().zip(SUMS) {
            *sum += amount(field)?;
        }
        Ok(())
    }

    fn told(self, by: &[By], key: Vec<String>) -> Value {
        let mut row = Map::new();
        let names = by.iter().map(|by| by.as_str()).chain(["currency"]);
        row.extend(names.map(str::to_owned).zip(key.into_iter().map(Value::String)));
        row.insert("orders".to_owned(), self.orders.into());
        row.insert("items".to_owned(), self.items.json());
        row.extend(
            SUMS.iter().zip(self.sums).map(|((_, name), sum)| ((*name).to_owned(), sum.json())),
        );
        Value::Object(row)
    }
}
