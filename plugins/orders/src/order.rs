//! An order as the store answers it, and the arithmetic of its items.
//!
//! The document itself is kept: what reads pass on is what was answered, and a field that is not there
//! is nothing. What has to be reckoned with is checked once, when the order is read.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_sdk::{
    Context, Criteria, EntityId, Failure, FailureCode, Filter, Read, SearchPage, StoreView,
};

use crate::amount::{Amount, Money};
use crate::routes::{ORDER, ORDERS};
use crate::search::by;

/// An order's document.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    id: u64,
    fields: Map<String, Value>,
}

/// An order item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'order> {
    fields: &'order Map<String, Value>,
}

/// The name of a field's twin in the base currency; Magento's database cut one of them short.
fn base(field: &str) -> String {
    match field {
        "shipping_discount_tax_compensation_amount" => {
            "base_shipping_discount_tax_compensation_amnt".to_owned()
        }
        field => ["base_", field].concat(),
    }
}

/// A number of a document: nothing where there is none.
fn number(fields: &Map<String, Value>, name: &str) -> Amount {
    fields.get(name).and_then(Amount::of).unwrap_or(Amount::ZERO)
}

/// An id of a document: 0 where there is none.
pub(crate) fn id_of(value: Option<&Value>) -> u64 {
    value.and_then(EntityId::of).map_or(0, EntityId::get)
}

/// What is reckoned with of an order; each with its twin in the base currency.
const AMOUNTS: [&str; 12] = [
    "grand_total",
    "total_paid",
    "total_due",
    "total_invoiced",
    "total_refunded",
    "total_canceled",
    "shipping_amount",
    "shipping_invoiced",
    "shipping_refunded",
    "shipping_tax_amount",
    "shipping_tax_refunded",
    "shipping_discount_amount",
];

/// What is reckoned with of an item; money each with its twin.
const ITEM_AMOUNTS: [&str; 13] = [
    "qty_ordered",
    "qty_invoiced",
    "qty_shipped",
    "qty_refunded",
    "qty_canceled",
    "row_invoiced",
    "amount_refunded",
    "discount_invoiced",
    "discount_refunded",
    "tax_invoiced",
    "tax_refunded",
    "discount_tax_compensation_invoiced",
    "discount_tax_compensation_refunded",
];

/// An amount that cannot be read must not pass for nothing.
fn check_amounts(fields: &Map<String, Value>, names: &[&str]) -> Result<(), Failure> {
    let names = names.iter().flat_map(|name| [(*name).to_owned(), base(name)]);
    for name in names.chain(["base_to_order_rate".to_owned()]) {
        let value = fields.get(&name).filter(|value| !value.is_null());
        if let Some(value) = value.filter(|value| Amount::of(value).is_none()) {
            return Err(unreadable(&format!("`{name}` is {value}, which is no amount")));
        }
    }
    Ok(())
}

fn unreadable(why: &str) -> Failure {
    let mut failure = Failure::new(
        FailureCode::UpstreamError,
        format!("the order cannot be reckoned with: {why}"),
    );
    failure.upstream = Some("magento".to_owned());
    failure
}

impl Order {
    /// An order from its document.
    ///
    /// # Errors
    /// When it has no id, or an amount that cannot be read.
    pub(crate) fn of(document: Value) -> Result<Self, Failure> {
        let Value::Object(fields) = document else {
            return Err(unreadable("the answer is no object"));
        };
        let id = id_of(fields.get("entity_id"));
        if id == 0 {
            return Err(unreadable("it has no `entity_id`"));
        }
        check_amounts(&fields, &AMOUNTS)?;
        let order = Self { id, fields };
        order.items().try_for_each(|item| check_amounts(item.fields, &ITEM_AMOUNTS))?;
        Ok(order)
    }

    /// Its entity id.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// The number that people know it by.
    pub(crate) fn increment_id(&self) -> &str {
        self.text("increment_id")
    }

    /// What a person calls it: `order 000000012`.
    pub(crate) fn name(&self) -> String {
        match self.increment_id() {
            "" => format!("order with id {}", self.id),
            number => format!("order {number}"),
        }
    }

    /// The whole document.
    pub(crate) const fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// A member; null where there is none.
    pub(crate) fn value(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    /// A text; empty where there is none.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.value(field).as_str().unwrap_or_default()
    }

    /// A number; nothing where there is none.
    pub(crate) fn amount(&self, field: &str) -> Amount {
        number(&self.fields, field)
    }

    /// An amount in both currencies.
    pub(crate) fn money(&self, field: &str) -> Money {
        Money { order: self.amount(field), base: self.amount(&base(field)) }
    }

    /// The currency that its amounts are in.
    pub(crate) fn currency(&self) -> &str {
        self.text("order_currency_code")
    }

    /// Whether customers paid in another currency than the website's own.
    pub(crate) fn is_converted(&self) -> bool {
        self.currency() != self.text("base_currency_code")
    }

    /// The payment method's code.
    pub(crate) fn payment_method(&self) -> &str {
        self.value("payment").get("method").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether nothing of it needs a parcel.
    pub(crate) fn is_virtual(&self) -> bool {
        self.amount("is_virtual").is_positive()
    }

    /// All items, parts of others among them.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let items = self.value("items").as_array().into_iter().flatten();
        items.filter_map(Value::as_object).map(|fields| Item { fields })
    }

    /// The items that stand for themselves: documents name these.
    pub(crate) fn whole_items(&self) -> impl Iterator<Item = Item<'_>> {
        self.items().filter(|item| !item.is_part())
    }

    /// Whether a bundle is among its items: what of it counts, the bundle or its parts, is a setting
    /// of the product that no answer tells.
    pub(crate) fn has_bundle(&self) -> bool {
        self.items().any(|item| item.text("product_type") == "bundle")
    }
}

impl<'order> Item<'order> {
    /// An item by its document.
    pub(crate) const fn of(fields: &'order Map<String, Value>) -> Self {
        Self { fields }
    }

    /// The whole document.
    pub(crate) const fn fields(&self) -> &'order Map<String, Value> {
        self.fields
    }
    /// Its id.
    pub(crate) fn id(&self) -> u64 {
        id_of(self.fields.get("item_id"))
    }

    /// A member; null where there is none.
    pub(crate) fn value(&self, field: &str) -> &'order Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    /// A text; empty where there is none.
    pub(crate) fn text(&self, field: &str) -> &'order str {
        self.value(field).as_str().unwrap_or_default()
    }

    /// Its sku.
    pub(crate) fn sku(&self) -> &'order str {
        self.text("sku")
    }

    /// A number; nothing where there is none.
    pub(crate) fn amount(&self, field: &str) -> Amount {
        number(self.fields, field)
    }

    /// An amount in both currencies.
    pub(crate) fn money(&self, field: &str) -> Money {
        Money { order: self.amount(field), base: self.amount(&base(field)) }
    }

    /// Whether it only stands for a part of another: the variant under its configurable product.
    pub(crate) fn is_part(&self) -> bool {
        id_of(self.fields.get("parent_item_id")) != 0
    }

    /// Whether it needs no parcel.
    pub(crate) fn is_virtual(&self) -> bool {
        self.amount("is_virtual").is_positive()
    }

    /// Whether it is sold in fractions. Magento cuts fractions of others off.
    pub(crate) fn is_divisible(&self) -> bool {
        self.amount("is_qty_decimal").is_positive()
    }

    /// How many can still be invoiced.
    pub(crate) fn to_invoice(self) -> Amount {
        let gone = self.amount("qty_invoiced") + self.amount("qty_canceled");
        (self.amount("qty_ordered") - gone).max(Amount::ZERO)
    }

    /// How many can still be shipped: neither shipped nor refunded before.
    pub(crate) fn to_ship(self) -> Amount {
        if self.is_virtual() {
            return Amount::ZERO;
        }
        self.open()
    }

    /// How many were neither shipped nor refunded nor canceled.
    fn open(&self) -> Amount {
        let gone = self.amount("qty_shipped").max(self.amount("qty_refunded"));
        (self.amount("qty_ordered") - gone - self.amount("qty_canceled")).max(Amount::ZERO)
    }

    /// How many can still be refunded.
    pub(crate) fn to_refund(self) -> Amount {
        (self.amount("qty_invoiced") - self.amount("qty_refunded")).max(Amount::ZERO)
    }

    /// How many a cancellation calls off: neither invoiced nor shipped.
    pub(crate) fn to_cancel(self) -> Amount {
        self.to_invoice().min(self.open())
    }

    /// Whether a cancellation leaves goods to be sent.
    pub(crate) fn stays_to_ship(&self) -> bool {
        self.open() > self.to_cancel()
    }
}

/// Which order a caller means: by its id, or by the number that people know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which<'a> {
    pub(crate) order_id: Option<EntityId>,
    pub(crate) increment_id: Option<&'a str>,
}

impl Which<'_> {
    /// Reads the order, whole.
    ///
    /// # Errors
    /// When neither or both are given, there is no such order, or two stores have that number; and
    /// what reading meets.
    pub(crate) fn read(self, context: &Context) -> Result<Order, Failure> {
        match (self.order_id, self.increment_id) {
            (Some(id), None) => by_id(context, id.get()),
            (None, Some(number)) => by_number(context, number.trim()),
            (None, None) => Err(Failure::argument("order_id", "which order is not said")
                .remedy("give `order_id` or `increment_id`")),
            (Some(_), Some(_)) => {
                Err(Failure::argument("order_id", "an order is named in two ways")
                    .remedy("give `order_id` or `increment_id`, not both"))
            }
        }
    }
}

/// Which order, and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {
    /// Its entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// Its number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
}

impl Plain {
    pub(crate) fn which(&self) -> Which<'_> {
        which(self.order_id, self.increment_id.as_deref())
    }
}

pub(crate) const fn which(order_id: Option<EntityId>, increment_id: Option<&str>) -> Which<'_> {
    Which { order_id, increment_id }
}

/// The read of one order. Sales are the same in every view of the store.
pub(crate) fn read_of(id: u64) -> Read {
    ORDER.read([&id.to_string()]).at(StoreView::Global)
}

fn by_id(context: &Context, id: u64) -> Result<Order, Failure> {
    let answer = context.get(&read_of(id)).map_err(|failure| {
        if !failure.is_not_found() {
            return failure;
        }
        Failure::not_found(format!("the store has no order with the id {id}"))
            .at("order_id")
            .remedy(
                "the number that customers see is `increment_id`; find orders with `orders_search`",
            )
    })?;
    Order::of(answer)
}

fn by_number(context: &Context, number: &str) -> Result<Order, Failure> {
    let criteria = Criteria::new().filter(by("increment_id", number)?).page(3, 1);
    let read = ORDERS.read([]).search(&criteria).at(StoreView::Global);
    let found: SearchPage<Value> = context.get(&read)?;
    // Magento compares without case and trailing spaces.
    let mut orders: Vec<Value> =
        found.items.into_iter().filter(|order| order["increment_id"] == number).collect();
    match (orders.pop(), orders.pop()) {
        (Some(order), None) => Order::of(order),
        (None, _) => Err(Failure::not_found(format!("the store has no order `{number}`"))
            .at("increment_id")
            .remedy("find orders with `orders_search`")),
        (Some(one), Some(other)) => {
            let ids = [&one, &other].map(|order| id_of(order.get("entity_id")).to_string());
            Err(Failure::argument("increment_id", format!("two orders have the number `{number}`"))
                .remedy(format!("name one by its `order_id`: {}", ids.join(", "))))
        }
    }
}

/// The documents of a list that were made from an order, oldest first.
///
/// # Errors
/// When the order's id is no filter, which cannot be.
pub(crate) fn documents(route: &souk_sdk::Route<0>, order: u64, id: &str) -> Result<Read, Failure> {
    let criteria = Criteria::new()
        .filter(Filter::new("order_id", souk_sdk::Condition::Eq, order.to_string())?)
        .sort(id, souk_sdk::Direction::Asc)?;
    Ok(route.read([]).search(&criteria).at(StoreView::Global))
}
