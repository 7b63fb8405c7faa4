//! JSON Schemas of parameters and results: flat, small, without references.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// The schema of a type, written and not derived, from the generator: for types that take or answer
/// JSON of another form than their fields.
///
/// ```
/// use souk_sdk::schemars::json_schema;
/// struct Percentage(u8);
/// souk_sdk::core::inline_schema!(Percentage, |_| json_schema!({"type": "integer", "maximum": 100}));
/// ```
#[macro_export]
macro_rules! inline_schema {
    ([$parameter:ident: $bound:path] $type:ty, $schema:expr) => {
        $crate::inline_schema!(@ [<$parameter: $bound>] $type, $schema);
    };
    ($type:ty, $schema:expr) => {
        $crate::inline_schema!(@ [] $type, $schema);
    };
    (@ [$($generics:tt)*] $type:ty, $schema:expr) => {
        impl $($generics)* $crate::schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::core::stringify!($type).into()
            }

            fn json_schema(
                generator: &mut $crate::schemars::SchemaGenerator,
            ) -> $crate::schemars::Schema {
                let schema: fn(&mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema =
                    $schema;
                schema(generator)
            }
        }
    };
}

/// Whether callers send it or receive it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Closed, so that a misspelt argument is refused; an argument that may be left out is left out
    /// and not `null`.
    Input,
    /// Open: the store may answer more than the plugin knows of.
    Result,
}

/// A schema written as JSON text.
///
/// # Panics
/// Never on wasm; elsewhere, under test, when the text is no schema.
pub(crate) fn written(text: &str) -> Schema {
    let schema = serde_json::from_str::<Value>(text).ok().and_then(|v| Schema::try_from(v).ok());
    #[cfg(not(target_family = "wasm"))]
    assert!(schema.is_some(), "not a schema: {text}");
    schema.unwrap_or_default()
}

/// For results of which no member is promised: `#[schemars(transform = nothing_required)]`.
pub fn nothing_required(schema: &mut Schema) {
    schema.remove("required");
}

/// A schema from a JSON object.
///
/// # Panics
/// Never for an object.
pub(crate) fn of_value(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}

/// The schema of an action's arguments, made from one that no type has.
pub(crate) fn of_input(schema: Schema) -> String {
    finished(schema, Side::Input)
}

/// The schema of an action's parameters.
pub(crate) fn input<T: JsonSchema>() -> String {
    finished(T::json_schema(&mut generator(Contract::Deserialize)), Side::Input)
}

/// The schema of an action's result.
pub(crate) fn output<T: JsonSchema>() -> String {
    finished(T::json_schema(&mut generator(Contract::Serialize)), Side::Result)
}

fn generator(contract: Contract) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    settings.inline_subschemas = true;
    settings.contract = contract;
    SchemaGenerator::new(settings)
}

fn finished(schema: Schema, side: Side) -> String {
    let mut schema = schema.to_value();
    tidy(&mut schema, side);
    if let Value::Object(root) = &mut schema {
        // The action's own description says it.
        root.remove("description");
        if side == Side::Input {
            root.entry("additionalProperties").or_insert(Value::Bool(false));
        }
    }
    schema.to_string()
}

/// Takes off what tells a model nothing, at every schema within this one.
fn tidy(schema: &mut Value, side: Side) {
    let Value::Object(members) = schema else {
        return;
    };
    if side == Side::Input {
        without_null(members);
    }
    choices(members);
    members.remove("title");
    members.remove("$schema");
    // `uint32`, `double`: the limits stand beside it.
    if members.get("type").is_some_and(|kind| mentions(kind, "integer") || mentions(kind, "number"))
    {
        members.remove("format");
    }
    if let Some(Value::String(description)) = members.get_mut("description") {
        *description = unwrapped(description);
    }
    if side == Side::Result {
        // What the decoder assumed where the store left something out.
        members.remove("default");
        if members.get("items") == Some(&Value::Bool(true)) {
            members.remove("items");
        }
    } else if members.contains_key("properties") {
        members.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    for (key, value) in members {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| tidy(schema, side));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|schema| tidy(schema, side));
            }
            ("items" | "additionalProperties" | "not", schema) => tidy(schema, side),
            _ => {}
        }
    }
}

fn mentions(kind: &Value, name: &str) -> bool {
    match kind {
        Value::String(one) => one == name,
        Value::Array(many) => many.iter().any(|one| one == name),
        _ => false,
    }
}

/// A doc comment's lines are one paragraph.
fn unwrapped(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// A choice among words is an `enum`, also where each word has a doc comment.
fn choices(members: &mut Map<String, Value>) {
    let Some(Value::Array(cases)) = members.get("oneOf") else {
        return;
    };
    let mut words = Vec::new();
    for case in cases {
        match (case.get("const"), case.get("enum")) {
            (Some(word @ Value::String(_)), None) => words.push(word.clone()),
            (None, Some(Value::Array(several))) => words.extend_from_slice(several),
            _ => return,
        }
    }
    members.remove("oneOf");
    members.insert("type".into(), "string".into());
    members.insert("enum".into(), Value::Array(words));
}

/// Drops the null that an `Option` admits.
fn without_null(members: &mut Map<String, Value>) {
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
    if let Some(Value::Array(words)) = members.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(kind @ Value::Array(_)) = members.get_mut("type") {
        if let Value::Array(kinds) = kind {
            kinds.retain(|kind| kind != "null");
        }
        if let [only] = kind.as_array().map_or(&[][..], Vec::as_slice) {
            *kind = only.clone();
        }
    }
    let Some(Value::Array(cases)) = members.get_mut("anyOf") else {
        return;
    };
    cases.retain(|case| case.get("type").is_none_or(|kind| kind != "null"));
    if let [Value::Object(_)] = &cases[..]
        && let Some(Value::Object(only)) = cases.pop()
    {
        members.remove("anyOf");
        for (key, value) in only {
            // What the field says of itself goes before what its type says.
            members.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::core::{AnyObject, RawObject, Sealed};
    use crate::magento::{Condition, Scope};

    /// Not shown.
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Asked {
        /// Which one, over
        /// two lines.
        title: String,
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 200))]
        page_size: u32,
        condition: Option<Condition>,
        password: Option<Sealed>,
        inner: Option<Inner>,
        more: BTreeMap<String, bool>,
    }

    fn twenty() -> u32 {
        20
    }

    /// A type's own words.
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        id: Option<i64>,
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn arguments_are_flat_closed_and_say_what_the_doc_comments_say() {
        let conditions: Vec<_> = Condition::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(
            value(&input::<Asked>()),
            json!({
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "Which one, over two lines."},
                    "page_size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20},
                    "condition": {
                        "description": "How a field is compared. These are all that Magento knows; a word it does not know it takes for `eq`, without a warning (`products_search.jsonl`, `unknown-condition`).",
                        "type": "string",
                        "enum": conditions,
                    },
                    "password": {"type": "string", "minLength": 1, "writeOnly": true},
                    "inner": {
                        "description": "A type's own words.",
                        "type": "object",
                        "properties": {"id": {"type": "integer"}},
                        "additionalProperties": false,
                    },
                    "more": {"type": "object", "additionalProperties": {"type": "boolean"}},
                },
                "required": ["title", "more"],
                "additionalProperties": false,
            })
        );
    }

    #[test]
    fn no_schema_of_the_sdk_has_a_reference() {
        for schema in [input::<Scope>(), input::<Asked>(), output::<RawObject<AnyObject>>()] {
            assert!(!schema.contains("$ref") && !schema.contains("$defs"), "{schema}");
        }
    }

    #[test]
    fn an_answer_of_the_stores_stays_open() {
        assert_eq!(value(&output::<RawObject<AnyObject>>()), json!({"type": "object"}));
        let product = value(&output::<RawObject<crate::magento::Product>>());
        assert_eq!(product.get("required"), None);
        assert_eq!(product.get("additionalProperties"), None);
    }
}
