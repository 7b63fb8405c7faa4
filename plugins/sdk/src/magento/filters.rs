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
    /// them: `filters`. Of products [`for_products`](Self::for_products) knows what values mean.
    ///
    /// # Errors
    /// When one is not a comparison that Magento can make, naming its place.
    pub fn add_to(&self, criteria: Criteria, argument: &str) -> Result<Criteria, Failure> {
        self.each(argument).try_fold(criteria, |criteria, (field, argument, wanted)| {
            let filters = || -> Result<Vec<Filter>, Failure> {
                comparisons(wanted)?.iter().map(|comparison| comparison.filter(field)).collect()
            };
            let filters = filters().map_err(|failure| failure.at(&argument))?;
            Ok(filters.into_iter().fold(criteria, Criteria::filter))
        })
    }

    /// The fields as Magento searches by them, where the caller wrote each, and what it wrote.
    pub(super) fn each(&self, argument: &str) -> impl Iterator<Item = (&str, String, &Value)> {
        self.0.iter().map(move |(field, wanted)| {
            let place = ["/", argument, "/", &field.replace('~', "~0").replace('/', "~1")].concat();
            // Items say `id`; Magento searches by `entity_id` and refuses `id`.
            let field = if field == "id" { "entity_id" } else { field };
            (field, place, wanted)
        })
    }
}

/// One comparison that a caller asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldComparison {
    pub(super) condition: Condition,
    /// None where the condition takes none, several only for lists.
    pub(super) values: Vec<Value>,
}

impl FieldComparison {
    /// The same comparison with other values.
    pub(super) fn with(&self, condition: Condition, values: Vec<Value>) -> Self {
        Self { condition, values }
    }

    /// As it is sent, with its values as they stand.
    pub(super) fn filter(&self, field: &str) -> Result<Filter, Failure> {
        let texts: Vec<String> = self.values.iter().map(scalar).collect::<Result<_, _>>()?;
        match self.condition {
            Condition::In => Filter::any_of(field, &texts),
            Condition::Nin => Filter::none_of(field, &texts),
            condition => {
                Filter::new(field, condition, texts.into_iter().next().unwrap_or_default())
            }
        }
    }
}

/// What a caller's value for a field asks for; all of it must hold.
pub(super) fn comparisons(wanted: &Value) -> Result<Vec<FieldComparison>, Failure> {
    let Value::Object(_) = wanted else {
        return Ok(vec![compared(None, wanted)?]);
    };
    let Comparison { value, condition, from, to } =
        Comparison::deserialize(wanted).map_err(|error| invalid(error.to_string()))?;
    let condition = condition.map(|name| named(&name)).transpose()?;
    if from.is_some() || to.is_some() {
        if value.is_some() || condition.is_some() {
            return Err(invalid("`from` and `to` stand alone, without `value` and `condition`"));
        }
        let ends = [(Condition::From, from), (Condition::To, to)];
        return Ok(ends
            .into_iter()
            .filter_map(|(condition, value)| {
                Some(FieldComparison { condition, values: vec![value?] })
            })
            .collect());
    }
    match (value, condition) {
        (None, Some(condition)) if condition.takes_no_value() => {
            Ok(vec![FieldComparison { condition, values: Vec::new() }])
        }
        (None, _) => Err(invalid("a comparison needs a `value`, or `from` and `to`")),
        (Some(value), condition) => Ok(vec![compared(condition, &value)?]),
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

fn compared(condition: Option<Condition>, value: &Value) -> Result<FieldComparison, Failure> {
    let (condition, values) = match (condition, value) {
        (None, Value::Array(values)) => (Condition::In, values.clone()),
        (Some(list @ (Condition::In | Condition::Nin)), Value::Array(values)) => {
            (list, values.clone())
        }
        // Magento does not trim: "a, b" would look for " b".
        (Some(list @ (Condition::In | Condition::Nin)), Value::String(text)) => {
            (list, text.split(',').map(|value| value.trim().into()).collect())
        }
        (Some(condition), Value::Array(_)) => {
            return Err(invalid(format!("`{}` compares with one value", condition.as_str()))
                .remedy("use `in` or `nin` for a list"));
        }
        (condition, one) => (condition.unwrap_or(Condition::Eq), vec![one.clone()]),
    };
    for value in &values {
        scalar(value)?;
    }
    Ok(FieldComparison { condition, values })
}

/// A value as Magento compares it: yes and no are 1 and 0.
pub(super) fn scalar(value: &Value) -> Result<String, Failure> {
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

pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::argument("filters", message)
}
