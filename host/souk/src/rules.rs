//! From the settings to the operator's rules. All of them narrow: where two set a ceiling the lower
//! one counts, and nothing raises it.

use anyhow::{Context, anyhow};
use serde_json::Value;
use souk_model::{Callers, Caps};
use souk_policy::{CallerLimits, Ceiling, MaskRule, Rules};

use crate::caller_roles;
use crate::oauth;
use crate::settings::kind::kept_digest;
use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::settings::source::SettingValue;

/// Whom the environment's bearer token tells. Not the local user: whoever comes over HTTP is told
/// apart from whoever sits at this machine, and `[principals.http]` can limit them.
const TOKEN_PRINCIPAL: &str = "http";

/// Builds the rules. Where no caller has a token, callers over a network are nobody in particular, or,
/// once there was a token, nobody at all: a door that was closed does not open because a list is
/// empty.
///
/// # Errors
/// A value that is not what its setting's kind makes it; the settings were read as such. Callers who
/// cannot be told apart.
pub(crate) fn build(settings: &ResolvedSettings, was_closed: bool) -> anyhow::Result<Rules> {
    let mut rules = Rules::new()
        .for_everybody(of_everybody(settings)?)
        .known_callers(callers(settings, was_closed)?);
    for name in settings.names("roles") {
        rules = rules.role(name, caller_limits(settings, "roles", name)?);
    }
    for name in settings.names("principals") {
        rules = rules.for_principal(name, caller_limits(settings, "principals", name)?);
        if let Some(roles) = caller_roles::of(settings, name)? {
            rules = rules.give_roles(name, roles);
        }
    }
    for (scope, roles) in oauth::scopes(settings)? {
        rules = rules.scope(scope, roles);
    }
    for given in settings.given("policy.mask_pii") {
        for rule in given.value.as_array().into_iter().flatten() {
            rules = rules.mask(masked(rule)?, given.source.origin(&given.key));
        }
    }
    let operators = settings.value("policy.operators").unwrap_or_default();
    let operators: anyhow::Result<Vec<_>> = texts(&operators).map(read).collect();
    rules = rules.operators(operators.context("`policy.operators`")?);
    let groups = settings.value("policy.session_plugins").unwrap_or_default();
    Ok(rules.session_groups(texts(&groups).map(str::to_owned)))
}

/// What everybody may call.
pub(crate) fn of_everybody(settings: &ResolvedSettings) -> anyhow::Result<Ceiling> {
    let mut limits = limits(settings, |last| format!("policy.{last}"))?;
    for given in settings.given_or_default("policy.max_tier") {
        limits = limits.ceiling(parsed(&given.value)?, given.source.origin(&given.key));
    }
    for group in settings.names("plugins") {
        for given in settings.given(&named_key("plugins", group, "max_tier")) {
            let origin = given.source.origin(&given.key);
            limits = limits.group_ceiling(group, parsed(&given.value)?, origin);
        }
    }
    Ok(limits)
}

/// Those who have a token, with its digest.
fn callers(settings: &ResolvedSettings, was_closed: bool) -> anyhow::Result<Callers> {
    let own = settings.value("http_token").map(|value| (TOKEN_PRINCIPAL.to_owned(), value));
    let named = settings.names("principals").into_iter().flat_map(|name| {
        let first = |last: &str| {
            let key = named_key("principals", name, last);
            settings.given(&key).next().map(|given| given.value.clone())
        };
        let mut all = vec![first("token")];
        all.extend(
            first("token_sha256").iter().filter_map(Value::as_array).flatten().cloned().map(Some),
        );
        all.into_iter().flatten().map(|value| (name.to_owned(), value)).collect::<Vec<_>>()
    });
    let mut tokens = Vec::new();
    for (name, value) in own.into_iter().chain(named) {
        let digest = kept_digest(&value);
        tokens.push((name, digest.ok_or_else(|| anyhow!("a token is no digest"))?));
    }
    let vouched = oauth::is_configured(settings);
    if tokens.is_empty() && !was_closed && !vouched {
        return Ok(Callers::open());
    }
    let callers = Callers::of_tokens(tokens)?;
    Ok(if vouched { callers.and_vouched_for() } else { callers })
}

/// What one principal, or whoever has one role, may on top of that.
pub(crate) fn caller_limits(
    settings: &ResolvedSettings,
    table: &str,
    name: &str,
) -> anyhow::Result<CallerLimits> {
    let key = |last: &str| named_key(table, name, last);
    let mut ceiling = limits(settings, key)?;
    for given in settings.given(&key("max_tier")) {
        ceiling = ceiling.ceiling(parsed(&given.value)?, given.source.origin(&given.key));
    }
    for given in settings.given(&key("groups")) {
        let patterns = texts(&given.value).map(|group| read(&format!("{group}_*")));
        let patterns: anyhow::Result<Vec<_>> = patterns.collect();
        let patterns = patterns.with_context(|| format!("`{}`", given.key))?;
        ceiling = ceiling.allow(patterns, given.source.origin(&given.key));
    }
    let mut own = CallerLimits::from(ceiling);
    for given in settings.given(&key("stores")) {
        own = own.stores(texts(&given.value), given.source.origin(&given.key));
    }
    for given in settings.given(&key("store_views")) {
        own = own.store_views(texts(&given.value), given.source.origin(&given.key));
    }
    for given in settings.given(&key("max_refund")) {
        let caps: Caps = serde_json::from_value(given.value.clone())
            .with_context(|| format!("`{}`", given.key))?;
        own = own.max_refund(caps, given.source.origin(&given.key));
    }
    for given in settings.given(&key("mask_pii")).filter(|given| given.value == true) {
        own = own.mask(given.source.origin(&given.key));
    }
    for given in settings.given(&key("decides")).filter(|given| given.value == false) {
        own = own.no_deciding(given.source.origin(&given.key));
    }
    Ok(own)
}

/// The limits that everybody and each principal can have, whose keys `key` makes of their last parts.
fn limits(settings: &ResolvedSettings, key: impl Fn(&str) -> String) -> anyhow::Result<Ceiling> {
    let mut limits = Ceiling::new();
    for given in settings.given(&key("read_only")).filter(|given| given.value == true) {
        limits = limits.read_only(given.source.origin(&given.key));
    }
    for given in settings.given(&key("allow")) {
        limits = limits.allow(list(given)?, given.source.origin(&given.key));
    }
    for given in settings.given(&key("deny")) {
        limits = limits.deny(list(given)?, given.source.origin(&given.key));
    }
    Ok(limits)
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
