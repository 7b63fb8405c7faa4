//! The operator's rules, and the one decision over them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use souk_model::{Callers, Principal};

use crate::ceiling::Ceiling;
use crate::effect::EffectKind;
use crate::mask::Mask;
use crate::mask_rule::MaskRule;
use crate::principal_pattern::PrincipalPattern;
use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;
use crate::tool_profile::ToolProfile;

/// Everything the operator decided about who may call what.
///
/// Built by the binary alone, from flags, environment and files; there is no other way in. A
/// principal's own limits come on top of those for everybody and can only narrow them.
///
/// Who is known by which token is one of them: so whoever decides by these rules decides about the
/// same callers, whatever was in force when a caller was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    everybody: Ceiling,
    principals: BTreeMap<String, Vec<Ceiling>>,
    session_groups: BTreeSet<String>,
    mask_rules: BTreeSet<(RuleOrigin, MaskRule)>,
    operators: Vec<PrincipalPattern>,
    callers: Arc<Callers>,
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
            operators: Vec::new(),
            callers: Arc::new(Callers::open()),
        }
    }

    /// Limits for everybody, in place of none. Each source adds to them before they come here.
    #[must_use]
    pub fn for_everybody(mut self, limits: Ceiling) -> Self {
        self.everybody = limits;
        self
    }

    /// Whom the operator knows of those who call over a network, in place of everybody.
    #[must_use]
    pub fn known_callers(mut self, callers: Callers) -> Self {
        self.callers = Arc::new(callers);
        self
    }

    /// Whom the operator knows of those who call over a network.
    #[must_use]
    pub fn callers(&self) -> Arc<Callers> {
        self.callers.clone()
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

    /// Names those who may read the audit trail, in place of nobody.
    #[must_use]
    pub fn operators(mut self, those: impl IntoIterator<Item = PrincipalPattern>) -> Self {
        self.operators = those.into_iter().collect();
        self
    }

    /// Whether the principal may read the audit trail, which tells of every caller's calls.
    ///
    /// # Errors
    /// By the rules `caller` and `operators`.
    pub fn check_operator(&self, principal: &Principal) -> Result<(), Refusal> {
        self.check_caller(principal)?;
        if self.operators.iter().any(|those| those.matches(principal)) {
            return Ok(());
        }
        Err(Refusal::new(
            "operators",
            format!("`{principal}` may not read the audit trail"),
            "the operator names those who may under `policy.operators`, and reads it with `souk audit`",
        ))
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
    /// The first rule that refuses, of: `caller`, `session-effect`, then for everybody and after that for
    /// this principal `deny-list`, `allow-list`, `read-only`, `tier-ceiling`.
    pub fn decide(&self, principal: &Principal, tool: &ToolProfile<'_>) -> Result<(), Refusal> {
        self.check_caller(principal)?;
        self.check_session(tool)?;
        self.everybody.check(tool, "")?;
        let own = self.principals.get(principal.as_str()).map_or(&[][..], Vec::as_slice);
        own.iter().try_for_each(|limits| limits.check(tool, &format!(" for `{principal}`")))
    }

    /// Whether whoever came by a token still may by these rules: the token may be another's by now,
    /// or nobody's.
    ///
    /// # Errors
    /// By the rule `caller`.
    pub fn check_caller(&self, principal: &Principal) -> Result<(), Refusal> {
        match principal.token() {
            Some(token) if !self.callers.knows(principal, token) => Err(Refusal::new(
                "caller",
                format!("`{principal}` is no longer known by the token that it came with"),
                "the operator hands out tokens; come again with one that is in force",
            )),
            _ => Ok(()),
        }
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
