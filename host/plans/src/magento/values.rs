//! When two values mean the same to Magento.

use serde_json::Value;

/// Whether a field that holds `is` has the value `wanted`.
///
/// Magento writes one value in several ways: a decimal attribute set to `9.5` reads `"9.500000"`, a
/// flag set to `true` reads `1` or `"1"`, ids come as numbers or as text, and lists of ids in any
/// order. Text that is no number is compared exactly.
pub(crate) fn equivalent(is: &Value, wanted: &Value) -> bool {
    match (is, wanted) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equivalent(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => equivalent_lists(a, b),
        (Value::String(a), Value::String(b)) if moment(a) == moment(b) => true,
        _ => is == wanted || equivalent_numbers(is, wanted),
    }
}

/// Lists of plain values are compared as sets with repeats: Magento sorts ids as it likes.
fn equivalent_lists(a: &[Value], b: &[Value]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.iter().chain(b).any(|item| item.is_object() || item.is_array()) {
        return a.iter().zip(b).all(|(a, b)| equivalent(a, b));
    }
    let mut left: Vec<&Value> = b.iter().collect();
    a.iter().all(|a| {
        let found = left.iter().position(|b| equivalent(a, b));
        found.map(|at| left.swap_remove(at)).is_some()
    })
}

/// A date with its time, whether that is written with a `T`, or left out as midnight; any other text
/// as it stands.
fn moment(text: &str) -> std::borrow::Cow<'_, str> {
    let bytes = text.as_bytes();
    let digits = |at: std::ops::Range<usize>| {
        bytes.get(at).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let is_day =
        digits(0..4) && digits(5..7) && digits(8..10) && bytes[4] == b'-' && bytes[7] == b'-';
    match text.len() {
        10 if is_day => format!("{text} 00:00:00").into(),
        19 if is_day && bytes[10] == b'T' => text.replacen('T', " ", 1).into(),
        _ => text.into(),
    }
}

fn equivalent_numbers(a: &Value, b: &Value) -> bool {
    match (digits(a), digits(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// A number's exact digits, whether written as a number, as text, or as a flag: sign, digits before
/// the point without leading zeros, digits after it without trailing ones.
fn digits(value: &Value) -> Option<(bool, String, String)> {
    let text = match value {
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return None;
    }
    let whole = whole.trim_start_matches('0').to_owned();
    let part = part.trim_end_matches('0').to_owned();
    let zero = whole.is_empty() && part.is_empty();
    Some((negative && !zero, whole, part))
}

/// Whether a value is this id.
pub(crate) fn is_id(value: Option<&Value>, id: &str) -> bool {
    match value {
        Some(Value::Number(number)) => number.to_string() == id,
        Some(Value::String(text)) => text == id,
        _ => false,
    }
}

/// A value as a number for comparing how far apart two prices are. Never for money itself.
pub(crate) fn approximately(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_value_written_in_several_ways_is_the_same() {
        for (a, b) in [
            (json!("9.500000"), json!(9.5)),
            (json!(1), json!(true)),
            (json!("1"), json!(1)),
            (json!(0), json!("-0.00")),
            (json!(["3", "5"]), json!([5, 3])),
            (json!({"a": ["1"]}), json!({"a": [1]})),
            (json!("2027-06-01 00:00:00"), json!("2027-06-01")),
            (json!("2027-06-01 12:30:00"), json!("2027-06-01T12:30:00")),
        ] {
            assert!(equivalent(&a, &b) && equivalent(&b, &a), "{a} {b}");
        }
        for (a, b) in [
            (json!("9.5"), json!("9.51")),
            (json!("a"), json!("A")),
            (json!(["3", "3"]), json!(["3", "5"])),
            (json!(null), json!("")),
            (json!(null), json!(0)),
            (json!("1e3"), json!(1000)),
            (json!(1), json!(-1)),
            (json!("2027-06-01 00:00:01"), json!("2027-06-01")),
            (json!("2027-06-01 "), json!("2027-06-01")),
        ] {
            assert!(!equivalent(&a, &b) && !equivalent(&b, &a), "{a} {b}");
        }
    }
}
