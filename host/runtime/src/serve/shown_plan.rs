//! Which plan a result is about, for the page that shows it: by the host's word.

use souk_model::{ShownPlan, ToolResult};
use souk_plans::Plans;

use super::plan_view::{PLAN_VIEW, plan_of};
use super::tool::{LoadedTool, ToolKind};

/// What the page is told that no plugin has a word in: of a plugin's tool the plan that the host noted.
pub(super) fn shown(tool: &LoadedTool, answer: &ToolResult, plans: &Plans) -> Option<ShownPlan> {
    if tool.tool.view != Some(PLAN_VIEW) {
        return None;
    }
    let is_hosts_own = matches!(tool.kind, ToolKind::Plans(_));
    let noted = answer.plan.as_ref().map(|plan| plan.id.clone());
    let id = noted.or_else(|| is_hosts_own.then(|| plan_of(&answer.result)).flatten())?;
    let console = plans.console_page(&id);
    Some(ShownPlan { id, is_hosts_own, console })
}
