//! One action: its names and texts, its effect, its grants.

use std::sync::Arc;

use souk_model::{Action, Bound, CommitTool, Effect, Grant, Method, Tier};
use souk_policy::writes::WriteCatalogue;

use super::details;
use super::text::{at_most, full_name, name, text};
use super::tier::listed_tier;
use crate::guest::bindings::exports::souk::plugin::actions as wit;
use crate::guest::conversions::upstream;
use crate::guest::limits::Limits;
use crate::load::host_args::HostArgs;
use crate::load::schema::{InputSchema, OutputSchema};

/// Places that the body of one granted write may hold values at.
const FIELDS: usize = 500;

/// An action and its schemas, ready to apply.
pub(crate) struct ActionDescription {
    pub(crate) action: Arc<Action>,
    pub(crate) input: InputSchema,
    pub(crate) output: OutputSchema,
}

impl ActionDescription {
    /// The tools that it becomes: itself, and the one that commits what it proposes.
    pub(super) fn tools(&self) -> Vec<String> {
        let action = &self.action;
        let group = action.tool.strip_suffix(&action.name).unwrap_or_default();
        match &action.effect {
            Effect::Prepare(commit) => {
                vec![action.tool.clone(), format!("{group}{}", commit.name)]
            }
            _ => vec![action.tool.clone()],
        }
    }
}

/// Checks one action of this group.
pub(super) fn action(
    group: &str,
    action: wit::Action,
    limits: &Limits,
    catalogue: &WriteCatalogue,
) -> Result<ActionDescription, String> {
    let tool = full_name(group, &action.name, "an action's name")?;
    text(&action.title, 120, "its title")?;
    text(&action.description, limits.description_chars, "its description")?;
    let declared = Tier::from(action.tier);
    let mut effect = effect(group, action.effect, declared, limits)?;
    let grants = action.grants.into_iter().map(grant).collect::<Result<Vec<_>, _>>()?;
    if matches!(effect, Effect::Query | Effect::Session)
        && let Some(write) = grants.iter().find(|grant| grant.method != Method::Get)
    {
        return Err(format!("its effect is `{}` and it wants `{write}`", effect.as_str()));
    }
    let (tier, tier_raise) = match &mut effect {
        // Of a plan it is the commit that writes.
        Effect::Prepare(commit) => {
            (commit.tier, commit.tier_raise) = listed_tier(commit.tier, &grants, catalogue);
            (declared, None)
        }
        Effect::Apply(_) => listed_tier(declared, &grants, catalogue),
        Effect::Query | Effect::Session => (declared, None),
    };
    let host_args = HostArgs::of((&effect).into(), tier).with(&grants);
    let input = InputSchema::parse(&action.input, limits.schema_bytes, host_args)
        .map_err(|why| format!("its input schema: {why}"))?;
    let output = OutputSchema::parse(&action.output, limits.schema_bytes)
        .map_err(|why| format!("its output schema: {why}"))?;
    let details = details::of_action(action.details, &input.schema)?;
    let action = Action {
        name: action.name,
        tool,
        title: action.title,
        description: action.description,
        tier,
        tier_raise,
        effect,
        needs_session: action.needs_session,
        input: input.schema.clone(),
        output: output.schema.clone(),
        grants,
        details,
    };
    Ok(ActionDescription { action: Arc::new(action), input, output })
}

fn effect(group: &str, effect: wit::Effect, tier: Tier, limits: &Limits) -> Result<Effect, String> {
    Ok(match effect {
        wit::Effect::Query => Effect::Query,
        wit::Effect::Session => Effect::Session,
        wit::Effect::Apply(wit::Bound::Bulk) => Effect::Apply(Bound::Bulk),
        wit::Effect::Apply(wit::Bound::AtMost(0)) => {
            return Err("it applies at most 0 changes".into());
        }
        wit::Effect::Apply(wit::Bound::AtMost(count)) => Effect::Apply(Bound::AtMost(count)),
        wit::Effect::Prepare(commit) => {
            full_name(group, &commit.name, "its commit tool's name")?;
            text(&commit.title, 120, "its commit tool's title")?;
            text(&commit.description, limits.description_chars, "its commit tool's description")?;
            if let Some(member) = &commit.subject_as {
                name(member, 64, "the name of its commit's subject", true)?;
            }
            let commit_tier = Tier::from(commit.tier);
            if commit_tier < tier {
                return Err(format!(
                    "its commit tool's tier {commit_tier} is below its own {tier}"
                ));
            }
            Effect::Prepare(Box::new(CommitTool {
                name: commit.name,
                title: commit.title,
                description: commit.description,
                tier: commit_tier,
                tier_raise: None,
                subject_as: commit.subject_as,
            }))
        }
    })
}

fn grant(grant: wit::Grant) -> Result<Grant, String> {
    let (method, route, fields) = match grant {
        wit::Grant::Read(route) => (Method::Get, route, None),
        wit::Grant::Write(write) => (Method::Write(write.method.into()), write.route, write.fields),
    };
    let upstream = upstream(route.upstream);
    name(&upstream, 32, "a grant's upstream", true)?;
    let route = route.template.parse().map_err(|error| format!("a grant: {error}"))?;
    at_most(fields.as_deref().unwrap_or_default(), FIELDS, "fields in a grant")?;
    let fields = fields
        .map(|fields| fields.iter().map(|field| field.parse()).collect::<Result<Vec<_>, _>>())
        .transpose()
        .map_err(|error| format!("a field of the grant for `{route}`: {error}"))?;
    let grant = Grant { upstream, method, route, fields };
    souk_policy::check_grant(&grant).map_err(|refusal| refusal.message)?;
    Ok(grant)
}
