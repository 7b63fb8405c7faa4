//! From what a plugin says of itself to a group the host can trust the shape of.

use std::sync::Arc;

use souk_model::{Action, Bound, CommitTool, Effect, Grant, Group, Method, Tier};

use crate::Limits;
use crate::bindings::exports::souk::plugin::actions as wit;
use crate::host_arguments::Wanted;
use crate::schema::{Input, Output};

/// Group names that are the host's own.
const RESERVED_GROUPS: [&str; 3] = ["plans", "souk", "host"];

/// A tool's name, group and all. Clients put a server's name before it and allow 64 in sum.
const TOOL_CHARS: usize = 45;

/// An action and its schemas, ready to apply.
pub(crate) struct Described {
    pub(crate) action: Arc<Action>,
    pub(crate) input: Input,
    pub(crate) output: Output,
}

/// Checks everything that `describe` answered.
///
/// # Errors
/// The first thing that is not as the contract wants it, for people.
pub(crate) fn check(group: wit::Group, limits: &Limits) -> Result<(Group, Vec<Described>), String> {
    name(&group.name, 20, "the group's name", false)?;
    if RESERVED_GROUPS.contains(&group.name.as_str()) {
        return Err(format!("the group's name `{}` is the host's", group.name));
    }
    semver::Version::parse(&group.version)
        .map_err(|error| format!("its version `{}` is not semantic: {error}", group.version))?;
    text(&group.title, 120, "the group's title")?;
    text(&group.description, limits.description_chars, "the group's description")?;
    if group.actions.is_empty() || group.actions.len() > limits.tools {
        return Err(format!(
            "it has {} actions, and must have 1 to {} (`limits.tools`)",
            group.actions.len(),
            limits.tools
        ));
    }
    let mut described: Vec<Described> = Vec::with_capacity(group.actions.len());
    for action in group.actions {
        let label = action.name.clone();
        let action = self::action(&group.name, action, limits).map_err(|why| {
            format!("its action `{}`: {why}", crate::convert::printable(&label, 80))
        })?;
        described.push(action);
    }
    let mut names: Vec<String> = described.iter().flat_map(tools_of).collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("two of its tools are named `{}`", twice[0]));
    }
    let actions = described.iter().map(|described| described.action.clone()).collect();
    let group = Group {
        name: group.name,
        version: group.version,
        title: group.title,
        description: group.description,
        actions,
    };
    Ok((group, described))
}

/// The tools that an action becomes: itself, and the one that commits what it proposes.
fn tools_of(described: &Described) -> Vec<String> {
    let action = &described.action;
    let group = action.tool.strip_suffix(&action.name).unwrap_or_default();
    match &action.effect {
        Effect::Prepare(commit) => vec![action.tool.clone(), format!("{group}{}", commit.name)],
        _ => vec![action.tool.clone()],
    }
}

fn action(group: &str, action: wit::Action, limits: &Limits) -> Result<Described, String> {
    let tool = tool_name(group, &action.name)?;
    text(&action.title, 120, "its title")?;
    text(&action.description, limits.description_chars, "its description")?;
    let effect = effect(group, action.effect, action.tier.into(), limits)?;
    let grants = action.grants.into_iter().map(grant).collect::<Result<Vec<_>, _>>()?;
    if matches!(effect, Effect::Query | Effect::Session)
        && let Some(write) = grants.iter().find(|grant| grant.method != Method::Get)
    {
        return Err(format!("its effect is `{}` and it wants `{write}`", effect.as_str()));
    }
    let wanted = Wanted::of((&effect).into(), action.tier.into()).with(&grants);
    let input = Input::parse(&action.input, limits.schema_bytes, wanted)
        .map_err(|why| format!("its input schema: {why}"))?;
    let output = Output::parse(&action.output, limits.schema_bytes)
        .map_err(|why| format!("its output schema: {why}"))?;
    let action = Action {
        name: action.name,
        tool,
        title: action.title,
        description: action.description,
        tier: action.tier.into(),
        effect,
        needs_session: action.needs_session,
        input: input.schema.clone(),
        output: output.schema.clone(),
        grants,
    };
    Ok(Described { action: Arc::new(action), input, output })
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
            tool_name(group, &commit.name)?;
            text(&commit.title, 120, "its commit tool's title")?;
            text(&commit.description, limits.description_chars, "its commit tool's description")?;
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
                subject_as: commit.subject_as,
            }))
        }
    })
}

fn grant(grant: wit::Grant) -> Result<Grant, String> {
    let (method, route) = match grant {
        wit::Grant::Read(route) => (Method::Get, route),
        wit::Grant::Write((method, route)) => (Method::Write(method.into()), route),
    };
    name(&route.upstream, 32, "a grant's upstream", true)?;
    let pattern = route.pattern.parse().map_err(|error| format!("a grant: {error}"))?;
    Ok(Grant { upstream: route.upstream, method, route: pattern })
}

fn tool_name(group: &str, action: &str) -> Result<String, String> {
    name(action, TOOL_CHARS, "an action's name", true)?;
    let tool = format!("{group}_{action}");
    if tool.len() > TOOL_CHARS {
        return Err(format!("the tool's name `{tool}` is longer than {TOOL_CHARS} characters"));
    }
    Ok(tool)
}

/// ASCII only: names that merely look alike cannot be told apart in a confirmation.
fn name(text: &str, max: usize, what: &str, underscore: bool) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || (underscore && c == '_');
    if text.is_empty() || text.len() > max || !text.chars().all(plain) {
        return Err(format!(
            "{what} `{}` is not 1 to {max} lower-case letters{} digits",
            crate::convert::printable(text, 80),
            if underscore { ", `_` and" } else { " and" },
        ));
    }
    Ok(())
}

/// Texts reach terminals and models: nothing that steers them or hides in them, no novels.
fn text(text: &str, max: usize, what: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{what} is empty"));
    }
    if text.chars().any(crate::convert::deceives) {
        return Err(format!("{what} holds control characters, or others that are not seen"));
    }
    if text.chars().count() > max {
        return Err(format!("{what} is longer than {max} characters"));
    }
    Ok(())
}
