//! The product attributes that bulk changes may set, and what values each takes.
//!
//! Magento takes almost anything and answers 200: status 7, a label for an option's id, a date that
//! is none. What it would misread is refused here, before anything is planned.

use schemars::Schema;
use serde_json::{Map, Value};

use super::write_scope::ScopeLevel;
use crate::core::{Failure, schema};
use crate::magento::{CalendarDay, Decimal, EntityId, Product};

/// A product attribute that bulk changes may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are Magento's attributes of these names")]
pub enum ProductField {
    Name,
    Description,
    ShortDescription,
    MetaTitle,
    MetaDescription,
    MetaKeyword,
    UrlKey,
    Status,
    Visibility,
    Price,
    SpecialPrice,
    SpecialFromDate,
    SpecialToDate,
    Weight,
    CategoryIds,
}

use ProductField as F;

impl ProductField {
    /// All of them.
    pub const ALL: [Self; 15] = [
        F::Name,
        F::Description,
        F::ShortDescription,
        F::MetaTitle,
        F::MetaDescription,
        F::MetaKeyword,
        F::UrlKey,
        F::Status,
        F::Visibility,
        F::Price,
        F::SpecialPrice,
        F::SpecialFromDate,
        F::SpecialToDate,
        F::Weight,
        F::CategoryIds,
    ];

    /// Those about prices.
    pub const PRICES: [Self; 4] = [F::Price, F::SpecialPrice, F::SpecialFromDate, F::SpecialToDate];

    /// Those that search engines show.
    pub const META: [Self; 3] = [F::MetaTitle, F::MetaDescription, F::MetaKeyword];

    /// The attribute's code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            F::Name => "name",
            F::Description => "description",
            F::ShortDescription => "short_description",
            F::MetaTitle => "meta_title",
            F::MetaDescription => "meta_description",
            F::MetaKeyword => "meta_keyword",
            F::UrlKey => "url_key",
            F::Status => "status",
            F::Visibility => "visibility",
            F::Price => "price",
            F::SpecialPrice => "special_price",
            F::SpecialFromDate => "special_from_date",
            F::SpecialToDate => "special_to_date",
            F::Weight => "weight",
            F::CategoryIds => "category_ids",
        }
    }

    /// The level at which Magento keeps it; `None` for prices, which a store keeps globally or per
    /// website as it is configured.
    pub(crate) const fn keeps(self) -> Option<ScopeLevel> {
        match self {
            F::Price | F::SpecialPrice => None,
            F::Status | F::SpecialFromDate | F::SpecialToDate => Some(ScopeLevel::PerWebsite),
            F::Weight | F::CategoryIds => Some(ScopeLevel::Global),
            _ => Some(ScopeLevel::PerView),
        }
    }

    /// Why Magento would take a value for this product with 200, and keep none or make something else of it;
    /// what follows on "it".
    pub(super) fn ignored_by(self, product: &Product) -> Option<&'static str> {
        let kind = product.text("type_id").unwrap_or_default();
        match self {
            F::Price | F::SpecialPrice | F::SpecialFromDate | F::SpecialToDate
                if !product.has_price() =>
            {
                Some("has no price of its own")
            }
            F::SpecialPrice | F::SpecialFromDate | F::SpecialToDate
                if !product.has_special_price() =>
            {
                Some("is a bundle, of which a special price is a percentage")
            }
            F::Weight if kind == "bundle" && product.integer("weight_type") != Some(1) => {
                Some("is a bundle that weighs what its parts weigh")
            }
            F::Weight if kind == "grouped" => Some("is a group of products, which has no weight"),
            _ => None,
        }
    }

    /// Whether it may be without a value.
    const fn may_be_empty(self) -> bool {
        !matches!(self, F::Name | F::UrlKey | F::Status | F::Visibility | F::Price | F::CategoryIds)
    }

    /// The schema of an argument that has values for these fields, of which at least one is given.
    #[must_use]
    pub fn schema(fields: &[Self]) -> Schema {
        let members: Vec<String> = fields
            .iter()
            .map(|field| format!("\"{}\": {}", field.code(), field.value_schema()))
            .collect();
        schema::written(&format!(
            r#"{{"type": "object", "minProperties": 1, "properties": {{{}}}}}"#,
            members.join(", ")
        ))
    }

    /// Its schema. Where null is a value there is no type: it would have to name null, which
    /// arguments elsewhere leave out.
    const fn value_schema(self) -> &'static str {
        match self {
            F::Name => r#"{"type": "string"}"#,
            F::UrlKey => {
                r#"{"type": "string", "description": "Lower-case letters, digits, single hyphens; the old URL redirects."}"#
            }
            F::Status => {
                r#"{"type": ["integer", "string"], "description": "1 enabled, 2 disabled."}"#
            }
            F::Visibility => {
                r#"{"type": ["integer", "string"], "description": "1 not alone, 2 catalogue, 3 search, 4 both."}"#
            }
            F::Price => r#"{"type": ["number", "string"], "description": "0 or more."}"#,
            F::SpecialPrice => {
                r#"{"description": "A number, 0 or more; null ends the sale where it was set."}"#
            }
            F::SpecialFromDate | F::SpecialToDate => {
                r#"{"description": "2027-03-04 or 2027-03-04 05:06:07; null clears it."}"#
            }
            F::Weight => r#"{"description": "A number, 0 or more; null clears it."}"#,
            F::CategoryIds => {
                r#"{"type": "array", "items": {"type": ["integer", "string"]}, "description": "Exactly these categories: others are taken away. [] for none."}"#
            }
            _ => r#"{"description": "A text; null clears it, at a view inherits."}"#,
        }
    }

    /// How long Magento's column is.
    const fn longest(self) -> usize {
        match self {
            F::Description | F::ShortDescription | F::MetaKeyword => 65_535,
            _ => 255,
        }
    }
}

/// What a field shall be.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// This value, as Magento answers it: numbers for what stands at the top, text with six
    /// decimals for custom attributes, dates with a time. Ids of categories as an array of texts.
    Value(Value),
    /// No value of its own: globally none, at a store view the global one.
    Cleared,
    /// At a store view an empty text instead of the global one.
    Emptied,
}

/// Values for fields, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProductUpdates(pub(crate) Vec<(ProductField, FieldValue)>);

impl ProductUpdates {
    /// Reads the values for fields from an object of an argument, of which `argument` is the name.
    ///
    /// # Errors
    /// When there is none; when a field is not among `allowed`, or a value is not one that the
    /// field can have.
    pub fn read(
        updates: &Map<String, Value>,
        allowed: &[ProductField],
        argument: &str,
    ) -> Result<Self, Failure> {
        if updates.is_empty() {
            return Err(Failure::argument(argument, "nothing is to be changed"));
        }
        let mut read = Vec::new();
        for (code, value) in updates {
            let place = ["/", argument, "/", code].concat();
            let Some(field) = allowed.iter().copied().find(|field| field.code() == code) else {
                let known: Vec<_> = allowed.iter().map(|field| field.code()).collect();
                return Err(Failure::argument(&place, format!("`{code}` cannot be changed here"))
                    .remedy(format!("one of: {}", known.join(", "))));
            };
            let wanted = wanted(field, value)
                .map_err(|why| Failure::argument(&place, format!("`{code}` {why}")))?;
            read.push((field, wanted));
        }
        let updates = Self(read);
        let dates = [F::SpecialFromDate, F::SpecialToDate].map(|field| updates.text(field));
        if let [Some(from), Some(to)] = dates
            && from > to
        {
            let message = format!("the sale would end at {to}, before it begins at {from}");
            return Err(Failure::argument(&["/", argument, "/special_to_date"].concat(), message));
        }
        let place = ["/", argument, "/special_to_date"].concat();
        if let Some(to) = updates.text(F::SpecialToDate) {
            not_ended(to).map_err(|why| Failure::argument(&place, why))?;
        }
        Ok(updates)
    }

    /// One value for one field, as [`FieldValue::Value`] has it.
    #[must_use]
    pub fn one(field: ProductField, value: Value) -> Self {
        Self(vec![(field, FieldValue::Value(value))])
    }

    /// What a field shall be, if it is among them.
    #[must_use]
    pub fn wanted(&self, field: ProductField) -> Option<&FieldValue> {
        self.0.iter().find(|(has, _)| *has == field).map(|(_, wanted)| wanted)
    }

    /// The fields, in the order given.
    pub fn fields(&self) -> impl Iterator<Item = ProductField> {
        self.0.iter().map(|(field, _)| *field)
    }

    pub(super) fn text(&self, field: ProductField) -> Option<&str> {
        match self.wanted(field)? {
            FieldValue::Value(value) => value.as_str(),
            FieldValue::Cleared | FieldValue::Emptied => None,
        }
    }
}

/// A value for a field, or what is wrong with it: the end of a sentence that begins with the field.
fn wanted(field: ProductField, value: &Value) -> Result<FieldValue, String> {
    let empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    if empty && !field.may_be_empty() {
        return Err("cannot be empty".to_owned());
    }
    if value.is_null() {
        return Ok(FieldValue::Cleared);
    }
    match field {
        F::Price | F::Weight => number(value).map(FieldValue::Value),
        F::SpecialPrice if empty => {
            Err("is cleared with null: an empty text would make it 0".into())
        }
        F::SpecialPrice => {
            let price = amount(value)?;
            let (whole, rest) = (price.millionths() / 1_000_000, price.millionths() % 1_000_000);
            Ok(FieldValue::Value(Value::String(format!("{whole}.{rest:06}"))))
        }
        F::Status => choice(value, 2, "1 (enabled) or 2 (disabled)"),
        F::Visibility => choice(value, 4, "1 (not alone), 2 (catalogue), 3 (search) or 4 (both)"),
        F::SpecialFromDate | F::SpecialToDate if empty => Ok(FieldValue::Cleared),
        F::SpecialFromDate | F::SpecialToDate => date(value).map(FieldValue::Value),
        F::CategoryIds => categories(value),
        F::UrlKey => url_key(value),
        _ => text(field, value),
    }
}

fn text(field: ProductField, value: &Value) -> Result<FieldValue, String> {
    let Value::String(text) = value else {
        return Err("is a text".to_owned());
    };
    if text.is_empty() {
        return Ok(FieldValue::Emptied);
    }
    let length = if field.longest() > 255 { text.len() } else { text.chars().count() };
    if length > field.longest() {
        return Err(format!("is {length} long, and Magento keeps {}", field.longest()));
    }
    Ok(FieldValue::Value(value.clone()))
}

/// Magento rewrites what is not a key already, and then it is not what the review showed.
fn url_key(value: &Value) -> Result<FieldValue, String> {
    let Value::String(key) = value else {
        return Err("is a text".to_owned());
    };
    check_url_key(key)?;
    Ok(FieldValue::Value(value.clone()))
}

/// Whether Magento keeps a URL key as it is: lower-case letters, digits, and single hyphens between.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn check_url_key(key: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = key.starts_with('-') || key.ends_with('-') || key.contains("--");
    if key.is_empty() || ends || !key.bytes().all(plain) {
        return Err(format!(
            "`{key}` is not a URL key: lower-case letters and digits, with single hyphens between"
        ));
    }
    if key.len() > 255 {
        return Err("is longer than 255 characters".to_owned());
    }
    Ok(())
}

fn amount(value: &Value) -> Result<Decimal, String> {
    const DIGITS: &str = "is a number with at most 4 digits after the point";
    Decimal::check_amount(value)?;
    let amount =
        Decimal::of(value).filter(|amount| amount.is_in_ten_thousandths()).ok_or(DIGITS)?;
    if amount.is_negative() {
        return Err("cannot be negative".to_owned());
    }
    Ok(amount)
}

/// A decimal as Magento answers it where it is a number.
fn number(value: &Value) -> Result<Value, String> {
    let amount = amount(value)?;
    let number: Value = serde_json::from_str(&amount.to_string()).unwrap_or_default();
    if Decimal::of(&number) == Some(amount) {
        Ok(number)
    } else {
        Err("has more digits than a store keeps".to_owned())
    }
}

fn choice(value: &Value, most: u64, known: &str) -> Result<FieldValue, String> {
    EntityId::of(value)
        .filter(|id| id.get() <= most)
        .map(|id| FieldValue::Value(id.get().into()))
        .ok_or_else(|| format!("is {known}"))
}

fn categories(value: &Value) -> Result<FieldValue, String> {
    let Value::Array(ids) = value else {
        return Err("is a list of category ids".to_owned());
    };
    let mut read: Vec<u64> = Vec::new();
    for id in ids {
        let id = EntityId::of(id).ok_or_else(|| format!("holds {id}, which is not an id"))?;
        // Magento answers them in this order.
        if let Err(at) = read.binary_search(&id.get()) {
            read.insert(at, id.get());
        }
    }
    Ok(FieldValue::Value(read.iter().map(u64::to_string).collect()))
}

/// A date as Magento keeps it: `2027-03-04 00:00:00`.
fn date(value: &Value) -> Result<Value, String> {
    date_text(value.as_str().ok_or(DATE_SHAPE)?).map(Value::String)
}

const DATE_SHAPE: &str = "is a date: `2027-03-04` or `2027-03-04 05:06:07`";

/// A date as Magento keeps it, or what is wrong with the text: the end of a sentence that begins with
/// the field.
pub(super) fn date_text(text: &str) -> Result<String, String> {
    const SHAPE: &str = DATE_SHAPE;
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, time),
        None => (text, "00:00:00"),
    };
    let numbers = |text: &str, separator: char, widths: &[usize]| -> Option<Vec<u32>> {
        let parts: Vec<&str> = text.split(separator).collect();
        let fits = |(part, width): (&&str, &usize)| {
            part.len() == *width && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        (parts.len() == widths.len() && parts.iter().zip(widths).all(fits))
            .then(|| parts.iter().filter_map(|part| part.parse().ok()).collect())
    };
    let day_is = numbers(day, '-', &[4, 2, 2]).ok_or(SHAPE)?;
    let time = if time.len() == 5 { [time, ":00"].concat() } else { time.to_owned() };
    let time_is = numbers(&time, ':', &[2, 2, 2]).ok_or(SHAPE)?;
    let ([year, month, day_of_month], [hour, minute, second]) = (&day_is[..], &time_is[..]) else {
        return Err(SHAPE.to_owned());
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if *day_of_month == 0 || *day_of_month > days || *hour > 23 || *minute > 59 || *second > 59 {
        return Err(format!("is `{text}`, which is no day of the calendar"));
    }
    Ok(format!("{day} {time}"))
}

/// Refuses an end that is past. Days are counted in UTC.
pub(super) fn not_ended(to: &str) -> Result<(), String> {
    let today = CalendarDay::today();
    match CalendarDay::of(to) {
        Some(day) if day < today => Err(format!(
            "`special_to_date` is {day}, and today is {today}: the sale would have ended before it began"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(field: &str, value: Value) -> Result<FieldValue, Failure> {
        let updates = Map::from_iter([(field.to_owned(), value)]);
        ProductUpdates::read(&updates, &F::ALL, "updates").map(|updates| updates.0[0].1.clone())
    }

    #[test]
    fn values_become_what_magento_will_answer() {
        for (field, value, expected) in [
            ("price", json!("19.90"), json!(19.9)),
            ("price", json!(55), json!(55)),
            ("special_price", json!(9.5), json!("9.500000")),
            ("special_from_date", json!("2026-01-02"), json!("2026-01-02 00:00:00")),
            ("special_to_date", json!("2027-03-04T05:06"), json!("2027-03-04 05:06:00")),
            ("status", json!("2"), json!(2)),
            ("visibility", json!(4), json!(4)),
            ("category_ids", json!([7, "4", 12, 4]), json!(["4", "7", "12"])),
            ("url_key", json!("beta-new"), json!("beta-new")),
        ] {
            assert_eq!(read(field, value), Ok(FieldValue::Value(expected)), "{field}");
        }
        assert_eq!(read("special_price", json!(null)), Ok(FieldValue::Cleared));
        assert_eq!(read("special_to_date", json!("")), Ok(FieldValue::Cleared));
        assert_eq!(read("description", json!("")), Ok(FieldValue::Emptied));
    }

    #[test]
    fn what_magento_would_take_silently_is_refused() {
        for (field, value, says) in [
            ("status", json!(7), "1 (enabled) or 2"),
            ("status", json!(true), "1 (enabled) or 2"),
            ("visibility", json!(9), "1 (not alone)"),
            ("price", json!(-1), "negative"),
            ("price", json!("12,50"), "a number"),
            ("price", json!(null), "cannot be empty"),
            ("special_price", json!(""), "cleared with null"),
            ("special_price", json!("-0.01"), "negative"),
            ("name", json!("  "), "cannot be empty"),
            ("name", json!("n".repeat(256)), "256 long"),
            ("special_from_date", json!("2026-02-29"), "no day"),
            ("special_from_date", json!("tomorrow"), "is a date"),
            ("special_from_date", json!("2026-01-02T00:00:00Z"), "is a date"),
            ("url_key", json!("Has Space"), "not a URL key"),
            ("url_key", json!("übel"), "not a URL key"),
            ("category_ids", json!("4,7"), "a list"),
            ("category_ids", json!(["x"]), "not an id"),
            ("sku", json!("x"), "cannot be changed"),
        ] {
            let failure = read(field, value.clone()).unwrap_err();
            assert!(failure.message.contains(says), "{field} {value}: {}", failure.message);
            assert_eq!(failure.argument, Some(format!("/updates/{field}")));
        }
    }
}
