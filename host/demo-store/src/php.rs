//! The parts of PHP that show through Magento's web API: query strings, URL decoding, loose numbers.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Number, Value};

/// Decodes a path segment or a query part as `urldecode` does: `+` is a space. Bytes that are not
/// UTF-8 become replacement characters.
pub(crate) fn urldecode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Decodes as `rawurldecode` does: `+` stays.
pub(crate) fn rawurldecode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Parses a query string as PHP does: `a[b][0]=c` nests, `a[]=x` appends, the last of equal names
/// wins. Lists are objects with their indices as keys, as PHP's arrays are.
pub(crate) fn parse_query(query: &str) -> Map<String, Value> {
    let mut root = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = urldecode(name);
        let keys = keys_of(name.trim_start());
        if let Some((first, rest)) = keys.split_first() {
            insert(&mut root, first, rest, urldecode(value));
        }
    }
    root
}

/// `a[b][]` is `a`, `b`, and an empty key, which means "the next index".
fn keys_of(name: &str) -> Vec<String> {
    let Some(open) = name.find('[').filter(|open| *open > 0) else {
        return vec![name.replace(['.', ' '], "_")];
    };
    let mut keys = vec![name[..open].replace(['.', ' '], "_")];
    let mut rest = &name[open..];
    while let Some(inner) = rest.strip_prefix('[') {
        let Some(close) = inner.find(']') else { break };
        keys.push(inner[..close].to_owned());
        rest = &inner[close + 1..];
    }
    keys
}

fn insert(into: &mut Map<String, Value>, key: &str, rest: &[String], value: String) {
    let key = if key.is_empty() { next_index(into).to_string() } else { key.to_owned() };
    match rest.split_first() {
        None => {
            into.insert(key, Value::String(value));
        }
        Some((first, rest)) => {
            let slot = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(inner) = slot {
                insert(inner, first, rest, value);
            }
        }
    }
}

fn next_index(map: &Map<String, Value>) -> u64 {
    map.keys().filter_map(|key| key.parse::<u64>().ok()).max().map_or(0, |last| last + 1)
}

/// PHP's `is_numeric` for text: surrounding blanks, a sign, decimals and an exponent are allowed.
pub(crate) fn is_numeric(text: &str) -> bool {
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    !trimmed.is_empty()
        && trimmed
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
        && trimmed.parse::<f64>().is_ok()
}

/// The number at the start of `text`, 0 when there is none: how PHP and MySQL read text as a number.
pub(crate) fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let mut end = 0;
    let mut seen_dot = false;
    for (at, character) in text.char_indices() {
        match character {
            '+' | '-' if at == 0 => {}
            '0'..='9' => {}
            '.' if !seen_dot => seen_dot = true,
            _ => break,
        }
        end = at + 1;
    }
    text[..end].parse().unwrap_or(0.0)
}

/// A value read as a number, in PHP's loose way.
pub(crate) fn number_of(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::String(text) => leading_number(text),
        Value::Bool(true) => 1.0,
        _ => 0.0,
    }
}

/// A value read as a whole number, towards zero.
pub(crate) fn int_of(value: &Value) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond i64 saturates, which is enough for a look-alike"
    )]
    let whole = number_of(value) as i64;
    value.as_i64().unwrap_or(whole)
}

/// An id: a whole number that is not negative, else 0, which no entity has.
pub(crate) fn id_of(value: &Value) -> u64 {
    u64::try_from(int_of(value)).unwrap_or(0)
}

/// A value as PHP prints it: `true` is `1`, `false` and null are empty, `1.0` is `1`.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "1".to_owned(),
        Value::Number(number) => show(number.as_f64().unwrap_or(0.0), number),
        Value::Null | Value::Bool(false) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn show(float: f64, number: &Number) -> String {
    if number.is_f64() { text_of_float(float) } else { number.to_string() }
}

/// A float as PHP prints it: no `.0`.
pub(crate) fn text_of_float(float: f64) -> String {
    format!("{float}")
}

/// A JSON number, whole when it has no fraction, as PHP's JSON encoder writes it.
pub(crate) fn number(float: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if float.fract() == 0.0 && float.abs() < 9.0e15 {
        Value::from(float as i64)
    } else {
        Number::from_f64(float).map_or(Value::Null, Value::Number)
    }
}

/// Whether PHP would take the value for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && text != "0",
        Value::Array(items) => !items.is_empty(),
        Value::Object(items) => !items.is_empty(),
    }
}

/// Rounds money to `places` decimals, half away from zero, as PHP's `round` does, which first
/// forgives what binary fractions lost.
pub(crate) fn round(amount: f64, places: i32) -> f64 {
    let scale = 10f64.powi(places);
    let scaled = amount * scale;
    let nudged = scaled + scaled.signum() * 1e-9 * scaled.abs().max(1.0);
    (nudged.abs() + 0.5).floor().copysign(scaled) / scale
}

/// JSON as PHP writes it: slashes escaped, and everything beyond ASCII by its number.
pub(crate) fn json(value: &Value) -> String {
    let plain = value.to_string();
    let mut written = String::with_capacity(plain.len() + 8);
    for character in plain.chars() {
        match character {
            '/' => written.push_str("\\/"),
            character if character.is_ascii() => written.push(character),
            character => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_nests_and_the_last_of_equal_names_wins() {
        let parsed = parse_query("a[b][0][c]=1&a%5Bb%5D%5B0%5D%5Bd%5D=x+y&e=1&e=2&f[]=p&f[]=q&g");
        let expected = json!({
            "a": { "b": { "0": { "c": "1", "d": "x y" } } }, "e": "2", "f": { "0": "p", "1": "q" }, "g": ""
        });
        assert_eq!(Value::Object(parsed), expected);
    }

    #[test]
    fn text_is_a_number_as_php_has_it() {
        assert!(is_numeric("1.5") && is_numeric("-3") && is_numeric("1e3"));
        assert!(!is_numeric("") && !is_numeric("abc") && !is_numeric("12px"));
        assert_eq!(leading_number("12px"), 12.0);
        assert_eq!(leading_number("abc"), 0.0);
        assert_eq!(number(7.0), json!(7));
        assert_eq!(round(1.005, 2), 1.01);
        assert_eq!(round(-1.005, 2), -1.01);
    }

    #[test]
    fn serialized_data_is_written_as_php_does() {
        let item = serde_json::json!({ "sku": "a/b", "name": "Größe 🙂" });
        assert_eq!(json(&item), r#"{"sku":"a\/b","name":"Gr\u00f6\u00dfe \ud83d\ude42"}"#);
    }
}
