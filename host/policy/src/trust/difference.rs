//! The difference between what was approved and what is offered, action by action.

use souk_model::{ActionManifest, CommitManifest, PluginManifest};

use super::change::{ChangeKind, PluginChange};

/// Everything in which the offered version differs from the approved one; where nothing was approved,
/// everything that it asks for. Of the same bytes nothing differs.
#[must_use]
pub fn diff(approved: Option<&PluginManifest>, offered: &PluginManifest) -> Vec<PluginChange> {
    let mut changes = Vec::new();
    if let Some(approved) = approved {
        if approved.digest == offered.digest {
            return changes;
        }
        let (from, to) = (approved.digest.clone(), offered.digest.clone());
        changes.push(PluginChange::of_group(ChangeKind::Code { from, to }));
        if approved.version != offered.version {
            let (from, to) = (approved.version.clone(), offered.version.clone());
            changes.push(PluginChange::of_group(ChangeKind::Version { from, to }));
        }
        if approved.signer != offered.signer {
            let (from, to) = (approved.signer.clone(), offered.signer.clone());
            changes.push(PluginChange::of_group(ChangeKind::Signer { from, to }));
        }
    }
    of_imports(&mut changes, approved, offered);
    if approved.is_none_or(|approved| approved.description != offered.description) {
        let from = approved.map(|approved| approved.description.clone());
        let to = offered.description.clone();
        changes.push(PluginChange::of_group(ChangeKind::Text { from, to }));
    }
    if approved.is_some_and(|approved| approved.details != offered.details) {
        changes.push(PluginChange::of_group(ChangeKind::Details));
    }
    for (tool, action) in &offered.actions {
        match approved.and_then(|approved| approved.actions.get(tool)) {
            None => of_new_action(&mut changes, tool, action),
            Some(before) => of_action(&mut changes, tool, before, action),
        }
    }
    let gone = approved.iter().flat_map(|approved| approved.actions.keys());
    for tool in gone.filter(|tool| !offered.actions.contains_key(*tool)) {
        changes.push(PluginChange::of_tool(tool, ChangeKind::ActionDropped));
    }
    changes
}

fn of_imports(
    changes: &mut Vec<PluginChange>,
    approved: Option<&PluginManifest>,
    offered: &PluginManifest,
) {
    let is_new =
        |import: &&String| approved.is_none_or(|approved| !approved.imports.contains(*import));
    for import in offered.imports.iter().filter(is_new) {
        changes.push(PluginChange::of_group(ChangeKind::Import(import.clone())));
    }
    let before = approved.iter().flat_map(|approved| &approved.imports);
    for import in before.filter(|import| !offered.imports.contains(*import)) {
        changes.push(PluginChange::of_group(ChangeKind::ImportDropped(import.clone())));
    }
}

fn of_new_action(changes: &mut Vec<PluginChange>, tool: &str, action: &ActionManifest) {
    let (effect, tier) = (action.effect, action.tier);
    changes.push(PluginChange::of_tool(tool, ChangeKind::Action { effect, tier }));
    for (grant, &power) in &action.grants {
        let kind = ChangeKind::Grant { grant: grant.clone(), power };
        changes.push(PluginChange::of_tool(tool, kind));
    }
    let to = action.description.clone();
    changes.push(PluginChange::of_tool(tool, ChangeKind::Text { from: None, to }));
    of_commit(changes, tool, None, action.commit.as_ref());
}

fn of_action(
    changes: &mut Vec<PluginChange>,
    tool: &str,
    before: &ActionManifest,
    now: &ActionManifest,
) {
    let mut change = |kind| changes.push(PluginChange::of_tool(tool, kind));
    if before.effect != now.effect {
        change(ChangeKind::Effect { from: before.effect, to: now.effect });
    }
    if before.tier != now.tier {
        change(ChangeKind::Tier { from: before.tier, to: now.tier });
    }
    if before.needs_session != now.needs_session {
        change(ChangeKind::Session { needed: now.needs_session });
    }
    for (grant, &power) in now.grants.iter().filter(|(one, _)| !before.grants.contains_key(*one)) {
        change(ChangeKind::Grant { grant: grant.clone(), power });
    }
    for grant in before.grants.keys().filter(|grant| !now.grants.contains_key(*grant)) {
        change(ChangeKind::GrantDropped(grant.clone()));
    }
    if before.description != now.description {
        let (from, to) = (Some(before.description.clone()), now.description.clone());
        change(ChangeKind::Text { from, to });
    }
    if before.input != now.input {
        change(ChangeKind::Schema { of: "arguments" });
    }
    if before.output != now.output {
        change(ChangeKind::Schema { of: "answer" });
    }
    if before.details != now.details {
        change(ChangeKind::Details);
    }
    of_commit(changes, tool, before.commit.as_ref(), now.commit.as_ref());
}

fn of_commit(
    changes: &mut Vec<PluginChange>,
    tool: &str,
    before: Option<&CommitManifest>,
    now: Option<&CommitManifest>,
) {
    let name = |commit: Option<&CommitManifest>| commit.map(|commit| commit.tool.clone());
    let is_another = name(before) != name(now);
    if is_another {
        let (from, to) = (name(before), name(now));
        changes.push(PluginChange::of_tool(tool, ChangeKind::Commit { from, to }));
    }
    let Some(now) = now else { return };
    let before = before.filter(|_| !is_another);
    if let Some(before) = before.filter(|before| before.tier != now.tier) {
        let kind = ChangeKind::Tier { from: before.tier, to: now.tier };
        changes.push(PluginChange::of_tool(&now.tool, kind));
    }
    if before.is_none_or(|before| before.description != now.description) {
        let from = before.map(|before| before.description.clone());
        let to = now.description.clone();
        changes.push(PluginChange::of_tool(&now.tool, ChangeKind::Text { from, to }));
    }
}
