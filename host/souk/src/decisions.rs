//! From the settings to who has to decide of plans. Every source adds, and the strictest counts.

use anyhow::{Context, anyhow};
use serde_json::Value;
use souk_model::Tier;
use souk_model::plan::DecisionNeed;
use souk_policy::decisions::{DecisionPolicy, DecisionRule};

use crate::settings::decision_rule::decision_rules;
use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::{caller_roles, oauth};

/// The environment that `approvals.production` is about.
const PRODUCTION: &str = "production";

/// Builds the policy.
///
/// # Errors
/// A rule that cannot be read; each was looked at where it was read.
pub(crate) fn build(settings: &ResolvedSettings) -> anyhow::Result<DecisionPolicy> {
    let mut policy = DecisionPolicy::default();
    if let Some(most) = elicitation(settings)? {
        policy = policy.elicitation_up_to(most);
    }
    for given in settings.given_or_default("approvals.critical") {
        policy = policy.critical(need(&given.value)?, given.source.origin(&given.key));
    }
    for (table, is_role) in [("principals", false), ("roles", true)] {
        for name in settings.names(table) {
            for given in settings.given(&named_key(table, name, "approvals")) {
                let (need, origin) = (need(&given.value)?, given.source.origin(&given.key));
                policy = match is_role {
                    true => policy.role(name, need, origin),
                    false => policy.caller(name, need, origin),
                };
            }
        }
    }
    for name in settings.names("principals") {
        let roles = caller_roles::of(settings, name)?.unwrap_or_default();
        let own = std::iter::once(named_key("principals", name, "decides"));
        let keys = own.chain(roles.iter().map(|role| named_key("roles", role, "decides")));
        for key in keys {
            for given in settings.given(&key).filter(|given| given.value == false) {
                policy = policy.no_deciding(name, given.source.origin(&given.key));
            }
        }
    }
    for (_, roles) in oauth::scopes(settings)? {
        for key in roles.iter().map(|role| named_key("roles", role, "decides")) {
            for given in settings.given(&key).filter(|given| given.value == false) {
                policy = policy.no_vouched_deciding(given.source.origin(&given.key));
            }
        }
    }
    for given in settings.given("approvals.production") {
        let rule = DecisionRule::new(need(&given.value)?).environments([PRODUCTION]);
        policy = policy.rule(rule, given.source.origin(&given.key));
    }
    for given in settings.given("approvals.rules") {
        let rules = decision_rules(&given.value).map_err(|why| anyhow!("{why}"));
        for rule in rules.context("`approvals.rules`")? {
            policy = policy.rule(rule, given.source.origin(&given.key));
        }
    }
    Ok(policy)
}

fn need(value: &Value) -> anyhow::Result<DecisionNeed> {
    Ok(value.as_str().unwrap_or_default().parse()?)
}

/// Up to which tier a client's answer counts, where the operator says so; none within: never.
fn elicitation(settings: &ResolvedSettings) -> anyhow::Result<Option<Option<Tier>>> {
    Ok(match settings.text("approvals.elicitation").as_deref() {
        None => None,
        Some("never") => Some(None),
        Some(tier) => Some(Some(tier.parse()?)),
    })
}
