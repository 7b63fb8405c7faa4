//! `orders_search`

use souk_sdk::magento::{ItemFields, STORE_CONFIGS, projection};
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, JsonObjectView};
use crate::order_filter::{OrderFilter, any_of_each, check_length, count, equals, within};
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::ORDERS;
use crate::time_zones::{NamedZone, StoreTimeZones, TimeRange, ZoneNeed};
use crate::untrusted::UNTRUSTED;

/// Orders of one page that are looked through where Magento cannot filter by itself.
const SCAN_PAGE: u32 = 200;
/// How many such pages one call reads.
const MOST_SCAN_PAGES: u32 = 25;

/// What an order shows where nobody names fields.
const SHOWN: [&str; 15] = [
    "entity_id",
    "increment_id",
    "state",
    "status",
    "store_id",
    "created_at",
    "customer_email",
    "customer_firstname",
    "customer_lastname",
    "order_currency_code",
    "grand_total",
    "total_due",
    "total_refunded",
    "total_qty_ordered",
    "payment[method]",
];

/// What orders are sorted by; ties by id.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
enum SortField {
    #[default]
    EntityId,
    CreatedAt,
    UpdatedAt,
    GrandTotal,
    IncrementId,
}

impl SortField {
    const fn as_str(self) -> &'static str {
        match self {
            Self::EntityId => "entity_id",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::GrandTotal => "grand_total",
            Self::IncrementId => "increment_id",
        }
    }
}

/// A range of amounts, its ends included.
#[args]
#[derive(Debug, Clone)]
struct AmountRange {
    /// At least this.
    from: Option<NonNegative>,
    /// At most this.
    to: Option<NonNegative>,
}

#[args]
#[derive(Debug)]
pub(crate) struct SearchArgs {
    #[serde(flatten)]
    filter: OrderFilter,
    /// A whole address, or a part of one without `@`.
    #[schemars(length(min = 1))]
    customer_email: Option<String>,
    /// Words of a first or last name; each has to occur.
    #[schemars(length(min = 1))]
    customer_name: Option<String>,
    /// When it last changed.
    updated: Option<TimeRange>,
    /// In each order's own currency.
    grand_total: Option<AmountRange>,
    /// Codes of payment methods: `checkmo`, `braintree`. Magento cannot search by them: orders are
    /// looked through in the order of their ids, and `total_count` stays unknown.
    #[serde(default)]
    payment_methods: Vec<String>,
    /// Codes of shipping methods: `flatrate_flatrate`.
    #[serde(default)]
    shipping_methods: Vec<String>,
    #[serde(default)]
    sort_field: SortField,
    #[serde(default = "newest_first")]
    sort_direction: Direction,
    #[serde(default = "count::<15>")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
    #[serde(default = "count::<1>")]
    #[schemars(range(min = 1))]
    current_page: u32,
    /// Instead of a page: those after this order in the order of ids, as `next_after_id` of the last
    /// result says. Nothing is repeated or lost while orders come in.
    after_id: Option<EntityId>,
    /// These fields of each order, with fields of theirs in brackets: `billing_address[city]`;
    /// ["*"] for all.
    #[serde(default)]
    fields: ItemFields,
}

const fn newest_first() -> Direction {
    Direction::Desc
}

pub(crate) struct SearchResult;

impl ResultSchema for SearchResult {
    const PROPERTIES: &'static str = r#"
        "items": {"type": "array", "items": {"type": "object"}, "description": "Orders; created_local is created_at in the store view's time zone, created_at is UTC."},
        "total_count": {"type": ["integer", "null"], "description": "Over all pages; null where Magento cannot tell."},
        "next_after_id": {"type": ["integer", "null"], "description": "Pass it as after_id for the next ones; null after the last, or where the sort is not by entity_id."},
        "time_zone": {"type": "string", "description": "In which days of ranges were meant; empty where none was."}"#;
    const REQUIRED: &'static str = "items total_count next_after_id time_zone";
}

/// Search orders
///
/// Finds orders by number, customer, status, state, dates, total, store view, payment or shipping
/// method, a page at a time, newest first by default. Days are those of the store view's time zone.
/// Returns items, total_count, and next_after_id for the next page.
#[action(query, reads(ORDERS, STORE_CONFIGS), note = UNTRUSTED, keywords("purchases", "sales list", "customer's orders", "recent orders", "unpaid"))]
pub(crate) fn search(args: &SearchArgs, context: &Context) -> OrdersReply<SearchResult> {
    let updated_on_days = args.updated.as_ref().is_some_and(|range| !range.is_of_moments());
    let (zones, days) = args.filter.zones(context, updated_on_days, args.zones_shown())?;
    let criteria = args.criteria(&zones, &days)?;
    let by_id = args.sort_field == SortField::EntityId;
    if !by_id && (args.after_id.is_some() || !args.payment_methods.is_empty()) {
        let argument = if args.after_id.is_some() { "after_id" } else { "payment_methods" };
        return Err(Failure::argument(argument, "this goes with the order of ids only")
            .remedy("leave `sort_field` out"));
    }
    let page = if args.payment_methods.is_empty() {
        args.page(context, criteria)?
    } else {
        args.scan(context, &criteria)?
    };
    let orders = page.orders.into_iter().map(|order| order_view(order, &zones));
    Ok(OrdersResult::from(json!({
        "items": orders.collect::<Vec<_>>(),
        "total_count": page.total,
        "next_after_id": page.next_after.filter(|_| by_id),
        "time_zone": days.name,
    })))
}

/// Orders of one call.
#[derive(Default)]
struct OrderPage {
    orders: Vec<JsonObject>,
    total: Option<u64>,
    next_after: Option<u64>,
}

impl SearchArgs {
    fn criteria(&self, zones: &StoreTimeZones, days: &NamedZone) -> Result<Criteria, Failure> {
        let mut criteria = any_of_each(
            self.filter.criteria(zones, days)?,
            [("shipping_method", "shipping_methods", &self.shipping_methods)],
        )?;
        criteria = within(criteria, "updated_at", self.updated.as_ref(), days, "updated")?;
        if let Some(email) = self.customer_email.as_deref().map(str::trim) {
            criteria = criteria.filter(match email.contains('@') {
                true => equals("customer_email", email)?,
                false => Filter::contains("customer_email", email)?,
            });
        }
        for word in self.customer_name.as_deref().unwrap_or_default().split_whitespace() {
            criteria = criteria.any([
                Filter::contains("customer_firstname", word)?,
                Filter::contains("customer_lastname", word)?,
            ]);
        }
        if let Some(AmountRange { from, to }) = self.grand_total {
            for (condition, end) in [(Condition::Gteq, from), (Condition::Lteq, to)] {
                let Some(NonNegative(amount)) = end else { continue };
                criteria =
                    criteria.filter(Filter::new("grand_total", condition, amount.to_string())?);
            }
        }
        check_length(&criteria)?;
        Ok(match self.projection()? {
            Some(fields) => criteria.fields(fields),
            None => criteria,
        })
    }

    /// Orders may be shown with the store view that they were placed in.
    fn zones_shown(&self) -> ZoneNeed {
        match self.fields.names(&SHOWN) {
            Some(names) if !names.contains(&"store_id") => ZoneNeed::None,
            _ => ZoneNeed::Shown,
        }
    }

    /// The fields to ask for; `None` for all.
    fn projection(&self) -> Result<Option<String>, Failure> {
        let Some(named) = self.fields.names(&SHOWN) else { return Ok(None) };
        let mut fields: Vec<&str> = vec!["entity_id", "increment_id"];
        let has_payment = named.iter().any(|field| field.starts_with("payment"));
        if !self.payment_methods.is_empty() && !has_payment {
            fields.push("payment[method]");
        }
        fields.extend(named.iter().filter(|field| !["entity_id", "increment_id"].contains(field)));
        projection(fields).map(Some).map_err(|failure| failure.at("fields"))
    }

    /// Reads a page of orders: those beyond this id, where there is one.
    fn read(
        &self,
        context: &Context,
        mut criteria: Criteria,
        beyond: Option<u64>,
        (size, number): (u32, u32),
    ) -> Result<SearchPage<JsonObject>, Failure> {
        if let Some(id) = beyond {
            let condition = match self.sort_direction {
                Direction::Asc => Condition::Gt,
                Direction::Desc => Condition::Lt,
            };
            criteria = criteria.filter(Filter::new("entity_id", condition, id.to_string())?);
        }
        if self.sort_field != SortField::EntityId {
            criteria = criteria.sort(self.sort_field.as_str(), self.sort_direction)?;
        }
        let criteria = criteria.sort("entity_id", self.sort_direction)?.page(size, number);
        context.get(&ORDERS.read([]).search(&criteria).in_view(StoreView::Global))
    }

    fn page(&self, context: &Context, criteria: Criteria) -> Result<OrderPage, Failure> {
        let number = if self.after_id.is_some() { 1 } else { self.current_page };
        let after = self.after_id.map(EntityId::get);
        let found = self.read(context, criteria, after, (self.page_size, number))?;
        let before = u64::from(self.page_size) * u64::from(number);
        let last = found.items.last().map(|order| order.id("entity_id"));
        Ok(OrderPage {
            // A full page has a next: the count may be that of the page.
            next_after: last.filter(|_| {
                found.total_count > before || found.items.len() >= self.page_size as usize
            }),
            // After an id, Magento counts only what comes after it.
            total: self.after_id.is_none().then_some(found.total_count),
            orders: found.items,
        })
    }

    /// Looks through orders for those that were paid by one of the methods.
    fn scan(&self, context: &Context, criteria: &Criteria) -> Result<OrderPage, Failure> {
        let mut page = OrderPage::default();
        let mut beyond = self.after_id.map(EntityId::get);
        for round in 0..MOST_SCAN_PAGES {
            context.progress(round.into(), None, "looking through orders");
            let found = self.read(context, criteria.clone(), beyond, (SCAN_PAGE, 1))?;
            let is_last = found.items.len() < SCAN_PAGE as usize;
            for order in found.items {
                if page.orders.len() == self.page_size as usize {
                    page.next_after = beyond;
                    return Ok(page);
                }
                beyond = Some(order.id("entity_id"));
                let method = order.get("payment").and_then(|payment| payment.get("method"));
                if self.payment_methods.iter().any(|wanted| method.is_some_and(|m| m == wanted)) {
                    page.orders.push(order);
                }
            }
            if is_last {
                return Ok(page);
            }
        }
        page.next_after = beyond;
        Ok(page)
    }
}

/// An order in a list: methods by their own names, and when it was placed as the store has it.
fn order_view(mut order: JsonObject, zones: &StoreTimeZones) -> JsonObject {
    let store = order.id("store_id");
    order.put("created_local", zones.local(store, order.text("created_at")));
    order.put("store_view_code", zones.code(store));
    for (member, pointer, name) in [
        ("payment", "", "payment_method"),
        ("extension_attributes", "/shipping_assignments/0/shipping", "shipping_method"),
    ] {
        let holder = order.get(member).and_then(|value| value.pointer(pointer)?.as_object());
        // Where more than the method was asked for, it stays where it is.
        if let Some(holder) = holder.filter(|holder| holder.len() == 1)
            && let Some(method) = holder.get("method").cloned()
        {
            order.remove(member);
            order.put(name, Some(method));
        }
    }
    order
}
