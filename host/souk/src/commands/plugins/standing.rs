//! How a plugin stands: by what it serves, or why it does not.

use std::process::ExitCode;

use souk_model::visible;
use souk_policy::trust::TrustMode;
use souk_runtime::{Plugin, PluginSet, Registry};
use souk_state::approvals::ApprovalSource;

use super::fetched_plugin::InstalledPlugin;

/// By what a plugin serves, in a few words.
pub(super) fn trust_of(loaded: &PluginSet, plugin: &Plugin) -> String {
    match (plugin.approval, plugin.signature.signer(), loaded.trust) {
        (Some(ApprovalSource::Signature), Some(signer), _) => {
            format!("signed by {}", visible::line(&signer.name))
        }
        (Some(approval), ..) => approval.describe().to_owned(),
        (None, _, Some(TrustMode::Open)) => "nobody asked (open)".to_owned(),
        (None, ..) => "not approved: only reads".to_owned(),
    }
}

/// What becomes of a file that was just put into the directory.
pub(super) struct FileStanding {
    /// For people.
    pub(super) text: String,
    is_refused: bool,
}

impl FileStanding {
    /// Whether it does not load, so that nobody can approve it.
    pub(super) const fn is_refused(&self) -> bool {
        self.is_refused
    }

    pub(super) fn exit(&self) -> ExitCode {
        if self.is_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// Whether a file serves, waits with what it asks for, or is refused.
pub(super) fn standing(registry: &Registry, installed: &InstalledPlugin) -> FileStanding {
    let InstalledPlugin { file, group, digest, .. } = installed;
    let loaded = registry.loaded();
    let waits = loaded.waiting.iter().find(|one| one.plugin.file == *file);
    let refused = loaded.refused.iter().find(|one| one.file == *file);
    let serves = loaded.plugins.get(group).filter(|one| one.digest == *digest);
    let text = match (waits, refused, serves) {
        (Some(waits), ..) => format!("{waits}\n"),
        (None, Some(refused), _) => format!("refused {file}: {}\n", refused.why),
        (None, None, Some(serves)) => format!("{file} serves: {}\n", trust_of(&loaded, serves)),
        (None, None, None) => format!("{file} does not serve; `souk plugins` says why\n"),
    };
    FileStanding { text, is_refused: waits.is_none() && serves.is_none() }
}
