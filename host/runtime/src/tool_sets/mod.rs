//! Which of the tools that a principal may call are listed to it.
//!
//! A list is what a model reads before it begins, and pays for. So a set is about attention, and
//! never about permission: what is not listed is found by `tools_search`, and called by name as ever.

pub(crate) mod order;

use std::collections::BTreeMap;
use std::fmt;

use souk_model::Principal;

pub use souk_policy::{InvalidToolSet, ToolSet};

/// How much may be listed where nobody named the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListBudget {
    /// Bytes of each tool's name, description and input schema, as JSON without spaces. 40,000.
    pub bytes: usize,
    /// Tools. 40, from which on clients begin to warn.
    pub tools: usize,
}

impl Default for ListBudget {
    fn default() -> Self {
        Self { bytes: 40_000, tools: 40 }
    }
}

/// The sets that a caller is shown, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolSelection {
    /// At least one; what is listed is in any of them.
    pub sets: Vec<ToolSet>,
    /// Where that was set, for people.
    pub origin: String,
}

impl Default for ToolSelection {
    fn default() -> Self {
        Self { sets: vec![ToolSet::Auto], origin: "souk's default".to_owned() }
    }
}

impl fmt::Display for ToolSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.sets.iter().map(ToString::to_string).collect();
        write!(f, "`tools = {}`, set by {}", names.join(","), self.origin)
    }
}

/// What everybody is shown, and what some are shown instead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolSets {
    everybody: ToolSelection,
    principals: BTreeMap<String, ToolSelection>,
    roles: BTreeMap<String, ToolSelection>,
    budget: ListBudget,
}

impl ToolSets {
    /// What everybody is shown who has no selection of its own.
    #[must_use]
    pub const fn new(everybody: ToolSelection, budget: ListBudget) -> Self {
        Self { everybody, principals: BTreeMap::new(), roles: BTreeMap::new(), budget }
    }

    /// What one principal is shown, in place of what everybody is.
    #[must_use]
    pub fn for_principal(mut self, name: impl Into<String>, selection: ToolSelection) -> Self {
        self.principals.insert(name.into(), selection);
        self
    }

    /// What those are shown who have a role, in place of what everybody is.
    #[must_use]
    pub fn for_role(mut self, name: impl Into<String>, selection: ToolSelection) -> Self {
        self.roles.insert(name.into(), selection);
        self
    }

    /// What this principal is shown who has these roles: its own, that of the first role that has one,
    /// or what everybody is.
    #[must_use]
    pub fn of(&self, principal: &Principal, roles: &[&str]) -> &ToolSelection {
        let own = self.principals.get(principal.as_str());
        let role = || roles.iter().find_map(|role| self.roles.get(*role));
        own.or_else(role).unwrap_or(&self.everybody)
    }

    /// How much `auto` may list.
    #[must_use]
    pub const fn budget(&self) -> ListBudget {
        self.budget
    }

    /// The groups that any selection names.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&str, &ToolSelection)> {
        let selections = std::iter::once(&self.everybody)
            .chain(self.principals.values())
            .chain(self.roles.values());
        selections.flat_map(|selection| {
            selection.sets.iter().filter_map(move |set| match set {
                ToolSet::Group(group) => Some((group.as_str(), selection)),
                ToolSet::Auto | ToolSet::All | ToolSet::Classic => None,
            })
        })
    }
}
