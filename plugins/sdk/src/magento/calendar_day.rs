//! Days, as Magento writes them.

use std::fmt;

use crate::magento::unix_seconds;

/// A day of the calendar, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarDay(i64);

impl CalendarDay {
    /// The first of January 1970.
    pub const EPOCH: Self = Self(0);

    /// Today in UTC.
    #[must_use]
    pub fn today() -> Self {
        Self(i64::try_from(unix_seconds() / 86_400).unwrap_or(i64::MAX / 2))
    }

    /// So many days later, or earlier.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// The day in one of Magento's dates, `2026-11-22 00:00:00`; the time is left out, as Magento
    /// leaves it out when it judges a sale.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let date = text.get(..10)?;
        let mut parts = date.split('-').map(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<i64>().ok()).flatten()
        });
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let proper = parts.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day);
        let found = Self::of_parts(year, month, day);
        // The 31st of February is another day's name.
        (proper && found.to_string() == date).then_some(found)
    }

    /// The number of a civil date, by Howard Hinnant's `days_from_civil`: years begin in March, so
    /// that the leap day is the last.
    const fn of_parts(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }
}

impl fmt::Display for CalendarDay {
    /// `2026-11-22`; the inverse of the above, `civil_from_days`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests;
