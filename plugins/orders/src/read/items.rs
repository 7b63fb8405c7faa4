//! `orders_items`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use souk_sdk::{
    Condition, Context, Criteria, Direction, EntityId, Failure, Filter, SearchPage, StoreView,
};

use super::get::line;
use crate::answer::{Answer, Shape, members};
use crate::clock::{Range, Zones};
use crate::order::{Item, id_of};
use crate::routes::ITEMS;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Items of these orders, by entity id.
    #[serde(default)]
    order_ids: Vec<EntityId>,
    /// Items with these skus: of a configurable product, the variant that was chosen.
    #[serde(default)]
    skus: Vec<String>,
    /// When they were ordered.
    created: Option<Range>,
    /// Store views they were ordered in; days are theirs.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own.
    time_zone: Option<String>,
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
    /// Only those after this item, as `next_after_id` of the last answer says.
    after_id: Option<EntityId>,
}

const fn fifty() -> u32 {
    50
}

pub(crate) struct Lines;

impl Shape for Lines {
    const PROPERTIES: &'static str = r#"
        "items": {"type": "array", "items": {"type": "object"}, "description": "Order items, oldest first; left tells what can still be invoiced, shipped, refunded. One with parent_item_id stands for a part of another and is not counted again."},
        "next_after_id": {"type": ["integer", "null"], "description": "Pass it as after_id for the next ones."}"#;
    const REQUIRED: &'static str = r#""items", "next_after_id""#;
}

pub(crate) fn items(asked: &Asked, context: &Context) -> Result<Answer<Lines>, Failure> {
    if asked.order_ids.is_empty() && asked.skus.is_empty() && asked.created.is_none() {
        return Err(Failure::argument("order_ids", "this would be every item ever ordered")
            .remedy("give `order_ids`, `skus` or `created`"));
    }
    let zones = Zones::read(context)?;
    let mut criteria = Criteria::new();
    let orders: Vec<String> = asked.order_ids.iter().map(|id| id.get().to_string()).collect();
    let stores = zones.ids(&asked.store_view_codes)?;
    for (field, argument, values) in
        [("order_id", "order_ids", &orders), ("store_id", "store_view_codes", &stores)]
    {
        if !values.is_empty() {
            criteria = criteria.filter(Filter::any_of(field, values).map_err(|f| f.at(argument))?);
        }
    }
    // A list cannot express a sku with a comma; single ones can.
    criteria = match &asked.skus[..] {
        [] => criteria,
        [one] => criteria.filter(Filter::new("sku", Condition::Eq, one)?),
        many => criteria.filter(Filter::any_of("sku", many).map_err(|f| f.at("skus"))?),
    };
    if let Some(range) = &asked.created {
        let clock = zones.meant(asked.time_zone.as_deref(), &asked.store_view_codes)?;
        let filters = clock.filters("created_at", range, "created")?;
        criteria = filters.into_iter().fold(criteria, Criteria::filter);
    }
    if let Some(after) = asked.after_id {
        let after = after.get().to_string();
        criteria = criteria.filter(Filter::new("item_id", Condition::Gt, after)?);
    }
    let criteria = criteria.sort("item_id", Direction::Asc)?.page(asked.page_size, 1);
    let read = ITEMS.read([]).search(&criteria).at(StoreView::Global);
    let found: SearchPage<Value> = context.get(&read)?;
    let more = found.total_count > found.items.len() as u64;
    let last = found.items.last().map(|item| id_of(item.get("item_id")));
    let lines: Vec<Value> = found
        .items
        .iter()
        .filter_map(Value::as_object)
        .map(|fields| Value::Object(line(Item::of(fields))))
        .collect();
    Ok(Answer::new(members(json!({
        "items": lines,
        "next_after_id": last.filter(|_| more),
    }))))
}
