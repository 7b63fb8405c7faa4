//! When a sale runs, as a merchant means it and as Magento takes it.

use crate::core::Failure;
use crate::magento::product_field::{FieldValue, ProductField, ProductUpdates, not_ended};
use crate::magento::{CalendarDay, Product};

/// The beginning and the end of a product's sale as a change leaves them.
///
/// # Errors
/// An end before the beginning, whichever of them is new.
pub(crate) fn warnings(
    product: &Product,
    updates: &ProductUpdates,
) -> Result<Vec<String>, Failure> {
    let is_given = |field| updates.wanted(field).is_some();
    let sale =
        [ProductField::SpecialPrice, ProductField::SpecialFromDate, ProductField::SpecialToDate];
    let starts = matches!(updates.wanted(ProductField::SpecialPrice), Some(FieldValue::Value(_)));
    let ends = matches!(updates.wanted(ProductField::SpecialPrice), Some(FieldValue::Cleared));
    if ends || !sale.into_iter().any(is_given) {
        return Ok(Vec::new());
    }
    let after = |field: ProductField| match updates.wanted(field) {
        Some(FieldValue::Value(value)) => value.as_str().map(str::to_owned),
        Some(_) => None,
        None => product.text(field.code()).map(str::to_owned),
    };
    let (from, to) = (after(ProductField::SpecialFromDate), after(ProductField::SpecialToDate));
    let Some(to) = to else { return Ok(Vec::new()) };
    if let Some(from) = &from
        && CalendarDay::of(from) > CalendarDay::of(&to)
        && (is_given(ProductField::SpecialFromDate) || is_given(ProductField::SpecialToDate))
    {
        let message = format!(
            "the sale of `{}` would end at {to}, before it begins at {from}",
            product.sku()
        );
        return Err(Failure::argument("match", message)
            .remedy("give `special_from_date` and `special_to_date` together"));
    }
    let mut warnings = Vec::new();
    if is_given(ProductField::SpecialToDate) && !to.ends_with("00:00:00") {
        let (_, time) = to.split_once(' ').unwrap_or_default();
        warnings.push(format!(
            "`special_to_date` has a time, and Magento adds a day to it: it sells at the special \
             price until {time} on {}",
            CalendarDay::of(&to).map_or_else(String::new, |day| day.plus(1).to_string())
        ));
    }
    if starts && !is_given(ProductField::SpecialToDate) && not_ended(&to).is_err() {
        warnings.push(format!(
            "the product has a `special_to_date` that is past, {to}: the special price will not show \
             before that is changed"
        ));
    }
    Ok(warnings)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn terms(stands: &Value, updates: &[(&str, Value)]) -> Result<Vec<String>, Failure> {
        let attributes: Vec<Value> = stands
            .as_object()
            .unwrap()
            .iter()
            .map(|(code, value)| json!({"attribute_code": code, "value": value}))
            .collect();
        let product = serde_json::from_value(json!({"sku": "A", "custom_attributes": attributes}));
        let updates: Map<String, Value> =
            updates.iter().map(|(code, value)| ((*code).to_owned(), value.clone())).collect();
        let updates = ProductUpdates::read(&updates, &ProductField::PRICES, "updates")?;
        warnings(&product.unwrap(), &updates)
    }

    #[test]
    fn an_end_that_is_past_or_before_the_beginning_is_refused() {
        let yesterday = CalendarDay::today().plus(-1).to_string();
        let today = CalendarDay::today().to_string();
        for stands in [json!({}), json!({"special_from_date": "2020-01-01 00:00:00"})] {
            let refused = terms(&stands, &[("special_to_date", json!(yesterday))]).unwrap_err();
            assert_eq!(refused.argument.as_deref(), Some("/updates/special_to_date"));
            assert!(terms(&stands, &[("special_to_date", json!(today))]).unwrap().is_empty());
        }
        let begins_late = json!({"special_from_date": "2099-05-01 00:00:00"});
        let refused = terms(&begins_late, &[("special_to_date", json!("2099-04-30"))]);
        assert!(refused.unwrap_err().message.contains("before it begins"));
        let ends_soon = json!({"special_to_date": "2099-04-30 00:00:00"});
        let refused = terms(&ends_soon, &[("special_from_date", json!("2099-05-01"))]);
        assert!(refused.unwrap_err().message.contains("before it begins"));
        // Ending a sale looks at no dates.
        assert!(terms(&begins_late, &[("special_price", Value::Null)]).unwrap().is_empty());
    }

    #[test]
    fn what_magento_makes_of_an_end_is_said() {
        let updates = [("special_price", json!(9)), ("special_to_date", json!("2099-04-30 12:00"))];
        let warnings = terms(&json!({}), &updates).unwrap();
        assert!(warnings[0].contains("until 12:00:00 on 2099-05-01"), "{warnings:?}");
        let left_over = json!({"special_to_date": "2020-01-01 00:00:00"});
        let warnings = terms(&left_over, &[("special_price", json!(9))]).unwrap();
        assert!(warnings[0].contains("is past"), "{warnings:?}");
    }
}
