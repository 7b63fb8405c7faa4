//! Times as the store's people mean them.
//!
//! Magento keeps and filters times in UTC and shows them in the time zone of a store view. Days and
//! ranges are therefore taken in that zone, summer time included, and sent as UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::Deserialize;
use souk_sdk::{Condition, Context, Failure, Filter, STORE_CONFIGS, StoreView, unix_seconds};

/// A range of times.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    /// From when, itself included: a day (`2026-11-01`) or a time (`2026-11-01T14:00`), in the store
    /// view's time zone; a time with `Z` or an offset is taken as it is.
    from: Option<String>,
    /// Until when, itself included; a day includes all of it.
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Config {
    id: u64,
    code: String,
    #[serde(default)]
    timezone: String,
}

/// A store view and its time zone.
#[derive(Debug, Clone)]
struct View {
    id: u64,
    code: String,
    zone_name: String,
    zone: Option<TimeZone>,
}

/// The time zones of the store's views.
#[derive(Debug, Clone)]
pub(crate) struct Zones {
    views: Vec<View>,
}

/// A time zone by its name.
fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).ok()
}

impl Zones {
    /// Reads them from the store.
    ///
    /// # Errors
    /// What reading meets.
    pub(crate) fn read(context: &Context) -> Result<Self, Failure> {
        let configs: Vec<Config> = context.get(&STORE_CONFIGS.read([]).at(StoreView::Global))?;
        let view = |config: Config| View {
            id: config.id,
            code: config.code,
            zone: zone(&config.timezone),
            zone_name: config.timezone,
        };
        Ok(Self { views: configs.into_iter().map(view).collect() })
    }

    /// The same where only times are shown by it: an integration may read orders and not the store's
    /// settings, and then times stay as Magento keeps them.
    pub(crate) fn where_readable(context: &Context) -> Self {
        Self::read(context).unwrap_or(Self { views: Vec::new() })
    }

    /// The ids of the views with these codes.
    ///
    /// # Errors
    /// When there is no such view.
    pub(crate) fn ids(&self, codes: &[String]) -> Result<Vec<String>, Failure> {
        codes.iter().map(|code| Ok(self.view(code)?.id.to_string())).collect()
    }

    fn view(&self, code: &str) -> Result<&View, Failure> {
        self.views.iter().find(|view| view.code == code).ok_or_else(|| {
            let known: Vec<_> = self.views.iter().map(|view| view.code.as_str()).collect();
            Failure::argument("store_view_codes", format!("the store has no store view `{code}`"))
                .remedy(format!("one of: {}", known.join(", ")))
        })
    }

    /// The code of the view with this id, unless it is gone.
    pub(crate) fn code(&self, id: u64) -> Option<&str> {
        self.views.iter().find(|view| view.id == id).map(|view| view.code.as_str())
    }

    /// The zone in which days are meant: the one that is named, or that of the views that are, or of
    /// all views where none is.
    ///
    /// # Errors
    /// When nobody knows the zone, or the views have several.
    pub(crate) fn meant(&self, named: Option<&str>, codes: &[String]) -> Result<Clock, Failure> {
        if let Some(name) = named {
            let zone = zone(name).ok_or_else(|| {
                Failure::argument("time_zone", format!("`{name}` is not a time zone"))
                    .remedy("give a name such as `Europe/Berlin` or `UTC`")
            })?;
            return Ok(Clock { name: name.to_owned(), zone });
        }
        let mut meant: Vec<&View> = Vec::new();
        for view in &self.views {
            let asked = codes.is_empty() || codes.contains(&view.code);
            if asked && !meant.iter().any(|known| known.zone_name == view.zone_name) {
                meant.push(view);
            }
        }
        match &meant[..] {
            [one] => match &one.zone {
                Some(zone) => Ok(Clock { name: one.zone_name.clone(), zone: zone.clone() }),
                None => Err(Failure::unavailable(format!(
                    "nobody knows the time zone `{}` of the store view `{}`",
                    one.zone_name, one.code
                ))
                .remedy("name a `time_zone`")),
            },
            [] => {
                Err(Failure::unavailable("the store tells no time zone")
                    .remedy("name a `time_zone`"))
            }
            several => {
                let names: Vec<_> =
                    several.iter().map(|v| format!("{} ({})", v.zone_name, v.code)).collect();
                Err(Failure::argument(
                    "time_zone",
                    format!("a day is not the same in all of them: {}", names.join(", ")),
                )
                .remedy("name a `time_zone`, or `store_view_codes` that share one"))
            }
        }
    }

    /// A time of Magento's as the people of its store view write it, with the offset.
    pub(crate) fn local(&self, store: u64, utc: &str) -> Option<String> {
        let view = self.views.iter().find(|view| view.id == store)?;
        Some(shown(instant(utc)?, view.zone.as_ref()?))
    }
}

/// A time zone and its name.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
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
pub(crate) fn written(moment: Timestamp) -> String {
    spelt(moment.to_zoned(TimeZone::UTC).datetime(), ' ')
}

/// A moment as RFC 3339 has it, in UTC.
pub(crate) fn rfc3339(moment: Timestamp) -> String {
    [&spelt(moment.to_zoned(TimeZone::UTC).datetime(), 'T'), "Z"].concat()
}

fn shown(moment: Timestamp, zone: &TimeZone) -> String {
    let zoned = moment.to_zoned(zone.clone());
    let offset = zoned.offset().seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
    format!("{}{sign}{hours:02}:{minutes:02}", spelt(zoned.datetime(), 'T'))
}

/// To the second. By hand: jiff's formatter is 25 kB of a plugin.
fn spelt(at: DateTime, between: char) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}")
}

/// The beginning or the end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

impl Clock {
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
        range: &Range,
        argument: &str,
    ) -> Result<Vec<Filter>, Failure> {
        let at = |end: End, text: &Option<String>, name: &str| {
            text.as_deref()
                .map(|text| {
                    self.end(end, text.trim()).map_err(|f| f.at(&[argument, name].concat()))
                })
                .transpose()
        };
        let from = at(End::From, &range.from, "/from")?;
        let to = at(End::To, &range.to, "/to")?;
        if let (Some((_, from)), Some((until, to))) = (&from, &to)
            && (from > to || from == to && *until == Condition::Lt)
        {
            return Err(Failure::argument(argument, "the range ends before it begins"));
        }
        [from, to]
            .into_iter()
            .flatten()
            .map(|(condition, moment)| Filter::new(field, condition, written(moment)))
            .collect()
    }

    /// An end as a moment, and how a time is compared with it.
    fn end(&self, end: End, text: &str) -> Result<(Condition, Timestamp), Failure> {
        let wrong = || {
            Failure::argument("range", format!("`{text}` is neither a day nor a time"))
                .remedy("write `2026-11-01`, `2026-11-01T14:00` or `2026-11-01T14:00:00+01:00`")
        };
        let inclusive = if end == End::From { Condition::Gteq } else { Condition::Lteq };
        if text.len() == 10 {
            let day: Date = text.parse().map_err(|_| wrong())?;
            // Where clocks are put forward at midnight, a day begins at one.
            let start = |day: Date| day.to_zoned(self.zone.clone()).map(|day| day.timestamp());
            return match end {
                End::From => Ok((inclusive, start(day).map_err(|_| wrong())?)),
                End::To => {
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
        let moment = if end == End::From { ambiguous.earlier() } else { ambiguous.later() };
        Ok((inclusive, moment.map_err(|_| wrong())?))
    }
}

/// As of when something is asked: now, unless the caller says.
///
/// # Errors
/// When the caller gives what is no time.
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
mod tests {
    use super::*;

    fn berlin() -> Clock {
        Clock { name: "Europe/Berlin".to_owned(), zone: zone("Europe/Berlin").unwrap() }
    }

    fn utc(end: End, text: &str) -> String {
        written(berlin().end(end, text).unwrap().1)
    }

    #[test]
    fn a_day_is_the_stores_day_in_summer_and_in_winter() {
        for (day, from, to) in [
            ("2026-07-01", "2026-06-30 22:00:00", "2026-07-01 22:00:00"),
            ("2026-11-22", "2026-11-21 23:00:00", "2026-11-22 23:00:00"),
            // 23 hours long, and 25.
            ("2026-03-29", "2026-03-28 23:00:00", "2026-03-29 22:00:00"),
            ("2026-10-25", "2026-10-24 22:00:00", "2026-10-25 23:00:00"),
        ] {
            assert_eq!(utc(End::From, day), from, "{day}");
            assert_eq!(utc(End::To, day), to, "{day}");
        }
    }

    #[test]
    fn an_hour_that_comes_twice_is_in_the_range_both_times() {
        assert_eq!(utc(End::From, "2026-10-25T02:30"), "2026-10-25 00:30:00");
        assert_eq!(utc(End::To, "2026-10-25T02:30"), "2026-10-25 01:30:00");
        assert_eq!(utc(End::From, "2026-10-25T02:30:00Z"), "2026-10-25 02:30:00");
        assert_eq!(utc(End::From, "2026-10-25T02:30:00+05:00"), "2026-10-24 21:30:00");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in ["", "yesterday", "2026-13-01", "2026-11-01T25:00", "01.11.2026"] {
            assert!(berlin().end(End::From, wrong).is_err(), "{wrong}");
        }
        let range = |from: &str, to: &str| Range { from: Some(from.into()), to: Some(to.into()) };
        let backwards = range("2026-11-02", "2026-11-01");
        let failure = berlin().filters("created_at", &backwards, "created").unwrap_err();
        assert_eq!(failure.argument.as_deref(), Some("/created"));
        assert_eq!(
            berlin()
                .filters("created_at", &range("2026-11-02", "2026-11-02"), "created")
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn times_are_shown_as_the_store_view_has_them() {
        let view = View {
            id: 3,
            code: "de".to_owned(),
            zone_name: "Europe/Berlin".to_owned(),
            zone: zone("Europe/Berlin"),
        };
        let zones = Zones { views: vec![view] };
        assert_eq!(
            zones.local(3, "2026-07-06 07:52:00").as_deref(),
            Some("2026-07-06T09:52:00+02:00")
        );
        assert_eq!(zones.local(9, "2026-07-06 07:52:00"), None);
        assert_eq!(berlin().day("2026-07-06 22:10:00").as_deref(), Some("2026-07-07"));
    }
}
