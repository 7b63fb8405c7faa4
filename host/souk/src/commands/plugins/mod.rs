//! `souk plugins`: what is loaded, what waits for an approval and why, and the commands that decide.

mod add;
mod console_view;
mod decide;
mod fetched_plugin;
mod inspect;
mod lock;
mod lock_edit;
mod offer;
mod push;
mod registry_access;
mod remove;
mod standing;
mod top;
mod update;

use std::fmt::Write;
use std::process::ExitCode;

use serde_json::{Value, json};
use souk_model::short_digest;
use souk_policy::trust::TrustMode;
use souk_runtime::{PluginSet, PluginSignature, WaitingVersion};

pub(crate) use self::console_view::{console_view, decide_offer};
use self::inspect::{describe, kilobytes, powers, signature_json};
pub(crate) use self::lock::lock_notes;
use self::standing::trust_of;
use crate::cli::{PluginsArgs, PluginsCommand};
use crate::host_figures;
use crate::output::{print, print_json};
use crate::render::TextTable;
use crate::setup::Setup;
use crate::wiring;

pub(crate) async fn run(setup: &Setup, plugins: PluginsArgs) -> anyhow::Result<ExitCode> {
    match plugins.command {
        None => list(setup, plugins.json).await,
        Some(PluginsCommand::Inspect { file, json }) => inspect::run(setup, &file, json).await,
        Some(PluginsCommand::Add { reference, name, approve }) => {
            add::run(setup, &reference, name.as_deref(), approve).await
        }
        Some(PluginsCommand::Update { name }) => update::run(setup, name.as_deref()).await,
        Some(PluginsCommand::Remove { name }) => remove::run(setup, &name).await,
        Some(PluginsCommand::Push { file, reference }) => push::run(setup, &file, &reference).await,
        Some(PluginsCommand::Approve { names, all, digest }) => {
            decide::approve(setup, &names, all, digest.as_deref()).await
        }
        Some(PluginsCommand::Reject { name, digest }) => {
            decide::reject(setup, &name, digest.as_deref()).await
        }
        Some(PluginsCommand::Rollback { name }) => decide::roll_back(setup, &name).await,
        Some(PluginsCommand::Top { once, json }) => top::run(setup, once, json).await,
        Some(PluginsCommand::Lock { accept: false }) => lock::write(setup).await,
        Some(PluginsCommand::Lock { accept: true }) => lock::accept(setup).await,
    }
}

async fn list(setup: &Setup, json: bool) -> anyhow::Result<ExitCode> {
    let registry = wiring::load(setup).await?;
    let loaded = registry.loaded();
    let notes = lock_notes(&registry).await;
    let parked = setup.state_dir().map(|state| host_figures::parked(&state)).unwrap_or_default();
    if json {
        print_json(&as_json(&loaded, &notes, &parked))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table =
        TextTable::new(["PLUGIN", "VERSION", "ACTIONS", "MAY", "TRUST", "SIZE", "DIGEST", "FILE"]);
    for plugin in loaded.plugins.values() {
        table.row([
            plugin.group.name.clone(),
            plugin.group.version.clone(),
            plugin.group.actions.len().to_string(),
            powers(&plugin.imports),
            trust_of(&loaded, plugin),
            kilobytes(plugin.size),
            short_digest(&plugin.digest).to_owned(),
            plugin.file.clone(),
        ]);
    }
    let mut text = table.to_string();
    for waiting in &loaded.waiting {
        let _ = writeln!(text, "{waiting}");
    }
    for plugin in loaded.plugins.values() {
        if matches!(plugin.signature, PluginSignature::Unlisted { .. }) {
            let _ = writeln!(text, "{}: {}", plugin.file, plugin.signature);
        }
    }
    for (plugin, how) in &parked {
        let _ = writeln!(
            text,
            "{plugin} is {how}\n  let it serve at once: souk plugins approve {plugin}"
        );
    }
    for note in loaded.trust_problems.iter().chain(&notes) {
        let _ = writeln!(text, "{note}");
    }
    for refused in &loaded.refused {
        let _ = writeln!(text, "refused {}: {}", refused.file, refused.why);
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(loaded: &PluginSet, notes: &[String], parked: &[(String, String)]) -> Value {
    let plugins: Vec<Value> = loaded
        .plugins
        .values()
        .map(|plugin| {
            let mut plugin_json = describe(plugin);
            plugin_json["trust"] = trust_of(loaded, plugin).into();
            plugin_json
        })
        .collect();
    let refused: Vec<Value> = loaded
        .refused
        .iter()
        .map(|refused| json!({"file": refused.file, "why": refused.why}))
        .collect();
    json!({
        "trust": loaded.trust.map(TrustMode::as_str),
        "plugins": plugins,
        "waiting": loaded.waiting.iter().map(waiting_json).collect::<Vec<_>>(),
        "refused": refused,
        "parked": parked
            .iter()
            .map(|(plugin, how)| json!({"plugin": plugin, "how": how}))
            .collect::<Vec<_>>(),
        "problems": loaded.trust_problems.iter().chain(notes).collect::<Vec<_>>(),
    })
}

fn waiting_json(waiting: &WaitingVersion) -> Value {
    let plugin = &waiting.plugin;
    let changes: Vec<Value> = waiting
        .changes
        .iter()
        .map(|change| {
            json!({
                "code": change.code(),
                "tool": change.tool,
                "more": change.is_more(),
                "text": change.to_string(),
            })
        })
        .collect();
    json!({
        "plugin": plugin.group.name,
        "version": plugin.group.version,
        "file": plugin.file,
        "digest": plugin.digest,
        "signature": signature_json(&plugin.signature),
        "why": waiting.to_string().lines().next().unwrap_or_default(),
        "beyond_key": waiting.beyond_key,
        "rejected": waiting.is_rejected(),
        "held": waiting.held_names(),
        "serving": waiting.serving.as_ref().map(|(_, digest)| digest),
        "changes": changes,
        "approve_with": waiting.approve_command(),
    })
}
