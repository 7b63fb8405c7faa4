//! Conditions as Magento's own objects.

use souk_sdk::prelude::*;

use super::vocabulary::{self, CART, ConditionClass};
use super::{ConditionBuilder, ConditionPointer, ConditionSubject, combination, leaf, subselect};

/// What stands in an object; another member is a 400 of Magento's.
const MEMBERS: [&str; 6] =
    ["condition_type", "aggregator_type", "attribute_name", "operator", "value", "conditions"];

impl ConditionBuilder {
    pub(super) fn raw(
        &mut self,
        given: &Map<String, Value>,
        about: ConditionSubject,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        if let Some(name) = given.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(at
                .refuse(format!("Magento's conditions have no `{name}`"))
                .remedy(format!("they have {}", MEMBERS.join(", "))));
        }
        let class = class(given, about, at)?;
        if !class.holds_others() {
            return self.raw_leaf(class, given, at);
        }
        let inner = match class {
            ConditionClass::Combine => ConditionSubject::Cart,
            _ => ConditionSubject::Item,
        };
        let parts = match given.get("conditions") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => self.parts("conditions", list, inner, at)?,
        };
        let aggregator = aggregator(given, at)?;
        if class == ConditionClass::Subselect {
            let attribute = attribute(given, at)?;
            if !matches!(attribute, "qty" | "base_row_total") {
                let message = format!("`{attribute}` is neither `qty` nor `base_row_total`");
                return Err(at.member("attribute_name").refuse(message));
            }
            let value = given.get("value").filter(|value| is_scalar(value));
            let value = value
                .ok_or_else(|| at.member("value").refuse("there is nothing to compare with"))?;
            return Ok(subselect(
                attribute,
                operator(given, at)?,
                value.clone(),
                aggregator,
                parts,
            ));
        }
        if let Some(name) = ["operator", "attribute_name"]
            .into_iter()
            .find(|name| given.get(*name).is_some_and(|value| !value.is_null()))
        {
            return Err(at
                .member(name)
                .refuse(format!("a condition that holds others has no `{name}`")));
        }
        Ok(combination(class, aggregator, holds(given, at)?, parts))
    }

    fn raw_leaf(
        &mut self,
        class: ConditionClass,
        given: &Map<String, Value>,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        if let Some(name) = ["conditions", "aggregator_type"]
            .into_iter()
            .find(|name| given.get(*name).is_some_and(|value| !value.is_null()))
        {
            return Err(at
                .member(name)
                .refuse(format!("a condition on an attribute has no `{name}`")));
        }
        let (attribute, operator) = (attribute(given, at)?, operator(given, at)?);
        let value = given.get("value").unwrap_or(&Value::Null);
        let list =
            || value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_scalar));
        if !(is_scalar(value) || vocabulary::takes_a_list(operator) && list()) {
            return Err(at.member("value").refuse(
                "a value is a text, a number, true or false, or for `()` and `!()` a list of them",
            ));
        }
        match class {
            ConditionClass::Address if vocabulary::known(&CART, attribute).is_none() => {
                let codes: Vec<_> = CART.iter().map(|known| known.code).collect();
                self.warnings.push(format!(
                    "Magento itself has no `{attribute}` of a cart, and a condition on what is not \
                     there never holds; it has {}",
                    codes.join(", ")
                ));
            }
            ConditionClass::Product => self.on_attribute(attribute, operator, value, at),
            _ => {}
        }
        Ok(leaf(class, attribute, operator, value))
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// The class, if it may stand here.
fn class(
    given: &Map<String, Value>,
    about: ConditionSubject,
    at: &ConditionPointer,
) -> Result<ConditionClass, Failure> {
    let name = given.get("condition_type").and_then(Value::as_str).unwrap_or_default();
    let here: &[ConditionClass] = match about {
        ConditionSubject::Cart => &[
            ConditionClass::Combine,
            ConditionClass::Address,
            ConditionClass::Found,
            ConditionClass::Subselect,
            ConditionClass::Product,
        ],
        ConditionSubject::Item => &[ConditionClass::ProductCombine, ConditionClass::Product],
    };
    match ConditionClass::named(name).filter(|class| here.contains(class)) {
        Some(class) => Ok(class),
        None => {
            let known: Vec<_> = here.iter().map(|class| format!("`{}`", class.name())).collect();
            let what = match about {
                ConditionSubject::Cart => "a condition on a cart",
                ConditionSubject::Item => "a condition on a product",
            };
            Err(at
                .member("condition_type")
                .refuse(format!(
                    "`{name}` is not the class of {what}: Magento would drop it without a word, and \
                     the rule would apply more widely"
                ))
                .remedy(format!("one of {}", known.join(", "))))
        }
    }
}

fn attribute<'g>(given: &'g Map<String, Value>, at: &ConditionPointer) -> Result<&'g str, Failure> {
    let name = given.get("attribute_name").and_then(Value::as_str).filter(|name| !name.is_empty());
    name.ok_or_else(|| {
        at.member("attribute_name").refuse("it does not say which attribute is meant")
    })
}

fn operator(given: &Map<String, Value>, at: &ConditionPointer) -> Result<&'static str, Failure> {
    let word = given.get("operator").unwrap_or(&Value::Null);
    word.as_str().and_then(vocabulary::operator).ok_or_else(|| {
        at.member("operator")
            .refuse(format!("{word} is no operator: there are {}", vocabulary::operators()))
    })
}

/// Magento keeps any text, and takes all but `all` for `any` (`cond-aggupper`).
fn aggregator(given: &Map<String, Value>, at: &ConditionPointer) -> Result<&'static str, Failure> {
    match given.get("aggregator_type") {
        None | Some(Value::Null) => Ok("all"),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("all") => Ok("all"),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("any") => Ok("any"),
        Some(_) => Err(at.member("aggregator_type").refuse("it is `all` or `any`")),
    }
}

/// Whether the parts must hold, or must not.
fn holds(given: &Map<String, Value>, at: &ConditionPointer) -> Result<bool, Failure> {
    match given.get("value") {
        None | Some(Value::Null | Value::Bool(true)) => Ok(true),
        Some(Value::Bool(false)) => Ok(false),
        Some(value) if *value == "1" || *value == 1 => Ok(true),
        Some(value) if *value == "0" || *value == 0 => Ok(false),
        Some(_) => {
            Err(at.member("value").refuse("of a condition that holds others it is `1` or `0`"))
        }
    }
}
