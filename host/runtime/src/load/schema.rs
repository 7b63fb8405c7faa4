//! JSON Schemas of actions: checked when a plugin is loaded, applied at each call.

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};
use souk_model::{Failure, visible};

use super::absent::drop_absent;
use super::expected_shape::expected_shape;
use super::host_args::HostArgs;
use super::{coercion, published_schema, schema_references};
use crate::json;
use crate::text::printable;

/// Argument names that are the host's. A plugin that declares one is refused.
pub(crate) const RESERVED: [&str; 6] =
    ["params", "confirm", "reason", "idempotency_key", "preview", "wait_s"];

/// Deeper schemas are refused: nobody can read them, and clients recurse over them.
const DEPTH: usize = 24;

/// Regular expressions of one schema, and the room that each may take once compiled, in bytes. They
/// are of the kind that takes linear time, so without looking around and back references.
const PATTERNS: usize = 16;
const PATTERN_BYTES: usize = 128 << 10;

/// Arguments that failed are listed up to here.
const ERRORS_TOLD: usize = 5;

/// The schema of an action's arguments, ready to apply.
pub(crate) struct InputSchema {
    /// What arguments are checked against.
    pub(crate) schema: Arc<Map<String, Value>>,
    /// What clients are shown of it.
    pub(crate) published: Arc<Map<String, Value>>,
    validator: Validator,
    /// Names of arguments whose values the plugin never sees.
    pub(crate) sealed: Vec<String>,
}

/// The schema of an action's answer, ready to apply.
pub(crate) struct OutputSchema {
    pub(crate) schema: Arc<Map<String, Value>>,
    validator: Validator,
}

impl InputSchema {
    /// Reads and checks the schema as a plugin declared it.
    ///
    /// # Errors
    /// Why it is not one that the host takes, for people.
    pub(crate) fn parse(text: &str, max_bytes: usize, host_args: HostArgs) -> Result<Self, String> {
        let schema = read(text, max_bytes)?;
        for combinator in ["anyOf", "oneOf", "allOf", "not", "if", "$ref"] {
            if schema.contains_key(combinator) {
                return Err(format!(
                    "`{combinator}` stands at its top, and arguments must be flat"
                ));
            }
        }
        let properties = match schema.get("properties") {
            None => Map::new(),
            Some(Value::Object(properties)) => properties.clone(),
            Some(_) => return Err("`properties` is not an object".into()),
        };
        for name in properties.keys() {
            if RESERVED.contains(&name.as_str()) {
                return Err(format!("it declares `{name}`, which is the host's"));
            }
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
                return Err(format!(
                    "the argument `{}` is not named in lower-case letters, digits and `_`",
                    printable(name, 80)
                ));
            }
        }
        Self::of(schema, host_args)
    }

    /// A schema that needs no checks, with the host's own arguments where they apply.
    ///
    /// # Errors
    /// It is no JSON Schema.
    pub(crate) fn of(mut schema: Map<String, Value>, host_args: HostArgs) -> Result<Self, String> {
        let sealed = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(_, property)| property.get("writeOnly") == Some(&Value::Bool(true)))
            .map(|(name, _)| name.clone())
            .collect();
        host_args.add_to(&mut schema);
        // Unknown arguments are refused, whatever the plugin thinks of them.
        schema.insert("additionalProperties".into(), Value::Bool(false));
        let validator = compile(&schema)?;
        let published = Arc::new(published_schema::published(&schema));
        Ok(Self { schema: Arc::new(schema), published, validator, sealed })
    }

    /// Takes off what some clients write where they leave something out.
    pub(crate) fn drop_absent(&self, arguments: &mut Value) {
        drop_absent(&self.schema, arguments);
    }

    /// Takes a call's arguments. What is written as text and can only be meant as something else is
    /// rewritten.
    ///
    /// # Errors
    /// A VALIDATION_ERROR that names each argument at fault and why. Values are not repeated, since
    /// one of them may be a secret in the wrong place.
    pub(crate) fn take(&self, arguments: &mut Value) -> Result<(), Failure> {
        if self.validator.is_valid(arguments) || coercion::coerce(&self.validator, arguments) {
            return Ok(());
        }
        Err(self.refusal(arguments))
    }

    fn refusal(&self, arguments: &Value) -> Failure {
        let mut first = None;
        let mut told = Vec::new();
        let mut within = Vec::new();
        for error in self.validator.iter_errors(arguments).take(ERRORS_TOLD) {
            let place = error.instance_path().as_str().trim_start_matches('/').to_owned();
            // A name as its caller typed it: the pointer writes some characters otherwise.
            let typed = place.replace("~1", "/").replace("~0", "~");
            let typed = visible::line(&typed);
            let why = match shape(&self.schema, &error) {
                Some(shape) => format!("{}, and should be {shape}", reason(&error)),
                None => reason(&error),
            };
            if let Some(names) = beside(&self.schema, &error).filter(|_| !place.is_empty()) {
                within.push(format!("; `{typed}` takes {names}"));
            }
            told.push(if place.is_empty() { why } else { format!("`{typed}`: {why}") });
            first.get_or_insert(place);
        }
        let mut failure = Failure::new(souk_model::Code::ValidationError, told.join("; "));
        failure.argument = first.filter(|place| !place.is_empty());
        failure.remedy(match names(self.schema.get("properties")) {
            None => "this tool takes no arguments".to_owned(),
            Some(names) => format!("its arguments are {names}{}", within.concat()),
        })
    }
}

/// The names of an object's properties, as a schema declares them; `None` where it has none.
fn names(properties: Option<&Value>) -> Option<String> {
    let names: Vec<_> = properties?.as_object()?.keys().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The part of a schema in which this word refused something. The path goes by definitions and not by
/// references, so it leads from the root.
fn refusing<'s>(
    schema: &'s Map<String, Value>,
    error: &ValidationError<'_>,
    word: &str,
) -> Option<&'s Value> {
    let path = error.schema_path().as_str().strip_suffix(word)?.strip_suffix('/')?;
    let path = path.strip_prefix('/')?;
    let (member, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    schema.get(member)?.pointer(rest)
}

/// What may stand where something unexpected does.
fn beside(schema: &Map<String, Value>, error: &ValidationError<'_>) -> Option<String> {
    let ValidationErrorKind::AdditionalProperties { .. } = error.kind() else { return None };
    names(refusing(schema, error, "additionalProperties")?.get("properties"))
}

/// How the value should have looked, where it is of another kind altogether.
fn shape(schema: &Map<String, Value>, error: &ValidationError<'_>) -> Option<String> {
    let ValidationErrorKind::Type { .. } = error.kind() else { return None };
    expected_shape(refusing(schema, error, "type")?)
}

/// Why a value is refused, without the value. All that may stand there are named: the crate's own
/// text names two and counts the rest, from which nobody can mend a call.
fn reason(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let options: Vec<_> = options
                .map(|option| match option {
                    Value::String(text) => format!("`{text}`"),
                    other => format!("`{other}`"),
                })
                .collect();
            format!("the value is none of {}", options.join(", "))
        }
        // So the crate says it of a tool without arguments, and leaves out what was unexpected.
        ValidationErrorKind::FalseSchema => match error.instance().as_object() {
            Some(object) => {
                let names: Vec<_> = object.keys().map(|name| format!("'{name}'")).collect();
                format!("Additional properties are not allowed ({} unexpected)", names.join(", "))
            }
            None => "nothing may stand here".to_owned(),
        },
        _ => error.masked_with("the value").to_string(),
    }
}

/// The schema of a plugin's settings, ready to apply.
pub(crate) struct SettingsSchema {
    pub(crate) schema: Arc<Map<String, Value>>,
    validator: Validator,
}

impl SettingsSchema {
    /// Reads and checks the schema as a plugin declared it.
    ///
    /// # Errors
    /// Why it is not one that the host takes, for people.
    pub(crate) fn parse(text: &str, max_bytes: usize) -> Result<Self, String> {
        let schema = read(text, max_bytes)?;
        let validator = compile(&schema)?;
        Ok(Self { schema: Arc::new(schema), validator })
    }

    /// Checks what the operator set.
    ///
    /// # Errors
    /// Each setting at fault and why, for people. Values are not repeated: one may be a secret.
    pub(crate) fn check(&self, settings: &Map<String, Value>) -> Result<(), String> {
        let settings = Value::Object(settings.clone());
        let faults: Vec<String> = self
            .validator
            .iter_errors(&settings)
            .take(ERRORS_TOLD)
            .map(|error| {
                let at = error.instance_path().as_str().trim_start_matches('/').to_owned();
                let why = reason(&error);
                if at.is_empty() { why } else { format!("`{at}`: {why}") }
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

impl OutputSchema {
    /// What it says of a member.
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.schema.get("properties")?.get(name)
    }

    /// The members that have to be there.
    pub(crate) fn required(&self) -> impl Iterator<Item = &str> {
        let names = self.schema.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether a result may have more members than it names.
    pub(crate) fn has_room(&self) -> bool {
        self.schema.get("additionalProperties") != Some(&Value::Bool(false))
    }

    /// Reads and checks the schema as a plugin declared it.
    ///
    /// # Errors
    /// Why it is not one that the host takes, for people.
    pub(crate) fn parse(text: &str, max_bytes: usize) -> Result<Self, String> {
        let schema = read(text, max_bytes)?;
        let validator = compile(&schema)?;
        Ok(Self { schema: Arc::new(schema), validator })
    }

    /// Checks a plugin's answer.
    ///
    /// # Errors
    /// The first way in which it breaks the schema, for people.
    pub(crate) fn check(&self, answer: &Value) -> Result<(), String> {
        if self.validator.is_valid(answer) {
            return Ok(());
        }
        Err(self.validator.iter_errors(answer).next().map_or_else(
            || "it does not conform".to_owned(),
            |error| {
                let place = error.instance_path().to_string();
                printable(&format!("at `{place}`: {}", error.masked_with("the value")), 500)
            },
        ))
    }
}

fn read(text: &str, max_bytes: usize) -> Result<Map<String, Value>, String> {
    if text.len() > max_bytes {
        return Err(format!(
            "it has {} bytes, more than {max_bytes} (`limits.schema_bytes`)",
            text.len()
        ));
    }
    let schema = json::parse_object(text, text.len()).map_err(|error| error.to_string())?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("its `type` is not `object`".into());
    }
    let value = Value::Object(schema);
    let mut patterns = 0;
    inspect(&value, 0, &mut patterns)?;
    if patterns > PATTERNS {
        return Err(format!("it has {patterns} regular expressions, more than {PATTERNS}"));
    }
    schema_references::check(&value)?;
    match value {
        Value::Object(schema) => Ok(schema),
        _ => Err("it is not an object".into()),
    }
}

/// Refuses what clients choke on, and references that would make somebody fetch something; counts
/// regular expressions.
fn inspect(value: &Value, depth: usize, patterns: &mut usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("it is nested deeper than {DEPTH}"));
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if !visible::is_visible(key) {
                    return Err(hidden());
                }
                match (key.as_str(), value) {
                    ("pattern", Value::String(_)) => *patterns += 1,
                    ("patternProperties", Value::Object(by_pattern)) => {
                        *patterns += by_pattern.len();
                    }
                    // What gives a place another name would hide where a reference leads.
                    ("$id" | "$anchor" | "$dynamicAnchor" | "$dynamicRef", Value::String(_)) => {
                        return Err(format!("it has `{key}`; refer to its parts by `#/…`"));
                    }
                    _ => {}
                }
                inspect(value, depth + 1, patterns)?;
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| inspect(item, depth + 1, patterns)),
        Value::String(text) if !visible::is_visible(text) => Err(hidden()),
        _ => Ok(()),
    }
}

fn hidden() -> String {
    "a text in it holds control characters, or others that are not seen".to_owned()
}

fn compile(schema: &Map<String, Value>) -> Result<Validator, String> {
    jsonschema::draft202012::options()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES))
        .build(&Value::Object(schema.clone()))
        .map_err(|error| printable(&error.to_string(), 500))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MAX: usize = 4_096;

    fn input(schema: &Value) -> Result<InputSchema, String> {
        let host_args = HostArgs::of(souk_policy::EffectKind::Query, souk_model::Tier::Safe);
        InputSchema::parse(&schema.to_string(), MAX, host_args)
    }

    fn refused(input: &InputSchema, mut arguments: Value) -> Failure {
        input.take(&mut arguments).unwrap_err()
    }

    #[test]
    fn an_argument_at_fault_is_named_and_its_value_is_not_repeated() {
        let input = input(&json!({
            "type": "object",
            "properties": {"page_size": {"type": "integer", "maximum": 200}, "key": {"type": "integer", "writeOnly": true}},
        }))
        .unwrap();
        assert_eq!(input.sealed, ["key"]);
        let failure = refused(&input, json!({"page_size": 500, "key": "hunter2"}));
        assert!(
            failure.message.contains("`page_size`") && failure.message.contains("200"),
            "{failure}"
        );
        assert!(!failure.message.contains("hunter2"));
        let words = InputSchema::parse(
            &json!({"type": "object", "properties": {"how": {"enum": ["eq", "neq", "in", "like"]}}})
                .to_string(),
            MAX,
            HostArgs::of(souk_policy::EffectKind::Query, souk_model::Tier::Safe),
        )
        .unwrap();
        let failure = refused(&words, json!({"how": "hunter2"}));
        assert_eq!(failure.message, "`how`: the value is none of `eq`, `neq`, `in`, `like`");
        let none = self::input(&json!({"type": "object"})).unwrap();
        let failure = refused(&none, json!({"verbose": true}));
        assert!(failure.message.contains("'verbose'"), "{failure}");
        let failure = refused(&input, json!({"pagesize": 1}));
        assert!(failure.message.contains("pagesize"), "{failure}");
        assert!(failure.remedy.unwrap().contains("`page_size`"));
        let inner = json!({"type": "object", "properties": {"sku": {}, "name": {}}, "additionalProperties": false});
        let nested = self::input(&json!({
            "type": "object",
            "properties": {"match": {"$ref": "#/$defs/Match"}, "also": inner},
            "$defs": {"Match": inner},
        }))
        .unwrap();
        let failure = refused(&nested, json!({"match": {"skus": 1}, "also": {"x": 1}}));
        assert_eq!(
            failure.remedy.unwrap(),
            "its arguments are `match`, `also`; `match` takes `sku`, `name`; `also` takes `sku`, `name`"
        );
    }

    #[test]
    fn schemas_that_would_harm_clients_are_refused() {
        let mut deep = json!({"type": "string"});
        for _ in 0..60 {
            deep = json!({"type": "object", "properties": {"a": deep}});
        }
        for (schema, why) in [
            (json!({"type": "array"}), "object"),
            (json!({"type": "object", "properties": {"confirm": {}}}), "host's"),
            (json!({"type": "object", "properties": {"pаge": {}}}), "lower-case"),
            (json!({"type": "object", "anyOf": []}), "flat"),
            (
                json!({"type": "object", "properties": {"a": {"$ref": "https://example.com/s"}}}),
                "leads out",
            ),
            (json!({"type": "object", "description": "\u{1b}[31m"}), "control"),
            (json!({"type": "object", "$defs": {"a\u{e0041}": {}}}), "not seen"),
            (json!({"type": "object", "description": "x".repeat(MAX)}), "bytes"),
            (deep, "deeper"),
        ] {
            let refused = input(&schema).err().unwrap();
            assert!(refused.contains(why), "{schema}: {refused}");
        }
    }
}
