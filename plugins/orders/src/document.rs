//! Members of the store's JSON documents: orders, their items, invoices and the like.

use souk_sdk::prelude::*;

/// A JSON object as the store answers it, or as a result shows it.
pub(crate) type Document = Map<String, Value>;

/// Typed looks into a [`Document`].
pub(crate) trait Members {
    /// An id; 0 where there is none.
    fn id(&self, name: &str) -> u64;
    /// A text; empty where there is none.
    fn text(&self, name: &str) -> &str;
    /// Magento's `1` and `0`: whether it is anything but nothing.
    fn flag(&self, name: &str) -> bool;
    /// The objects of a list.
    fn rows(&self, name: &str) -> impl Iterator<Item = &Document>;
    /// The members of these names, with spaces between them: those that are there and not null.
    fn pick(&self, names: &str) -> Document;
    /// Adds a member, where there is a value.
    fn put(&mut self, name: &str, value: Option<impl Into<Value>>);
    /// An amount that the store always answers.
    ///
    /// # Errors
    /// When it is missing or not a number: neither may pass for zero.
    fn amount(&self, name: &str) -> Result<Decimal, Failure>;
    /// An amount that the store answers only after something happened. Until then it is absent, and
    /// zero: [`Order::parse`](crate::order::Order::parse) says which these are.
    ///
    /// # Errors
    /// When it is not a number, or missing although it `happened`.
    fn amount_after(&self, happened: bool, name: &str) -> Result<Decimal, Failure>;
}

impl Members for Document {
    fn id(&self, name: &str) -> u64 {
        id_of(self.get(name))
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Decimal::rounded).is_some_and(Decimal::is_positive)
    }

    fn rows(&self, name: &str) -> impl Iterator<Item = &Document> {
        let rows = self.get(name).and_then(Value::as_array).into_iter().flatten();
        rows.filter_map(Value::as_object)
    }

    fn pick(&self, names: &str) -> Document {
        let some = |name: &str| {
            let value = self.get(name).filter(|value| !value.is_null())?;
            Some((name.to_owned(), value.clone()))
        };
        names.split(' ').filter_map(some).collect()
    }

    fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(name.to_owned(), value.into());
        }
    }

    fn amount(&self, name: &str) -> Result<Decimal, Failure> {
        self.amount_after(true, name)
    }

    fn amount_after(&self, happened: bool, name: &str) -> Result<Decimal, Failure> {
        let Some(value) = self.get(name).filter(|value| !value.is_null()) else {
            return match happened {
                true => Err(unreadable(self, &format!("`{name}` is missing"))),
                false => Ok(Decimal::ZERO),
            };
        };
        Decimal::rounded(value)
            .ok_or_else(|| unreadable(self, &format!("`{name}` is {value}, which is no amount")))
    }
}

/// An id in a value; 0 where there is none.
pub(crate) fn id_of(value: Option<&Value>) -> u64 {
    value.and_then(EntityId::of).map_or(0, EntityId::get)
}

/// The members of an object that was written with `json!`.
pub(crate) fn object(value: Value) -> Document {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The failure for an answer of the store's that cannot be used.
pub(crate) fn unreadable(document: &Document, why: &str) -> Failure {
    let which = ["increment_id", "sku", "entity_id", "item_id"]
        .into_iter()
        .find_map(|name| Some(format!(" ({name} {})", document.get(name)?)));
    let message = format!("the store's answer cannot be used: {why}{}", which.unwrap_or_default());
    let mut failure = Failure::new(FailureCode::UpstreamError, message);
    failure.upstream = Some("magento".to_owned());
    failure
}
