//! From what a plugin says of itself to a group the host can trust the shape of.

mod action;
mod details;
mod text;
mod tier;

pub(crate) use action::ActionDescription;

use souk_model::Group;
use souk_policy::writes::WriteCatalogue;

use crate::guest::bindings::exports::souk::plugin::actions as wit;
use crate::guest::limits::Limits;
use crate::load::schema::SettingsSchema;
use crate::text::printable;
use text::{name, no_twins, text as checked_text};

/// Group names that are the host's own: of its tools, its resources, what it shows to people, and the
/// settings of all plugins, which stand where those of one do.
const RESERVED_GROUPS: [&str; 11] = [
    "plans",
    "souk",
    "host",
    "exports",
    "audit",
    "tools",
    "approvals",
    "console",
    "trust",
    "lock",
    "keys",
];

/// Whether a group may have this name at all.
///
/// ```
/// use souk_runtime::check_group_name;
///
/// assert!(check_group_name("greet").is_ok());
/// assert!(check_group_name("plans").is_err() && check_group_name("Greet!").is_err());
/// ```
///
/// # Errors
/// Why not, for people.
pub fn check_group_name(text: &str) -> Result<(), String> {
    name(text, 20, "the group's name", false)?;
    if RESERVED_GROUPS.contains(&text) {
        return Err(format!("the group's name `{text}` is the host's"));
    }
    Ok(())
}

/// Everything that a plugin said of itself, checked.
pub(crate) struct GroupDescription {
    pub(crate) group: Group,
    /// In the order of the group's actions.
    pub(crate) actions: Vec<ActionDescription>,
    pub(crate) settings: Option<SettingsSchema>,
}

/// Checks everything that `describe` answered.
///
/// # Errors
/// The first thing that is not as the contract wants it, for people.
pub(crate) fn check(
    group: wit::Group,
    limits: &Limits,
    catalogue: &WriteCatalogue,
) -> Result<GroupDescription, String> {
    check_group_name(&group.name)?;
    semver::Version::parse(&group.version)
        .map_err(|error| format!("its version `{}` is not semantic: {error}", group.version))?;
    checked_text(&group.title, 120, "the group's title")?;
    checked_text(&group.description, limits.description_chars, "the group's description")?;
    if group.actions.is_empty() || group.actions.len() > limits.tools {
        return Err(format!(
            "it has {} actions, and must have 1 to {} (`limits.tools`)",
            group.actions.len(),
            limits.tools
        ));
    }
    let mut actions: Vec<ActionDescription> = Vec::with_capacity(group.actions.len());
    for action in group.actions {
        let label = action.name.clone();
        let action = action::action(&group.name, action, limits, catalogue)
            .map_err(|why| format!("its action `{}`: {why}", printable(&label, 80)))?;
        actions.push(action);
    }
    let tools: Vec<String> = actions.iter().flat_map(ActionDescription::tools).collect();
    no_twins(tools.iter().map(String::as_str), "tools")?;
    let declared: Vec<_> = actions.iter().map(|described| described.action.clone()).collect();
    let (details, settings) = details::of_group(&group.name, group.details, &declared, limits)?;
    let group = Group {
        name: group.name,
        version: group.version,
        title: group.title,
        description: group.description,
        actions: declared,
        details,
    };
    Ok(GroupDescription { group, actions, settings })
}

#[cfg(test)]
mod tests;
