//! The one decision: what of a file serves, and why the rest waits.

use std::collections::BTreeSet;

use souk_model::{ActionManifest, PluginManifest};

use super::approved_offer::ApprovedOffer;
use super::change::PluginChange;
use super::difference::diff;
use super::mode::TrustMode;
use super::signed_offer::SignedOffer;
use super::wait_reason::WaitReason;

/// What the operator has said of a file, by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginStanding<'a> {
    /// This very file serves this group, as a whole.
    Approved,
    /// This very file never serves.
    Rejected,
    /// The operator has said nothing of it.
    Unknown {
        /// What is approved of the group, if anything is.
        approved: Option<ApprovedOffer<'a>>,
    },
}

/// A file that loads and of which the operator has said nothing.
#[derive(Debug, Clone, Copy)]
pub struct OfferedPlugin<'a> {
    /// What it is and asks for.
    pub manifest: &'a PluginManifest,
    /// Whether its file is named after its group.
    pub is_named_after_group: bool,
    /// The digest that `souk.lock` has for the group, if it names the group.
    pub pin: Option<&'a str>,
    /// The listed key that signed it, if one did.
    pub signed: Option<SignedOffer<'a>>,
}

/// What of a file serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginVerdict {
    /// All of it.
    Serves,
    /// What its signature approves. The tools that are held back are named; there may be none.
    ServesSigned {
        /// Tools that wait.
        held: BTreeSet<String>,
    },
    /// What only reads, though nobody approved it. The tools that are held back are named.
    ServesReads {
        /// Tools that wait.
        held: BTreeSet<String>,
    },
    /// Nothing; where a version was approved, that one goes on serving.
    Waits(WaitReason),
}

/// Decides what of a file serves. Under `open` everything does but what was rejected.
///
/// Names belong to what was approved under them: whatever else claims one waits whole, though it asked
/// for no more and did nothing but read, while the approved version serves in its place. The exception is
/// a file that the operator's own key signed, as the approved version was. What the file offers is looked
/// at only where it counts.
#[must_use]
pub fn judge<'a>(
    mode: TrustMode,
    standing: PluginStanding<'_>,
    offered: impl FnOnce() -> OfferedPlugin<'a>,
) -> PluginVerdict {
    let approved = match standing {
        PluginStanding::Approved => return PluginVerdict::Serves,
        PluginStanding::Rejected => return PluginVerdict::Waits(WaitReason::Rejected),
        PluginStanding::Unknown { approved } => approved,
    };
    if mode == TrustMode::Open {
        return PluginVerdict::Serves;
    }
    let OfferedPlugin { manifest, is_named_after_group, pin, signed } = offered();
    let by_signature = signed.map(|signed| signed.held(approved, manifest, is_named_after_group));
    let why_not_signed = match by_signature {
        Some(Ok(held)) => return PluginVerdict::ServesSigned { held },
        Some(Err(why)) => Some(why),
        None => None,
    };
    if approved.is_some_and(|approved| approved.manifest.digest == manifest.digest) {
        // By the operator it would have been approved, so that it was by a signature.
        return PluginVerdict::Waits(why_not_signed.unwrap_or(WaitReason::SignerNotListed));
    }
    // What only reads and is the first of its group serves under `reads` without a signature, too.
    if let Some(why) = why_not_signed
        && (mode == TrustMode::Locked || approved.is_some())
    {
        return PluginVerdict::Waits(why);
    }
    if mode == TrustMode::Locked {
        return PluginVerdict::Waits(WaitReason::NotApproved);
    }
    if pin.is_some_and(|pin| pin != manifest.digest) {
        return PluginVerdict::Waits(WaitReason::NotPinned);
    }
    if !is_named_after_group {
        return PluginVerdict::Waits(WaitReason::NotNamedAfterGroup);
    }
    if let Some(approved) = approved {
        let changes = diff(Some(approved.manifest), manifest);
        let is_more = changes.iter().any(PluginChange::is_more);
        let why = if is_more { WaitReason::AsksForMore } else { WaitReason::OtherCode };
        return PluginVerdict::Waits(why);
    }
    let mut held = BTreeSet::new();
    for (tool, action) in manifest.actions.iter().filter(|(_, action)| !action.only_reads()) {
        held.extend(action.tools(tool).map(str::to_owned));
    }
    if manifest.actions.values().any(ActionManifest::only_reads) {
        PluginVerdict::ServesReads { held }
    } else {
        PluginVerdict::Waits(why_not_signed.unwrap_or(WaitReason::NothingReads))
    }
}
