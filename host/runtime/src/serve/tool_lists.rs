//! Each principal's list of tools, made once for each state of plugins and rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use souk_model::{Principal, Tool};

use super::finder_tools::FinderTool;
use super::listing::Listing;
use super::operator_config::OperatorConfig;
use super::plans_tools::PlansTool;
use super::refusals::no_such_group;
use super::tool::LoadedTool;
use super::tool_table::ToolTable;
use crate::load::plugin_set::PluginSet;
use crate::tool_sets::ToolSets;

/// A list as it is handed out: one that has not changed is the same, so that whoever converts it can
/// tell.
type ToolList = Arc<[Arc<Tool>]>;

/// Whose list it is, and which scopes they came with.
type ListOwner = (Principal, Vec<String>);

/// The lists, each with the version that it was made at.
#[derive(Default)]
pub(super) struct ToolLists(Mutex<HashMap<ListOwner, (u64, ToolList)>>);

/// How many are kept: callers whom another service knows may be many.
const LISTS: usize = 1_024;

impl ToolLists {
    /// The principal's list at this version, made if need be. The same name may come with other roles.
    pub(super) fn of(
        &self,
        principal: &Principal,
        roles: &[&str],
        version: u64,
        make: impl FnOnce() -> ToolList,
    ) -> ToolList {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let key = (Principal::named(principal.as_str()), roles);
        if let Some((made_at, list)) = lists.get(&key)
            && *made_at == version
        {
            return list.clone();
        }
        let list = make();
        if lists.len() >= LISTS {
            lists.clear();
        }
        lists.insert(key, (version, list.clone()));
        list
    }
}

/// What the principal may call of these tools, listed or not.
pub(super) fn listing<'t>(
    tools: &'t ToolTable,
    config: &OperatorConfig,
    principal: &Principal,
) -> Listing<'t> {
    let may = |tool: &&LoadedTool| tool.is_allowed(&config.rules, principal);
    let selection = config.selection_of(principal);
    Listing::of(tools.tools().filter(may), selection, config.tools.budget())
}

/// The sets of tools that have none, each with what may be meant: nobody is refused anything for them.
pub(super) fn unknown_groups(sets: &ToolSets, loaded: &PluginSet) -> Vec<String> {
    let own = [PlansTool::GROUP, FinderTool::GROUP];
    let known: Vec<&str> = loaded.plugins.keys().map(String::as_str).chain(own).collect();
    let unknown = sets.groups().filter(|(group, _)| !known.contains(group));
    unknown.map(|(group, selection)| no_such_group(group, selection, &known)).collect()
}
