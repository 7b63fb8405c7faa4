//! Roles: what one of them allows as a whole is allowed, and nothing that is put together of several.

use std::sync::Arc;

use proptest::prelude::*;
use souk_model::plan::{PlanMoney, SpendKind};
use souk_model::{AccessGrant, Callers, Principal, StoreView, Tier};

use crate::{
    CallFacts, CallerLimits, Ceiling, EffectKind, RuleOrigin, Rules, ToolPattern, ToolProfile,
};

const FILE: RuleOrigin = RuleOrigin::Env("ROLES");

const REFUND: ToolProfile<'static> = ToolProfile {
    name: "orders_refund",
    group: "orders",
    tier: Tier::Critical,
    effect: EffectKind::Apply,
};
const SEARCH: ToolProfile<'static> = ToolProfile {
    name: "orders_search",
    group: "orders",
    tier: Tier::Safe,
    effect: EffectKind::Query,
};

fn of_ceiling(ceiling: Ceiling) -> CallerLimits {
    CallerLimits::from(ceiling)
}

fn reader() -> CallerLimits {
    of_ceiling(Ceiling::new().ceiling(Tier::Safe, FILE)).mask(FILE)
}

fn refunds(store: &str, most: &str) -> CallerLimits {
    let only: ToolPattern = "orders_refund".parse().unwrap();
    of_ceiling(Ceiling::new().allow([only], FILE))
        .stores([store], FILE)
        .store_views(["all", "de"], FILE)
        .max_refund(most.parse().unwrap(), FILE)
}

fn ann(roles: &[&str]) -> (Rules, Principal) {
    let rules = Rules::new()
        .role("reader", reader())
        .role("small", refunds("main", "EUR=10"))
        .role("large", refunds("test", "EUR=1000"))
        .give_roles("ann", roles.iter().copied());
    (rules, Principal::named("ann"))
}

fn euros(amount: &str) -> [PlanMoney; 1] {
    let amount = amount.parse().unwrap();
    [PlanMoney { kind: SpendKind::Refund, currency: "EUR".into(), amount }]
}

#[test]
fn a_call_is_allowed_where_one_role_allows_all_of_it() {
    let all = ["reader", "small", "large"];
    let decide = |roles: &[&str], store: &str, view: &StoreView, amount: &str| {
        let (rules, ann) = ann(roles);
        let money = euros(amount);
        let facts = CallFacts { view: Some(view), writes: true, ..CallFacts::of(REFUND) };
        let found = rules.decide_call(&ann, &facts.at(store).moving(&money));
        found
            .map(|roles| roles.into_iter().map(str::to_owned).collect::<Vec<_>>())
            .map_err(|refusal| refusal.rule)
    };
    let de = StoreView::View("de".into());
    let fr = StoreView::View("fr".into());
    assert_eq!(decide(&all, "main", &de, "10"), Ok(vec!["small".to_owned()]));
    assert_eq!(decide(&all, "test", &StoreView::Global, "1000"), Ok(vec!["large".to_owned()]));
    // Each part of it is allowed by some role, and the whole by none.
    assert!(decide(&all, "main", &de, "10.01").is_err());
    assert_eq!(decide(&["small"], "main", &de, "10.01"), Err("max-refund"));
    assert_eq!(decide(&["small"], "test", &de, "1"), Err("stores"));
    assert_eq!(decide(&["small"], "main", &fr, "1"), Err("store-views"));
    assert_eq!(decide(&["reader"], "main", &de, "1"), Err("tier-ceiling"));
    assert_eq!(decide(&[], "main", &de, "1"), Err("role"));
}

#[test]
fn calls_that_are_one_want_one_role_that_allows_them_all() {
    let tools = |names: &[&str]| {
        let names: Vec<ToolPattern> = names.iter().map(|name| name.parse().unwrap()).collect();
        of_ceiling(Ceiling::new().allow(names, FILE))
    };
    let rules = Rules::new()
        .role("catalog", tools(&["catalog_*"]))
        .role("undoes", tools(&["orders_*"]))
        .role("both", tools(&["catalog_*", "orders_*"]));
    let of = |name| {
        let group = if name == "catalog_write" { "catalog" } else { "orders" };
        CallFacts::of(ToolProfile { name, group, ..SEARCH })
    };
    let decide = |roles: &[&str]| {
        let rules = rules.clone().give_roles("ann", roles.iter().copied());
        let calls = [of("orders_undo"), of("catalog_write")];
        rules.decide_together(&Principal::named("ann"), &calls).map(|roles| roles.len())
    };
    assert_eq!(decide(&["catalog", "undoes"]).unwrap_err().rule, "role");
    assert_eq!(decide(&["catalog", "undoes", "both"]), Ok(1));
    assert_eq!(decide(&["catalog"]).unwrap_err().rule, "allow-list");
    // Who needs no role has none to be held to.
    let calls = [of("orders_undo"), of("catalog_write")];
    assert_eq!(rules.decide_together(&Principal::local(), &calls), Ok(Vec::new()));
}

#[test]
fn money_that_nobody_has_worked_out_moves_under_no_limit() {
    let (rules, ann) = ann(&["small"]);
    let facts = CallFacts { may_move_money: true, ..CallFacts::of(REFUND) };
    assert_eq!(rules.decide_call(&ann, &facts).unwrap_err().rule, "max-refund");
}

#[test]
fn personal_data_is_masked_where_every_role_that_allows_the_tool_masks_it() {
    let masked = |roles: &[&str], tool: &ToolProfile<'_>| {
        let (rules, ann) = ann(roles);
        rules.mask_for_tool(&ann, tool).is_on()
    };
    assert!(masked(&["reader"], &SEARCH));
    assert!(masked(&["reader", "small"], &SEARCH));
    assert!(!masked(&["reader", "small"], &REFUND));
    // Where the tool is not known it is masked too.
    let (rules, ann) = ann(&["reader", "small"]);
    assert!(rules.mask_for(&ann, "orders").is_on() && rules.mask_for_any_group(&ann).is_on());
    assert!(!rules.mask_for(&Principal::local(), "orders").is_on());
}

#[test]
fn a_role_for_another_store_or_view_shows_no_personal_data_of_one_where_it_allows_nothing() {
    let role = |stores: &[&str], views: &[&str]| {
        let mut role = CallerLimits::new();
        if !stores.is_empty() {
            role = role.stores(stores.iter().copied(), FILE);
        }
        if !views.is_empty() {
            role = role.store_views(views.iter().copied(), FILE);
        }
        role
    };
    let masked = |masking: CallerLimits, open: CallerLimits| {
        let rules = Rules::new().role("masking", masking.mask(FILE)).role("open", open);
        let rules = rules.give_roles("ann", ["masking", "open"]);
        rules.mask_for_tool(&Principal::named("ann"), &SEARCH).is_on()
    };
    assert!(masked(role(&["main"], &[]), role(&["test"], &[])));
    assert!(masked(role(&["main", "test"], &[]), role(&["test"], &[])));
    assert!(masked(role(&[], &[]), role(&["main"], &[])));
    assert!(masked(role(&["main"], &["de"]), role(&["main"], &["fr"])));
    assert!(masked(role(&["main"], &[]), role(&["main"], &["de"])));
    assert!(!masked(role(&["main"], &["de"]), role(&["main", "test"], &["de", "fr"])));
    assert!(!masked(role(&["main"], &[]), role(&[], &[])));
}

#[test]
fn who_comes_from_an_authorization_server_is_an_operator_by_name_and_with_a_role_alone() {
    let is_operator = |pattern: &str, subject: &str, scopes: &[&str]| {
        let rules = Rules::new()
            .role("reader", reader())
            .scope("souk:read", ["reader"])
            .known_callers(Callers::open().and_vouched_for())
            .operators([pattern.parse().unwrap()]);
        let scopes = scopes.iter().map(|scope| (*scope).to_owned());
        let vouched = Principal::by_access(subject, Arc::new(AccessGrant::new(scopes, u64::MAX)));
        rules.check_operator(&vouched).is_ok()
    };
    assert!(is_operator("oauth:ops-*", "ops-ann", &["souk:read"]));
    assert!(is_operator("oauth:ann", "ann", &["souk:read"]));
    for everybody in ["*", "o*", "oauth*"] {
        assert!(!is_operator(everybody, "ann", &["souk:read"]), "{everybody}");
    }
    assert!(!is_operator("oauth:*", "ann", &[]));
}

#[test]
fn what_is_said_of_a_principal_alone_narrows_its_roles() {
    let (rules, ann) = ann(&["small"]);
    let own = CallerLimits::new().max_refund("EUR=5".parse().unwrap(), FILE);
    let rules = rules.for_principal("ann", own.mask(FILE).no_deciding(FILE));
    let (over, within) = (euros("5.01"), euros("5"));
    assert!(rules.decide_call(&ann, &CallFacts::of(REFUND).moving(&over)).is_err());
    assert!(rules.decide_call(&ann, &CallFacts::of(REFUND).moving(&within)).is_ok());
    assert!(rules.mask_for_tool(&ann, &REFUND).is_on());
    assert_eq!(rules.check_deciding(&ann).unwrap_err().rule, "decides");
    assert!(rules.check_deciding(&Principal::local()).is_ok());
}

proptest! {
    /// A role more never forbids, and a role never allows what everybody is forbidden.
    #[test]
    fn roles_add_up_below_what_everybody_is_held_to(
        held in proptest::sample::subsequence(vec!["reader", "small", "large"], 0..3),
        more in proptest::sample::select(vec!["reader", "small", "large"]),
        top in proptest::sample::select(vec![Tier::Safe, Tier::Risk, Tier::Critical]),
        store in proptest::sample::select(vec!["main", "test"]),
        amount in proptest::sample::select(vec!["0", "10", "500", "5000"]),
        tool in proptest::sample::select(vec![REFUND, SEARCH]),
    ) {
        let money = euros(amount);
        let facts = CallFacts::of(tool).at(store).moving(&money);
        let everybody = Ceiling::new().ceiling(top, FILE);
        let decide = |roles: &[&str]| {
            let (rules, ann) = ann(roles);
            rules.for_everybody(everybody.clone()).decide_call(&ann, &facts).is_ok()
        };
        let mut all = held.clone();
        all.push(more);
        prop_assert!(!decide(&held) || decide(&all));
        prop_assert!(!decide(&all) || tool.tier <= top);
    }
}
