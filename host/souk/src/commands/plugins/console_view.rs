//! Plugins as the console shows them, and what is decided of them there.

use anyhow::{Context, anyhow};
use souk_console::{PluginChoice, PluginsView, ServingPlugin, WaitingPlugin};
use souk_model::short_digest;
use souk_runtime::{
    Limits, Plugin, PluginFigures, PluginParking, PluginSet, Registry, WaitingVersion,
    note_rejected,
};
use souk_state::approvals::{ApprovalError, ApprovalSource, ApprovalStore};
use souk_state::audit::AuditTrail;

use super::decide::take_over;
use super::inspect::powers;
use super::offer::{named, offered, the_one};
use super::trust_of;

/// What serves, with what its calls have used, and what waits.
pub(crate) fn console_view(
    loaded: &PluginSet,
    figures: &[PluginFigures],
    limits: &Limits,
) -> PluginsView {
    let serving = loaded.plugins.values().map(|plugin| {
        let own = figures.iter().find(|figures| figures.plugin == plugin.group.name);
        serving(loaded, plugin, &own.cloned().unwrap_or_default(), limits)
    });
    let refused =
        loaded.refused.iter().map(|refused| format!("refused {}: {}", refused.file, refused.why));
    PluginsView {
        serving: serving.collect(),
        waiting: loaded.waiting.iter().map(waiting).collect(),
        problems: loaded.trust_problems.iter().cloned().chain(refused).collect(),
    }
}

fn serving(
    loaded: &PluginSet,
    plugin: &Plugin,
    figures: &PluginFigures,
    limits: &Limits,
) -> ServingPlugin {
    ServingPlugin {
        group: plugin.group.name.clone(),
        version: plugin.group.version.clone(),
        actions: plugin.group.actions.len(),
        may: powers(&plugin.imports),
        trust: trust_of(loaded, plugin),
        calls: figures.calls,
        errors: figures.errors,
        breaches: figures.breaches,
        cpu_ms: (figures.cpu_us_most / 1_000, limits.cpu_ms),
        memory_mb: (figures.memory_bytes_most >> 20, limits.memory_bytes as u64 >> 20),
        parked: figures.parked.iter().map(PluginParking::describe).collect(),
    }
}

fn waiting(waiting: &WaitingVersion) -> WaitingPlugin {
    let plugin = &waiting.plugin;
    WaitingPlugin {
        group: plugin.group.name.clone(),
        version: plugin.group.version.clone(),
        digest: plugin.digest.clone(),
        why: waiting.to_string().lines().next().unwrap_or_default().to_owned(),
        serving: waiting.serving.as_ref().map(|(version, _)| version.clone()),
        changes: waiting
            .changes
            .iter()
            .map(|change| (change.is_more(), change.to_string()))
            .collect(),
        is_rejected: waiting.is_rejected(),
    }
}

/// Approves or rejects one version, which a running host obeys within a second.
///
/// # Errors
/// There is no such version any more; it cannot be kept.
pub(crate) async fn decide_offer(
    registry: &Registry,
    trail: &AuditTrail,
    approvals: Option<&ApprovalStore>,
    choice: &PluginChoice,
) -> anyhow::Result<String> {
    let all = offered(registry).await;
    let version = the_one(&all, &choice.group, Some(&choice.digest))?;
    if choice.is_approval {
        return take_over(registry, trail, version, ApprovalSource::Operator);
    }
    let store = approvals.ok_or_else(|| anyhow!("there is no state directory"))?;
    let (group, digest) = (&version.manifest.group, &version.manifest.digest);
    store.update(|approvals| {
        approvals.reject(group, digest);
        Ok::<_, ApprovalError>(())
    })?;
    note_rejected(trail, &version.plugin).context("the audit trail")?;
    Ok(format!("rejected {} ({})", named(&version.manifest), short_digest(digest)))
}
