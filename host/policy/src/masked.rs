//! For whom, and in whose answers, personal data is masked.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use souk_model::Principal;

use crate::refusal::shown;

/// Principals by their names: `*` for all, `support-*` for all that begin so, or one name.
///
/// ```
/// use souk_policy::PrincipalPattern;
/// for right in ["*", "support-*", "local", "ann@example.com"] {
///     assert_eq!(right.parse::<PrincipalPattern>().unwrap().to_string(), right);
/// }
/// for wrong in ["", "*-support", "a*b", "**", " ann"] {
///     assert!(wrong.parse::<PrincipalPattern>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrincipalPattern {
    begins: String,
    /// Whether the name may go on.
    open: bool,
}

/// Why a text names no principals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no principals: write a name, `*` for all, or the beginning of names and `*`")]
pub struct InvalidPrincipalPattern(String);

impl PrincipalPattern {
    fn matches(&self, principal: &Principal) -> bool {
        match principal.as_str().strip_prefix(self.begins.as_str()) {
            Some(rest) => self.open || rest.is_empty(),
            None => false,
        }
    }
}

impl FromStr for PrincipalPattern {
    type Err = InvalidPrincipalPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPrincipalPattern> {
        let (begins, open) = match text.strip_suffix('*') {
            Some(begins) => (begins, true),
            None => (text, false),
        };
        if text.is_empty() || begins.contains('*') || text.trim() != text {
            return Err(InvalidPrincipalPattern(shown(text)));
        }
        Ok(Self { begins: begins.to_owned(), open })
    }
}

impl fmt::Display for PrincipalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.begins)?;
        if self.open { f.write_str("*") } else { Ok(()) }
    }
}

/// For whom and in whose answers: both have to fit. None is all.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskRule {
    principals: Option<BTreeSet<PrincipalPattern>>,
    groups: Option<BTreeSet<String>>,
}

impl MaskRule {
    /// For everybody, in everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Only for these principals.
    #[must_use]
    pub fn principals(mut self, those: impl IntoIterator<Item = PrincipalPattern>) -> Self {
        self.principals = Some(those.into_iter().collect());
        self
    }

    /// Only in what these groups answer.
    #[must_use]
    pub fn groups<N: Into<String>>(mut self, those: impl IntoIterator<Item = N>) -> Self {
        self.groups = Some(those.into_iter().map(Into::into).collect());
        self
    }

    pub(crate) fn means(&self, principal: &Principal, group: &str) -> bool {
        self.means_principal(principal)
            && self.groups.as_ref().is_none_or(|groups| groups.contains(group))
    }

    pub(crate) fn means_principal(&self, principal: &Principal) -> bool {
        let all = self.principals.as_ref();
        all.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(principal)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mask, RuleOrigin, Rules};

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
}
