//! What is loaded at one instant, and which file serves a name that several claim.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use souk_policy::trust::TrustMode;
use souk_policy::writes::WriteCatalogue;

use super::files::FileStamp;
use super::lineage::{Claimant, Lineage};
use super::plugin::Plugin;
use super::plugin_signature::PluginSignature;
use super::plugin_trust::TrustSnapshot;
use super::sandbox::PluginRejection;
use super::waiting::{HeldTool, WaitingVersion};

/// When a file that the machine was too busy for is tried again: after so long, and after twice as
/// long each time, up to a minute.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// A file that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRefusal {
    /// The file's name, without its directory.
    pub file: String,
    /// Why, for people.
    pub why: String,
    /// A version of it that was loaded before goes on serving.
    pub older_serves: bool,
    /// The file's digest, where it could be read.
    pub digest: Option<String>,
    /// Whether it is refused because its group is another file's.
    pub(crate) is_rival: bool,
}

/// What is loaded at one instant. Calls hold on to the one they started with.
#[derive(Default)]
pub struct PluginSet {
    /// By group name.
    pub plugins: BTreeMap<String, Arc<Plugin>>,
    /// By file name.
    pub refused: Vec<FileRefusal>,
    /// Versions that wait for an approval, wholly or in part, and those that were rejected.
    pub waiting: Vec<WaitingVersion>,
    /// What is wrong with the record of approvals or with `souk.lock`, for people.
    pub trust_problems: Vec<String>,
    /// How much serves that nobody has approved.
    pub trust: Option<TrustMode>,
}

/// What a set of plugins is made of.
pub(crate) struct ScanView<'s> {
    pub(crate) seen: &'s BTreeMap<String, FileScan>,
    /// The names of all files that are there.
    pub(crate) files: &'s BTreeSet<String>,
    /// Those that are still to be looked at.
    pub(crate) pending: &'s BTreeSet<String>,
    pub(crate) trust: &'s TrustSnapshot,
    /// Approved versions that were loaded from what is kept, by digest.
    pub(crate) kept: &'s BTreeMap<String, Arc<Plugin>>,
    pub(crate) catalogue: &'s WriteCatalogue,
}

/// What the last scan made of a file.
#[derive(Clone)]
pub(crate) struct FileScan {
    /// What it looked like before it was read.
    pub(crate) stamp: Option<FileStamp>,
    /// Of its bytes; of the reason, where they could not be had.
    pub(crate) digest: String,
    /// By whom it was signed then; not known where its signature was refused, or nothing could be read.
    pub(crate) signature: Option<PluginSignature>,
    pub(crate) outcome: Result<Arc<Plugin>, PluginRejection>,
    /// The last version that loaded, while a newer one is refused.
    pub(crate) older: Option<Arc<Plugin>>,
    /// When it is tried again though it stays as it is, and how often it was.
    retry: Option<(Instant, u32)>,
}

impl FileScan {
    /// What became of a file, and of the one by that name before it.
    pub(crate) fn new(
        stamp: Option<FileStamp>,
        digest: String,
        outcome: Result<Arc<Plugin>, PluginRejection>,
        before: Option<&Self>,
    ) -> Self {
        let signature = outcome.as_ref().ok().map(|plugin| plugin.signature.clone());
        let older = match (&outcome, before) {
            (Err(_), Some(before)) => before.serving().cloned(),
            _ => None,
        };
        let retry = outcome.as_ref().err().filter(|why| why.for_now).map(|_| {
            let same = before.filter(|before| before.digest == digest);
            let tried = same.and_then(|before| before.retry).map_or(0, |(_, tried)| tried);
            let wait = FIRST_RETRY.saturating_mul(1 << tried.min(10)).min(LAST_RETRY);
            (Instant::now() + wait, tried.saturating_add(1))
        });
        Self { stamp, digest, signature, outcome, older, retry }
    }

    /// The same, of a file whose signature was this, whatever became of its bytes.
    pub(crate) fn signed(self, signature: PluginSignature) -> Self {
        Self { signature: Some(signature), ..self }
    }

    /// The same, of a file that was touched and has the same bytes.
    pub(crate) fn looking_like(self, stamp: Option<FileStamp>) -> Self {
        Self { stamp, ..self }
    }

    /// The version that serves calls, if one does.
    pub(crate) fn serving(&self) -> Option<&Arc<Plugin>> {
        self.outcome.as_ref().ok().or(self.older.as_ref())
    }

    /// When it is tried again though it stays as it is.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.retry.map(|(at, _)| at)
    }

    /// Whether its bytes need to be taken through the checks no more.
    pub(crate) fn is_settled(&self) -> bool {
        self.retry_at().is_none_or(|at| at > Instant::now())
    }

    /// Whether its bytes were found wanting, and it still looks as it did then. Not so where there was
    /// no room for it, in which case nobody has read it.
    pub(crate) fn was_read_and_refused(&self, stamp: Option<FileStamp>) -> bool {
        let was_read = self.outcome.as_ref().is_err_and(|why| why.to_string() != self.digest);
        was_read
            && self.serving().is_none()
            && self.is_settled()
            && stamp.is_some()
            && self.stamp == stamp
    }

    /// Whether it serves the same, or is refused for the same reason.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.signature == other.signature
            && self.outcome.as_ref().err() == other.outcome.as_ref().err()
    }
}

impl PluginSet {
    /// Decides who gets a name that several files claim, and what of whom waits for an approval.
    ///
    /// While files are pending, only what is named after its group, served it before or is approved gets
    /// one.
    pub(crate) fn of(view: &ScanView<'_>, before: &Self) -> Self {
        let ScanView { seen, files, pending, trust, kept, catalogue } = *view;
        let mut loaded = Self {
            trust: Some(trust.mode),
            trust_problems: trust.problems.clone(),
            ..Self::default()
        };
        let mut claims: BTreeMap<&str, Vec<Claimant<'_>>> = BTreeMap::new();
        for (file, seen) in seen {
            if let Some(plugin) = seen.serving() {
                let group = plugin.group.name.as_str();
                let served = before.plugins.get(group).is_some_and(|one| one.file == *file);
                let was_rival = before.refused.iter().any(|refused| {
                    let is_same = refused.digest.as_ref() == Some(&plugin.digest);
                    refused.is_rival && refused.file == *file && is_same
                });
                let claimant = Claimant { plugin, was_rival, served };
                claims.entry(group).or_default().push(claimant);
            }
            if let Err(why) = &seen.outcome {
                loaded.refused.push(FileRefusal {
                    file: file.clone(),
                    why: why.to_string(),
                    older_serves: seen.older.is_some(),
                    digest: (seen.digest != why.to_string()).then(|| seen.digest.clone()),
                    is_rival: false,
                });
            }
        }
        for group in trust.approvals.plugins.keys() {
            claims.entry(group).or_default();
        }
        let lineage = Lineage { trust, catalogue, kept, files, pending };
        for (group, claimants) in claims {
            let outcome = lineage.decide(group, claimants);
            if let Some(plugin) = outcome.serves {
                loaded.plugins.insert(group.to_owned(), plugin);
            }
            loaded.waiting.extend(outcome.waiting);
            loaded.refused.extend(outcome.rivals.into_iter().map(|(rival, why)| FileRefusal {
                digest: Some(rival.digest.clone()),
                file: rival.file.clone(),
                why,
                older_serves: false,
                is_rival: true,
            }));
        }
        loaded
    }

    /// Tools that wait. Of some an approved version may serve.
    pub(crate) fn held_tools(&self) -> impl Iterator<Item = HeldTool> {
        self.undecided().flat_map(WaitingVersion::held)
    }

    /// What waits for somebody to say yes or no.
    pub fn undecided(&self) -> impl Iterator<Item = &WaitingVersion> {
        self.waiting.iter().filter(|waiting| !waiting.is_rejected())
    }
}
