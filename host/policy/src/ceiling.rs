//! Limits on what may be called.

use std::collections::{BTreeMap, BTreeSet};

use souk_model::Tier;

use crate::effect::EffectKind;
use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;
use crate::tool_pattern::ToolPattern;
use crate::tool_profile::ToolProfile;

/// Limits that can only narrow what is allowed, each with where it was set.
///
/// Several sources combine by narrowing: of two tier ceilings the lower counts, a tool must be on
/// every allow list there is and on no deny list, and read-only set anywhere is set. So neither the
/// order in which limits are added nor their number can allow more. An empty ceiling refuses
/// nothing; an empty allow list allows nothing. Tools that only find others and pass calls on to them
/// are refused by deny lists alone: what they pass on is held to everything.
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

    /// Whether these limits alone let the tool pass.
    ///
    /// # Errors
    /// The first that refuses.
    pub fn allows(&self, tool: &ToolProfile<'_>) -> Result<(), Refusal> {
        self.check(tool, "")
    }

    /// Whether these limits let the tool pass. `whose` ends a message about who is limited.
    pub(crate) fn check(&self, tool: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        self.check_deny(tool, whose)?;
        // What it passes on is held to all of them as a call of the tool that it is for.
        if tool.effect == EffectKind::Relay {
            return Ok(());
        }
        self.check_allow(tool, whose)?;
        self.check_read_only(tool, whose)?;
        self.check_tier(tool, whose)
    }

    fn check_deny(&self, tool: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let denied = self
            .deny
            .iter()
            .find_map(|(origin, list)| Some((origin, list.iter().find(|p| p.matches(tool))?)));
        let Some((origin, pattern)) = denied else {
            return Ok(());
        };
        Err(Refusal::new(
            "deny-list",
            format!("`{}` is denied{whose} by `{pattern}`, set by {origin}", tool.name),
            origin.change(&format!("remove `{pattern}`")),
        )
        .set_by(origin))
    }

    fn check_allow(&self, tool: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let missing = self.allow.iter().find(|(_, list)| !list.iter().any(|p| p.matches(tool)));
        let Some((origin, _)) = missing else {
            return Ok(());
        };
        Err(Refusal::new(
            "allow-list",
            format!("`{}` is not on the allow list{whose} set by {origin}", tool.name),
            origin.change(&format!("add `{}`", tool.name)),
        )
        .set_by(origin))
    }

    fn check_read_only(&self, tool: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let Some(origin) = self.read_only.as_ref().filter(|_| tool.effect.writes()) else {
            return Ok(());
        };
        Err(Refusal::new(
            "read-only",
            format!(
                "`{}` changes the store (effect `{}`), and read-only mode{whose} is set by \
                 {origin}",
                tool.name,
                tool.effect.as_str()
            ),
            origin.change("end read-only mode"),
        )
        .set_by(origin))
    }

    fn check_tier(&self, tool: &ToolProfile<'_>, whose: &str) -> Result<(), Refusal> {
        let global = self.tier.as_ref().map(|limit| (limit, String::new()));
        let group = self
            .groups
            .get(tool.group)
            .map(|limit| (limit, format!(" of the group `{}`", tool.group)));
        let lowest = [global, group].into_iter().flatten().min_by_key(|(limit, _)| limit.0);
        match lowest {
            Some(((ceiling, origin), of)) if tool.tier > *ceiling => Err(Refusal::new(
                "tier-ceiling",
                format!(
                    "`{}` is of tier `{}`, above the ceiling `{ceiling}`{of}{whose} set by \
                     {origin}",
                    tool.name, tool.tier
                ),
                origin.change(&format!("raise the ceiling to `{}`", tool.tier)),
            )
            .set_by(origin)),
            _ => Ok(()),
        }
    }

    /// What is set, for people: who set it, and what it says.
    pub(crate) fn describe(&self) -> Vec<(RuleOrigin, String)> {
        let mut lines = Vec::new();
        let list = |patterns: &BTreeSet<ToolPattern>| {
            let names: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        if let Some((tier, origin)) = &self.tier {
            lines.push((origin.clone(), format!("nothing above the tier {tier}")));
        }
        for (group, (tier, origin)) in &self.groups {
            lines.push((origin.clone(), format!("nothing of `{group}` above the tier {tier}")));
        }
        if let Some(origin) = &self.read_only {
            lines.push((origin.clone(), "nothing that changes the store".to_owned()));
        }
        for (origin, patterns) in &self.allow {
            lines.push((origin.clone(), format!("only {}", list(patterns))));
        }
        for (origin, patterns) in &self.deny {
            lines.push((origin.clone(), format!("never {}", list(patterns))));
        }
        lines
    }
}
