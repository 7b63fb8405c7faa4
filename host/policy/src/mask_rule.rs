//! For whom, and in whose answers, personal data is masked.

use std::collections::BTreeSet;

use souk_model::Principal;

use crate::principal_pattern::PrincipalPattern;

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

    /// Whether it is about this principal in what this group answers.
    pub(crate) fn covers(&self, principal: &Principal, group: &str) -> bool {
        self.covers_principal(principal)
            && self.groups.as_ref().is_none_or(|groups| groups.contains(group))
    }

    /// Whether it is about this principal in what some group answers.
    pub(crate) fn covers_principal(&self, principal: &Principal) -> bool {
        let all = self.principals.as_ref();
        all.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(principal)))
    }
}
