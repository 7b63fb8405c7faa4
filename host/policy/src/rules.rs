//! The operator's rules, and the one decision over them.

use std::collections::{BTreeMap, BTreeSet};

use souk_model::{Principal, Tier};

use crate::{Mask, MaskRule, Refusal, RuleOrigin, ToolPattern, ToolProfile};

/// Limits that can only narrow what is allowed, each with where it was set.
///
/// Several sources combine by narrowing: of two tier ceilings the lower counts, a tool must be on
/// every allow list there is and on no deny list, and read-only set anywhere is set. So neither the
/// order in which limits are added nor their number can allow more. An empty ceiling refuses
/// nothing; an empty allow list allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ceiling {
    tier: Option<(Tier, RuleOrigin)>,
    groups: BTreeMap<String, (Tier, RuleOrigin)>,
    read_only: Option<RuleOrigin>,
    allow: BTreeSet<(RuleOrigin, BTreeSet<ToolPattern>)>,
    deny: BTreeSet<(RuleOrigin, BTreeSet<ToolPattern>)>,
}

/// Keeps the lower of two, so that the order of adding does not matter.
fn lower<T: Ord>(slot: &mut Option<T>, new: T) {
    match slot {
        Some(old) if *old <= new => {}
        _ => *slot = Some(new),
    }
}

impl Ceiling {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing above this tier.
    #[must_use]
    pub fn ceiling(mut self, tier: Tier, origin: RuleOrigin) -> Self {
        lower(&mut self.tier, (tier, origin));
        self
    }

    /// Nothing of this group above this tier. The lower of this and the global ceiling counts.
    #[must_use]
    pub fn group_ceiling(
        mut self,
        group: impl Into<String>,
        tier: Tier,
        origin: RuleOrigin,
    ) -> Self {
        let slot = self.groups.entry(group.into()).or_insert_with(|| (tier, origin.clone()));
        if (tier, &origin) < (slot.0, &slot.1) {
            *slot = (tier, origin);
        }
        self
    }

    /// Nothing that changes the store.
    #[must_use]
    pub fn read_only(mut self, origin: RuleOrigin) -> Self {
        lower(&mut self.read_only, origin);
        self
    }

    /// Only what these patterns mean, and what every other allow list means too.
    #[must_use]
    pub fn allow(
        mut self,
        patterns: impl IntoIterator<Item = ToolPattern>,
        origin: RuleOrigin,
    ) -> Self {
        self.allow.insert((origin, patterns.into_iter().collect()));
        self
    }

    /// Nothing of what these patterns mean.
    #[must_use]
    pub fn deny(
        mut self,
        patterns: impl IntoIterator<Item = ToolPattern>,
        origin: RuleOrigin,
    ) -> Self {
        self.deny.insert((origin, patterns.into_iter().collect()));
        self
    }

    /// Whether these limits let the tool pass. `whose` ends a message about who is limited.
    fn check(&self, subject: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        self.check_deny(subject, whose)?;
        self.check_allow(subject, whose)?;
        self.check_read_only(subject, whose)?;
        self.check_tier(subject, whose)
    }

    fn check_deny(&self, subject: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let denied = self
            .deny
            .iter()
            .find_map(|(origin, list)| Some((origin, list.iter().find(|p| p.matches(subject))?)));
        let Some((origin, pattern)) = denied else {
            return Ok(());
        };
        Err(Refusal::new(
            "deny-list",
            format!("`{}` is denied{whose} by `{pattern}`, set by {origin}", subject.tool),
            origin.change(&format!("remove `{pattern}`")),
        ))
    }

    fn check_allow(&self, subject: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let missing = self.allow.iter().find(|(_, list)| !list.iter().any(|p| p.matches(subject)));
        let Some((origin, _)) = missing else {
            return Ok(());
        };
        Err(Refusal::new(
            "allow-list",
            format!("`{}` is not on the allow list{whose} set by {origin}", subject.tool),
            origin.change(&format!("add `{}`", subject.tool)),
        ))
    }

    fn check_read_only(&self, subject: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let Some(origin) = self.read_only.as_ref().filter(|_| subject.effect.writes()) else {
            return Ok(());
        };
        Err(Refusal::new(
            "read-only",
            format!(
                "`{}` changes the store (effect `{}`), and read-only mode{whose} is set by \
                 {origin}",
                subject.tool,
                subject.effect.as_str()
            ),
            origin.change("end read-only mode"),
        ))
    }

    fn check_tier(&self, subject: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let global = self.tier.as_ref().map(|limit| (limit, String::new()));
        let group = self
            .groups
            .get(subject.group)
            .map(|limit| (limit, format!(" of the group `{}`", subject.group)));
        let lowest = [global, group].into_iter().flatten().min_by_key(|(limit, _)| limit.0);
        match lowest {
            Some(((ceiling, origin), of)) if subject.tier > *ceiling => Err(Refusal::new(
                "tier-ceiling",
                format!(
                    "`{}` is of tier `{}`, above the ceiling `{ceiling}`{of}{whose} set by \
                     {origin}",
                    subject.tool, subject.tier
                ),
                origin.change(&format!("raise the ceiling to `{}`", subject.tier)),
            )),
            _ => Ok(()),
        }
    }
}

/// Everything the operator decided about who may call what.
///
/// Built by the binary alone, from flags, environment and files; there is no other way in. A
/// principal's own limits come on top of those for everybody and can only narrow them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    everybody: Ceiling,
    principals: BTreeMap<String, Vec<Ceiling>>,
    session_groups: BTreeSet<String>,
    masked: BTreeSet<(RuleOrigin, MaskRule)>,
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
            masked: BTreeSet::new(),
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
    pub fn mask(mut self, whose: MaskRule, origin: RuleOrigin) -> Self {
        self.masked.insert((origin, whose));
        self
    }

    /// Whether personal data is masked for this principal in what this group answers.
    #[must_use]
    pub fn mask_for(&self, principal: &Principal, group: &str) -> Mask {
        let found = self.masked.iter().find(|(_, masked)| masked.means(principal, group));
        found.map_or(Mask::OFF, |(origin, _)| Mask::set_by(origin.clone()))
    }

    /// Whether personal data is masked for this principal in what any group answers: where the group
    /// is not known, as on the audit trail, that is masked too.
    #[must_use]
    pub fn mask_for_any_group(&self, principal: &Principal) -> Mask {
        let found = self.masked.iter().find(|(_, masked)| masked.means_principal(principal));
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
    pub fn decide(&self, principal: &Principal, subject: &ToolProfile<'_>) -> Result<(), Refusal> {
        self.check_session(subject)?;
        self.everybody.check(subject, "")?;
        let own = self.principals.get(principal.as_str()).map_or(&[][..], Vec::as_slice);
        own.iter().try_for_each(|limits| limits.check(subject, &format!(" for `{principal}`")))
    }

    fn check_session(&self, subject: &ToolProfile<'_>) -> Result<(), Refusal> {
        if subject.effect != crate::EffectKind::Session || self.is_session_group(subject.group) {
            return Ok(());
        }
        Err(Refusal::new(
            "session-effect",
            format!(
                "`{}` would change the session, and `{}` is not a group that may",
                subject.tool, subject.group
            ),
            "only groups that the operator names for it may touch a session",
        ))
    }
}

#[cfg(test)]
mod tests;
