//! What a key may approve by its signature, whatever it signs.

use std::collections::{BTreeMap, BTreeSet};

use souk_model::{ActionManifest, GrantPower, ManifestEffect, PluginManifest, Tier, visible};

use super::grant_pattern::GrantPattern;

/// How much a key's signature approves. Nothing above it serves by a signature, and no action that
/// touches a session ever does: who logs in where is said by the operator alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCeiling {
    /// Nothing above this tier: no action, no tool that commits what one proposes, no grant.
    pub max_tier: Tier,
    /// The only requests of which an action may have grants, reads among them; none where the tier
    /// alone limits them.
    pub grants: Option<Vec<GrantPattern>>,
}

/// What of a plugin lies beyond a key's ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BeyondCeiling {
    /// Why, by action.
    pub why: BTreeMap<String, String>,
    /// The tools of these actions: their own, and those that commit what they propose.
    pub tools: BTreeSet<String>,
}

impl KeyCeiling {
    /// What of a plugin lies beyond it.
    #[must_use]
    pub fn beyond(&self, manifest: &PluginManifest) -> BeyondCeiling {
        let mut beyond = BeyondCeiling::default();
        for (tool, action) in &manifest.actions {
            if let Some(why) = self.why_beyond(action) {
                beyond.why.insert(tool.clone(), why);
                beyond.tools.extend(action.tools(tool).map(str::to_owned));
            }
        }
        beyond
    }

    fn why_beyond(&self, action: &ActionManifest) -> Option<String> {
        let most = self.max_tier;
        if action.effect == ManifestEffect::Session {
            return Some("it touches the caller's session, which no signature approves".to_owned());
        }
        let commit = action.commit.as_ref();
        let tiers = [Some(action.tier), commit.map(|commit| commit.tier)];
        if let Some(tier) = tiers.into_iter().flatten().find(|tier| *tier > most) {
            return Some(format!("its tier is {tier}, and the key's `max_tier` is {most}"));
        }
        let too_powerful =
            action.grants.iter().find(|(_, power)| **power > GrantPower::from(Some(most)));
        if let Some((grant, power)) = too_powerful {
            let grant = visible::line(grant);
            return Some(format!("{grant} is {power}, and the key's `max_tier` is {most}"));
        }
        let allowed = self.grants.as_ref()?;
        let is_allowed = |grant: &str| allowed.iter().any(|pattern| pattern.covers(grant));
        let other = action.grants.keys().find(|grant| !is_allowed(grant))?;
        Some(format!("{} is not among the key's `grants`", visible::line(other)))
    }
}

impl BeyondCeiling {
    /// Whether nothing is left of the plugin below the ceiling.
    #[must_use]
    pub fn is_all_of(&self, manifest: &PluginManifest) -> bool {
        manifest.actions.keys().all(|tool| self.why.contains_key(tool))
    }
}
