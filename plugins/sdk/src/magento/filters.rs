//! Filters as callers write them: what each field must be.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::{Failure, schema};
use crate::magento::{Condition, Criteria, Filter};

/// Field → value, list of values, or comparison; all must hold. An argument for searches.
///
/// A value stands for equality and a list for "one of"; `{"value", "condition"}` and
/// `{"from", "to"}` say everything else that Magento can compare.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(transparent)]
pub struct Filters(Map<String, Value>);

crate::inline_schema!(Filters, |_| {
    // No `anyOf`: what belongs to objects only applies to objects, and whoever validates can
    // say exactly what is wrong and where.
    let conditions = Condition::ALL.map(Condition::as_str).join("\", \"");
    schema::written(&format!(
        r#"{{
                "type": "object",
                "additionalProperties": {{
                    "type": ["string", "number", "boolean", "array", "object"],
                    "minItems": 1,
                    "items": {{"type": ["string", "number"]}},
                    "minProperties": 1,
                    "properties": {{
                        "value": {{
                            "type": ["string", "number", "boolean", "array"],
                            "minItems": 1,
                            "items": {{"type": ["string", "number"]}}
                        }},
                        "condition": {{"enum": ["{conditions}"]}},
                        "from": {{"type": ["string", "number"]}},
                        "to": {{"type": ["string", "number"]}}
                    }},
                    "additionalProperties": false
                }}
            }}"#
    ))
});

/// One field's comparison, as an object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    value: Option<Value>,
    condition: Option<String>,
    from: Option<Value>,
    to: Option<Value>,
}

impl Filters {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds them to search criteria; every one must hold. `argument` is where the caller wrote
    /// them: `filters`.
    ///
    /// # Errors
    /// When one is not a comparison that Magento can make, naming its place.
    pub fn add_to(&self, criteria: Criteria, argument: &str) -> Result<Criteria, Failure> {
        self.0.iter().try_fold(criteria, |criteria, (field, wanted)| {
            let argument =
                ["/", argument, "/", &field.replace('~', "~0").replace('/', "~1")].concat();
            // Items say `id`; Magento searches by `entity_id` and refuses `id`.
            let field = if field == "id" { "entity_id" } else { field };
            let filters = filters_of(field, wanted).map_err(|failure| failure.at(&argument))?;
            Ok(filters.into_iter().fold(criteria, Criteria::filter))
        })
    }
}

fn filters_of(field: &str, wanted: &Value) -> Result<Vec<Filter>, Failure> {
    let Value::Object(_) = wanted else {
        return Ok(vec![compared(field, None, wanted)?]);
    };
    let Comparison { value, condition, from, to } =
        Comparison::deserialize(wanted).map_err(|error| invalid(error.to_string()))?;
    let condition = condition.map(|name| named(&name)).transpose()?;
    if from.is_some() || to.is_some() {
        if value.is_some() || condition.is_some() {
            return Err(invalid("`from` and `to` stand alone, without `value` and `condition`"));
        }
        let ends = [(Condition::From, from), (Condition::To, to)];
        return ends
            .into_iter()
            .filter_map(|(end, value)| Some((end, value?)))
            .map(|(end, value)| Filter::new(field, end, scalar(&value)?))
            .collect();
    }
    match (value, condition) {
        (None, Some(condition)) if condition.takes_no_value() => {
            Ok(vec![Filter::new(field, condition, "")?])
        }
        (None, _) => Err(invalid("a comparison needs a `value`, or `from` and `to`")),
        (Some(value), condition) => Ok(vec![compared(field, condition, &value)?]),
    }
}

/// Magento takes a condition that it does not know for `eq`, so a misspelling would quietly find
/// something else.
fn named(name: &str) -> Result<Condition, Failure> {
    Condition::named(name).ok_or_else(|| {
        let known = Condition::ALL.map(Condition::as_str).join(", ");
        invalid(format!("`{name}` is not a condition that Magento knows"))
            .remedy(["one of: ", &known].concat())
    })
}

fn compared(field: &str, condition: Option<Condition>, value: &Value) -> Result<Filter, Failure> {
    let list: Vec<String> = match (condition, value) {
        (None | Some(Condition::In | Condition::Nin), Value::Array(values)) => {
            values.iter().map(scalar).collect::<Result<_, _>>()?
        }
        // Magento does not trim: "a, b" would look for " b".
        (Some(Condition::In | Condition::Nin), Value::String(text)) => {
            text.split(',').map(|value| value.trim().to_owned()).collect()
        }
        (Some(Condition::In | Condition::Nin), other) => vec![scalar(other)?],
        (Some(condition), Value::Array(_)) => {
            return Err(invalid(format!("`{}` compares with one value", condition.as_str()))
                .remedy("use `in` or `nin` for a list"));
        }
        (condition, one) => {
            return Filter::new(field, condition.unwrap_or(Condition::Eq), scalar(one)?);
        }
    };
    match condition {
        Some(Condition::Nin) => Filter::none_of(field, &list),
        _ => Filter::any_of(field, &list),
    }
}

/// A value as Magento compares it: yes and no are 1 and 0.
fn scalar(value: &Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(if *yes { "1" } else { "0" }.to_owned()),
        Value::Null => Err(invalid("a value cannot be null")
            .remedy("use `{\"condition\": \"null\"}` for products without a value")),
        Value::Array(_) | Value::Object(_) => {
            Err(invalid("a value is text, a number, true or false"))
        }
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::argument("filters", message)
}
