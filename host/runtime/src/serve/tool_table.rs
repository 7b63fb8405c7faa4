//! Every tool that is there, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use souk_model::Effect;

use super::plans_tools::PlansTool;
use super::tool::LoadedTool;
use crate::load::plugin::Plugin;
use crate::load::plugin_set::PluginSet;

/// The tools of the plugins that are loaded at one instant, and the host's own.
#[derive(Default)]
pub struct ToolTable {
    tools: BTreeMap<String, LoadedTool>,
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
        for plugin in plugins.plugins.values() {
            table.add_all(plugin);
        }
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

/// The plugins that are loaded, and their tools.
#[derive(Default)]
pub(super) struct CurrentTools {
    pub(super) plugins: Arc<PluginSet>,
    pub(super) table: Arc<ToolTable>,
}
