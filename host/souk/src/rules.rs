//! From the settings to the operator's rules. All of them narrow: where two set a ceiling the lower
//! one counts, and nothing raises it.

use anyhow::{Context, anyhow};
use serde_json::Value;
use souk_policy::{Ceiling, MaskRule, Rules};

use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::settings::source::SettingValue;

/// Builds the rules.
///
/// # Errors
/// A value that is not what its setting's kind makes it; the settings were read as such.
pub(crate) fn build(settings: &ResolvedSettings) -> anyhow::Result<Rules> {
    let mut rules = Rules::new();
    for given in settings.given_or_default("policy.max_tier") {
        rules = rules.ceiling(parsed(&given.value)?, given.source.origin(&given.key));
    }
    for given in settings.given("policy.read_only").filter(|given| given.value == true) {
        rules = rules.read_only(given.source.origin(&given.key));
    }
    for given in settings.given("policy.allow") {
        rules = rules.allow(list(given)?, given.source.origin(&given.key));
    }
    for given in settings.given("policy.deny") {
        rules = rules.deny(list(given)?, given.source.origin(&given.key));
    }
    for group in settings.names("plugins") {
        for given in settings.given(&named_key("plugins", group, "max_tier")) {
            let origin = given.source.origin(&given.key);
            rules = rules.group_ceiling(group, parsed(&given.value)?, origin);
        }
    }
    for name in settings.names("principals") {
        rules = rules.for_principal(name, ceiling(settings, name)?);
    }
    for given in settings.given("policy.mask_pii") {
        for rule in given.value.as_array().into_iter().flatten() {
            rules = rules.mask(masked(rule)?, given.source.origin(&given.key));
        }
    }
    let groups = settings.value("policy.session_plugins").unwrap_or_default();
    Ok(rules.session_groups(texts(&groups).map(str::to_owned)))
}

/// What one principal may call, on top of that.
fn ceiling(settings: &ResolvedSettings, name: &str) -> anyhow::Result<Ceiling> {
    let key = |last: &str| named_key("principals", name, last);
    let mut ceiling = Ceiling::new();
    for given in settings.given(&key("max_tier")) {
        ceiling = ceiling.ceiling(parsed(&given.value)?, given.source.origin(&given.key));
    }
    for given in settings.given(&key("read_only")).filter(|given| given.value == true) {
        ceiling = ceiling.read_only(given.source.origin(&given.key));
    }
    for given in settings.given(&key("allow")) {
        ceiling = ceiling.allow(list(given)?, given.source.origin(&given.key));
    }
    for given in settings.given(&key("deny")) {
        ceiling = ceiling.deny(list(given)?, given.source.origin(&given.key));
    }
    Ok(ceiling)
}

/// A rule of `policy.mask_pii`.
fn masked(rule: &Value) -> anyhow::Result<MaskRule> {
    let mut masked = MaskRule::everything();
    if let Some(principals) = rule.get("principals") {
        masked =
            masked.principals(texts(principals).map(read).collect::<anyhow::Result<Vec<_>>>()?);
    }
    if let Some(groups) = rule.get("plugins") {
        masked = masked.groups(texts(groups).map(str::to_owned));
    }
    Ok(masked)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(value: &Value) -> anyhow::Result<T> {
    read(value.as_str().unwrap_or_default())
}

fn list<T: std::str::FromStr<Err: std::fmt::Display>>(
    given: &SettingValue,
) -> anyhow::Result<Vec<T>> {
    texts(&given.value)
        .map(read)
        .collect::<anyhow::Result<_>>()
        .with_context(|| format!("`{}`", given.key))
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|error| anyhow!("{error}"))
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
