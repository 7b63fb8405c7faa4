//! What the operator has said of plugins, as it is known to a host: the mode, the record of approvals,
//! what the program was built with, and `souk.lock`. It reads; what follows from it is decided elsewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use souk_policy::trust::{LockFile, TrustMode};
use souk_state::approvals::{
    ApprovalSource, ApprovalStore, Approvals, ApprovedVersion, RecordStamp,
};

use super::files;
use super::signing_keys::SigningKeys;

/// The lock's name, beside the plugins.
pub const LOCK_FILE: &str = "souk.lock";
/// The longest lock that is read, in bytes.
const MAX_LOCK: u64 = 4 << 20;

/// What a host goes by.
#[derive(Debug, Clone)]
pub struct PluginTrust {
    /// How much serves that nobody has approved.
    pub mode: TrustMode,
    /// Where approvals are kept; nowhere, where there is no state directory.
    pub store: Option<ApprovalStore>,
    /// Digests of the plugins that the program was built with.
    pub shipped: BTreeSet<String>,
    /// Whose signature is an approval.
    pub keys: SigningKeys,
}

impl PluginTrust {
    /// Everything serves that loads, and nothing is kept.
    #[must_use]
    pub fn open() -> Self {
        Self {
            mode: TrustMode::Open,
            store: None,
            shipped: BTreeSet::new(),
            keys: SigningKeys::default(),
        }
    }
}

/// What was approved and pinned when it was last looked at.
#[derive(Debug, Clone)]
pub(crate) struct TrustSnapshot {
    pub(crate) mode: TrustMode,
    pub(crate) shipped: Arc<BTreeSet<String>>,
    /// None where the record cannot be read: what a signature may follow is not known then.
    pub(crate) keys: SigningKeys,
    pub(crate) approvals: Arc<Approvals>,
    pub(crate) lock: LockFile,
    /// What is wrong with the record or the lock, for people.
    pub(crate) problems: Vec<String>,
    /// The record, or what is wrong with it.
    record: Result<Arc<Approvals>, String>,
    stamp: Option<RecordStamp>,
}

impl TrustSnapshot {
    /// Reads record and lock. A record that is not as souk wrote it approves nothing, and then nothing
    /// serves that is not approved, unless everything does.
    pub(crate) fn read(trust: &PluginTrust, directory: &Path) -> Self {
        // Before the record is read: what is written meanwhile is seen by the next look.
        let stamp = trust.store.as_ref().and_then(ApprovalStore::stamp);
        let record = match trust.store.as_ref().map(ApprovalStore::read) {
            None => Ok(Arc::default()),
            Some(Ok(approvals)) => Ok(Arc::new(approvals)),
            Some(Err(error)) => Err(souk_state::error_chain(&error)),
        };
        let shipped = Arc::new(trust.shipped.clone());
        Self::of(trust, shipped, record, stamp, directory)
    }

    /// The same again; a record that looks as it did is not read anew.
    pub(crate) fn read_again(&self, trust: &PluginTrust, directory: &Path) -> Self {
        if self.is_outdated(trust) {
            return Self::read(trust, directory);
        }
        let (shipped, record) = (self.shipped.clone(), self.record.clone());
        Self::of(trust, shipped, record, self.stamp, directory)
    }

    fn of(
        trust: &PluginTrust,
        shipped: Arc<BTreeSet<String>>,
        record: Result<Arc<Approvals>, String>,
        stamp: Option<RecordStamp>,
        directory: &Path,
    ) -> Self {
        let is_closed = record.is_err() && trust.mode != TrustMode::Open;
        let mode = if is_closed { TrustMode::Locked } else { trust.mode };
        let keys = if is_closed { SigningKeys::default() } else { trust.keys.clone() };
        let mut problems: Vec<String> = record.as_ref().err().cloned().into_iter().collect();
        let approvals = record.clone().unwrap_or_default();
        let lock = read_lock(directory).unwrap_or_else(|why| {
            problems.push(why);
            LockFile::default()
        });
        Self { mode, shipped, keys, approvals, lock, problems, record, stamp }
    }

    /// Whether another record was written since.
    pub(crate) fn is_outdated(&self, trust: &PluginTrust) -> bool {
        self.stamp != trust.store.as_ref().and_then(ApprovalStore::stamp)
    }

    /// Whether the same follows from both.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.mode == other.mode
            && self.approvals.plugins == other.approvals.plugins
            && self.approvals.rejected == other.approvals.rejected
            && self.lock == other.lock
            && self.problems == other.problems
    }

    /// By what a file is approved to serve a group. What the program was built with is, until the operator
    /// has approved another.
    pub(crate) fn approval(&self, group: &str, digest: &str) -> Option<ApprovalSource> {
        if self.approvals.is_rejected(digest) {
            return None;
        }
        match self.approvals.approved(group) {
            Some(approved) if approved.manifest.digest == digest => {
                self.held(approved).map(|_| approved.by)
            }
            Some(approved) if approved.by != ApprovalSource::Shipped => None,
            _ => self.shipped.contains(digest).then_some(ApprovalSource::Shipped),
        }
    }

    /// Whether a file is approved to serve a group, and nothing of it is held back.
    pub(crate) fn is_wholly_approved(&self, group: &str, digest: &str) -> bool {
        match (self.approval(group, digest), self.approvals.approved(group)) {
            (Some(ApprovalSource::Signature), Some(approved)) => {
                self.held(approved).is_some_and(|held| held.is_empty())
            }
            (approval, _) => approval.is_some(),
        }
    }

    /// The tools of an approved version that are held back: none where the operator approved it, and by
    /// a signature those beyond what its key may approve by now. Nothing where it does not count at all:
    /// its key is not listed any more, or may approve nothing of it.
    pub(crate) fn held(&self, approved: &ApprovedVersion) -> Option<BTreeSet<String>> {
        if approved.by != ApprovalSource::Signature {
            return Some(BTreeSet::new());
        }
        let ceiling = self.keys.ceiling(approved.manifest.signer.as_ref()?)?;
        let beyond = ceiling.beyond(&approved.manifest);
        (!beyond.is_all_of(&approved.manifest)).then_some(beyond.tools)
    }
}

/// `souk.lock` of a directory; an empty one where there is none.
///
/// # Errors
/// It cannot be read. For people.
pub fn read_lock(directory: &Path) -> Result<LockFile, String> {
    let path = directory.join(LOCK_FILE);
    if std::fs::symlink_metadata(&path).is_err() {
        return Ok(LockFile::default());
    }
    let wrong = |why: String| format!("`{LOCK_FILE}` cannot be read: {why}");
    let bytes = files::read_file(&path, MAX_LOCK).map_err(wrong)?;
    let text = String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    LockFile::parse(&text).map_err(|error| error.to_string())
}
