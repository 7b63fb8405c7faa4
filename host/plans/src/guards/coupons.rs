//! Coupons, by the rule that they open: what it takes off is not in their bodies, and not in what shows
//! a coupon.

use std::collections::BTreeSet;

use serde_json::Value;
use souk_model::plan::Change;
use souk_model::{Failure, WriteMethod};
use souk_policy::writes::{IdValue, JudgedWrite};

use super::bodies::ChangeBodies;
use super::change::JudgedChange;
use super::identity::subject_document;
use super::limits::Guards;
use super::scope::PlanScope;
use crate::magento::names::same_name;
use crate::observed::ObservedState;
use crate::refusals::unjudgeable;

/// The rule whose coupons a request makes or changes.
enum RuleOfCoupons {
    /// This one.
    Known(u64),
    /// One that an earlier request of the same change makes, which was judged with it.
    MadeBefore,
    /// Nobody can tell.
    Unknown,
}

impl Guards {
    /// Whether coupons are judged: where everything may be given away nothing has to be known. So too of
    /// what takes a change back, since its requests are a plugin's own.
    fn judges_coupons(&self) -> bool {
        self.max_discount_pct < 100.0
    }

    /// The rules whose coupons a change makes or changes, which have to be read for it.
    pub(crate) fn rules_of_coupons(
        &self,
        scope: &PlanScope<'_>,
        change: &Change,
        judged: &JudgedChange<'_, '_>,
        observed: &ObservedState,
    ) -> BTreeSet<u64> {
        if !self.judges_coupons() {
            return BTreeSet::new();
        }
        let rules =
            judged.writes().iter().filter_map(|write| rule_of(scope, change, write, observed));
        let known = rules.filter_map(|rule| match rule {
            RuleOfCoupons::Known(id) => Some(id),
            RuleOfCoupons::MadeBefore | RuleOfCoupons::Unknown => None,
        });
        known.collect()
    }

    /// No coupon of a rule that takes off more than the caps.
    ///
    /// # Errors
    /// FORBIDDEN with the guard's name.
    pub(super) fn check_coupons_rules(&self, bodies: &ChangeBodies<'_>) -> Result<(), Failure> {
        let ChangeBodies { scope, change, observed, judged, .. } = *bodies;
        let Some(rules) = scope.rules else { return Ok(()) };
        if !self.judges_coupons() {
            return Ok(());
        }
        for write in judged {
            let unknown = || {
                unjudgeable(
                    change,
                    "the rule of its coupons cannot be read, and so not what they take off",
                )
            };
            match rule_of(scope, change, write, observed) {
                None | Some(RuleOfCoupons::MadeBefore) => {}
                Some(RuleOfCoupons::Unknown) => return Err(unknown()),
                Some(RuleOfCoupons::Known(id)) => {
                    let rule = rules.0.get(&id).ok_or_else(unknown)?;
                    self.check_standing_rule(scope, change, rule)?;
                }
            }
        }
        Ok(())
    }
}

/// The rule whose coupons a request makes or changes, if it is about coupons.
fn rule_of(
    scope: &PlanScope<'_>,
    change: &Change,
    write: &JudgedWrite<'_, '_>,
    observed: &ObservedState,
) -> Option<RuleOfCoupons> {
    let route = write.route()?;
    if route.method() == WriteMethod::Delete || route.route().as_str().contains("/deleteBy") {
        return None;
    }
    let generates = route.route().as_str().ends_with("/coupons/generate");
    if !generates && route.subject().kind != "coupon" {
        return None;
    }
    let ids = if generates { write.subject_ids() } else { write.parts() };
    let named: Vec<_> = ids
        .iter()
        .filter(|id| same_name(id.at.rsplit('/').next().unwrap_or_default(), "rule_id"))
        .collect();
    let known = |text: &str| match text.parse() {
        Ok(id) => RuleOfCoupons::Known(id),
        Err(_) => RuleOfCoupons::Unknown,
    };
    Some(match named.as_slice() {
        // A coupon that is changed stays with its rule.
        [] => {
            let stands = subject_document(scope.lookup, observed.here.as_ref());
            let rule = stands.and_then(|coupon| coupon.get("rule_id")).and_then(Value::as_u64);
            rule.map_or(RuleOfCoupons::Unknown, RuleOfCoupons::Known)
        }
        [id] => match &id.value {
            IdValue::Known(text) => known(text),
            IdValue::Subject => known(&change.subject.id),
            IdValue::FromResponse(_) => RuleOfCoupons::MadeBefore,
            IdValue::Unreadable => RuleOfCoupons::Unknown,
        },
        _ => RuleOfCoupons::Unknown,
    })
}
