//! The record: which version of each group is approved, which was before it, and what was rejected.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use souk_model::PluginManifest;

/// Rejected files that are remembered; the oldest is forgotten first.
const REJECTED: usize = 1_000;
/// Directories of which it is remembered what was seen in them.
const DIRECTORIES: usize = 32;

/// What the operator has said of plugins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// By group.
    pub plugins: BTreeMap<String, GroupApproval>,
    /// The oldest first.
    pub rejected: Vec<RejectedVersion>,
    /// What was seen last in each plugin directory.
    pub directories: BTreeMap<String, DirectoryRecord>,
}

/// What was seen last in a plugin directory. It approves nothing: it tells what is on the audit trail
/// already.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryRecord {
    /// Digests of what served, by group.
    pub serves: BTreeMap<String, String>,
    /// Digests of files that waited or were refused, by file.
    pub refused: BTreeMap<String, String>,
}

/// What is approved of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupApproval {
    /// What serves.
    pub current: ApprovedVersion,
    /// What served before it, for one step back.
    pub previous: Option<ApprovedVersion>,
}

/// A version that somebody approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedVersion {
    /// What it is and may do.
    pub manifest: PluginManifest,
    /// The name of its file, when it was approved.
    pub file: String,
    /// When.
    pub at: Timestamp,
    /// By what.
    pub by: ApprovalSource,
}

/// How a version came to be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSource {
    /// By a command of the operator's.
    Operator,
    /// The operator took `souk.lock` over.
    Lock,
    /// The program was built with it.
    Shipped,
    /// A key that the operator lists signed it, and it counts as long as the key is listed. The manifest
    /// says whose.
    Signature,
}

impl ApprovalSource {
    /// In words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Operator => "approved",
            Self::Lock => "approved by souk.lock",
            Self::Shipped => "built with souk",
            Self::Signature => "approved by its signature",
        }
    }
}

/// A version that somebody rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectedVersion {
    /// Of which group.
    pub group: String,
    /// The file's digest.
    pub digest: String,
}

impl Approvals {
    /// The approved version of a group.
    #[must_use]
    pub fn approved(&self, group: &str) -> Option<&ApprovedVersion> {
        self.plugins.get(group).map(|approval| &approval.current)
    }

    /// Whether a file was rejected.
    #[must_use]
    pub fn is_rejected(&self, digest: &str) -> bool {
        self.rejected.iter().any(|rejected| rejected.digest == digest)
    }

    /// Whether any version of a group was rejected.
    #[must_use]
    pub fn has_rejected(&self, group: &str) -> bool {
        self.rejected.iter().any(|rejected| rejected.group == group)
    }

    /// Approves a version. What was approved of its group is one step back; the same once more changes
    /// only that it is no longer rejected.
    pub fn approve(&mut self, version: ApprovedVersion) {
        let digest = version.manifest.digest.clone();
        self.rejected.retain(|rejected| rejected.digest != digest);
        let group = version.manifest.group.clone();
        match self.plugins.remove(&group) {
            Some(approval) if approval.current.manifest.digest == digest => {
                self.plugins.insert(group, GroupApproval { current: version, ..approval });
            }
            before => {
                let previous = before.map(|approval| approval.current);
                self.plugins.insert(group, GroupApproval { current: version, previous });
            }
        }
    }

    /// Rejects a file. Where it was approved, that is taken back, and nothing of the group is.
    pub fn reject(&mut self, group: &str, digest: &str) {
        if self.approved(group).is_some_and(|approved| approved.manifest.digest == digest) {
            self.plugins.remove(group);
        }
        if self.is_rejected(digest) {
            return;
        }
        let (group, digest) = (group.to_owned(), digest.to_owned());
        self.rejected.push(RejectedVersion { group, digest });
        let more = self.rejected.len().saturating_sub(REJECTED);
        self.rejected.drain(..more);
    }

    /// Goes one step back: what was approved before is, and what is now is rejected, so that the file
    /// which is still there does not serve again by itself. What serves now; none where there is no
    /// step back.
    pub fn roll_back(&mut self, group: &str, at: Timestamp) -> Option<&ApprovedVersion> {
        let approval = self.plugins.get(group)?;
        let previous = approval.previous.clone()?;
        let rejected = approval.current.manifest.digest.clone();
        let restored = ApprovedVersion { at, by: ApprovalSource::Operator, ..previous };
        let digest = restored.manifest.digest.clone();
        self.rejected.retain(|rejected| rejected.digest != digest);
        let back = GroupApproval { current: restored, previous: None };
        self.plugins.insert(group.to_owned(), back);
        self.reject(group, &rejected);
        self.approved(group)
    }

    /// The files that have to be kept.
    #[must_use]
    pub fn digests(&self) -> BTreeSet<&str> {
        let versions = self.plugins.values().flat_map(|approval| {
            [Some(&approval.current), approval.previous.as_ref()].into_iter().flatten()
        });
        versions.map(|version| version.manifest.digest.as_str()).collect()
    }

    /// Remembers what was seen in a directory. What was seen before.
    pub fn note_directory(&mut self, directory: &str, seen: DirectoryRecord) -> DirectoryRecord {
        if !self.directories.contains_key(directory)
            && self.directories.len() >= DIRECTORIES
            && let Some(other) = self.directories.keys().next().cloned()
        {
            self.directories.remove(&other);
        }
        self.directories.insert(directory.to_owned(), seen).unwrap_or_default()
    }
}
