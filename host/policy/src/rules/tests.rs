//! The laws of narrowing as properties, and each rule's message once.

use proptest::prelude::*;
use souk_model::{Callers, Principal, Tier, TokenDigest};

use crate::{Ceiling, EffectKind, Mask, MaskRule, RuleOrigin, Rules, ToolPattern, ToolProfile};

const TIERS: [Tier; 3] = [Tier::Safe, Tier::Risk, Tier::Critical];
const TOOLS: [(&str, &str); 5] = [
    ("catalog_get_product", "catalog"),
    ("catalog_commit_bulk_update", "catalog"),
    ("cache_purge_by_url", "cache"),
    ("auth_login", "auth"),
    ("scope_set_default", "scope"),
];

fn every_tool() -> impl Iterator<Item = ToolProfile<'static>> {
    TOOLS.into_iter().flat_map(|(tool, group)| {
        TIERS.into_iter().flat_map(move |tier| {
            let acting = EffectKind::ALL.into_iter().filter(|effect| *effect != EffectKind::Relay);
            acting.map(move |effect| ToolProfile { name: tool, group, tier, effect })
        })
    })
}

fn pattern(text: &str) -> ToolPattern {
    text.parse().unwrap()
}

/// One limit, as a source of configuration would add it.
#[derive(Debug, Clone)]
enum Limit {
    Ceiling(Tier, RuleOrigin),
    Group(&'static str, Tier, RuleOrigin),
    ReadOnly(RuleOrigin),
    Allow(Vec<ToolPattern>, RuleOrigin),
    Deny(Vec<ToolPattern>, RuleOrigin),
}

impl Limit {
    fn add(self, to: Ceiling) -> Ceiling {
        match self {
            Self::Ceiling(tier, origin) => to.ceiling(tier, origin),
            Self::Group(group, tier, origin) => to.group_ceiling(group, tier, origin),
            Self::ReadOnly(origin) => to.read_only(origin),
            Self::Allow(patterns, origin) => to.allow(patterns, origin),
            Self::Deny(patterns, origin) => to.deny(patterns, origin),
        }
    }
}

fn some_limit() -> impl Strategy<Value = Limit> {
    let tier = || proptest::sample::select(TIERS.to_vec());
    let origin = || {
        proptest::sample::select(vec![
            RuleOrigin::Flag("--max-tier"),
            RuleOrigin::Env("SOUK_MAX_TIER"),
            RuleOrigin::File { path: "souk.toml".into(), key: "policy.max_tier".into() },
            RuleOrigin::Default,
        ])
    };
    let group = || proptest::sample::select(vec!["catalog", "cache", "auth", "scope"]);
    let patterns = || {
        let all = ["*", "catalog_*", "cache_*", "catalog_get_product", "auth_login", "scope_*"];
        proptest::sample::subsequence(all.map(pattern).to_vec(), 0..4)
    };
    prop_oneof![
        (tier(), origin()).prop_map(|(tier, origin)| Limit::Ceiling(tier, origin)),
        (group(), tier(), origin()).prop_map(|(g, tier, origin)| Limit::Group(g, tier, origin)),
        origin().prop_map(Limit::ReadOnly),
        (patterns(), origin()).prop_map(|(patterns, origin)| Limit::Allow(patterns, origin)),
        (patterns(), origin()).prop_map(|(patterns, origin)| Limit::Deny(patterns, origin)),
    ]
}

fn rules_of(limits: &[Limit]) -> Rules {
    let all = limits.iter().cloned().fold(Ceiling::new(), |ceiling, limit| limit.add(ceiling));
    Rules::new().for_everybody(all)
}

proptest! {
    /// What several limits allow together, each of them allows alone; and what each allows alone,
    /// they allow together.
    #[test]
    fn limits_combine_by_narrowing(limits in proptest::collection::vec(some_limit(), 0..6)) {
        let together = rules_of(&limits);
        let alone: Vec<_> = limits.iter().map(|l| rules_of(std::slice::from_ref(l))).collect();
        let who = Principal::local();
        for tool in every_tool() {
            let session_group = together.is_session_group(tool.group);
            let base = tool.effect != EffectKind::Session || session_group;
            let each = alone.iter().all(|rules| rules.decide(&who, &tool).is_ok());
            prop_assert_eq!(together.decide(&who, &tool).is_ok(), base && each, "{:?}", tool);
        }
    }

    /// Rules are the same whatever the order of their sources, down to the message.
    #[test]
    fn order_never_matters(
        limits in proptest::collection::vec(some_limit(), 0..6).prop_shuffle(),
    ) {
        let mut reversed = limits.clone();
        reversed.reverse();
        prop_assert_eq!(rules_of(&limits), rules_of(&reversed));
    }

    /// A principal's limits narrow only that principal.
    #[test]
    fn a_principal_is_only_narrowed(
        everybody in proptest::collection::vec(some_limit(), 0..4),
        own in proptest::collection::vec(some_limit(), 0..4),
    ) {
        let common = rules_of(&everybody);
        let limits = own.iter().cloned().fold(Ceiling::new(), |to, limit| limit.add(to));
        let with_own = common.clone().for_principal("agent", limits);
        let only_own = rules_of(&own);
        let agent = Principal::named("agent");
        for tool in every_tool() {
            let both = common.decide(&agent, &tool).is_ok()
                && only_own.decide(&agent, &tool).is_ok();
            prop_assert_eq!(with_own.decide(&agent, &tool).is_ok(), both);
            let other = Principal::named("other");
            prop_assert_eq!(with_own.decide(&other, &tool), common.decide(&other, &tool));
        }
    }

    /// A pattern prints as it was written, and one more letter never parses into something wider.
    #[test]
    fn patterns_say_what_they_are(text in "[a-z*_.A-Z ]{0,12}") {
        if let Ok(pattern) = text.parse::<ToolPattern>() {
            prop_assert_eq!(pattern.to_string(), text.clone());
            for tool in every_tool() {
                let named = text == "*"
                    || text == tool.name
                    || text == format!("{}_*", tool.group);
                prop_assert_eq!(pattern.matches(&tool), named);
            }
        }
    }
}

const PURGE: ToolProfile<'static> = ToolProfile {
    name: "cache_purge_by_url",
    group: "cache",
    tier: Tier::Risk,
    effect: EffectKind::Apply,
};

fn rules_for(limits: Ceiling) -> Rules {
    Rules::new().for_everybody(limits)
}

fn refused(rules: &Rules, tool: &ToolProfile<'_>) -> (&'static str, String, String) {
    let refusal = rules.decide(&Principal::named("agent"), tool).unwrap_err();
    (refusal.rule, refusal.message, refusal.remedy)
}

#[test]
fn the_effects_table_holds() {
    let rules = rules_for(Ceiling::new().read_only(RuleOrigin::Flag("--read-only")));
    for tool in every_tool() {
        let allowed = match tool.effect {
            EffectKind::Query | EffectKind::Prepare | EffectKind::Relay => true,
            EffectKind::Apply | EffectKind::Commit => false,
            EffectKind::Session => matches!(tool.group, "auth" | "scope"),
        };
        assert_eq!(rules.decide(&Principal::local(), &tool).is_ok(), allowed, "{tool:?}");
    }
}

#[test]
fn a_refusal_says_who_set_the_rule_and_what_would_allow_it() {
    let file = RuleOrigin::File { path: "/etc/souk.toml".into(), key: "policy.max_tier".into() };
    let both = Ceiling::new().ceiling(Tier::Critical, RuleOrigin::Default);
    let rules = rules_for(both.ceiling(Tier::Safe, file));
    assert_eq!(
        refused(&rules, &PURGE),
        (
            "tier-ceiling",
            "`cache_purge_by_url` is of tier `risk`, above the ceiling `safe` set by \
             `policy.max_tier` in `/etc/souk.toml`"
                .into(),
            "raise the ceiling to `risk` where it is set: `policy.max_tier` in `/etc/souk.toml`"
                .into(),
        )
    );
    let rules = rules_for(Ceiling::new().read_only(RuleOrigin::Env("SOUK_READ_ONLY")));
    assert_eq!(
        refused(&rules, &PURGE),
        (
            "read-only",
            "`cache_purge_by_url` changes the store (effect `apply`), and read-only mode is set by \
             `SOUK_READ_ONLY`"
                .into(),
            "end read-only mode where it is set: `SOUK_READ_ONLY`".into(),
        )
    );
    let allow = Ceiling::new().allow([pattern("catalog_*")], RuleOrigin::Flag("--allow"));
    assert_eq!(
        refused(&Rules::new().for_principal("agent", allow), &PURGE),
        (
            "allow-list",
            "`cache_purge_by_url` is not on the allow list for `agent` set by `--allow`".into(),
            "add `cache_purge_by_url` where it is set: `--allow`".into(),
        )
    );
}

#[test]
fn the_lower_of_a_global_and_a_groups_ceiling_counts() {
    let global = Ceiling::new().ceiling(Tier::Risk, RuleOrigin::Default);
    assert!(rules_for(global.clone()).decide(&Principal::local(), &PURGE).is_ok());
    let lower = global.clone().group_ceiling("cache", Tier::Safe, RuleOrigin::Flag("--x"));
    let lower = rules_for(lower);
    assert!(refused(&lower, &PURGE).1.contains("of the group `cache`"));
    let higher = global.group_ceiling("cache", Tier::Critical, RuleOrigin::Flag("--x"));
    let higher = rules_for(higher);
    assert_eq!(refused(&higher, &ToolProfile { tier: Tier::Critical, ..PURGE }).0, "tier-ceiling");
}

#[test]
fn whoever_came_by_a_token_that_is_not_its_own_by_these_rules_may_nothing() {
    let tokens = |ann: &[u8], bob: &[u8]| {
        let tokens = [("ann", ann), ("bob", bob)];
        let tokens = tokens.map(|(name, token)| (name.to_owned(), TokenDigest::of(token)));
        Rules::new().known_callers(Callers::of_tokens(tokens).unwrap())
    };
    let before = tokens(b"a", b"b");
    let ann = before.callers().find(&TokenDigest::of(b"a")).unwrap();
    assert!(before.decide(&ann, &PURGE).is_ok());
    for after in [tokens(b"c", b"b"), tokens(b"b", b"a"), Rules::new()] {
        assert_eq!(after.decide(&ann, &PURGE).unwrap_err().rule, "caller");
        // The host itself speaks of a principal by its name.
        assert!(after.decide(&Principal::named("ann"), &PURGE).is_ok());
    }
}

#[test]
fn only_named_groups_touch_a_session() {
    let login = ToolProfile { effect: EffectKind::Session, ..PURGE };
    assert_eq!(refused(&Rules::new(), &login).0, "session-effect");
    let named = Rules::new().session_groups(["cache"]);
    assert!(named.decide(&Principal::local(), &login).is_ok());
    assert!(!named.is_session_group("auth"));
}

#[test]
fn a_rule_masks_for_its_principals_in_its_groups_and_nothing_shows_it_again() {
    let support = MaskRule::everything().principals(["support-*".parse().unwrap()]);
    let rules = Rules::new()
        .mask(support.groups(["orders"]), RuleOrigin::Env("A"))
        .mask(MaskRule::everything().groups(["customers"]), RuleOrigin::Env("B"));
    let (ann, support) = (Principal::named("ann"), Principal::named("support-1"));
    for (principal, group, set_by) in [
        (&ann, "orders", None),
        (&support, "orders", Some(RuleOrigin::Env("A"))),
        (&support, "catalog", None),
        (&ann, "customers", Some(RuleOrigin::Env("B"))),
        (&support, "customers", Some(RuleOrigin::Env("B"))),
    ] {
        let mask = set_by.map_or(Mask::OFF, Mask::set_by);
        assert_eq!(rules.mask_for(principal, group), mask, "{group}");
    }
    assert!(rules.mask_for_any_group(&ann).is_on());
    assert!(!Rules::new().mask_for(&ann, "orders").is_on());
    let wider = rules.mask(MaskRule::everything(), RuleOrigin::Env("C"));
    assert!(wider.mask_for(&ann, "orders").is_on());
}

#[test]
fn what_only_passes_calls_on_is_refused_by_deny_lists_alone() {
    let relay = ToolProfile {
        name: "tools_write",
        group: "tools",
        tier: Tier::Safe,
        effect: EffectKind::Relay,
    };
    let narrow = || {
        let all = Ceiling::new().ceiling(Tier::Safe, RuleOrigin::Default);
        all.read_only(RuleOrigin::Default).allow([pattern("catalog_*")], RuleOrigin::Default)
    };
    let who = Principal::local();
    assert!(Rules::new().for_everybody(narrow()).decide(&who, &relay).is_ok());
    for denied in ["tools_*", "tools_write", "*"] {
        let rules = Rules::new()
            .for_everybody(narrow().deny([pattern(denied)], RuleOrigin::Flag("--deny")));
        assert_eq!(rules.decide(&who, &relay).unwrap_err().rule, "deny-list", "{denied}");
    }
}

#[test]
fn nobody_reads_the_trail_whom_the_operator_does_not_name() {
    let ann = Principal::named("ann");
    let refused = Rules::new().check_operator(&ann).unwrap_err();
    assert!(refused.to_string().contains("`ann` may not read the audit trail"), "{refused}");
    let named = |pattern: &str| Rules::new().operators([pattern.parse().unwrap()]);
    assert!(named("an*").check_operator(&ann).is_ok());
    assert!(named("bob").check_operator(&ann).is_err());
    // Nor one whose token is not its own any more.
    let token = |text: &str| TokenDigest::of(text.as_bytes());
    let known = Callers::of_tokens([("ann".to_owned(), token("new"))]).unwrap();
    let rules = named("*").known_callers(known);
    assert!(rules.check_operator(&Principal::by_token("ann", token("new"))).is_ok());
    assert!(rules.check_operator(&Principal::by_token("ann", token("old"))).is_err());
}
