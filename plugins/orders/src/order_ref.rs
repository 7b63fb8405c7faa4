//! Which order a caller means.

use souk_sdk::magento::one_of;
use souk_sdk::prelude::*;

use crate::order::Order;
use crate::order_filter::order_number;
use crate::routes::{ORDER, ORDERS};

/// An order by its id, or by the number that customers know.
#[args]
#[derive(Debug)]
pub(crate) struct OrderRef {
    /// Its entity id, or give `increment_id`.
    order_id: Option<EntityId>,
    /// Its number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
}

impl OrderRef {
    /// Reads the order, whole. Sales are the same in every view of the store.
    ///
    /// # Errors
    /// When neither or both are given, there is no such order, or two stores have that number; and
    /// what reading meets.
    pub(crate) fn read(&self, context: &Context) -> Result<Order, Failure> {
        enum Named<'a> {
            Id(u64),
            Number(&'a str),
        }
        let id = self.order_id.map(|id| Named::Id(id.get()));
        let number = self.increment_id.as_deref().map(order_number).map(Named::Number);
        match one_of([("order_id", id), ("increment_id", number)])? {
            Named::Id(id) => by_id(context, id),
            Named::Number(number) => by_number(context, number),
        }
    }
}

fn by_id(context: &Context, id: u64) -> Result<Order, Failure> {
    let read = ORDER.read([&id.to_string()]).in_view(StoreView::Global);
    let document = context.get(&read).map_err(|failure| {
        if !failure.is_not_found() {
            return failure;
        }
        Failure::not_found(format!("the store has no order with the id {id}"))
            .at("order_id")
            .remedy(
                "the number that customers see is `increment_id`; find orders with `orders_search`",
            )
    })?;
    Order::parse(document)
}

fn by_number(context: &Context, number: &str) -> Result<Order, Failure> {
    let filter = Filter::new("increment_id", Condition::Eq, number)?;
    let read = ORDERS.read([]).search(&Criteria::new().filter(filter).page(3, 1));
    let page: SearchPage<Value> = context.get(&read.in_view(StoreView::Global))?;
    // Magento compares without case and trailing spaces.
    let mut orders: Vec<Value> =
        page.items.into_iter().filter(|order| order["increment_id"] == number).collect();
    match (orders.pop(), orders.pop()) {
        (Some(order), None) => Order::parse(order),
        (None, _) => Err(Failure::not_found(format!("the store has no order `{number}`"))
            .at("increment_id")
            .remedy(remedy(number))),
        (Some(one), Some(other)) => {
            let ids = [&one, &other].map(|order| order.id("entity_id").to_string());
            Err(Failure::argument("increment_id", format!("two orders have the number `{number}`"))
                .remedy(format!("name one by its `order_id`: {}", ids.join(", "))))
        }
    }
}

/// What to try instead of a number that no order has.
fn remedy(number: &str) -> String {
    in_full(number).map_or_else(
        || "find orders with `orders_search`".to_owned(),
        |full| {
            format!(
                "numbers are written in full, as `{full}`; the id in the store is `order_id`: {number}; \
                 `orders_search` finds orders"
            )
        },
    )
}

/// A number that was cut short, as it was probably meant: `12` as `000000012`.
pub(crate) fn in_full(number: &str) -> Option<String> {
    let is_short = !number.is_empty() && number.len() < 9;
    (is_short && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("{number:0>9}"))
}
