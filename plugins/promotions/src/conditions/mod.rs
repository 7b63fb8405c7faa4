//! Conditions: what a cart must be for a rule to apply, and which products in it are discounted.
//!
//! Callers describe them in words (`{"all": [{"subtotal": {"op": ">=", "value": 50}}]}`) or as the
//! objects that Magento itself takes, mixed at will. What comes out has the very form in which
//! Magento answers them, so that reading back compares them whole.

mod magento_objects;
mod plain_words;
mod vocabulary;

use souk_sdk::prelude::*;
use souk_sdk::schemars::{self};

pub(crate) use vocabulary::ConditionClass;

/// How deep conditions may be nested, and how many there may be. Magento's own editor becomes
/// unusable far below.
const DEEPEST: usize = 12;
const MOST: usize = 500;

/// The argument, as callers write it: a condition, or a list of which all must hold.
#[record]
#[derive(Debug)]
#[serde(transparent)]
pub(crate) struct Conditions(pub(crate) Value);

souk_sdk::core::inline_schema!(Conditions, |_| {
    let nested = json!({"type": "array", "items": {"type": "object"}});
    schemars::json_schema!({
        "type": ["object", "array"],
        "items": {"type": "object"},
        "properties": {
            "all": nested,
            "any": nested,
            "none": nested,
        },
        "additionalProperties": true,
    })
});

/// What conditions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConditionSubject {
    /// The cart: whether the rule applies.
    Cart,
    /// One product in it: whether it is discounted, or found.
    Item,
}

impl ConditionSubject {
    /// The class that holds others.
    const fn combine(self) -> ConditionClass {
        match self {
            Self::Cart => ConditionClass::Combine,
            Self::Item => ConditionClass::ProductCombine,
        }
    }
}

/// A condition on a product's own attribute, to be held against the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributeCondition {
    /// The attribute's code.
    pub(crate) code: String,
    /// What it is compared with: one value, or those of a list.
    pub(crate) values: Vec<String>,
    /// Whether the comparison is with whole values, and not with a part of the text or an order.
    pub(crate) whole: bool,
    /// Where in the arguments it is.
    pub(crate) at: String,
}

/// Conditions as they are sent and answered.
#[derive(Debug)]
pub(crate) struct RuleConditions {
    /// The root.
    pub(crate) value: Value,
    /// Those on products' own attributes.
    pub(crate) attributes: Vec<AttributeCondition>,
    /// What a reviewer should know.
    pub(crate) warnings: Vec<String>,
}

impl RuleConditions {
    /// Whether it holds for everything.
    pub(crate) fn is_everything(&self) -> bool {
        self.value.get("conditions").is_none()
    }
}

impl Conditions {
    /// Makes them what Magento takes. `argument` is where they stand in the arguments.
    ///
    /// # Errors
    /// What is not a condition, where, and what there is instead.
    pub(crate) fn build(
        &self,
        about: ConditionSubject,
        argument: &str,
    ) -> Result<RuleConditions, Failure> {
        let mut builder =
            ConditionBuilder { attributes: Vec::new(), warnings: Vec::new(), count: 0 };
        let at = ConditionPointer { pointer: ["/", argument].concat(), depth: 0 };
        let value = match &self.0 {
            Value::Object(one) => builder.node(one, about, &at)?,
            Value::Array(_) => {
                combination(about.combine(), "all", true, builder.list(&self.0, about, &at)?)
            }
            _ => return Err(at.refuse("conditions are an object, or a list of them")),
        };
        // A leaf as the root becomes nonsense: its attribute is taken for the aggregator
        // (`promotions_write.jsonl`, `cond-notroot`).
        let root = about.combine().name();
        let value = if value["condition_type"] == *root {
            value
        } else {
            combination(about.combine(), "all", true, vec![value])
        };
        Ok(RuleConditions { value, attributes: builder.attributes, warnings: builder.warnings })
    }
}

/// What is gathered on the way through conditions.
struct ConditionBuilder {
    attributes: Vec<AttributeCondition>,
    warnings: Vec<String>,
    count: usize,
}

/// Where in the arguments a condition is, and how deep.
struct ConditionPointer {
    pointer: String,
    depth: usize,
}

impl ConditionPointer {
    fn member(&self, name: &str) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { pointer: [&self.pointer, "/", &name].concat(), depth: self.depth }
    }

    fn part(&self, index: usize) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), depth: self.depth + 1 }
    }

    fn refuse(&self, message: impl Into<String>) -> Failure {
        Failure::argument(&self.pointer, message)
    }
}

impl ConditionBuilder {
    fn node(
        &mut self,
        given: &Map<String, Value>,
        about: ConditionSubject,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        self.count += 1;
        if self.count > MOST || at.depth > DEEPEST {
            return Err(at.refuse(format!(
                "these are more than {MOST} conditions, or nested deeper than {DEEPEST}"
            )));
        }
        if given.contains_key("condition_type") {
            return self.raw(given, about, at);
        }
        self.built(given, about, at)
    }

    /// The conditions in a list.
    fn parts(
        &mut self,
        name: &str,
        list: &Value,
        about: ConditionSubject,
        at: &ConditionPointer,
    ) -> Result<Vec<Value>, Failure> {
        if !list.is_array() {
            return Err(at.member(name).refuse(format!("`{name}` is a list of conditions")));
        }
        self.list(list, about, &at.member(name))
    }

    /// The conditions in a list that stands here.
    fn list(
        &mut self,
        list: &Value,
        about: ConditionSubject,
        at: &ConditionPointer,
    ) -> Result<Vec<Value>, Failure> {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut parts = Vec::with_capacity(list.len());
        for (index, part) in list.iter().enumerate() {
            let at = at.part(index);
            let part = part.as_object().ok_or_else(|| at.refuse("a condition is an object"))?;
            parts.push(self.node(part, about, &at)?);
        }
        Ok(parts)
    }

    /// Remembers a condition on a product's own attribute. `parent::` and `children::` say whose.
    fn on_attribute(&mut self, code: &str, operator: &str, value: &Value, at: &ConditionPointer) {
        let code = code.rsplit("::").next().unwrap_or(code);
        if vocabulary::known(&vocabulary::ITEM, code).is_some() {
            return;
        }
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let values = match value {
            Value::Array(items) => items.iter().map(text).collect(),
            Value::String(list) if vocabulary::takes_a_list(operator) => {
                list.split(',').map(|part| part.trim().to_owned()).collect()
            }
            other => vec![text(other)],
        };
        self.attributes.push(AttributeCondition {
            code: code.to_owned(),
            values,
            whole: matches!(operator, "==" | "!=" | "()" | "!()"),
            at: at.pointer.clone(),
        });
    }
}

/// A condition that holds others, in the form of Magento's answers: no list where it is empty, and
/// an operator that is null.
fn combination(class: ConditionClass, aggregator: &str, holds: bool, parts: Vec<Value>) -> Value {
    let mut condition = json!({"condition_type": class.name()});
    if !parts.is_empty() {
        condition["conditions"] = Value::Array(parts);
    }
    condition["aggregator_type"] = aggregator.into();
    condition["operator"] = Value::Null;
    condition["value"] = if holds { "1" } else { "0" }.into();
    condition
}

/// How many, or for how much, of certain products there is in the cart.
fn subselect(
    attribute: &str,
    operator: &str,
    value: Value,
    aggregator: &str,
    parts: Vec<Value>,
) -> Value {
    let mut condition = combination(ConditionClass::Subselect, aggregator, true, parts);
    condition["operator"] = operator.into();
    condition["attribute_name"] = attribute.into();
    condition["value"] = value;
    condition
}

/// A condition on one attribute.
fn leaf(class: ConditionClass, attribute: &str, operator: &str, value: &Value) -> Value {
    json!({
        "condition_type": class.name(), "operator": operator, "attribute_name": attribute,
        "value": value,
    })
}

#[cfg(test)]
mod tests;
