//! What the signature of a listed key is worth: an approval up to the key's ceiling, of a group of which
//! nothing was approved or whose approved version the same key signed.

use std::collections::BTreeSet;

use semver::Version;
use souk_model::{PluginManifest, PluginSigner};

use super::approved_offer::ApprovedOffer;
use super::key_ceiling::KeyCeiling;
use super::wait_reason::WaitReason;

/// The verified signature of a listed key over a file.
#[derive(Debug, Clone, Copy)]
pub struct SignedOffer<'a> {
    /// Whose.
    pub signer: &'a PluginSigner,
    /// How much it approves.
    pub ceiling: &'a KeyCeiling,
    /// Whether the operator has rejected another version of the group.
    pub was_another_rejected: bool,
}

/// Whether a signed version is of the same hand as the approved one, and no older. Versions of the same
/// number follow each other either way: which is newer cannot be told.
///
/// # Errors
/// It is not.
pub fn continues_lineage(
    approved: Option<&PluginManifest>,
    offered: &PluginManifest,
    signer: &PluginSigner,
) -> Result<(), WaitReason> {
    let Some(approved) = approved else { return Ok(()) };
    if approved.signer.as_ref() != Some(signer) {
        return Err(WaitReason::OtherSigner);
    }
    let version = |manifest: &PluginManifest| Version::parse(&manifest.version);
    match (version(approved), version(offered)) {
        (Ok(before), Ok(now)) if now.cmp_precedence(&before).is_ge() => Ok(()),
        // Each was semantic when it was loaded; what cannot be compared is no step forward.
        _ => Err(WaitReason::Downgrade),
    }
}

impl SignedOffer<'_> {
    /// The tools that the signature does not approve; the others serve by it.
    ///
    /// A file does not take the place of an approved version where a tool that serves now would be
    /// held back: the approved version goes on serving, and the file waits as a whole.
    ///
    /// # Errors
    /// It approves nothing.
    pub(super) fn held(
        &self,
        approved: Option<ApprovedOffer<'_>>,
        manifest: &PluginManifest,
        is_named_after_group: bool,
    ) -> Result<BTreeSet<String>, WaitReason> {
        let is_approved =
            approved.is_some_and(|approved| approved.manifest.digest == manifest.digest);
        if !is_named_after_group && !is_approved {
            return Err(WaitReason::NotNamedAfterGroup);
        }
        if approved.is_none() && self.was_another_rejected {
            return Err(WaitReason::RejectedBefore);
        }
        continues_lineage(approved.map(|approved| approved.manifest), manifest, self.signer)?;
        let beyond = self.ceiling.beyond(manifest);
        let is_lost = |approved: ApprovedOffer<'_>| {
            let held_before = if approved.is_by_signature {
                self.ceiling.beyond(approved.manifest).tools
            } else {
                BTreeSet::new()
            };
            let mut served = approved.manifest.tools().filter(|tool| !held_before.contains(*tool));
            served.any(|tool| beyond.tools.contains(tool))
        };
        if beyond.is_all_of(manifest) || approved.is_some_and(is_lost) {
            return Err(WaitReason::BeyondKey);
        }
        Ok(beyond.tools)
    }
}
