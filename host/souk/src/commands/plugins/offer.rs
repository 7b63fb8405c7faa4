//! The versions that lie in the directory, and which of them a command is about.

use std::sync::Arc;

use anyhow::bail;
use souk_model::{PluginManifest, short_digest};
use souk_runtime::{Plugin, Registry};

/// A digest that a person types has so many letters at least.
const DIGEST_LETTERS: usize = 8;

/// A version that lies in the directory.
pub(super) struct OfferedVersion {
    pub(super) plugin: Arc<Plugin>,
    pub(super) manifest: PluginManifest,
    /// Whether all of it serves by an approval already.
    pub(super) is_approved: bool,
}

/// Every version that lies in the directory and loads.
pub(super) async fn offered(registry: &Registry) -> Vec<OfferedVersion> {
    let of = |plugin: Arc<Plugin>| {
        let manifest = registry.manifest(&plugin);
        let is_approved = registry.is_approved(&plugin);
        OfferedVersion { plugin, manifest, is_approved }
    };
    registry.offered().await.into_iter().map(of).collect()
}

/// The one version of a group that a command is about: that of this digest, or the only one that is not
/// approved.
///
/// # Errors
/// There is none, or several.
pub(super) fn the_one<'o>(
    offered: &'o [OfferedVersion],
    group: &str,
    digest: Option<&str>,
) -> anyhow::Result<&'o OfferedVersion> {
    if digest.is_some_and(|digest| digest.len() < DIGEST_LETTERS) {
        bail!("a digest needs {DIGEST_LETTERS} letters at least");
    }
    let of_group: Vec<&OfferedVersion> =
        offered.iter().filter(|one| one.manifest.group == group).collect();
    if of_group.is_empty() {
        bail!(
            "no file in the directory of plugins is of `{group}`; `souk plugins` lists what there is"
        );
    }
    let wanted: Vec<&OfferedVersion> = of_group
        .iter()
        .filter(|one| match digest {
            Some(digest) => one.manifest.digest.starts_with(&digest.to_ascii_lowercase()),
            None => !one.is_approved,
        })
        .copied()
        .collect();
    match (wanted.as_slice(), digest) {
        ([only], _) => Ok(only),
        // The same bytes under several names are one version.
        ([first, rest @ ..], _)
            if rest.iter().all(|one| one.manifest.digest == first.manifest.digest) =>
        {
            Ok(first)
        }
        ([], Some(digest)) => bail!(
            "no file of `{group}` has a digest that begins with `{digest}`: there is {}",
            listed(&of_group)
        ),
        ([], None) => bail!("nothing of `{group}` waits: {} is approved", listed(&of_group)),
        (several, _) => bail!(
            "several files are of `{group}`; say which one with `--digest`: {}",
            listed(several)
        ),
    }
}

fn listed(versions: &[&OfferedVersion]) -> String {
    let names = versions.iter().map(|one| format!("{} {}", one.plugin.file, one.manifest.digest));
    names.collect::<Vec<_>>().join(", ")
}

/// A version as messages name it.
pub(super) fn named(manifest: &PluginManifest) -> String {
    let PluginManifest { group, version, digest, .. } = manifest;
    format!("{group} {version} ({})", short_digest(digest))
}
