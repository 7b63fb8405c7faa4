//! Reading arguments as Magento's `ServiceInputProcessor` does: by the types of the data interfaces.
//!
//! `schema.txt` is the store's own Swagger, condensed: an `op` line for each operation with its path
//! (`/name`), required (`name*`) and optional arguments, a `type` line for each data interface. From it
//! follow, for every route alike: which argument is missing, which field is not supported, what is
//! converted silently (`"1.5"` is the integer 1) and what is an invalid type.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::php;
use crate::refusal::Refusal;

/// The type of an argument or a field.
#[derive(Debug, Clone, PartialEq)]
enum Type {
    Int,
    Float,
    Bool,
    Text,
    Any,
    List(Box<Type>),
    Object(&'static str),
}

impl Type {
    fn parse(text: &'static str) -> Self {
        match text {
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "string" => Self::Text,
            "any" => Self::Any,
            other => match other.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
                Some(inner) => Self::List(Box::new(Self::parse(inner))),
                None => Self::Object(other),
            },
        }
    }

    /// The name that error messages use.
    fn shown(&self) -> String {
        match self {
            Self::Int => "int".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Text => "string".to_owned(),
            Self::Any => "mixed".to_owned(),
            Self::List(inner) => format!("{}[]", inner.shown()),
            Self::Object(name) => (*name).to_owned(),
        }
    }

    fn is_simple(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Object(_))
    }
}

#[derive(Debug)]
struct Argument {
    name: &'static str,
    in_path: bool,
    required: bool,
    kind: Type,
}

#[derive(Debug, Default)]
struct Schema {
    operations: HashMap<(&'static str, &'static str), Vec<Argument>>,
    types: HashMap<&'static str, HashMap<&'static str, Type>>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut schema = Schema::default();
    for line in include_str!("schema.txt").lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("op") => {
                let (Some(method), Some(path)) = (words.next(), words.next()) else {
                    continue;
                };
                let arguments = words.filter_map(argument).collect();
                schema.operations.insert((method, path), arguments);
            }
            Some("type") => {
                let Some(name) = words.next() else { continue };
                let fields = words
                    .filter_map(|word| word.split_once(':'))
                    .map(|(field, kind)| (field, Type::parse(kind)));
                schema.types.insert(name, fields.collect());
            }
            _ => {}
        }
    }
    schema
});

fn argument(word: &'static str) -> Option<Argument> {
    let (name, kind) = word.split_once(':')?;
    let (name, in_path) = name.strip_prefix('/').map_or((name, false), |name| (name, true));
    let (name, required) = name.strip_suffix('*').map_or((name, in_path), |name| (name, true));
    Some(Argument { name, in_path, required, kind: Type::parse(kind) })
}

/// What the types of custom attributes are: the catalog knows them, the wire does not.
pub(crate) trait AttributeTypes {
    /// The type that values of the attribute are checked for: `int`, `string`, `string[]`, … `None`
    /// takes anything. `entity` is the data interface's name.
    fn kind(&self, entity: &str, code: &str) -> Option<&'static str>;
}

/// Why a value could not be read.
enum ValueError {
    /// A wrong type: the message is put into the one of the field around it.
    Type(String),
    /// Anything else, told as it is.
    Refused(Refusal),
}

impl From<ValueError> for Refusal {
    fn from(unreadable: ValueError) -> Self {
        match unreadable {
            ValueError::Type(message) => Self::bad(message),
            ValueError::Refused(refusal) => refusal,
        }
    }
}

/// Reads the arguments of one operation from path parameters, query and body; the body's fields come
/// back in snake case and in the types of the interface. Arguments that the operation does not have
/// are ignored. An operation that the schema does not list gets what was given.
///
/// # Errors
/// Magento's refusals for missing arguments, unsupported fields and invalid types.
pub(crate) fn read_arguments(
    method: &str,
    template: &str,
    path: &[(String, String)],
    given: &Map<String, Value>,
    attributes: &dyn AttributeTypes,
) -> Result<Map<String, Value>, Refusal> {
    let mut read = Map::new();
    let Some(arguments) = SCHEMA.operations.get(&(method, template)) else {
        read.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        read.extend(path.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))));
        return Ok(read);
    };
    let mut missing = Vec::new();
    for argument in arguments {
        let found = if argument.in_path {
            path.iter()
                .find(|(name, _)| name == argument.name)
                .map(|(_, value)| Value::String(value.clone()))
        } else {
            given.get(argument.name).or_else(|| given.get(&snake(argument.name))).cloned()
        };
        match found {
            Some(value) if !value.is_null() => {
                read.insert(argument.name.to_owned(), convert(value, &argument.kind, attributes)?);
            }
            _ if argument.required => missing.push(Refusal::required(argument.name)),
            _ => {}
        }
    }
    if missing.is_empty() { Ok(read) } else { Err(Refusal::several(missing)) }
}

/// Reads one value as the named data interface.
///
/// # Errors
/// As [`read_arguments`].
pub(crate) fn read_object(
    value: Value,
    interface: &'static str,
    attributes: &dyn AttributeTypes,
) -> Result<Map<String, Value>, Refusal> {
    Ok(object(value, interface, attributes)?)
}

fn convert(
    value: Value,
    kind: &Type,
    attributes: &dyn AttributeTypes,
) -> Result<Value, ValueError> {
    match kind {
        Type::Object(name) => object(value, name, attributes).map(Value::Object),
        Type::List(item) => list(value, item, attributes),
        simple => scalar(value, simple),
    }
}

fn list(value: Value, item: &Type, attributes: &dyn AttributeTypes) -> Result<Value, ValueError> {
    let items = match value {
        Value::Null => return Ok(Value::Null),
        Value::Array(items) => items,
        Value::Object(entries) => entries.into_iter().map(|(_, value)| value).collect(),
        other if item.is_simple() => {
            return Err(invalid(php_type(&other), &format!("{}[]", item.shown())));
        }
        _ => return Ok(Value::Null),
    };
    if item.is_simple() {
        // Inside lists PHP converts what it can and complains of nothing.
        let loose = |value: Value| match item {
            Type::Int => Value::from(php::int_of(&value)),
            Type::Float => php::number(php::number_of(&value)),
            Type::Text => Value::String(php::text_of(&value)),
            _ => value,
        };
        return Ok(items.into_iter().map(loose).collect());
    }
    items
        .into_iter()
        .map(|value| convert(value, item, attributes))
        .collect::<Result<_, _>>()
        .map(Value::Array)
}

fn scalar(value: Value, kind: &Type) -> Result<Value, ValueError> {
    if *kind == Type::Any || value.is_null() {
        return Ok(value);
    }
    if value.is_array() || value.is_object() {
        return Err(invalid("array", &kind.shown()));
    }
    let numeric = match &value {
        Value::Number(_) => true,
        Value::String(text) => php::is_numeric(text),
        _ => false,
    };
    match kind {
        Type::Int | Type::Float if !numeric => Err(invalid(&php::text_of(&value), &kind.shown())),
        Type::Int => Ok(Value::from(php::int_of(&value))),
        Type::Float => Ok(php::number(php::number_of(&value))),
        Type::Bool => Ok(Value::Bool(flag(&value))),
        _ => Ok(Value::String(php::text_of(&value))),
    }
}

/// PHP's boolean filter for text: only these words are true.
fn flag(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes")
        }
        other => php::truthy(other),
    }
}

fn object(
    value: Value,
    name: &str,
    attributes: &dyn AttributeTypes,
) -> Result<Map<String, Value>, ValueError> {
    let Value::Object(fields) = value else {
        return Ok(Map::new());
    };
    let Some(types) = SCHEMA.types.get(name) else {
        return Ok(fields);
    };
    let mut read = Map::with_capacity(fields.len());
    for (given, value) in fields {
        let field = snake(&given);
        let Some(kind) = types.get(field.as_str()) else {
            return Err(ValueError::Refused(Refusal::unsupported_field(&upper_camel(&given))));
        };
        let converted = if field == "custom_attributes" {
            custom_attributes(value, name, attributes)
        } else {
            convert(value, kind, attributes)
        };
        let converted = converted.map_err(|unreadable| match unreadable {
            ValueError::Type(message) => {
                ValueError::Type(format!("Error occurred during \"{given}\" processing. {message}"))
            }
            refused @ ValueError::Refused(_) => refused,
        })?;
        read.insert(field, converted);
    }
    Ok(read)
}

fn custom_attributes(
    value: Value,
    entity: &str,
    attributes: &dyn AttributeTypes,
) -> Result<Value, ValueError> {
    let items = match value {
        Value::Array(items) => items,
        Value::Object(entries) if entries.keys().all(|key| key.parse::<u64>().is_ok()) => {
            entries.into_iter().map(|(_, value)| value).collect()
        }
        Value::Null => return Ok(Value::Array(Vec::new())),
        _ => return Err(ValueError::Refused(Refusal::crash())),
    };
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let Value::Object(mut item) = item else {
            return Err(ValueError::Refused(Refusal::crash()));
        };
        let code =
            item.get("attribute_code").or_else(|| item.get("attributeCode")).map(php::text_of);
        let Some(code) = code.filter(|code| !code.is_empty()) else {
            return Err(ValueError::Type(
                "There is an empty custom attribute specified.".to_owned(),
            ));
        };
        let Some(value) = item.remove("value") else {
            return Err(ValueError::Type(format!(
                "Value is not set for attribute code \"{code}\""
            )));
        };
        if let Some(kind) = attributes.kind(entity, &code) {
            check_attribute(&value, kind).map_err(|unreadable| match unreadable {
                ValueError::Type(detail) => {
                    ValueError::Type(format!("Attribute \"{code}\" has invalid value. {detail}"))
                }
                refused @ ValueError::Refused(_) => refused,
            })?;
        }
        let mut pair = Map::new();
        pair.insert("attribute_code".to_owned(), Value::String(code));
        pair.insert("value".to_owned(), value);
        read.push(Value::Object(pair));
    }
    Ok(Value::Array(read))
}

/// Checks a custom attribute's value without converting it.
fn check_attribute(value: &Value, kind: &str) -> Result<(), ValueError> {
    let composite = value.is_array() || value.is_object();
    match (kind, value) {
        (_, Value::Null) => Ok(()),
        (_, value) if kind.ends_with("[]") && !composite => Err(invalid(php_type(value), kind)),
        (_, value) if !kind.ends_with("[]") && composite => Err(invalid(php_type(value), kind)),
        ("int", Value::String(text)) if !php::is_numeric(text) => Err(invalid(text, kind)),
        _ => Ok(()),
    }
}

fn invalid(value: &str, expected: &str) -> ValueError {
    ValueError::Type(format!(
        "The \"{value}\" value's type is invalid. The \"{expected}\" type was expected. Verify and try again."
    ))
}

fn php_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "double",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => "array",
    }
}

/// `pageSize` and `PageSize` are `page_size`.
pub(crate) fn snake(name: &str) -> String {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, character) in name.char_indices() {
        if character.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// `page_size` is `PageSize`: how a field that is not supported is named in the refusal.
fn upper_camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut characters = word.chars();
            characters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + characters.as_str()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Brand;

    impl AttributeTypes for Brand {
        fn kind(&self, _entity: &str, code: &str) -> Option<&'static str> {
            (code == "brand").then_some("int")
        }
    }

    fn product(body: Value) -> Result<Map<String, Value>, Refusal> {
        let Value::Object(body) = body else {
            return Ok(Map::new());
        };
        read_arguments("POST", "/V1/products", &[], &body, &Brand)
    }

    #[test]
    fn values_are_converted_in_phps_loose_way() {
        let read = product(
            json!({ "product": { "sku": 5, "status": "1.5", "price": "7", "typeId": "simple" } }),
        )
        .unwrap();
        assert_eq!(
            read["product"],
            json!({ "sku": "5", "status": 1, "price": 7, "type_id": "simple" })
        );
    }

    #[test]
    fn a_wrong_type_names_the_fields_around_it() {
        let refusal = product(json!({ "product": { "status": "on" } })).unwrap_err();
        assert_eq!(
            refusal.message(),
            "Error occurred during \"status\" processing. The \"on\" value's type is invalid. \
             The \"int\" type was expected. Verify and try again."
        );
        let attribute = json!([{ "attribute_code": "brand", "value": "Acme" }]);
        let refusal =
            product(json!({ "product": { "custom_attributes": attribute } })).unwrap_err();
        assert!(refusal.message().starts_with(
            "Error occurred during \"custom_attributes\" processing. Attribute \"brand\" has invalid value."
        ));
    }

    #[test]
    fn unknown_fields_are_refused_and_missing_arguments_named() {
        let refusal = product(json!({ "product": { "nosuch_field": 1 } })).unwrap_err();
        assert_eq!(refusal, Refusal::unsupported_field("NosuchField"));
        assert_eq!(product(json!({ "item": {} })).unwrap_err(), Refusal::required("product"));
        assert_eq!(product(json!({ "product": null })).unwrap_err(), Refusal::required("product"));
    }
}
