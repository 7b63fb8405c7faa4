//! Days of a sale or a rule. Magento's own way of writing them can be compared as text; PHP reads many
//! more (`12/31/2035`, `+520 weeks`), and what is written so could be any day.

use std::cmp::Ordering;

use serde_json::Value;
use souk_state::Timestamp;

/// Whether an end moves back, is taken away, or cannot be told.
pub(super) fn ends_later(after: Option<&Value>, before: Option<&Value>) -> bool {
    match (day(after), day(before)) {
        (Day::None, _) => true,
        // Without an end it lasts for ever already.
        (Day::At(_) | Day::Unreadable, Day::None) => false,
        (after, before) => after.compared(&before).is_none_or(Ordering::is_gt),
    }
}

/// Whether a beginning moves forward, is taken away, or cannot be told.
pub(super) fn begins_earlier(after: Option<&Value>, before: Option<&Value>) -> bool {
    match (day(after), day(before)) {
        (Day::None, _) => true,
        (Day::At(_), Day::None) => false,
        (after, before) => after.compared(&before).is_none_or(Ordering::is_lt),
    }
}

/// Whether a day is there and is the other one.
pub(super) fn is_same_day(one: &Value, other: Option<&Value>) -> bool {
    matches!((day(Some(one)), day(other)), (Day::At(one), Day::At(other)) if one == other)
}

/// Whether an end is past, in every time zone.
pub(super) fn is_over(end: Option<&Value>) -> bool {
    let past = Timestamp::now().as_second() - 2 * 24 * 3_600;
    let past = Timestamp::from_second(past).map(|at| at.to_string()).unwrap_or_default();
    matches!(day(end), Day::At(end) if past.get(..10).is_some_and(|day| end < day))
}

enum Day<'v> {
    /// There is none.
    None,
    /// `2026-11-30`
    At(&'v str),
    /// Nobody but PHP knows.
    Unreadable,
}

impl Day<'_> {
    fn compared(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::At(own), Self::At(other)) => Some(own.cmp(other)),
            _ => None,
        }
    }
}

fn day(value: Option<&Value>) -> Day<'_> {
    match value {
        None | Some(Value::Null) => Day::None,
        Some(Value::String(text)) if text.trim().is_empty() => Day::None,
        Some(Value::String(text)) => plain_day(text).map_or(Day::Unreadable, Day::At),
        Some(_) => Day::Unreadable,
    }
}

/// The day of `2026-11-30`, alone or with a time of day behind it, and nothing else.
fn plain_day(text: &str) -> Option<&str> {
    let (day, time) = (text.get(..10)?, &text[10..]);
    let is_like = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(is, wanted)| match wanted {
                b'0' => is.is_ascii_digit(),
                wanted => is == wanted,
            })
    };
    let times = ["", " 00:00", " 00:00:00", "T00:00:00", "T00:00:00Z"];
    (is_like(day, "0000-00-00") && times.iter().any(|form| is_like(time, form))).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_end_that_moves_back_or_cannot_be_read_is_later() {
        let stands = json!("2026-02-01 00:00:00");
        for (after, later) in [
            (json!("2026-01-31"), false),
            (json!("2026-02-01"), false),
            (json!("2026-02-01 23:59:59"), false),
            (json!("2026-02-02"), true),
            (json!(null), true),
            (json!(""), true),
            (json!("12/31/2035"), true),
            (json!("+520 weeks"), true),
            (json!("2026-01-01 +520 weeks"), true),
            (json!("2026-01-01T00:00:00+99:99"), true),
            (json!(1_924_905_600), true),
        ] {
            assert_eq!(ends_later(Some(&after), Some(&stands)), later, "{after}");
        }
        // Without an end it lasts for ever, and any end is sooner.
        assert!(!ends_later(Some(&json!("2035-01-01")), None));
        assert!(!ends_later(Some(&json!("+520 weeks")), Some(&json!(null))));
        // What stands cannot be compared.
        assert!(ends_later(Some(&json!("2026-01-01")), Some(&json!("soon"))));
        assert!(ends_later(Some(&json!("soon")), Some(&json!("soon"))));
    }

    #[test]
    fn a_beginning_that_moves_forward_or_cannot_be_read_is_earlier() {
        let stands = json!("2026-02-01");
        for (after, earlier) in [
            (json!("2026-02-02"), false),
            (json!("2026-02-01 00:00:00"), false),
            (json!("2026-01-31"), true),
            (json!(null), true),
            (json!("-1 year"), true),
        ] {
            assert_eq!(begins_earlier(Some(&after), Some(&stands)), earlier, "{after}");
        }
        assert!(!begins_earlier(Some(&json!("2026-02-02")), None), "it has begun already");
        assert!(begins_earlier(Some(&json!("tomorrow")), Some(&json!("2026-01-01"))));
    }
}
