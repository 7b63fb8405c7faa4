use super::*;

fn rule(from: Option<&str>, to: Option<&str>) -> CartPriceRule {
    let day = |day: Option<&str>| day.map(str::to_owned);
    CartPriceRule {
        website_ids: vec![1],
        customer_group_ids: vec![0, 1],
        from_date: day(from),
        to_date: day(to),
        ..CartPriceRule::default()
    }
}

#[test]
fn rules_meet_where_a_day_a_website_and_a_group_are_shared() {
    let summer = rule(Some("2026-06-01"), Some("2026-08-31"));
    for (other, meets) in [
        (rule(None, None), true),
        (rule(Some("2026-08-31"), None), true),
        (rule(Some("2026-09-01"), None), false),
        (rule(None, Some("2026-05-31")), false),
        (rule(None, Some("2026-06-01")), true),
        (CartPriceRule { website_ids: vec![2], ..rule(None, None) }, false),
        (CartPriceRule { customer_group_ids: vec![2, 3], ..rule(None, None) }, false),
        (CartPriceRule { customer_group_ids: vec![1, 3], ..rule(None, None) }, true),
    ] {
        assert_eq!(meet(&summer, &other), meets, "{other:?}");
        assert_eq!(meet(&other, &summer), meets, "{other:?}");
    }
}
