//! What is told of tools that nobody has approved yet, of plugins that are parked, and of plans that a
//! plugin's absence freezes.

use serde_json::{Map, Value, json};
use souk_model::plan::{PlanHeader, PlanOrigin, PlanState};
use souk_model::{Code, Failure, Grant, Principal};
use souk_policy::Rules;
use souk_state::approvals::Approvals;

use super::plugin_monitor::PluginMonitor;
use crate::load::plugin_set::PluginSet;
use crate::load::waiting::{HeldTool, WaitingVersion};

/// The tool whose answer tells an operator of what waits.
pub(super) const WHOAMI: &str = "auth_whoami";
/// Changes of one version that are told there; `souk plugins` shows all.
const CHANGES: usize = 20;

/// What is told of a tool that waits for an approval. Whoever may not call it anyway hears that.
pub(super) fn held_back(held: &HeldTool, rules: &Rules, principal: &Principal) -> Failure {
    if let Err(refusal) = rules.decide(principal, &held.profile()) {
        return refusal.into();
    }
    let remedy = if principal.is_local_user() {
        format!(
            "`souk plugins` shows what it asks for, `souk plugins approve {}` allows it",
            held.group
        )
    } else {
        "the operator of this server decides about it".to_owned()
    };
    Failure::new(
        Code::HeldBack,
        format!("`{}` is held back: nobody has approved it yet", held.name),
    )
    .rule("plugin-trust")
    .remedy(remedy)
}

/// Puts what waits for an approval into an operator's answer; into nobody else's.
pub(super) fn tell_waiting(
    loaded: &PluginSet,
    principal: &Principal,
    answer: &mut Map<String, Value>,
) {
    if !principal.is_local_user() {
        return;
    }
    let waiting: Vec<Value> = loaded.undecided().map(waiting_json).collect();
    if !waiting.is_empty() {
        answer.insert("plugins_waiting".to_owned(), waiting.into());
    }
    if !loaded.trust_problems.is_empty() {
        answer.insert("plugin_problems".to_owned(), json!(loaded.trust_problems));
    }
}

/// The same of plugins that are parked.
pub(super) fn tell_parked(
    monitor: &PluginMonitor,
    approvals: &Approvals,
    principal: &Principal,
    answer: &mut Map<String, Value>,
) {
    if !principal.is_local_user() {
        return;
    }
    let figures = monitor.figures(approvals);
    let parked = figures.iter().flat_map(|figures| {
        let plugin = &figures.plugin;
        figures.parked.iter().map(move |parking| {
            json!({
                "plugin": plugin,
                "caller": parking.caller,
                "until": parking.until.map(|until| until.to_string()),
                "rule": parking.rule,
                "approve_with": format!("souk plugins approve {plugin}"),
            })
        })
    });
    let parked: Vec<Value> = parked.collect();
    if !parked.is_empty() {
        answer.insert("plugins_parked".to_owned(), parked.into());
    }
}

fn waiting_json(waiting: &WaitingVersion) -> Value {
    let plugin = &waiting.plugin;
    let mut changes: Vec<String> =
        waiting.changes.iter().take(CHANGES).map(ToString::to_string).collect();
    let more = waiting.changes.len().saturating_sub(CHANGES);
    if more > 0 {
        changes.push(format!("and {more} more"));
    }
    json!({
        "plugin": plugin.group.name,
        "version": plugin.group.version,
        "file": plugin.file,
        "digest": plugin.digest,
        "changes": changes,
        "approve_with": waiting.approve_command(),
    })
}

/// Why a plan is frozen, if it is: the plugin that proposed it is gone, may not do what the plan needs
/// any more, or waits for an approval. An approval thaws it.
///
/// # Errors
/// That it is frozen, and why.
pub(crate) fn check_frozen(loaded: &PluginSet, header: &PlanHeader) -> Result<(), Failure> {
    let Some(why) = frozen(loaded, header) else { return Ok(()) };
    Err(Failure::new(Code::HeldBack, format!("the plan `{}` is frozen: {why}", header.id))
        .rule("plan-frozen")
        .remedy(
            "the operator approves the plugin again (`souk plugins`), which thaws the plan; what was \
             done of it can be undone from the operator's terminal: `souk plans undo`",
        ))
}

/// The same for the operator, who needs no plugin to take back what was done.
///
/// # Errors
/// That it is frozen, and why.
pub fn check_frozen_for_operator(loaded: &PluginSet, header: &PlanHeader) -> Result<(), Failure> {
    match header.origin {
        PlanOrigin::Undo { .. } => Ok(()),
        PlanOrigin::Prepared { .. } | PlanOrigin::Applied => check_frozen(loaded, header),
    }
}

/// Why a plan that may still be carried out is frozen.
#[must_use]
pub fn why_frozen(loaded: &PluginSet, header: &PlanHeader, state: PlanState) -> Option<String> {
    let is_open = matches!(state, PlanState::Proposed | PlanState::Running | PlanState::Stopped);
    let is_operators =
        matches!(header.origin, PlanOrigin::Undo { .. }) && header.principal == Principal::LOCAL;
    if is_open && !is_operators { frozen(loaded, header) } else { None }
}

fn frozen(loaded: &PluginSet, header: &PlanHeader) -> Option<String> {
    let (group, tool) = (&header.group, &header.tool);
    let waits = loaded.waiting.iter().find(|waiting| waiting.plugin.group.name == *group);
    let Some(plugin) = loaded.plugins.get(group) else {
        return Some(match waits {
            Some(waits) if waits.is_rejected() => format!("its plugin `{group}` was rejected"),
            Some(_) => format!("its plugin `{group}` waits for an approval"),
            None => format!("its plugin `{group}` is not loaded"),
        });
    };
    let Some(action) = plugin.group.actions.iter().find(|action| action.tool == *tool) else {
        return Some(match waits {
            Some(_) => format!("`{tool}` waits for an approval"),
            None => format!("its plugin `{group}` no longer has `{tool}`"),
        });
    };
    let is_granted = |needed: &Grant| action.grants.iter().any(|grant| grant.covers(needed));
    let missing = header.grants.iter().find(|needed| !is_granted(needed))?;
    Some(format!("`{tool}` is no longer granted {missing}"))
}
