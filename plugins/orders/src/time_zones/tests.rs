use super::*;

fn berlin() -> NamedZone {
    NamedZone::new("Europe/Berlin").unwrap()
}

fn utc(end: RangeEnd, text: &str) -> String {
    filter_text(berlin().end(end, text).unwrap().1)
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
        assert_eq!(utc(RangeEnd::From, day), from, "{day}");
        assert_eq!(utc(RangeEnd::To, day), to, "{day}");
    }
}

#[test]
fn an_hour_that_comes_twice_is_in_the_range_both_times() {
    assert_eq!(utc(RangeEnd::From, "2026-10-25T02:30"), "2026-10-25 00:30:00");
    assert_eq!(utc(RangeEnd::To, "2026-10-25T02:30"), "2026-10-25 01:30:00");
    assert_eq!(utc(RangeEnd::From, "2026-10-25T02:30:00Z"), "2026-10-25 02:30:00");
    assert_eq!(utc(RangeEnd::From, "2026-10-25T02:30:00+05:00"), "2026-10-24 21:30:00");
}

#[test]
fn what_is_no_time_is_refused() {
    for wrong in ["", "yesterday", "2026-13-01", "2026-11-01T25:00", "01.11.2026"] {
        assert!(berlin().end(RangeEnd::From, wrong).is_err(), "{wrong}");
    }
    let range = |from: &str, to: &str| TimeRange { from: Some(from.into()), to: Some(to.into()) };
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
    let view = StoreViewZone { id: 3, code: "de".to_owned(), timezone: "Europe/Berlin".to_owned() };
    let zones = StoreTimeZones { views: vec![view] };
    assert_eq!(zones.local(3, "2026-07-06 07:52:00").as_deref(), Some("2026-07-06T09:52:00+02:00"));
    assert_eq!(zones.local(9, "2026-07-06 07:52:00"), None);
    assert_eq!(berlin().day("2026-07-06 22:10:00").as_deref(), Some("2026-07-07"));
}
