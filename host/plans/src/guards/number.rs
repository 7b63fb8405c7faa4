//! Numbers as Magento reads them.

use rust_decimal::Decimal;
use serde_json::Value;

/// More than any price, quantity or id; beyond it nothing can be reckoned exactly.
const MOST: i64 = 1_000_000_000_000;

/// A number, or a text that PHP takes for one: digits, a point, an exponent, blanks around it. None
/// where it is anything else, or too large to be meant.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let text = text.strip_prefix('+').unwrap_or(&text);
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if !is_plain || text.len() > 40 {
        return None;
    }
    let number = Decimal::from_str_exact(text)
        .or_else(|_| text.parse())
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    (number.abs() <= Decimal::from(MOST)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_one_however_it_is_written() {
        for (value, wanted) in [
            (json!(9.5), "9.5"),
            (json!("9.500000"), "9.5"),
            (json!(" 1e3"), "1000"),
            (json!(2e2), "200"),
            (json!("-0.5"), "-0.5"),
        ] {
            assert_eq!(decimal(&value), Some(wanted.parse().unwrap()), "{value}");
        }
        for no_number in
            [json!("12abc"), json!("50%"), json!(""), json!(null), json!(true), json!([1])]
        {
            assert_eq!(decimal(&no_number), None, "{no_number}");
        }
        assert_eq!(decimal(&json!(1e300)), None);
    }
}
