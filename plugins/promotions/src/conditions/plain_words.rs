//! Conditions in words.

use souk_sdk::prelude::*;

use super::vocabulary::{self, Attribute, CART, ConditionClass, ITEM};
use super::{ConditionBuilder, ConditionPointer, ConditionSubject, combination, leaf, subselect};

/// Words that hold a list of conditions: how they are joined, and whether they must hold.
const GROUPS: [(&str, &str, bool); 3] =
    [("all", "all", true), ("any", "any", true), ("none", "all", false)];

/// Words of a cart that are about its products.
const FOUND: &str = "product_found";
const NOT_FOUND: &str = "product_not_found";
const QUANTITY_OF: &str = "quantity_of";
const AMOUNT_OF: &str = "amount_of";

/// A comparison: `{"op": ">=", "value": 50}`, or the value alone.
struct ConditionComparison {
    operator: &'static str,
    value: Value,
}

impl ConditionBuilder {
    /// A group, or conditions of which all must hold.
    pub(super) fn built(
        &mut self,
        given: &Map<String, Value>,
        about: ConditionSubject,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        let (aggregator, holds, mut parts) = self.group(given, about, at)?;
        // A single condition needs no combination around it.
        if parts.len() == 1 && !GROUPS.iter().any(|(word, ..)| given.contains_key(*word)) {
            return Ok(parts.remove(0));
        }
        Ok(combination(about.combine(), aggregator, holds, parts))
    }

    /// What a group holds, and how it is joined: by its word, or all of its members.
    fn group(
        &mut self,
        given: &Map<String, Value>,
        about: ConditionSubject,
        at: &ConditionPointer,
    ) -> Result<(&'static str, bool, Vec<Value>), Failure> {
        let named = GROUPS.iter().find(|(word, ..)| given.contains_key(*word));
        if let Some((word, aggregator, holds)) = named {
            if given.len() > 1 {
                return Err(at
                    .refuse(format!("nothing stands beside `{word}`"))
                    .remedy(format!("put the other conditions into the list of `{word}`")));
            }
            let parts = self.parts(word, &given[*word], about, at)?;
            return Ok((aggregator, *holds, parts));
        }
        let mut parts = Vec::with_capacity(given.len());
        for (word, value) in given {
            let at = at.member(word);
            parts.push(match about {
                ConditionSubject::Cart => self.of_cart(word, value, &at)?,
                ConditionSubject::Item => self.of_item(word, value, &at)?,
            });
        }
        Ok(("all", true, parts))
    }

    fn of_cart(
        &mut self,
        word: &str,
        value: &Value,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        if let Some(attribute) = vocabulary::known(&CART, word) {
            let ConditionComparison { operator, value } = comparison(attribute, value, at)?;
            return Ok(leaf(ConditionClass::Address, attribute.code, operator, &value));
        }
        match word {
            FOUND | NOT_FOUND => {
                let (aggregator, _, parts) = self.products(value, at)?;
                Ok(combination(ConditionClass::Found, aggregator, word == FOUND, parts))
            }
            QUANTITY_OF | AMOUNT_OF => self.of_products(word, value, at),
            _ => Err(unknown_of_cart(word, at)),
        }
    }

    /// The conditions on products within one on the cart.
    fn products(
        &mut self,
        value: &Value,
        at: &ConditionPointer,
    ) -> Result<(&'static str, bool, Vec<Value>), Failure> {
        let wrong = || at.refuse("this takes an object with conditions on a product");
        let given = value.as_object().ok_or_else(wrong)?;
        let at = ConditionPointer { pointer: at.pointer.clone(), depth: at.depth + 1 };
        if given.contains_key("none") || given.contains_key("condition_type") {
            // One that cannot be said by the aggregator of its parent is put inside it.
            return Ok(("all", true, vec![self.node(given, ConditionSubject::Item, &at)?]));
        }
        self.group(given, ConditionSubject::Item, &at)
    }

    /// `{"op": ">=", "value": 2, "of": {…}}`.
    fn of_products(
        &mut self,
        word: &str,
        value: &Value,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        let wrong = || {
            at.refuse(format!("`{word}` takes {{op, value, of}}: how it is compared, and of what"))
                .remedy(format!(
                    "`{{\"{word}\": {{\"op\": \">=\", \"value\": 2, \"of\": {{\"category\": 3}}}}}}`"
                ))
        };
        let given = value.as_object().ok_or_else(wrong)?;
        let mut rest = given.clone();
        let of = rest.shift_remove("of").ok_or_else(wrong)?;
        let code = if word == QUANTITY_OF { "qty" } else { "base_row_total" };
        let attribute = Attribute { word: code, code, numeric: true };
        let ConditionComparison { operator, value } =
            comparison(attribute, &Value::Object(rest), at)?;
        let (aggregator, _, parts) = self.products(&of, &at.member("of"))?;
        Ok(subselect(code, operator, value, aggregator, parts))
    }

    fn of_item(
        &mut self,
        word: &str,
        value: &Value,
        at: &ConditionPointer,
    ) -> Result<Value, Failure> {
        if let Some(attribute) = vocabulary::known(&ITEM, word) {
            let ConditionComparison { operator, value } = comparison(attribute, value, at)?;
            // A product is in several categories: "is" holds only where it is in no other.
            let operator = match (attribute.code, operator) {
                ("category_ids", "==") => "()",
                ("category_ids", "!=") => "!()",
                (_, operator) => operator,
            };
            return Ok(leaf(ConditionClass::Product, attribute.code, operator, &value));
        }
        let is_code = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let cart_word = vocabulary::known(&CART, word).is_some_and(|known| known.word != "weight");
        if word.is_empty()
            || !word.chars().all(is_code)
            || cart_word
            || [FOUND, NOT_FOUND, QUANTITY_OF, AMOUNT_OF].contains(&word)
        {
            return Err(unknown_of_item(word, at));
        }
        let attribute = Attribute { word: "", code: "", numeric: false };
        let ConditionComparison { operator, value } = comparison(attribute, value, at)?;
        self.on_attribute(word, operator, &value, at);
        Ok(leaf(ConditionClass::Product, word, operator, &value))
    }
}

fn words_of(list: &[Attribute]) -> String {
    list.iter().map(|attribute| attribute.word).collect::<Vec<_>>().join(", ")
}

fn unknown_of_cart(word: &str, at: &ConditionPointer) -> Failure {
    let known = format!(
        "{}, {FOUND}, {NOT_FOUND}, {QUANTITY_OF}, {AMOUNT_OF}, and all, any, none to join them",
        words_of(&CART)
    );
    let failure = at.refuse(format!("`{word}` is no condition on a cart: there are {known}"));
    if vocabulary::known(&ITEM, word).is_some() || word == "sku" {
        return failure.remedy(format!(
            "ask for a product in the cart: `{{\"{FOUND}\": {{\"{word}\": …}}}}`"
        ));
    }
    failure.remedy(format!(
        "a product's attribute goes into `{FOUND}`; Magento's own objects need `condition_type`"
    ))
}

fn unknown_of_item(word: &str, at: &ConditionPointer) -> Failure {
    at.refuse(format!(
        "`{word}` is no condition on a product: there are sku, {}, and every attribute by its code",
        words_of(&ITEM)
    ))
    .remedy("what is about the whole cart goes into `conditions`, beside `product_found`")
}

fn comparison(
    attribute: Attribute,
    given: &Value,
    at: &ConditionPointer,
) -> Result<ConditionComparison, Failure> {
    let (word, value) = match given {
        Value::Object(members) => {
            if let Some(name) =
                members.keys().find(|name| !matches!(name.as_str(), "op" | "operator" | "value"))
            {
                return Err(
                    at.refuse(format!("a comparison has `op` and `value`, and no `{name}`"))
                );
            }
            let word = members.get("op").or_else(|| members.get("operator"));
            let value = members.get("value");
            (word, value.ok_or_else(|| at.refuse("there is no `value` to compare with"))?)
        }
        value => (None, value),
    };
    let operator = match word {
        None if value.is_array() => "()",
        None => "==",
        Some(word) => word.as_str().and_then(vocabulary::operator).ok_or_else(|| {
            at.member("op")
                .refuse(format!("{word} is no operator: there are {}", vocabulary::operators()))
        })?,
    };
    let value = match value {
        Value::Array(items) if vocabulary::takes_a_list(operator) && !items.is_empty() => {
            let texts: Vec<_> =
                items.iter().map(|item| scalar(attribute, item, at)).collect::<Result<_, _>>()?;
            if let Some(text) = texts.iter().find(|text| text.contains(',')) {
                return Err(at.refuse(format!(
                    "`{text}` holds a comma, which Magento's lists cannot express"
                )));
            }
            texts.join(",")
        }
        Value::Array(_) => {
            return Err(at.refuse("a list, of at least one value, is compared with `in` or `nin`"));
        }
        Value::String(list) if vocabulary::takes_a_list(operator) => {
            let texts =
                list.split(',').map(|text| scalar(attribute, &Value::from(text.trim()), at));
            texts.collect::<Result<Vec<_>, _>>()?.join(",")
        }
        value => scalar(attribute, value, at)?,
    };
    Ok(ConditionComparison { operator, value: Value::String(value) })
}

/// One value, as the text that Magento keeps.
fn scalar(attribute: Attribute, value: &Value, at: &ConditionPointer) -> Result<String, Failure> {
    let text = match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        _ => {
            return Err(
                at.refuse("a value is a text that is not empty, a number, or true or false")
            );
        }
    };
    if attribute.numeric && text.parse::<Decimal>().is_err() {
        return Err(
            at.refuse(format!("`{}` is compared with numbers, not with `{text}`", attribute.code))
        );
    }
    let id = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if attribute.code == "category_ids" && !id(&text) {
        return Err(at.refuse(format!("`{text}` is no category's id")));
    }
    if attribute.code == "country_id"
        && !(text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return Err(at.refuse(format!("`{text}` is no country's code of two capitals, as in `DE`")));
    }
    Ok(text)
}
