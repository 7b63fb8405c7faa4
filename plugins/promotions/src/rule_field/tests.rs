use super::*;

#[test]
fn days_are_days_of_the_calendar() {
    for day in ["2026-01-01", "2028-02-29", "2026-12-31", "2000-02-29"] {
        assert!(is_day(day), "{day}");
    }
    for text in [
        "garbage",
        "2026-13-45",
        "2026-02-29",
        "2100-02-29",
        "2026-2-3",
        "2026-00-01",
        "2026-04-31",
        "2026-02-03 04:05:06",
        "0000-00-00",
        "2026-02-03-",
        "+026-01-01",
    ] {
        assert!(!is_day(text), "{text}");
    }
}

#[test]
fn what_magento_would_keep_as_nonsense_is_refused() {
    for (field, value, says) in [
        (RuleField::SimpleAction, json!("nosuch"), "one of by_percent"),
        (RuleField::UsesPerCustomer, json!(-1), "whole number"),
        (RuleField::Name, json!("  "), "without spaces"),
        (RuleField::CouponType, json!("bogus"), "no_coupon"),
        (RuleField::CouponType, json!(2), "no_coupon"),
        (RuleField::DiscountAmount, json!(-5), "zero or more"),
        (RuleField::DiscountAmount, json!("abc"), "zero or more"),
        (RuleField::WebsiteIds, json!([]), "at least one"),
        (RuleField::WebsiteIds, json!([0]), "at least one"),
        (RuleField::CustomerGroupIds, json!("all"), "at least one"),
        (RuleField::IsActive, json!("0"), "true or false"),
        (RuleField::ToDate, json!("2026-02-31"), "2026-12-31"),
    ] {
        let refused = field.checked(&value).unwrap_err();
        assert!(refused.contains(says), "{}: {refused}", field.name());
    }
}

#[test]
fn values_take_the_form_in_which_they_are_read_back() {
    for (field, value, sent) in [
        (RuleField::CustomerGroupIds, json!([3, "1", 0, 1]), json!([0, 1, 3])),
        (RuleField::CouponType, json!("auto"), json!("AUTO")),
        (RuleField::DiscountAmount, json!("12.50"), json!(12.5)),
        (RuleField::DiscountAmount, json!(10), json!(10)),
    ] {
        assert_eq!(field.checked(&value), Ok(sent));
    }
}

#[test]
fn a_field_goes_by_the_arguments_name_and_by_magentos() {
    assert_eq!(RuleField::named("condition"), Some(RuleField::Conditions));
    assert_eq!(RuleField::named("conditions"), Some(RuleField::Conditions));
    assert_eq!(RuleField::named("times_used"), None);
}
