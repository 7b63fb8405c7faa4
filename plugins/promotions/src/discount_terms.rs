//! What a rule's days and discount mean to a merchant.

use souk_sdk::magento::CalendarDay;
use souk_sdk::prelude::*;

/// Whether a rule whose last day this is has ended. Days are counted in UTC.
pub(crate) fn has_ended(to_date: Option<&str>) -> bool {
    to_date.and_then(CalendarDay::of).is_some_and(|day| day < CalendarDay::today())
}

/// The first day, where it is still to come.
pub(crate) fn begins_later(from_date: Option<&str>) -> Option<CalendarDay> {
    from_date.and_then(CalendarDay::of).filter(|day| *day > CalendarDay::today())
}

/// Refuses a last day that is past.
pub(crate) fn not_ended(to_date: &str, at: &str) -> Result<(), Failure> {
    if !has_ended(Some(to_date)) {
        return Ok(());
    }
    let today = CalendarDay::today();
    Err(Failure::argument(at, format!("the rule would have ended on {to_date}: today is {today}")))
}

/// Warns of a per cent below one: 0.15 is 0.15 %, and hardly anybody gives that. In the words of the host,
/// which says it to whoever reviews a plan.
pub(crate) fn meant_as_share(action: Option<&str>, amount: Option<&Value>) -> Option<String> {
    let amount = amount.and_then(Decimal::of).filter(|_| action == Some("by_percent"))?;
    let one = Decimal::of(&json!(1))?;
    (amount > Decimal::ZERO && amount < one).then(|| {
        let hundredfold = amount.millionths() * 100;
        let (whole, rest) = (hundredfold / 1_000_000, hundredfold % 1_000_000);
        let percent: Option<Decimal> = format!("{whole}.{rest:06}").parse().ok();
        let percent = percent.map_or_else(String::new, |percent| percent.to_string());
        format!(
            "`discount_amount` {amount} by per cent is {amount} %: {percent} % is written {percent}"
        )
    })
}
