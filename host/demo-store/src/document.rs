//! Documents: entities as the API shows them, and reading and writing their fields.

use serde_json::{Map, Value};

use crate::amount::{Amount, Money};
use crate::php;

/// A document: one entity's fields.
pub(crate) type Doc = Map<String, Value>;

/// A document from a JSON object; empty for anything else.
pub(crate) fn doc(value: Value) -> Doc {
    match value {
        Value::Object(doc) => doc,
        _ => Map::new(),
    }
}

/// Fields of a document by name, absent ones being nothing.
pub(crate) trait Fields {
    /// A number.
    fn amount(&self, field: &str) -> Amount;
    /// Sets a number.
    fn set_amount(&mut self, field: &str, amount: Amount);
    /// Adds to a number.
    fn add_amount(&mut self, field: &str, amount: Amount);
    /// An id; 0 when absent.
    fn id(&self, field: &str) -> u64;
    /// Text; empty when absent.
    fn text(&self, field: &str) -> String;
    /// Money in both currencies: `field` and its `base_` twin.
    fn money(&self, field: &str) -> Money;
    /// Sets money in both currencies.
    fn set_money(&mut self, field: &str, money: Money);
    /// Adds money in both currencies.
    fn add_money(&mut self, field: &str, money: Money);
    /// Sets any field.
    fn put(&mut self, field: &str, value: impl Into<Value>);
    /// A field, null when absent.
    fn value(&self, field: &str) -> &Value;
    /// Takes over fields of another document, those that it has.
    fn take_over(&mut self, other: &Doc, fields: &[&str]);
    /// The documents of a list.
    fn docs(&self, field: &str) -> Vec<&Doc>;
}

/// The name of a field's twin in the base currency. One of them is cut short in the database.
fn base(field: &str) -> String {
    match field {
        "shipping_discount_tax_compensation_amount" => {
            "base_shipping_discount_tax_compensation_amnt".to_owned()
        }
        field => format!("base_{field}"),
    }
}

impl Fields for Doc {
    fn amount(&self, field: &str) -> Amount {
        Amount::of(self.get(field))
    }

    fn set_amount(&mut self, field: &str, amount: Amount) {
        self.insert(field.to_owned(), amount.json());
    }

    fn add_amount(&mut self, field: &str, amount: Amount) {
        self.set_amount(field, self.amount(field) + amount);
    }

    fn id(&self, field: &str) -> u64 {
        self.get(field).map_or(0, php::id_of)
    }

    fn text(&self, field: &str) -> String {
        self.get(field).map(php::text_of).unwrap_or_default()
    }

    fn money(&self, field: &str) -> Money {
        Money { order: self.amount(field), base: self.amount(&base(field)) }
    }

    fn set_money(&mut self, field: &str, money: Money) {
        self.set_amount(field, money.order);
        self.set_amount(&base(field), money.base);
    }

    fn add_money(&mut self, field: &str, money: Money) {
        self.set_money(field, self.money(field) + money);
    }

    fn put(&mut self, field: &str, value: impl Into<Value>) {
        self.insert(field.to_owned(), value.into());
    }

    fn value(&self, field: &str) -> &Value {
        self.get(field).unwrap_or(&Value::Null)
    }

    fn take_over(&mut self, other: &Doc, fields: &[&str]) {
        for field in fields {
            if let Some(value) = other.get(*field).filter(|value| !value.is_null()) {
                self.insert((*field).to_owned(), value.clone());
            }
        }
    }

    fn docs(&self, field: &str) -> Vec<&Doc> {
        self.value(field).as_array().into_iter().flatten().filter_map(Value::as_object).collect()
    }
}
