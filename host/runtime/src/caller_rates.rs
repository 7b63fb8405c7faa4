//! How often each caller may call: as everybody, or less often.

use std::collections::BTreeMap;

use souk_model::Principal;
use souk_policy::Rules;

use crate::rates::{RateLimits, RateOverrides};

/// The rates of everybody, and what is said of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerRates {
    /// Of each caller.
    pub everybody: RateLimits,
    /// Of some callers, by their names.
    pub principals: BTreeMap<String, RateOverrides>,
    /// Of those who have a role, by the roles' names.
    pub roles: BTreeMap<String, RateOverrides>,
}

impl CallerRates {
    /// The rates of one caller: the lower of everybody's and its own, below those of the role that lets
    /// it call most.
    pub(crate) fn of(&self, rules: &Rules, principal: &Principal) -> RateLimits {
        let own = self.principals.get(principal.as_str()).copied().unwrap_or_default();
        let most = self.everybody.lowered_by(&own);
        let of_role = |role: &str| {
            let role = self.roles.get(role).copied().unwrap_or_default();
            most.lowered_by(&role)
        };
        let roles = rules.roles_of(principal).unwrap_or_default();
        roles.into_iter().map(of_role).reduce(RateLimits::or_higher).unwrap_or(most)
    }
}

#[cfg(test)]
mod tests {
    use souk_policy::CallerLimits;

    use super::*;

    #[test]
    fn a_caller_is_never_faster_than_everybody_and_as_fast_as_its_fastest_role() {
        let calls = |calls| RateOverrides { calls_per_s: Some(calls), ..RateOverrides::default() };
        let rates = CallerRates {
            everybody: RateLimits { calls_per_s: 100, ..RateLimits::default() },
            principals: [("bob".to_owned(), calls(20))].into(),
            roles: [("slow".to_owned(), calls(5)), ("fast".to_owned(), calls(500))].into(),
        };
        let rules = Rules::new()
            .role("slow", CallerLimits::new())
            .role("fast", CallerLimits::new())
            .give_roles("ann", ["slow"])
            .give_roles("bob", ["slow", "fast"])
            .give_roles("cid", ["fast"]);
        for (name, most) in [("ann", 5), ("bob", 20), ("cid", 100), ("dan", 100)] {
            assert_eq!(rates.of(&rules, &Principal::named(name)).calls_per_s, most, "{name}");
        }
    }
}
