//! What is written down of plugins: on the audit trail what serves and what does not, whenever that
//! changes; in the record of approvals what was approved, with its bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use souk_model::{PluginManifest, PluginSigner};
use souk_policy::trust::{TrustMode, continues_lineage};
use souk_state::Timestamp;
use souk_state::approvals::{
    ApprovalError, ApprovalSource, ApprovalStore, Approvals, ApprovedVersion, DirectoryRecord,
};
use souk_state::audit::{AuditError, AuditTrail};

use super::files;
use super::plugin::Plugin;
use super::plugin_set::PluginSet;
use super::sandbox::Sandbox;
use super::waiting::WaitingVersion;

/// The largest file that is read to be kept; what loads is smaller.
const MAX_FILE: u64 = 1 << 30;
/// Lines of refused files of one scan; the rest is one line.
const REFUSED_LINES: usize = 20;

/// Writes down what changes.
pub(super) struct PluginRecord {
    trail: Arc<AuditTrail>,
    store: Option<ApprovalStore>,
    directory: PathBuf,
    /// What is written down already; none before the first time.
    noted: Option<DirectoryRecord>,
}

impl PluginRecord {
    pub(super) const fn new(
        trail: Arc<AuditTrail>,
        store: Option<ApprovalStore>,
        directory: PathBuf,
    ) -> Self {
        Self { trail, store, directory, noted: None }
    }

    /// Writes down in what this differs from what was written down before, by whatever host.
    pub(super) async fn note(&mut self, loaded: &Arc<PluginSet>, sandbox: &Sandbox) {
        let now = directory_record(loaded);
        if self.noted.as_ref() == Some(&now) {
            return;
        }
        let (store, directory) = (self.store.clone(), self.directory.clone());
        let unasked: Vec<UnaskedApproval> = loaded
            .plugins
            .values()
            // Where everything serves, nothing will have to serve in the place of another.
            .filter(|_| loaded.trust != Some(TrustMode::Open))
            .filter_map(|plugin| {
                let by = plugin.approval.filter(|by| is_unasked(*by))?;
                let manifest = plugin.manifest(&sandbox.catalogue).clone();
                Some(UnaskedApproval { file: plugin.file.clone(), manifest, by })
            })
            .collect();
        let (trail, loaded, seen) = (self.trail.clone(), loaded.clone(), now.clone());
        let earlier = self.noted.clone();
        // Files are read, locked and flushed: not on a thread that serves.
        let noting = tokio::task::spawn_blocking(move || {
            if let Some(store) = &store {
                keep_unasked(&trail, store, &directory, unasked);
            }
            let before = remember(store.as_ref(), &directory, seen.clone(), earlier);
            write_lines(&trail, &loaded, &before, &seen);
        });
        if let Err(error) = noting.await {
            tracing::error!("what became of plugins is not written down: {error}");
        }
        self.noted = Some(now);
    }
}

/// Approves a version: keeps its bytes, and has the record say so.
///
/// # Errors
/// The file is another by now, or nothing can be kept. For people.
pub(super) fn approve(
    store: &ApprovalStore,
    directory: &Path,
    file: &str,
    manifest: PluginManifest,
    by: ApprovalSource,
) -> Result<ApprovedVersion, String> {
    let version = ApprovedVersion { manifest, file: file.to_owned(), at: Timestamp::now(), by };
    keep_if(store, directory, &version, |_| true)?;
    Ok(version)
}

/// Approves a version where the record still allows that. Whether it did.
fn keep_if(
    store: &ApprovalStore,
    directory: &Path,
    version: &ApprovedVersion,
    is_wanted: impl FnOnce(&Approvals) -> bool,
) -> Result<bool, String> {
    let bytes = files::read_file(&directory.join(&version.file), MAX_FILE)?;
    let kept = store.update(|approvals| {
        if !is_wanted(approvals) {
            return Ok::<_, ApprovalError>(false);
        }
        // Kept in this turn, so that nobody tidies it away before the record names it.
        store.keep(&version.manifest.digest, &bytes)?;
        approvals.approve(version.clone());
        Ok(true)
    });
    kept.map_err(|error| souk_state::error_chain(&error))
}

/// A version that serves approved though no command has approved it.
struct UnaskedApproval {
    file: String,
    manifest: PluginManifest,
    by: ApprovalSource,
}

/// Whether a version serves so by this.
const fn is_unasked(by: ApprovalSource) -> bool {
    matches!(by, ApprovalSource::Shipped | ApprovalSource::Signature)
}

impl UnaskedApproval {
    /// Whether it is news to the record, and nobody has decided otherwise since it began to serve.
    fn is_wanted(&self, approvals: &Approvals) -> bool {
        let Self { manifest, by, .. } = self;
        let approved = approvals.approved(&manifest.group);
        if approvals.is_rejected(&manifest.digest)
            || approved.is_some_and(|approved| approved.manifest.digest == manifest.digest)
        {
            return false;
        }
        match (by, &manifest.signer) {
            (ApprovalSource::Signature, Some(signer)) => {
                let before = approved.map(|approved| &approved.manifest);
                continues_lineage(before, manifest, signer).is_ok()
            }
            _ => approved.is_none_or(|approved| approved.by == *by),
        }
    }
}

/// Keeps what the program was built with and what a listed key signed, where the record does not have
/// it yet.
fn keep_unasked(
    trail: &AuditTrail,
    store: &ApprovalStore,
    directory: &Path,
    versions: Vec<UnaskedApproval>,
) {
    let Ok(approvals) = store.read() else { return };
    for unasked in versions.into_iter().filter(|unasked| unasked.is_wanted(&approvals)) {
        let UnaskedApproval { file, manifest, by } = &unasked;
        let (at, file, manifest) = (Timestamp::now(), file.clone(), manifest.clone());
        let version = ApprovedVersion { manifest, file, at, by: *by };
        match keep_if(store, directory, &version, |approvals| unasked.is_wanted(approvals)) {
            Ok(true) => note_approved(trail, &version),
            Ok(false) => {}
            Err(why) => tracing::warn!("{} is not kept: {why}", version.file),
        }
    }
}

/// Writes on the trail that a version was approved.
pub fn note_approved(trail: &AuditTrail, version: &ApprovedVersion) {
    let ApprovedVersion { manifest, file, by, .. } = version;
    let PluginManifest { group, version, digest, signer, .. } = manifest;
    let what = described(group, version, digest, file, signer.as_ref());
    notice(trail, "plugin-approved", &format!("{what}: {}", by.describe()));
}

/// Writes on the trail that the operator rejected a version.
///
/// # Errors
/// It cannot be written.
pub fn note_rejected(trail: &AuditTrail, plugin: &Plugin) -> Result<(), AuditError> {
    let what = format!("{}: rejected by the operator", of_plugin(plugin));
    trail.append_notice("plugin-refused", &what)
}

/// Writes on the trail that the operator fetched a file, before it is put anywhere: under which name, and
/// from where.
///
/// # Errors
/// It cannot be written.
pub fn note_fetched(
    trail: &AuditTrail,
    plugin: &Plugin,
    file: &str,
    from: &str,
) -> Result<(), AuditError> {
    let Plugin { group, digest, signature, .. } = plugin;
    let what = described(&group.name, &group.version, digest, file, signature.signer());
    trail.append_notice("plugin-fetched", &format!("{what}: fetched by the operator from {from}"))
}

/// Writes on the trail that the operator removes a file.
///
/// # Errors
/// It cannot be written.
pub fn note_removed(trail: &AuditTrail, file: &str, digest: &str) -> Result<(), AuditError> {
    trail.append_notice("plugin-removed", &format!("{file} ({digest}): removed by the operator"))
}

fn of_plugin(plugin: &Plugin) -> String {
    let Plugin { group, digest, file, signature, .. } = plugin;
    described(&group.name, &group.version, digest, file, signature.signer())
}

/// A version as the trail names it.
fn described(
    group: &str,
    version: &str,
    digest: &str,
    file: &str,
    signer: Option<&PluginSigner>,
) -> String {
    let signed = signer.map(|signer| format!(", signed by {signer}")).unwrap_or_default();
    format!("{group} {version} ({digest}) of {file}{signed}")
}

/// What was written down before of this directory, in place of which this is from now on.
fn remember(
    store: Option<&ApprovalStore>,
    directory: &Path,
    seen: DirectoryRecord,
    earlier: Option<DirectoryRecord>,
) -> DirectoryRecord {
    let path = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let noted = store.map(|store| {
        store.update(|approvals| {
            Ok::<_, ApprovalError>(approvals.note_directory(&path.to_string_lossy(), seen))
        })
    });
    match noted {
        Some(Ok(before)) => before,
        Some(Err(error)) => {
            tracing::warn!("{}", souk_state::error_chain(&error));
            earlier.unwrap_or_default()
        }
        None => earlier.unwrap_or_default(),
    }
}

fn directory_record(loaded: &PluginSet) -> DirectoryRecord {
    let served = |plugin: &Arc<Plugin>| (plugin.group.name.clone(), plugin.digest.clone());
    let waiting = loaded
        .waiting
        .iter()
        .map(|waiting| (waiting.plugin.file.clone(), waiting.plugin.digest.clone()));
    let refused = loaded.refused.iter().map(|refused| {
        (refused.file.clone(), refused.digest.clone().unwrap_or_else(|| refused.why.clone()))
    });
    DirectoryRecord {
        serves: loaded.plugins.values().map(served).collect(),
        refused: refused.chain(waiting).collect(),
    }
}

fn write_lines(
    trail: &AuditTrail,
    loaded: &PluginSet,
    before: &DirectoryRecord,
    now: &DirectoryRecord,
) {
    for (group, plugin) in &loaded.plugins {
        let (digest, what) = (&plugin.digest, of_plugin(plugin));
        match before.serves.get(group) {
            None => notice(trail, "plugin-loaded", &what),
            Some(old) if old != digest => {
                notice(trail, "plugin-replaced", &format!("{what}, in place of {old}"));
            }
            Some(_) => {}
        }
    }
    for (group, digest) in before.serves.iter().filter(|(one, _)| !now.serves.contains_key(*one)) {
        notice(trail, "plugin-removed", &format!("{group} ({digest})"));
    }
    let why = whys(loaded);
    let refused =
        now.refused.iter().filter(|(file, digest)| before.refused.get(*file) != Some(*digest));
    let refused: Vec<_> = refused.collect();
    for (file, digest) in refused.iter().take(REFUSED_LINES) {
        let why = why.get(file.as_str()).map_or("", String::as_str);
        notice(trail, "plugin-refused", &format!("{file} ({digest}): {why}"));
    }
    if let Some(more) = refused.len().checked_sub(REFUSED_LINES + 1) {
        notice(trail, "plugin-refused", &format!("and {} more files", more + 1));
    }
}

/// Why each file does not serve as a whole.
fn whys(loaded: &PluginSet) -> BTreeMap<&str, String> {
    let first_line = |waiting: &WaitingVersion| {
        let text = waiting.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let refused = loaded.refused.iter().map(|refused| (refused.file.as_str(), refused.why.clone()));
    let waiting = loaded.waiting.iter();
    refused
        .chain(waiting.map(|waiting| (waiting.plugin.file.as_str(), first_line(waiting))))
        .collect()
}

fn notice(trail: &AuditTrail, code: &str, message: &str) {
    if let Err(error) = trail.append_notice(code, message) {
        tracing::error!("cannot write the audit trail: {error}");
    }
}
