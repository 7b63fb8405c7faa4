//! Cart price rules as Magento answers them, and how they are found.

use souk_sdk::magento::Scan;
use souk_sdk::prelude::*;

use crate::document::whole;

/// All rules, and where new ones are made.
pub(crate) const RULES: Route<0> = Route::new("/V1/salesRules");
/// The search for rules.
pub(crate) const RULE_SEARCH: Route<0> = Route::new("/V1/salesRules/search");
/// One rule.
pub(crate) const RULE: Route<1> = Route::new("/V1/salesRules/{ruleId}");

/// Changes of rules that exist.
pub(crate) const RULE_CHANGES: Changes<1> = Changes::of("cart price rule", RULE).put(RULE);

/// The id of a rule, as an argument.
#[args]
pub(crate) struct RuleRef {
    /// By `promotions_search_rules`.
    pub(crate) rule_id: EntityId,
}

/// What this group looks at in a rule. Magento leaves out what was never set: dates, a description.
#[derive(Debug, Clone, Default)]
pub(crate) struct CartPriceRule {
    pub(crate) rule_id: u64,
    pub(crate) name: Option<String>,
    pub(crate) website_ids: Vec<u64>,
    pub(crate) customer_group_ids: Vec<u64>,
    /// `2026-12-31`; comparing such texts compares the days.
    pub(crate) from_date: Option<String>,
    pub(crate) to_date: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) stop_rules_processing: bool,
    /// The lower one is applied first.
    pub(crate) sort_order: u64,
    pub(crate) coupon_type: Option<String>,
    pub(crate) use_auto_generation: bool,
    pub(crate) uses_per_coupon: u64,
}

/// Where a rule takes its coupons from. The word in answers is `SPECIFIC_COUPON` for two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CouponSource {
    /// It needs none.
    None,
    /// Codes that somebody chose.
    Chosen,
    /// Codes that Magento generates.
    GenerateCouponsResult,
}

impl CartPriceRule {
    /// What this group looks at in a rule's document.
    pub(crate) fn of(document: &Value) -> Self {
        let owned = |name: &str| document.member(name).and_then(Value::as_str).map(str::to_owned);
        let ids = |name: &str| document.list(name).filter_map(whole).collect();
        Self {
            rule_id: document.id("rule_id"),
            name: owned("name"),
            website_ids: ids("website_ids"),
            customer_group_ids: ids("customer_group_ids"),
            from_date: owned("from_date"),
            to_date: owned("to_date"),
            is_active: document.flag("is_active"),
            stop_rules_processing: document.flag("stop_rules_processing"),
            sort_order: document.id("sort_order"),
            coupon_type: owned("coupon_type"),
            use_auto_generation: document.flag("use_auto_generation"),
            uses_per_coupon: document.id("uses_per_coupon"),
        }
    }

    /// For people: `3 "Autumn gear"`.
    pub(crate) fn name_and_id(&self) -> String {
        format!("{} `{}`", self.rule_id, self.name.as_deref().unwrap_or_default())
    }

    pub(crate) fn coupon_source(&self) -> CouponSource {
        match self.coupon_type.as_deref() {
            Some("AUTO") => CouponSource::GenerateCouponsResult,
            Some("SPECIFIC_COUPON") if self.use_auto_generation => {
                CouponSource::GenerateCouponsResult
            }
            Some("SPECIFIC_COUPON") => CouponSource::Chosen,
            _ => CouponSource::None,
        }
    }
}

/// A rule as it was answered, and what this group looks at in it.
pub(crate) struct RuleDocument {
    pub(crate) document: Value,
    pub(crate) rule: CartPriceRule,
}

/// Reads a rule.
pub(crate) fn read_rule(context: &Context, id: EntityId) -> Result<RuleDocument, Failure> {
    let id = id.get().to_string();
    let document: Value = context
        .get(&RULE.read([&id]).in_view(StoreView::Global))
        .map_err(|failure| missing(failure, &id))?;
    Ok(RuleDocument { rule: CartPriceRule::of(&document), document })
}

/// Magento's 404 names nothing (`salesrules.jsonl`, `get-404`).
pub(crate) fn missing(failure: Failure, id: &str) -> Failure {
    failure.or_missing(|| {
        Failure::not_found(format!("the store has no cart price rule with the id {id}"))
            .at("rule_id")
            .remedy("find it with `promotions_search_rules`")
    })
}

/// Rules in the order of their ids, a page at a time.
pub(crate) const fn scan(context: &Context, criteria: Criteria) -> Scan<'_> {
    Scan::new(context, RULE_SEARCH, criteria, "rule_id")
}
