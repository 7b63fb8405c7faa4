//! `orders_items`

use souk_sdk::magento::STORE_CONFIGS;
use souk_sdk::prelude::*;

use super::get::item_view;
use crate::json_object::JsonObject;
use crate::order::OrderItem;
use crate::order_filter::{any_of_each, count, equals, texts, within};
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::ITEMS;
use crate::time_zones::{NamedZone, StoreTimeZones, TimeRange, ZoneNeed};
use crate::untrusted::UNTRUSTED;

#[args]
#[derive(Debug)]
pub(crate) struct ItemsArgs {
    /// Items of these orders, by entity id.
    #[serde(default)]
    order_ids: Vec<EntityId>,
    /// Items with these skus: of a configurable product, the variant that was chosen.
    #[serde(default)]
    skus: Vec<String>,
    /// When they were ordered.
    created: Option<TimeRange>,
    /// Store views they were ordered in; days are theirs.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own.
    time_zone: Option<String>,
    #[serde(default = "count::<15>")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
    /// Only those after this item, as `next_after_id` of the last result says.
    after_id: Option<EntityId>,
}

pub(crate) struct ItemsResult;

impl ResultSchema for ItemsResult {
    const PROPERTIES: &'static str = r#"
        "items": {"type": "array", "items": {"type": "object"}, "description": "Order items, oldest first; left says what can still be invoiced, shipped, refunded. One with parent_item_id stands for a part of another and is not counted again."},
        "next_after_id": {"type": ["integer", "null"], "description": "Pass it as after_id for the next ones."}"#;
    const REQUIRED: &'static str = "items next_after_id";
}

/// List order items
///
/// Lists ordered items by order, sku or day, with prices, quantities and what of each is left to
/// invoice, ship and refund.
#[action(query, reads(ITEMS, STORE_CONFIGS), note = UNTRUSTED, keywords("sold", "best sellers", "sells badly", "which products sell", "units sold"))]
pub(crate) fn items(args: &ItemsArgs, context: &Context) -> OrdersReply<ItemsResult> {
    if args.order_ids.is_empty() && args.skus.is_empty() && args.created.is_none() {
        return Err(Failure::argument("order_ids", "this would be every item ever ordered")
            .remedy("give `order_ids`, `skus` or `created`"));
    }
    let is_of_moments = args.created.as_ref().is_none_or(TimeRange::is_of_moments);
    let is_by_views = !is_of_moments && args.time_zone.is_none();
    let is_asked = is_by_views || !args.store_view_codes.is_empty();
    let zones = StoreTimeZones::read(context, ZoneNeed::of(is_asked, false))?;
    // A list cannot express a sku with a comma; single ones can.
    let (mut criteria, skus) = match &args.skus[..] {
        [one] => (Criteria::new().filter(equals("sku", one)?), &Vec::new()),
        _ => (Criteria::new(), &args.skus),
    };
    criteria = any_of_each(
        criteria,
        [
            ("order_id", "order_ids", &texts(&args.order_ids)),
            ("store_id", "store_view_codes", &zones.ids(&args.store_view_codes)?),
            ("sku", "skus", skus),
        ],
    )?;
    if args.created.is_some() {
        let days = if is_of_moments && args.time_zone.is_none() {
            NamedZone::utc()
        } else {
            zones.days_in(args.time_zone.as_deref(), &args.store_view_codes)?
        };
        criteria = within(criteria, "created_at", args.created.as_ref(), &days, "created")?;
    }
    if let Some(after) = args.after_id {
        let after = after.get().to_string();
        criteria = criteria.filter(Filter::new("item_id", Condition::Gt, after)?);
    }
    let criteria = criteria.sort("item_id", Direction::Asc)?.page(args.page_size, 1);
    let page: SearchPage<JsonObject> =
        context.get(&ITEMS.read([]).search(&criteria).in_view(StoreView::Global))?;
    // A full page has a next: the count may be that of the page.
    let more =
        page.total_count > page.items.len() as u64 || page.items.len() >= args.page_size as usize;
    let last = page.items.last().map(|item| item.id("item_id"));
    let items = page.items.into_iter().map(|item| Ok(item_view(&OrderItem::parse(item)?)));
    Ok(OrdersResult::from(json!({
        "items": items.collect::<Result<Vec<_>, Failure>>()?,
        "next_after_id": last.filter(|_| more),
    })))
}
