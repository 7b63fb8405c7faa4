//! What a build is, and what it may do that the last good one might not.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Context;
use souk_model::PluginManifest;
use souk_policy::trust::{ChangeKind, PluginChange, diff};
use souk_state::write_note;

/// What a build is and asks for, in lines: all of it, as it is shown first and when it is asked for.
pub(super) fn whole(manifest: &PluginManifest) -> String {
    let mut text = String::new();
    let imports: Vec<&str> =
        manifest.imports.iter().map(|import| import.trim_start_matches("souk:plugin/")).collect();
    let _ = writeln!(text, "  imports {}", imports.join(", "));
    for (tool, action) in &manifest.actions {
        let _ = writeln!(text, "  {tool}  [{}, {}]", action.tier, action.effect);
        for (grant, power) in &action.grants {
            let _ = writeln!(text, "    may ask {grant}  [{power}]");
        }
        if let Some(commit) = &action.commit {
            let _ = writeln!(text, "    committed by {}  [{}]", commit.tool, commit.tier);
        }
    }
    text
}

/// In what a build differs from the last good one, in lines; with a warning where it asks for more.
pub(super) fn difference(before: &PluginManifest, now: &PluginManifest) -> String {
    let changes: Vec<PluginChange> = diff(Some(before), now)
        .into_iter()
        .filter(|change| {
            !matches!(change.kind, ChangeKind::Code { .. } | ChangeKind::Version { .. })
        })
        .collect();
    let mut text = String::new();
    for change in &changes {
        for line in change.to_string().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if changes.iter().any(asks_for_more) {
        text.push_str(
            "warning: it asks for more than before; on a store that waits until the operator has \
             approved it\n",
        );
    }
    text
}

/// Whether a difference lets the plugin do more, and does not only say it in other words.
const fn asks_for_more(change: &PluginChange) -> bool {
    matches!(
        change.kind,
        ChangeKind::Import(_)
            | ChangeKind::Action { .. }
            | ChangeKind::Grant { .. }
            | ChangeKind::Tier { .. }
            | ChangeKind::Effect { .. }
            | ChangeKind::Session { .. }
    )
}

/// The manifest of the last good build of an earlier run, if there was one that can be read.
pub(super) fn read(file: &Path) -> Option<PluginManifest> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

/// Keeps a manifest for the next run.
///
/// # Errors
/// It cannot be written.
pub(super) fn keep(file: &Path, manifest: &PluginManifest) -> anyhow::Result<()> {
    write_note(file, &serde_json::to_vec(manifest)?)
        .with_context(|| format!("cannot write `{}`", file.display()))
}
