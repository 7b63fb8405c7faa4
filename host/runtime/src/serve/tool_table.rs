//! Every tool that is there, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use souk_model::{Effect, Failure, Principal};
use souk_policy::Rules;

use super::finder_tools::FinderTool;
use super::held_back::held_back;
use super::plans_tools::PlansTool;
use super::tool::LoadedTool;
use crate::load::plugin::Plugin;
use crate::load::plugin_set::PluginSet;
use crate::load::waiting::HeldTool;
use crate::tool_search::ToolIndex;

/// The tools of the plugins that are loaded at one instant, and the host's own.
#[derive(Default)]
pub struct ToolTable {
    tools: BTreeMap<String, LoadedTool>,
    /// Those that wait for an approval.
    held: BTreeMap<String, HeldTool>,
    /// Made by the first search.
    index: OnceLock<ToolIndex>,
}

impl ToolTable {
    /// The tools of these plugins: their actions, the tools that commit what they propose, and the
    /// host's own, which are there whatever is loaded.
    #[must_use]
    pub fn of(plugins: &PluginSet) -> Self {
        let mut table = Self::default();
        for tool in PlansTool::ALL {
            table.add(tool.name(), LoadedTool::native(tool));
        }
        for tool in FinderTool::ALL {
            table.add(tool.name(), LoadedTool::finder(tool));
        }
        for plugin in plugins.plugins.values() {
            table.add_all(plugin);
        }
        let held = plugins.held_tools().filter(|held| !table.tools.contains_key(&held.name));
        table.held = held.map(|held| (held.name.clone(), held)).collect();
        table
    }

    /// Every tool, by name.
    pub fn tools(&self) -> impl Iterator<Item = &LoadedTool> {
        self.tools.values()
    }

    /// One tool.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&LoadedTool> {
        self.tools.get(name)
    }

    /// Whether a tool of this name waits for an approval.
    pub(crate) fn is_held(&self, name: &str) -> bool {
        self.held.contains_key(name)
    }

    /// What is told whoever calls a tool that waits for an approval; none where no such tool does.
    #[must_use]
    pub fn held_back(&self, name: &str, rules: &Rules, principal: &Principal) -> Option<Failure> {
        self.held.get(name).map(|held| held_back(held, rules, principal))
    }

    /// The tools by their words.
    pub(crate) fn index(&self) -> &ToolIndex {
        self.index
            .get_or_init(|| ToolIndex::of(self.tools.values().filter_map(LoadedTool::searchable)))
    }

    /// A plugin's actions and, for each that proposes, the host's tool that commits.
    fn add_all(&mut self, plugin: &Arc<Plugin>) {
        for action in &plugin.group.actions {
            if let Some(tool) = LoadedTool::action(plugin, action) {
                self.add(&action.name, Ok(tool));
            }
            if let Effect::Prepare(commit) = &action.effect {
                self.add(&commit.name, LoadedTool::commit(plugin, commit));
            }
        }
    }

    fn add(&mut self, name: &str, tool: Result<LoadedTool, String>) {
        match tool {
            Ok(tool) => drop(self.tools.insert(tool.tool.name.clone(), tool)),
            Err(error) => tracing::error!("the tool `{name}` is left out: {error}"),
        }
    }
}

/// The tools of what is loaded, made once for each set of plugins.
#[derive(Default)]
pub(super) struct CurrentTools(ArcSwap<(Arc<PluginSet>, Arc<ToolTable>)>);

impl CurrentTools {
    /// The tools of these plugins.
    pub(super) fn of(&self, plugins: Arc<PluginSet>) -> Arc<ToolTable> {
        let current = self.0.load();
        if Arc::ptr_eq(&current.0, &plugins) {
            return current.1.clone();
        }
        let table = Arc::new(ToolTable::of(&plugins));
        self.0.store(Arc::new((plugins, table.clone())));
        table
    }
}
