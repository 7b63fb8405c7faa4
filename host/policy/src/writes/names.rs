//! Names as Magento reads them.
//!
//! Its deserialiser turns a member's name into a PHP method's: words after `_` and blanks are joined,
//! and methods are found in either case. `discount_amount`, `discountAmount` and `DISCOUNT amount` all
//! set the same field, so guards compare what is left of a name.

use serde_json::{Map, Value};

/// What is left of a name when everything is taken away that Magento does not look at.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Whether two names are the same to Magento.
pub fn same_name(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

/// The members that Magento takes for this name; several where a body spells it in several ways.
pub fn members<'v>(of: &'v Map<String, Value>, name: &str) -> impl Iterator<Item = &'v Value> {
    let wanted = plain(name);
    of.iter().filter(move |(key, _)| plain(key) == wanted).map(|(_, value)| value)
}

/// The member of this name.
///
/// # Errors
/// The name, where it is spelled in two ways: which one counts is Magento's secret.
pub fn member<'v>(of: &'v Map<String, Value>, name: &str) -> Result<Option<&'v Value>, String> {
    let mut found = members(of, name);
    match (found.next(), found.next()) {
        (one, None) => Ok(one.filter(|value| !value.is_null())),
        (_, Some(_)) => Err(format!("`{name}` is given twice, in two spellings")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_is_the_same_however_it_is_spelled() {
        for name in ["discount_amount", "discountAmount", "DISCOUNT_AMOUNT", "Discount amount"] {
            assert!(same_name(name, "discount_amount"), "{name}");
        }
        assert!(!same_name("discount_amounts", "discount_amount"));
        let twice = json!({"shipping_amount": 0, "shippingAmount": 9});
        assert!(member(twice.as_object().unwrap(), "shipping_amount").is_err());
    }
}
