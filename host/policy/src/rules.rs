//! The operator's rules, and the one decision over them.

use std::collections::{BTreeMap, BTreeSet};

use souk_model::{Principal, Tier};

use crate::ceiling::Ceiling;
use crate::effect::EffectKind;
use crate::mask::Mask;
use crate::mask_rule::MaskRule;
use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;
use crate::tool_pattern::ToolPattern;
use crate::tool_profile::ToolProfile;

/// Everything the operator decided about who may call what.
///
/// Built by the binary alone, from flags, environment and files; there is no other way in. A
/// principal's own limits come on top of those for everybody and can only narrow them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    everybody: Ceiling,
    principals: BTreeMap<String, Vec<Ceiling>>,
    session_groups: BTreeSet<String>,
    mask_rules: BTreeSet<(RuleOrigin, MaskRule)>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

impl Rules {
    /// No limits, and `auth` and `scope` as the groups that may touch a session.
    #[must_use]
    pub fn new() -> Self {
        Self {
            everybody: Ceiling::new(),
            principals: BTreeMap::new(),
            session_groups: ["auth", "scope"].map(str::to_owned).into(),
            mask_rules: BTreeSet::new(),
        }
    }

    /// As [`Ceiling::ceiling`], for everybody.
    #[must_use]
    pub fn ceiling(mut self, tier: Tier, origin: RuleOrigin) -> Self {
        self.everybody = self.everybody.ceiling(tier, origin);
        self
    }

    /// As [`Ceiling::group_ceiling`], for everybody.
    #[must_use]
    pub fn group_ceiling(
        mut self,
        group: impl Into<String>,
        tier: Tier,
        origin: RuleOrigin,
    ) -> Self {
        self.everybody = self.everybody.group_ceiling(group, tier, origin);
        self
    }

    /// As [`Ceiling::read_only`], for everybody.
    #[must_use]
    pub fn read_only(mut self, origin: RuleOrigin) -> Self {
        self.everybody = self.everybody.read_only(origin);
        self
    }

    /// As [`Ceiling::allow`], for everybody.
    #[must_use]
    pub fn allow(
        mut self,
        patterns: impl IntoIterator<Item = ToolPattern>,
        origin: RuleOrigin,
    ) -> Self {
        self.everybody = self.everybody.allow(patterns, origin);
        self
    }

    /// As [`Ceiling::deny`], for everybody.
    #[must_use]
    pub fn deny(
        mut self,
        patterns: impl IntoIterator<Item = ToolPattern>,
        origin: RuleOrigin,
    ) -> Self {
        self.everybody = self.everybody.deny(patterns, origin);
        self
    }

    /// Limits for one principal, by the operator's name for it, on top of everybody's.
    #[must_use]
    pub fn for_principal(mut self, name: impl Into<String>, limits: Ceiling) -> Self {
        self.principals.entry(name.into()).or_default().push(limits);
        self
    }

    /// Names the only groups that may touch a session, in place of `auth` and `scope`.
    #[must_use]
    pub fn session_groups<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.session_groups = names.into_iter().map(Into::into).collect();
        self
    }

    /// Masks personal data for these principals in what these groups answer. Of several such rules
    /// each counts; none can show what another masks.
    #[must_use]
    pub fn mask(mut self, rule: MaskRule, origin: RuleOrigin) -> Self {
        self.mask_rules.insert((origin, rule));
        self
    }

    /// Whether personal data is masked for this principal in what this group answers.
    #[must_use]
    pub fn mask_for(&self, principal: &Principal, group: &str) -> Mask {
        let found = self.mask_rules.iter().find(|(_, rule)| rule.covers(principal, group));
        found.map_or(Mask::OFF, |(origin, _)| Mask::set_by(origin.clone()))
    }

    /// Whether personal data is masked for this principal in what any group answers: where the group
    /// is not known, as on the audit trail, that is masked too.
    #[must_use]
    pub fn mask_for_any_group(&self, principal: &Principal) -> Mask {
        let found = self.mask_rules.iter().find(|(_, rule)| rule.covers_principal(principal));
        found.map_or(Mask::OFF, |(origin, _)| Mask::set_by(origin.clone()))
    }

    /// Whether plugins of this group may touch a session.
    #[must_use]
    pub fn is_session_group(&self, group: &str) -> bool {
        self.session_groups.contains(group)
    }

    /// Whether the principal may see and call the tool.
    ///
    /// # Errors
    /// The first rule that refuses, of: `session-effect`, then for everybody and after that for
    /// this principal `deny-list`, `allow-list`, `read-only`, `tier-ceiling`.
    pub fn decide(&self, principal: &Principal, tool: &ToolProfile<'_>) -> Result<(), Refusal> {
        self.check_session(tool)?;
        self.everybody.check(tool, "")?;
        let own = self.principals.get(principal.as_str()).map_or(&[][..], Vec::as_slice);
        own.iter().try_for_each(|limits| limits.check(tool, &format!(" for `{principal}`")))
    }

    fn check_session(&self, tool: &ToolProfile<'_>) -> Result<(), Refusal> {
        if tool.effect != EffectKind::Session || self.is_session_group(tool.group) {
            return Ok(());
        }
        Err(Refusal::new(
            "session-effect",
            format!(
                "`{}` would change the session, and `{}` is not a group that may",
                tool.name, tool.group
            ),
            "only groups that the operator names for it may touch a session",
        ))
    }
}

#[cfg(test)]
mod tests;
