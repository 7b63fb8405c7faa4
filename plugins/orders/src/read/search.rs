//! `orders_search`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use souk_sdk::{
    Condition, Context, Criteria, Direction, EntityId, Failure, Filter, SearchPage, StoreView,
    projection,
};

use crate::answer::{Answer, Shape, members};
use crate::clock::{Range, Zones};
use crate::order::id_of;
use crate::routes::ORDERS;
use crate::search::{Amounts, Wanted};
use crate::state::State;

/// Orders of one page that are looked through where Magento cannot filter by itself.
const LOOKED_THROUGH: u32 = 200;
/// How many such pages one call reads.
const MOST_PAGES: u32 = 25;

/// What is told of an order when nobody says which fields.
const FIELDS: [&str; 21] = [
    "entity_id",
    "increment_id",
    "state",
    "status",
    "store_id",
    "created_at",
    "updated_at",
    "customer_email",
    "customer_firstname",
    "customer_lastname",
    "customer_id",
    "order_currency_code",
    "grand_total",
    "total_paid",
    "total_due",
    "total_refunded",
    "total_qty_ordered",
    "coupon_code",
    "shipping_description",
    "payment[method]",
    "extension_attributes[shipping_assignments[shipping[method]]]",
];

/// What orders are sorted by; ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    EntityId,
    CreatedAt,
    UpdatedAt,
    GrandTotal,
    IncrementId,
}

impl Sort {
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Order numbers as customers know them: `000000012`.
    #[serde(default)]
    increment_ids: Vec<String>,
    /// Entity ids.
    #[serde(default)]
    order_ids: Vec<EntityId>,
    /// A whole address, or a part of one without `@`.
    #[schemars(length(min = 1))]
    customer_email: Option<String>,
    /// Words of a first or last name; each has to occur.
    #[schemars(length(min = 1))]
    customer_name: Option<String>,
    /// Statuses, the store's own among them: `pending`, `processing`, `fraud`.
    #[serde(default)]
    statuses: Vec<String>,
    /// States.
    #[serde(default)]
    states: Vec<State>,
    /// When it was placed.
    created: Option<Range>,
    /// When it last changed.
    updated: Option<Range>,
    /// In each order's own currency.
    grand_total: Option<Amounts>,
    /// Store views it was placed in; days are theirs.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// Codes of payment methods: `checkmo`, `braintree`. Magento cannot search by them: orders are
    /// looked through in the order of their ids, and `total_count` stays unknown.
    #[serde(default)]
    payment_methods: Vec<String>,
    /// Codes of shipping methods: `flatrate_flatrate`.
    #[serde(default)]
    shipping_methods: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own: `Europe/Berlin`.
    time_zone: Option<String>,
    #[serde(default)]
    sort_field: Sort,
    #[serde(default = "newest_first")]
    sort_direction: Direction,
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    page_size: u32,
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    current_page: u32,
    /// Instead of a page: those after this order in the order of ids, as `next_after_id` of the last
    /// answer says. Nothing is repeated or lost while orders come in.
    after_id: Option<EntityId>,
    /// Which fields of an order to answer, with fields of theirs in brackets:
    /// `billing_address[city]`. Without it, what lists usually show.
    #[serde(default)]
    fields: Vec<String>,
}

fn newest_first() -> Direction {
    Direction::Desc
}

const fn twenty() -> u32 {
    20
}

const fn one() -> u32 {
    1
}

pub(crate) struct Orders;

impl Shape for Orders {
    const PROPERTIES: &'static str = r#"
        "items": {"type": "array", "items": {"type": "object"}, "description": "Orders; created_local is created_at in the store view's time zone, created_at is UTC."},
        "total_count": {"type": ["integer", "null"], "description": "Over all pages; null where Magento cannot tell."},
        "next_after_id": {"type": ["integer", "null"], "description": "Pass it as after_id for the next ones; null after the last, or where the sort is not by entity_id."},
        "time_zone": {"type": "string", "description": "In which days of ranges were meant; empty where none was."}"#;
    const REQUIRED: &'static str = r#""items", "total_count", "next_after_id", "time_zone""#;
}

pub(crate) fn search(asked: &Asked, context: &Context) -> Result<Answer<Orders>, Failure> {
    let ranges = asked.created.is_some() || asked.updated.is_some() || asked.time_zone.is_some();
    let zones = if ranges || !asked.store_view_codes.is_empty() {
        Zones::read(context)?
    } else {
        Zones::where_readable(context)
    };
    let wanted = Wanted {
        order_ids: &asked.order_ids,
        increment_ids: &asked.increment_ids,
        customer_email: asked.customer_email.as_deref(),
        customer_name: asked.customer_name.as_deref(),
        statuses: &asked.statuses,
        states: &asked.states,
        created: asked.created.as_ref(),
        updated: asked.updated.as_ref(),
        grand_total: asked.grand_total.as_ref(),
        store_view_codes: &asked.store_view_codes,
        shipping_methods: &asked.shipping_methods,
    };
    let (criteria, time_zone) = if ranges {
        let clock = zones.meant(asked.time_zone.as_deref(), &asked.store_view_codes)?;
        (wanted.criteria(&zones, &clock)?, clock.name)
    } else {
        // No day is named, so it matters to nothing which zone it would be in.
        let clock = zones.meant(Some("UTC"), &[])?;
        (wanted.criteria(&zones, &clock)?, String::new())
    };
    let by_id = asked.sort_field == Sort::EntityId;
    if !by_id && (asked.after_id.is_some() || !asked.payment_methods.is_empty()) {
        let argument = if asked.after_id.is_some() { "after_id" } else { "payment_methods" };
        return Err(Failure::argument(argument, "this goes with the order of ids only")
            .remedy("leave `sort_field` out"));
    }
    let criteria = criteria.fields(fields(asked)?);
    let page = if asked.payment_methods.is_empty() {
        one_page(asked, context, criteria)?
    } else {
        look_through(asked, context, &criteria)?
    };
    let next = if by_id { page.next_after } else { None };
    let items: Vec<Value> =
        page.items.into_iter().map(|order| Value::Object(shown(order, &zones))).collect();
    Ok(Answer::new(members(json!({
        "items": items,
        "total_count": page.total,
        "next_after_id": next,
        "time_zone": time_zone,
    }))))
}

/// What was found of a page.
struct Page {
    items: Vec<Value>,
    total: Option<u64>,
    next_after: Option<u64>,
}

fn fields(asked: &Asked) -> Result<String, Failure> {
    if asked.fields.is_empty() {
        return projection(FIELDS);
    }
    let mut fields: Vec<&str> = vec!["entity_id", "increment_id"];
    if !asked.payment_methods.is_empty() && !asked.fields.iter().any(|f| f.starts_with("payment")) {
        fields.push("payment[method]");
    }
    fields.extend(asked.fields.iter().map(String::as_str).filter(|f| !FIELDS[..2].contains(f)));
    projection(fields).map_err(|failure| failure.at("fields"))
}

fn after(asked: &Asked, criteria: Criteria, id: Option<u64>) -> Result<Criteria, Failure> {
    let Some(id) = id else { return Ok(criteria) };
    let beyond = match asked.sort_direction {
        Direction::Asc => Condition::Gt,
        Direction::Desc => Condition::Lt,
    };
    Ok(criteria.filter(Filter::new("entity_id", beyond, id.to_string())?))
}

fn one_page(asked: &Asked, context: &Context, criteria: Criteria) -> Result<Page, Failure> {
    let mut criteria = after(asked, criteria, asked.after_id.map(EntityId::get))?;
    criteria = criteria.sort(asked.sort_field.as_str(), asked.sort_direction)?;
    if asked.sort_field != Sort::EntityId {
        criteria = criteria.sort("entity_id", asked.sort_direction)?;
    }
    let number = if asked.after_id.is_some() { 1 } else { asked.current_page };
    let criteria = criteria.page(asked.page_size, number);
    let read = ORDERS.read([]).search(&criteria).at(StoreView::Global);
    let found: SearchPage<Value> = context.get(&read)?;
    let seen = u64::from(asked.page_size) * u64::from(number);
    let last = found.items.last().map(|order| id_of(order.get("entity_id")));
    Ok(Page {
        next_after: last.filter(|_| found.total_count > seen),
        // After an id, Magento counts only what comes after it.
        total: asked.after_id.is_none().then_some(found.total_count),
        items: found.items,
    })
}

/// Looks through orders for those that were paid so.
fn look_through(asked: &Asked, context: &Context, criteria: &Criteria) -> Result<Page, Failure> {
    let mut page = Page { items: Vec::new(), total: None, next_after: None };
    let mut beyond = asked.after_id.map(EntityId::get);
    for round in 0..MOST_PAGES {
        context.progress(round.into(), None, "looking through orders");
        let part = after(asked, criteria.clone(), beyond)?
            .sort("entity_id", asked.sort_direction)?
            .page(LOOKED_THROUGH, 1);
        let read = ORDERS.read([]).search(&part).at(StoreView::Global);
        let found: SearchPage<Value> = context.get(&read)?;
        let is_last = found.items.len() < LOOKED_THROUGH as usize;
        for order in found.items {
            let id = id_of(order.get("entity_id"));
            if page.items.len() == asked.page_size as usize {
                page.next_after = beyond;
                return Ok(page);
            }
            beyond = Some(id);
            let method = order["payment"]["method"].as_str().unwrap_or_default();
            if asked.payment_methods.iter().any(|wanted| wanted == method) {
                page.items.push(order);
            }
        }
        if is_last {
            return Ok(page);
        }
    }
    page.next_after = beyond;
    Ok(page)
}

/// An order in a list: methods by their own names, and when it was placed as the store has it.
fn shown(order: Value, zones: &Zones) -> Map<String, Value> {
    let mut order = members(order);
    let store = id_of(order.get("store_id"));
    let local =
        order.get("created_at").and_then(Value::as_str).and_then(|at| zones.local(store, at));
    if let Some(local) = local {
        order.insert("created_local".to_owned(), local.into());
    }
    if let Some(code) = zones.code(store) {
        order.insert("store_view_code".to_owned(), code.into());
    }
    if let Some(method) = order.get("payment").and_then(|payment| payment.get("method")).cloned()
        && order.get("payment").and_then(Value::as_object).is_some_and(|payment| payment.len() == 1)
    {
        order.remove("payment");
        order.insert("payment_method".to_owned(), method);
    }
    let shipping = order
        .get("extension_attributes")
        .and_then(|more| more.pointer("/shipping_assignments/0/shipping"))
        .and_then(Value::as_object);
    if let Some(shipping) = shipping.filter(|shipping| shipping.len() == 1)
        && let Some(method) = shipping.get("method").cloned()
    {
        order.remove("extension_attributes");
        order.insert("shipping_method".to_owned(), method);
    }
    order
}
