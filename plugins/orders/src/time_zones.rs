//! Times as the store's people mean them.
//!
//! Magento keeps and filters times in UTC and shows them in the time zone of a store view. Days and
//! ranges are therefore taken in that zone, summer time included, and sent as UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _};
use souk_sdk::magento::{STORE_CONFIGS, unix_seconds};
use souk_sdk::prelude::*;

/// A range of times.
#[args]
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeRange {
    /// From when: `2026-11-01`, `2026-11-01T14:00` in the store view's time zone, or with `Z` or an
    /// offset.
    from: Option<String>,
    /// Until when; a day includes all of it.
    to: Option<String>,
}

impl TimeRange {
    /// Whether its ends are moments, the same in every time zone.
    pub(crate) fn is_of_moments(&self) -> bool {
        let mut ends = [&self.from, &self.to].into_iter().flatten();
        ends.all(|end| end.trim().len() > 10 && end.trim().parse::<Timestamp>().is_ok())
    }
}

/// A store view and its time zone.
#[record]
#[derive(Debug, Clone)]
struct StoreViewZone {
    id: u64,
    code: String,
    #[serde(default)]
    timezone: String,
}

/// What the time zones of the store's views are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZoneNeed {
    /// Nothing: the store is not asked.
    None,
    /// Times and views are shown by them, and may be missing: an integration may read orders and not
    /// the store's settings, and then times stay as Magento keeps them.
    Shown,
    /// What is asked for is found by them.
    Asked,
}

impl ZoneNeed {
    /// Of what is shown, or else only what is asked for by store views or by their days.
    pub(crate) const fn of(is_asked: bool, is_shown: bool) -> Self {
        match (is_asked, is_shown) {
            (true, _) => Self::Asked,
            (false, true) => Self::Shown,
            (false, false) => Self::None,
        }
    }
}

/// The time zones of the store's views.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoreTimeZones {
    views: Vec<StoreViewZone>,
}

/// A time zone by its name.
fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).ok()
}

impl StoreTimeZones {
    /// Reads them from the store, as far as that is needed.
    pub(crate) fn read(context: &Context, need: ZoneNeed) -> Result<Self, Failure> {
        if need == ZoneNeed::None {
            return Ok(Self::default());
        }
        match context.get(&STORE_CONFIGS.read([]).in_view(StoreView::Global)) {
            Ok(views) => Ok(Self { views }),
            Err(_) if need == ZoneNeed::Shown => Ok(Self::default()),
            Err(failure) => Err(failure),
        }
    }

    /// The ids of the views with these codes.
    pub(crate) fn ids(&self, codes: &[String]) -> Result<Vec<String>, Failure> {
        let id = |code: &String| {
            let view = self.views.iter().find(|view| view.code == *code);
            view.map(|view| view.id.to_string()).ok_or_else(|| {
                let known: Vec<_> = self.views.iter().map(|view| view.code.as_str()).collect();
                let message = format!("the store has no store view `{code}`");
                Failure::argument("store_view_codes", message)
                    .remedy(format!("one of: {}", known.join(", ")))
            })
        };
        codes.iter().map(id).collect()
    }

    /// The code of the view with this id, unless it is gone.
    pub(crate) fn code(&self, id: u64) -> Option<&str> {
        self.views.iter().find(|view| view.id == id).map(|view| view.code.as_str())
    }

    /// The zone in which days are meant: the one that is named, or that of the views that are, or of
    /// all views where none is.
    ///
    /// # Errors
    /// When the zone is not known, or the views have several.
    pub(crate) fn days_in(
        &self,
        name: Option<&str>,
        codes: &[String],
    ) -> Result<NamedZone, Failure> {
        if let Some(name) = name {
            return NamedZone::new(name).ok_or_else(|| {
                Failure::argument("time_zone", format!("`{name}` is not a time zone"))
                    .remedy("give a name such as `Europe/Berlin` or `UTC`")
            });
        }
        let mut zones: Vec<&StoreViewZone> = Vec::new();
        for view in &self.views {
            let is_meant = codes.is_empty() || codes.contains(&view.code);
            if is_meant && !zones.iter().any(|zone| zone.timezone == view.timezone) {
                zones.push(view);
            }
        }
        let unavailable =
            |message: String| Failure::unavailable(message).remedy("name a `time_zone`");
        match &zones[..] {
            [view] => NamedZone::new(&view.timezone).ok_or_else(|| {
                unavailable(format!(
                    "the time zone `{}` of the store view `{}` is not a known one",
                    view.timezone, view.code
                ))
            }),
            [] => Err(unavailable("the store has no time zone".to_owned())),
            several => {
                let names: Vec<_> =
                    several.iter().map(|v| format!("{} ({})", v.timezone, v.code)).collect();
                let message = format!("a day is not the same in all of them: {}", names.join(", "));
                Err(Failure::argument("time_zone", message)
                    .remedy("name a `time_zone`, or `store_view_codes` that share one"))
            }
        }
    }

    /// A time of Magento's as the people of its store view write it, with the offset.
    pub(crate) fn local(&self, store: u64, utc: &str) -> Option<String> {
        let view = self.views.iter().find(|view| view.id == store)?;
        Some(with_offset(instant(utc)?, &zone(&view.timezone)?))
    }
}

/// A time zone and its name.
#[derive(Debug, Clone)]
pub(crate) struct NamedZone {
    /// `Europe/Berlin`.
    pub(crate) name: String,
    zone: TimeZone,
}

/// A moment as Magento writes it: UTC, without saying so.
pub(crate) fn instant(utc: &str) -> Option<Timestamp> {
    let civil: DateTime = utc.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// A moment as Magento filters by it.
pub(crate) fn filter_text(moment: Timestamp) -> String {
    to_the_second(moment.to_zoned(TimeZone::UTC).datetime(), ' ')
}

/// A moment as RFC 3339 has it, in UTC.
pub(crate) fn rfc3339(moment: Timestamp) -> String {
    [&to_the_second(moment.to_zoned(TimeZone::UTC).datetime(), 'T'), "Z"].concat()
}

fn with_offset(moment: Timestamp, zone: &TimeZone) -> String {
    let zoned = moment.to_zoned(zone.clone());
    let offset = zoned.offset().seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
    format!("{}{sign}{hours:02}:{minutes:02}", to_the_second(zoned.datetime(), 'T'))
}

/// To the second. By hand: jiff's formatter is 25 kB of a plugin.
fn to_the_second(at: DateTime, between: char) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}")
}

/// The beginning or the end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RangeEnd {
    From,
    To,
}

impl NamedZone {
    /// The zone that Magento keeps its times in.
    pub(crate) fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    fn new(name: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), zone: zone(name)? })
    }

    /// The day on which a time of Magento's fell.
    pub(crate) fn day(&self, utc: &str) -> Option<String> {
        Some(instant(utc)?.to_zoned(self.zone.clone()).date().to_string())
    }

    /// The filters for a range of this field.
    ///
    /// # Errors
    /// When an end is no time, or the range is the wrong way round; `argument` is the range's name.
    pub(crate) fn filters(
        &self,
        field: &str,
        range: &TimeRange,
        argument: &str,
    ) -> Result<Vec<Filter>, Failure> {
        let at = |end: RangeEnd, text: &Option<String>, name: &str| {
            text.as_deref()
                .map(|text| {
                    self.end(end, text.trim()).map_err(|f| f.at(&[argument, name].concat()))
                })
                .transpose()
        };
        let from = at(RangeEnd::From, &range.from, "/from")?;
        let to = at(RangeEnd::To, &range.to, "/to")?;
        if let (Some((_, from)), Some((until, to))) = (&from, &to)
            && (from > to || from == to && *until == Condition::Lt)
        {
            return Err(Failure::argument(argument, "the range ends before it begins"));
        }
        [from, to]
            .into_iter()
            .flatten()
            .map(|(condition, moment)| Filter::new(field, condition, filter_text(moment)))
            .collect()
    }

    /// An end as a moment, and how a time is compared with it.
    fn end(&self, end: RangeEnd, text: &str) -> Result<(Condition, Timestamp), Failure> {
        let wrong = || {
            Failure::argument("range", format!("`{text}` is neither a day nor a time"))
                .remedy("write `2026-11-01`, `2026-11-01T14:00` or `2026-11-01T14:00:00+01:00`")
        };
        let inclusive = if end == RangeEnd::From { Condition::Gteq } else { Condition::Lteq };
        if text.len() == 10 {
            let day: Date = text.parse().map_err(|_| wrong())?;
            // Where clocks are put forward at midnight, a day begins at one.
            let start = |day: Date| day.to_zoned(self.zone.clone()).map(|day| day.timestamp());
            return match end {
                RangeEnd::From => Ok((inclusive, start(day).map_err(|_| wrong())?)),
                RangeEnd::To => {
                    let next = day.checked_add(1.day()).and_then(start).map_err(|_| wrong())?;
                    Ok((Condition::Lt, next))
                }
            };
        }
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok((inclusive, moment));
        }
        let civil: DateTime = text.parse().map_err(|_| wrong())?;
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        // An hour that comes twice in autumn is in the range both times.
        let moment = if end == RangeEnd::From { ambiguous.earlier() } else { ambiguous.later() };
        Ok((inclusive, moment.map_err(|_| wrong())?))
    }
}

/// As of when something is asked: now, unless the caller says.
pub(crate) fn as_of(given: Option<&str>) -> Result<Timestamp, Failure> {
    let Some(text) = given else { return Ok(now()) };
    text.parse().map_err(|_| {
        Failure::argument("as_of", format!("`{text}` is not a time"))
            .remedy("write `2026-11-01T14:00:00Z`")
    })
}

fn now() -> Timestamp {
    let seconds = i64::try_from(unix_seconds()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
