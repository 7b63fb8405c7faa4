//! From flags, environment and file to the operator's rules. All of them narrow: where two set a
//! ceiling the lower one counts, and nothing raises it.

use std::path::Path;

use anyhow::{Context, bail};
use souk_model::Tier;
use souk_policy::{Ceiling, MaskRule, PrincipalPattern, RuleOrigin, Rules, ToolPattern};

use crate::cli::Common;
use crate::config::{Config, MaskPii, MaskedFor};
use crate::environment::Environment;

/// Where nobody says otherwise: what cannot be taken back, and money, need a deliberate yes.
const DEFAULT_MAX_TIER: Tier = Tier::Risk;

/// Builds the rules. `file` is the configuration's path, for refusals that name it.
///
/// # Errors
/// A pattern in the file that cannot be read.
pub(crate) fn build(
    flags: &Common,
    environment: &Environment,
    config: &Config,
    file: &Path,
) -> anyhow::Result<Rules> {
    let at = |key: &str| RuleOrigin::File { path: file.to_owned(), key: key.to_owned() };
    let mut rules = Rules::new();
    let policy = &config.policy;
    let ceilings = [
        (flags.max_tier, RuleOrigin::Flag("--max-tier")),
        (environment.max_tier, RuleOrigin::Env("SOUK_MAX_TIER")),
        (policy.max_tier, at("policy.max_tier")),
    ];
    if ceilings.iter().all(|(tier, _)| tier.is_none()) {
        rules = rules.ceiling(DEFAULT_MAX_TIER, RuleOrigin::Default);
    }
    for (tier, origin) in ceilings {
        if let Some(tier) = tier {
            rules = rules.ceiling(tier, origin);
        }
    }
    for (set, origin) in [
        (flags.read_only, RuleOrigin::Flag("--read-only")),
        (environment.read_only, RuleOrigin::Env("SOUK_READ_ONLY")),
        (policy.read_only, at("policy.read_only")),
    ] {
        if set {
            rules = rules.read_only(origin);
        }
    }
    let given = |list: &[ToolPattern]| (!list.is_empty()).then(|| list.to_vec());
    for (list, origin) in [
        (given(&flags.allow), RuleOrigin::Flag("--allow")),
        (environment.allow.clone(), RuleOrigin::Env("SOUK_ALLOW")),
        (patterns(policy.allow.as_deref(), "policy.allow")?, at("policy.allow")),
    ] {
        if let Some(list) = list {
            rules = rules.allow(list, origin);
        }
    }
    for (list, origin) in [
        (given(&flags.deny), RuleOrigin::Flag("--deny")),
        (environment.deny.clone(), RuleOrigin::Env("SOUK_DENY")),
        (patterns(policy.deny.as_deref(), "policy.deny")?, at("policy.deny")),
    ] {
        if let Some(list) = list {
            rules = rules.deny(list, origin);
        }
    }
    for (group, plugin) in &config.plugins {
        if let Some(tier) = plugin.max_tier {
            rules = rules.group_ceiling(group, tier, at(&format!("plugins.{group}.max_tier")));
        }
    }
    for (name, limited) in &config.principals {
        let key = |last: &str| format!("principals.{name}.{last}");
        let mut ceiling = Ceiling::new();
        if let Some(tier) = limited.max_tier {
            ceiling = ceiling.ceiling(tier, at(&key("max_tier")));
        }
        if limited.read_only {
            ceiling = ceiling.read_only(at(&key("read_only")));
        }
        if let Some(list) = patterns(limited.allow.as_deref(), &key("allow"))? {
            ceiling = ceiling.allow(list, at(&key("allow")));
        }
        if let Some(list) = patterns(limited.deny.as_deref(), &key("deny"))? {
            ceiling = ceiling.deny(list, at(&key("deny")));
        }
        rules = rules.for_principal(name, ceiling);
    }
    for (set, origin) in [
        (flags.mask_pii, RuleOrigin::Flag("--mask-pii")),
        (environment.mask_pii, RuleOrigin::Env("SOUK_MASK_PII")),
        (matches!(policy.mask_pii, MaskPii::Everything), at("policy.mask_pii")),
    ] {
        if set {
            rules = rules.mask(MaskRule::everything(), origin);
        }
    }
    if let MaskPii::Some(some) = &policy.mask_pii {
        for one in some {
            rules = rules.mask(masked(one)?, at("policy.mask_pii"));
        }
    }
    if let Some(groups) = &policy.session_plugins {
        rules = rules.session_groups(groups.iter().cloned());
    }
    Ok(rules)
}

fn masked(of: &MaskedFor) -> anyhow::Result<MaskRule> {
    let mut masked = MaskRule::everything();
    if let Some(principals) = &of.principals {
        let parsed: Vec<PrincipalPattern> = principals
            .iter()
            .map(|text| text.parse().context("`policy.mask_pii` in the configuration"))
            .collect::<anyhow::Result<_>>()?;
        masked = masked.principals(parsed);
    }
    if let Some(groups) = &of.plugins {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(wrong) = groups.iter().find(|group| !group.chars().all(plain)) {
            bail!(
                "`policy.mask_pii` in the configuration: `{wrong}` is no plugin's name, which has \
                 lower-case letters and digits only"
            );
        }
        masked = masked.groups(groups.iter().cloned());
    }
    Ok(masked)
}

fn patterns(list: Option<&[String]>, key: &str) -> anyhow::Result<Option<Vec<ToolPattern>>> {
    list.map(|list| {
        list.iter()
            .map(|text| text.parse().with_context(|| format!("`{key}` in the configuration")))
            .collect()
    })
    .transpose()
}
