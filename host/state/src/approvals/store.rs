//! The record on the disk: sealed, written whole by a rename, and locked while it is changed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::record::Approvals;
use crate::audit::{keyed, secret_key};
use crate::dir::StateDir;
use crate::error::StateError;
use crate::files::write_whole;

/// The largest record that is read, in bytes: some hundred plugins with all their texts, twice.
const MAX_RECORD: u64 = 64 << 20;

/// Why the record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The state directory or a key in it cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// It was changed by somebody without the key, or the key is another.
    #[error(
        "the record of approved plugins `{}` is not as souk wrote it, so nothing in it counts: find out \
         who changed it, move it away, and approve again (`souk plugins`)", .0.display()
    )]
    Tampered(PathBuf),
    /// It holds something else.
    #[error("the record of approved plugins `{}` cannot be read: {why}", path.display())]
    Invalid {
        /// The record's file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file that is to be kept is not the one that was approved.
    #[error(
        "the file is not the one that was to be approved: it was replaced meanwhile; look again"
    )]
    Replaced,
}

/// The record, and the approved files beside it.
#[derive(Debug, Clone)]
pub struct ApprovalStore {
    state: PathBuf,
    record: PathBuf,
}

/// What the record's file looks like: another one was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordStamp(u64, u64, i64, i64);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedRecord {
    approvals: Approvals,
    /// Over the approvals as compact JSON.
    seal: String,
}

impl ApprovalStore {
    /// In this state directory; the record is the named file, or `approvals.json` there. Nothing is made
    /// before something is written.
    #[must_use]
    pub fn new(state: impl Into<PathBuf>, record: Option<PathBuf>) -> Self {
        let state = state.into();
        let record = record.unwrap_or_else(|| state.join("approvals.json"));
        Self { state, record }
    }

    /// The record's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.record
    }

    /// What the record's file looks like now; none where there is none.
    #[must_use]
    pub fn stamp(&self) -> Option<RecordStamp> {
        let found = fs::metadata(&self.record).ok()?;
        Some(RecordStamp(found.ino(), found.len(), found.ctime(), found.ctime_nsec()))
    }

    /// What it says; where there is none, nothing is approved.
    ///
    /// # Errors
    /// It cannot be read, or somebody changed it who has not got the key.
    pub fn read(&self) -> Result<Approvals, ApprovalError> {
        let file = match File::open(&self.record) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Approvals::default()),
            Err(error) => return Err(self.io("open the record of approved plugins")(error)),
        };
        let mut text = String::new();
        file.take(MAX_RECORD)
            .read_to_string(&mut text)
            .map_err(self.io("read the record of approved plugins"))?;
        let invalid = |why: String| ApprovalError::Invalid { path: self.record.clone(), why };
        let sealed: SealedRecord =
            serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        let seal = hex::decode(&sealed.seal).map_err(|error| invalid(error.to_string()))?;
        self.mac(&sealed.approvals)?
            .verify_slice(&seal)
            .map_err(|_| ApprovalError::Tampered(self.record.clone()))?;
        Ok(sealed.approvals)
    }

    /// Changes it, whoever else wants to at the same time, and removes the files that it no longer needs.
    ///
    /// # Errors
    /// As [`read`](Self::read); it cannot be written; what `change` says.
    pub fn update<T, E: From<ApprovalError>>(
        &self,
        change: impl FnOnce(&mut Approvals) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.lock()?;
        let mut approvals = self.read()?;
        let before = approvals.clone();
        let done = change(&mut approvals)?;
        if approvals != before {
            self.write(&approvals)?;
            self.tidy(&approvals);
        }
        Ok(done)
    }

    /// Keeps a file's bytes, to be approved after that.
    ///
    /// # Errors
    /// They are not of this digest, or cannot be written.
    pub fn keep(&self, digest: &str, bytes: &[u8]) -> Result<(), ApprovalError> {
        if hex::encode(Sha256::digest(bytes)) != digest {
            return Err(ApprovalError::Replaced);
        }
        StateDir::open(&self.state)?;
        let directory = self.kept_directory();
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(StateError::io("make", &directory)(error).into());
            }
            _ => {}
        }
        let path = self.kept_path(digest);
        if fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64) {
            return Ok(());
        }
        write_whole(&path, bytes).map_err(|error| StateError::io("keep", &path)(error).into())
    }

    /// The bytes of an approved file, at most so many.
    ///
    /// # Errors
    /// They are not there, or not those that were approved. For people.
    pub fn kept(&self, digest: &str, max_bytes: u64) -> Result<Vec<u8>, String> {
        let path = self.kept_path(digest);
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(max_bytes + 1).read_to_end(&mut bytes))
            .map_err(|error| format!("the approved file is not kept: {error}"))?;
        if hex::encode(Sha256::digest(&bytes)) == digest {
            Ok(bytes)
        } else {
            Err(format!("`{}` is not the file that was approved", path.display()))
        }
    }

    fn kept_directory(&self) -> PathBuf {
        self.state.join("approved")
    }

    fn kept_path(&self, digest: &str) -> PathBuf {
        self.kept_directory().join(format!("{digest}.wasm"))
    }

    /// Removes what was kept and is needed no more. Only this host's own names are touched.
    fn tidy(&self, approvals: &Approvals) {
        let needed = approvals.digests();
        let Ok(files) = fs::read_dir(self.kept_directory()) else { return };
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.strip_suffix(".wasm").is_some_and(|digest| !needed.contains(digest))
                && let Err(error) = fs::remove_file(file.path())
            {
                tracing::warn!("cannot remove {}: {error}", file.path().display());
            }
        }
    }

    /// Waits for its turn, which ends with the file.
    fn lock(&self) -> Result<File, ApprovalError> {
        StateDir::open(&self.state)?;
        let path = self.state.join("approvals.turn");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(StateError::io("open", &path))?;
        file.lock().map_err(StateError::io("lock", &path))?;
        Ok(file)
    }

    fn write(&self, approvals: &Approvals) -> Result<(), ApprovalError> {
        let seal = hex::encode(self.mac(approvals)?.finalize().into_bytes());
        let sealed = SealedRecord { approvals: approvals.clone(), seal };
        let text = serde_json::to_vec_pretty(&sealed).map_err(|error| self.unwritable(&error))?;
        write_whole(&self.record, &text).map_err(self.io("write the record of approved plugins"))
    }

    fn mac(&self, approvals: &Approvals) -> Result<Hmac<Sha256>, ApprovalError> {
        let key = secret_key(&self.state.join("approvals.key"))?;
        let text = serde_json::to_vec(approvals).map_err(|error| self.unwritable(&error))?;
        Ok(keyed(key).chain_update(b"souk approvals:").chain_update(text))
    }

    fn unwritable(&self, error: &serde_json::Error) -> ApprovalError {
        ApprovalError::Invalid { path: self.record.clone(), why: error.to_string() }
    }

    fn io(&self, doing: &'static str) -> impl FnOnce(io::Error) -> ApprovalError {
        let named = StateError::io(doing, &self.record);
        move |error| named(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::os::unix::fs::PermissionsExt;

    use jiff::Timestamp;
    use souk_model::{ManifestText, PluginManifest};

    use super::*;
    use crate::approvals::{ApprovalSource, ApprovedVersion};

    fn digest(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }

    fn version(bytes: &[u8]) -> ApprovedVersion {
        let manifest = PluginManifest {
            group: "greet".into(),
            version: "1.0.0".into(),
            digest: digest(bytes),
            signer: None,
            imports: BTreeSet::new(),
            description: ManifestText::Text("Greets".into()),
            details: String::new(),
            actions: BTreeMap::new(),
        };
        let (file, at) = ("greet.wasm".into(), Timestamp::UNIX_EPOCH);
        ApprovedVersion { manifest, file, at, by: ApprovalSource::Operator }
    }

    fn approve(store: &ApprovalStore, bytes: &[u8]) {
        store.keep(&digest(bytes), bytes).unwrap();
        store
            .update(|approvals| {
                approvals.approve(version(bytes));
                Ok::<_, ApprovalError>(())
            })
            .unwrap();
    }

    fn approved(store: &ApprovalStore) -> Option<String> {
        Some(store.read().unwrap().approved("greet")?.manifest.digest.clone())
    }

    #[test]
    fn an_edit_without_the_key_shows_and_approves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let store = ApprovalStore::new(root.path().join("state"), None);
        assert_eq!(store.read().unwrap(), Approvals::default());
        assert!(!root.path().join("state").exists(), "reading makes nothing");
        approve(&store, b"one");
        assert_eq!(approved(&store), Some(digest(b"one")));
        let mode = fs::metadata(store.path()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);

        let text = fs::read_to_string(store.path()).unwrap();
        fs::write(store.path(), text.replace(&digest(b"one"), &digest(b"two"))).unwrap();
        assert!(matches!(store.read(), Err(ApprovalError::Tampered(_))));
        let change = store.update(|_| Ok::<_, ApprovalError>(()));
        assert!(matches!(change, Err(ApprovalError::Tampered(_))));
        // With another key, too.
        fs::write(store.path(), text).unwrap();
        store.read().unwrap();
        fs::remove_file(root.path().join("state/approvals.key")).unwrap();
        assert!(matches!(store.read(), Err(ApprovalError::Tampered(_))));
        fs::write(store.path(), "{").unwrap();
        assert!(matches!(store.read(), Err(ApprovalError::Invalid { .. })));
    }

    #[test]
    fn what_is_approved_and_what_was_before_is_kept_and_no_more() {
        let root = tempfile::tempdir().unwrap();
        let store = ApprovalStore::new(root.path(), None);
        for bytes in [b"one", b"two", b"tre"] {
            approve(&store, bytes);
        }
        let kept = |bytes: &[u8]| store.kept(&digest(bytes), 100).ok();
        assert_eq!(kept(b"one"), None);
        assert_eq!(kept(b"two").unwrap(), b"two");
        assert_eq!(kept(b"tre").unwrap(), b"tre");
        assert!(matches!(store.keep(&digest(b"two"), b"other"), Err(ApprovalError::Replaced)));
        // What lies there in its place is not it.
        fs::write(root.path().join(format!("approved/{}.wasm", digest(b"tre"))), "bad").unwrap();
        assert_eq!(kept(b"tre"), None);
    }

    #[test]
    fn one_step_back_rejects_what_it_takes_back_and_approving_it_again_is_a_step() {
        let root = tempfile::tempdir().unwrap();
        let store = ApprovalStore::new(root.path(), None);
        approve(&store, b"one");
        approve(&store, b"two");
        let back = || {
            let roll_back = |approvals: &mut Approvals| {
                let now = approvals.roll_back("greet", Timestamp::UNIX_EPOCH);
                Ok::<_, ApprovalError>(now.is_some())
            };
            store.update(roll_back).unwrap()
        };
        assert!(back());
        assert_eq!(approved(&store), Some(digest(b"one")));
        assert!(store.read().unwrap().is_rejected(&digest(b"two")));
        assert!(!back(), "there is one step and no more");
        approve(&store, b"two");
        assert!(!store.read().unwrap().is_rejected(&digest(b"two")));
        assert_eq!(approved(&store), Some(digest(b"two")));
        // To reject what is approved takes that back.
        let reject = |approvals: &mut Approvals| {
            approvals.reject("greet", &digest(b"two"));
            Ok::<_, ApprovalError>(())
        };
        store.update(reject).unwrap();
        assert_eq!(approved(&store), None);
    }
}
