//! The one decision: what of a file serves, and why the rest waits.

use std::collections::BTreeSet;
use std::fmt;

use souk_model::{ActionManifest, PluginManifest};

use super::change::PluginChange;
use super::difference::diff;
use super::mode::TrustMode;

/// What the operator has said of a file, by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginStanding<'a> {
    /// This very file serves this group.
    Approved,
    /// This very file never serves.
    Rejected,
    /// Nothing was said of it.
    Unknown {
        /// What was approved of the group, if anything was.
        approved: Option<&'a PluginManifest>,
    },
}

/// A file that loads and of which nothing was said.
#[derive(Debug, Clone, Copy)]
pub struct OfferedPlugin<'a> {
    /// What it is and asks for.
    pub manifest: &'a PluginManifest,
    /// Whether its file is named after its group.
    pub is_named_after_group: bool,
    /// The digest that `souk.lock` has for the group, if it names the group.
    pub pin: Option<&'a str>,
}

/// What of a file serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginVerdict {
    /// All of it.
    Serves,
    /// What only reads, though nobody approved it. The tools that are held back are named.
    ServesReads {
        /// Tools that wait.
        held: BTreeSet<String>,
    },
    /// Nothing; where a version was approved, that one goes on serving.
    Waits(WaitReason),
}

/// Why nothing of a file serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitReason {
    /// The operator rejected it.
    Rejected,
    /// Only what is approved serves.
    NotApproved,
    /// Another file than the one that `souk.lock` has.
    NotPinned,
    /// It would serve a group that it is not named after.
    NotNamedAfterGroup,
    /// The group has an approved version, and this one asks for more.
    AsksForMore,
    /// The group has an approved version, and this one asks for no more, but is other code.
    OtherCode,
    /// Nothing of it only reads.
    NothingReads,
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "it was rejected",
            Self::NotApproved => "nobody has approved it, and only what is approved serves",
            Self::NotPinned => {
                "it is not the file that `souk.lock` names, and nobody has approved it"
            }
            Self::NotNamedAfterGroup => {
                "its file is not named after its group, and nobody has approved it"
            }
            Self::AsksForMore => "it asks for more than was approved",
            Self::OtherCode => "it asks for no more than was approved, but is other code",
            Self::NothingReads => "it does not only read, and nobody has approved it",
        })
    }
}

/// Decides what of a file serves. Under `open` everything does but what was rejected.
///
/// Names belong to what was approved under them: whatever else claims one waits whole, though it asked
/// for no more and did nothing but read, while the approved version serves in its place. What the file
/// offers is looked at only where it counts.
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
    match mode {
        TrustMode::Open => return PluginVerdict::Serves,
        TrustMode::Locked => return PluginVerdict::Waits(WaitReason::NotApproved),
        TrustMode::Reads => {}
    }
    let OfferedPlugin { manifest, is_named_after_group, pin } = offered();
    if pin.is_some_and(|pin| pin != manifest.digest) {
        return PluginVerdict::Waits(WaitReason::NotPinned);
    }
    if !is_named_after_group {
        return PluginVerdict::Waits(WaitReason::NotNamedAfterGroup);
    }
    if approved.is_some() {
        let is_more = diff(approved, manifest).iter().any(PluginChange::is_more);
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
        PluginVerdict::Waits(WaitReason::NothingReads)
    }
}
