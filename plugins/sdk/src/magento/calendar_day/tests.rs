use proptest::prelude::*;

use super::*;

#[test]
fn dates_are_read_as_magento_writes_them() {
    assert_eq!(CalendarDay::of("1970-01-01 00:00:00"), Some(CalendarDay(0)));
    assert_eq!(CalendarDay::of("2026-11-22"), Some(CalendarDay(20_779)));
    assert_eq!(CalendarDay::of("2024-02-29"), Some(CalendarDay::of_parts(2024, 3, 1).plus(-1)));
    for wrong in ["", "2026-1-2", "2026-02-30", "2026-13-01", "22.11.2026", "-026-01-01"] {
        assert_eq!(CalendarDay::of(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn every_day_reads_back(day in -700_000_i64..2_900_000) {
        prop_assert_eq!(CalendarDay::of(&CalendarDay(day).to_string()), Some(CalendarDay(day)));
    }
}
