//! The tool that commits what a `prepare` action proposed.

use std::borrow::Cow;

use super::Tier;
use crate::bindings::exports::souk::plugin::actions;

/// The tool by which callers commit what a `prepare` action proposed. The host makes it and runs it.
/// Its name is all it needs: what is not given is made of the action's own declaration.
#[derive(Debug, Clone)]
pub struct CommitTool {
    name: Cow<'static, str>,
    title: Option<&'static str>,
    description: &'static str,
    tier: Tier,
    subject_as: Option<&'static str>,
}

impl CommitTool {
    /// A tool of this name, without the group's: `commit_bulk_update`. Of tier risk.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), title: None, description: "", tier: Tier::Risk, subject_as: None }
    }

    /// With words of its own: a title for people, a description for models.
    #[must_use]
    pub const fn described(mut self, title: &'static str, description: &'static str) -> Self {
        self.title = Some(title);
        self.description = description;
        self
    }

    /// How much harm it can do; not below the proposing action's.
    #[must_use]
    pub const fn tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// The result's name for the subject as read back, for plans of one change: `rule`.
    #[must_use]
    pub const fn subject_as(mut self, name: &'static str) -> Self {
        self.subject_as = Some(name);
        self
    }

    /// The whole name, as callers know it.
    pub(super) fn full_name(&self, group: &str) -> String {
        [group, "_", &self.name].concat()
    }

    /// The declaration as the contract has it, for an action with this whole name and title.
    pub(super) fn describe(&self, action: &str, title: &str) -> actions::CommitTool {
        let made_title = || match title.strip_prefix("Plan ") {
            Some(rest) => ["Commit ", rest].concat(),
            None => ["Commit: ", title].concat(),
        };
        let description = match self.description {
            "" => format!(
                "Carries out a plan of {action}: writes each subject as the plan shows it, leaves \
                 out those that changed since, and reads every one back."
            ),
            description => description.to_owned(),
        };
        actions::CommitTool {
            name: self.name.clone().into_owned(),
            title: self.title.map_or_else(made_title, str::to_owned),
            description,
            tier: self.tier,
            subject_as: self.subject_as.map(str::to_owned),
        }
    }
}
