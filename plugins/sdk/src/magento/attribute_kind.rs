//! What a product attribute's values are: texts, numbers, days, or options with labels.

use serde::Deserialize;
use serde_json::Value;

use super::write_scope::ATTRIBUTE;
use crate::core::{Context, Failure, FailureCode, Route, StoreView};
use crate::magento::Decimal;

/// The type of a product, which is no attribute.
pub(super) const TYPE: &str = "type_id";

/// The types of products that a store has, its modules' own among them.
pub const PRODUCT_TYPES: Route<0> = Route::new("/V1/products/types");

/// How many options a refusal names.
const OPTIONS_NAMED: usize = 40;

/// What an attribute's values are, and so what they can be compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AttributeKind {
    /// Text as it stands.
    Text,
    /// A number, or an id.
    Number,
    /// A day, perhaps with a time.
    Date,
    /// Yes or no.
    Flag,
    /// One of these options.
    Choice(AttributeOptions),
    /// Any of these options.
    Choices(AttributeOptions),
    /// The session may not read attributes.
    Unknown,
}

/// The options of an attribute, in the store's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct AttributeOptions(Vec<AttributeOption>);

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct AttributeOption {
    #[serde(default)]
    label: String,
    /// A number comes as text.
    #[serde(default)]
    value: Value,
}

/// An attribute, as the store answers it.
#[derive(Debug, Deserialize)]
struct AttributeDocument {
    frontend_input: Option<String>,
    backend_type: Option<String>,
    #[serde(default)]
    options: Vec<AttributeOption>,
}

impl AttributeKind {
    /// Of a field that every store has alike, without asking.
    pub(super) fn known(code: &str) -> Option<Self> {
        Some(match code {
            "sku" | "name" | "description" | "short_description" | "meta_title"
            | "meta_keyword" | "meta_description" | "url_key" | "url_path" | "image"
            | "small_image" | "thumbnail" | "swatch_image" => Self::Text,
            "entity_id" | "attribute_set_id" | "category_id" | "website_id" | "store_id"
            | "price" | "special_price" | "weight" | "cost" | "msrp" | "minimal_price"
            | "required_options" | "has_options" => Self::Number,
            "created_at" | "updated_at" | "special_from_date" | "special_to_date"
            | "news_from_date" | "news_to_date" => Self::Date,
            "status" => Self::Choice(AttributeOptions::of(&[("1", "Enabled"), ("2", "Disabled")])),
            "visibility" => Self::Choice(AttributeOptions::of(&[
                ("1", "Not Visible Individually"),
                ("2", "Catalog"),
                ("3", "Search"),
                ("4", "Catalog, Search"),
            ])),
            TYPE => Self::Choice(AttributeOptions::of(&[
                ("simple", "Simple Product"),
                ("virtual", "Virtual Product"),
                ("downloadable", "Downloadable Product"),
                ("configurable", "Configurable Product"),
                ("grouped", "Grouped Product"),
                ("bundle", "Bundle Product"),
            ])),
            _ => return None,
        })
    }

    /// As the store tells it, with the labels of one view.
    ///
    /// # Errors
    /// When there is no such attribute; what reading meets.
    pub(super) fn read(context: &Context, code: &str, view: &StoreView) -> Result<Self, Failure> {
        let read = context.get(&ATTRIBUTE.read([code]).in_view(view.clone()));
        let document: AttributeDocument = match read {
            Ok(document) => document,
            Err(failure) if failure.is_not_found() => {
                return Err(Failure::argument(
                    "filters",
                    format!("the store has no product attribute `{code}`"),
                ));
            }
            Err(failure) if is_denied(&failure) => return Ok(Self::Unknown),
            Err(failure) => return Err(failure),
        };
        Ok(document.kind())
    }
}

/// A type of products.
#[derive(Debug, Deserialize)]
struct ProductTypeRow {
    name: String,
    #[serde(default)]
    label: String,
}

/// The types of products that this store has; none where the session may not read them.
///
/// # Errors
/// What reading meets.
pub(super) fn product_types(context: &Context) -> Result<Option<AttributeOptions>, Failure> {
    let read = PRODUCT_TYPES.read([]).in_view(StoreView::Global);
    match context.get::<Vec<ProductTypeRow>>(&read) {
        Ok(types) => {
            let option =
                |ProductTypeRow { name, label }| AttributeOption { label, value: name.into() };
            Ok(Some(AttributeOptions(types.into_iter().map(option).collect())))
        }
        Err(failure) if is_denied(&failure) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether the store does not let this session read it.
fn is_denied(failure: &Failure) -> bool {
    matches!(failure.status, Some(401 | 403))
        || matches!(failure.code, FailureCode::NotAuthenticated | FailureCode::Forbidden)
}

impl AttributeDocument {
    fn kind(self) -> AttributeKind {
        let options = AttributeOptions(self.options);
        match self.frontend_input.as_deref() {
            Some("boolean") => AttributeKind::Flag,
            Some("multiselect") => AttributeKind::Choices(options.without_blank()),
            Some("select" | "swatch_visual" | "swatch_text") => {
                AttributeKind::Choice(options.without_blank())
            }
            Some("date" | "datetime") => AttributeKind::Date,
            Some("price" | "weight") => AttributeKind::Number,
            _ => match self.backend_type.as_deref() {
                Some("int" | "decimal") => AttributeKind::Number,
                Some("datetime") => AttributeKind::Date,
                _ => AttributeKind::Text,
            },
        }
    }
}

impl AttributeOptions {
    fn of(options: &[(&str, &str)]) -> Self {
        let option = |(value, label): &(&str, &str)| AttributeOption {
            label: (*label).to_owned(),
            value: (*value).into(),
        };
        Self(options.iter().map(option).collect())
    }

    /// Forms begin with an option that stands for none.
    fn without_blank(mut self) -> Self {
        self.0.retain(|option| !option.id().is_empty());
        self
    }

    /// The id of the option that a value means: a number is an id before it is a label, a text a
    /// label before it is an id.
    pub(super) fn id_of(&self, value: &Value) -> Option<String> {
        let text = match value {
            Value::String(text) => text.trim().to_lowercase(),
            Value::Bool(yes) => u8::from(*yes).to_string(),
            other => other.to_string(),
        };
        let by_id = || self.0.iter().find(|option| option.id().to_lowercase() == text);
        let by_label = || self.0.iter().find(|option| option.label.trim().to_lowercase() == text);
        let found =
            if value.is_string() { by_label().or_else(by_id) } else { by_id().or_else(by_label) };
        found.map(AttributeOption::id)
    }

    /// The options for a refusal: `Moss (10), Slate (11)`.
    pub(super) fn named(&self) -> String {
        if self.0.is_empty() {
            return "it has no options".to_owned();
        }
        let named = |option: &AttributeOption| format!("{} ({})", option.label.trim(), option.id());
        let shown: Vec<String> = self.0.iter().take(OPTIONS_NAMED).map(named).collect();
        let more = match self.0.len().saturating_sub(OPTIONS_NAMED) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("its options are {}{more}", shown.join(", "))
    }
}

impl AttributeOption {
    fn id(&self) -> String {
        match &self.value {
            Value::String(text) => text.trim().to_owned(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}

/// Whether a value is a number, written as one or as text.
pub(super) fn is_number(value: &Value) -> bool {
    Decimal::of(value).is_some()
}
