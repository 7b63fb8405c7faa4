//! The directory that holds everything, and who may write it.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::audit::{TrailKey, secret_key};
use crate::error::StateError;
use crate::files::{check_room, permissions, probe};

/// The file of the key for the seals of plans.
const SEAL_KEY: &str = "seal.key";

/// The state directory: it exists, belongs to this user, and nobody else can write it.
///
/// Several hosts share one. Its parents are not looked at: whoever can rename the directory away
/// was trusted by the operator who put it there.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// Takes the directory into use, and creates it, 0700 with its missing parents, if need be.
    ///
    /// # Errors
    /// When it cannot be created or written to, is no directory, belongs to another user, or
    /// is writable for the group or for everybody.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        let path = path.into();
        match DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(StateError::NotADirectory(path));
            }
            Err(error) => return Err(StateError::io("create the state directory", &path)(error)),
        }
        let found = fs::metadata(&path).map_err(StateError::io("look at", &path))?;
        let mode = permissions(&found);
        if mode & 0o022 != 0 {
            return Err(StateError::OthersCanWrite { path, mode });
        }
        // This says at start, not at the first call, when the directory cannot be written.
        let user =
            probe(&path, 0).map_err(StateError::io("write to the state directory", &path))?.uid();
        if found.uid() != user {
            return Err(StateError::NotYours { path, owner: found.uid(), user });
        }
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether files of some length can be written here now: that the directory takes new ones, as
    /// [`open`](Self::open) has seen, says nothing of a disk or a quota that is full.
    ///
    /// # Errors
    /// When there is no room.
    pub fn check_room(&self) -> Result<(), StateError> {
        check_room(&self.path).map_err(StateError::io("write to the state directory", &self.path))
    }

    /// Where the audit trail is, unless the operator names another place: `audit.jsonl`.
    #[must_use]
    pub fn audit_trail(&self) -> PathBuf {
        self.path.join("audit.jsonl")
    }

    /// The key that seals the trail's lines and makes digests of arguments, of 32 random bytes in
    /// `audit.key` (0600), made the first time.
    ///
    /// # Errors
    /// When the file cannot be read or made, others can read it, or it holds something else.
    pub fn trail_key(&self) -> Result<TrailKey, StateError> {
        TrailKey::load_or_create(&self.trail_key_path())
    }

    /// Where that key is: `audit.key`.
    #[must_use]
    pub fn trail_key_path(&self) -> PathBuf {
        self.path.join("audit.key")
    }

    /// The key for the seals of plans, made of 32 random bytes in `seal.key` (0600) the first time.
    /// Without it, plans proposed before can no longer be committed.
    ///
    /// # Errors
    /// As [`trail_key`](Self::trail_key).
    pub fn seal_key(&self) -> Result<[u8; 32], StateError> {
        secret_key(&self.path.join(SEAL_KEY))
    }

    /// Whether that key is there.
    pub(crate) fn has_seal_key(&self) -> bool {
        self.path.join(SEAL_KEY).exists()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_directory_is_its_owners_alone_and_is_left_empty() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/souk");
        let state = StateDir::open(&path).unwrap();
        assert_eq!(permissions(&fs::metadata(state.path()).unwrap()), 0o700);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        StateDir::open(&path).unwrap();
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for mode in [0o720, 0o702, 0o777, 0o775] {
            fs::set_permissions(root.path(), Permissions::from_mode(mode)).unwrap();
            let error = StateDir::open(root.path()).unwrap_err();
            assert!(error.to_string().contains("chmod go-w"), "{error}");
        }
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        StateDir::open(root.path()).unwrap();
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = StateDir::open(file.path()).unwrap_err();
        assert!(matches!(error, StateError::NotADirectory(_)), "{error}");
    }

    #[test]
    fn the_key_is_made_once_and_refused_when_others_may_have_read_it() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path().join("souk")).unwrap();
        let arguments = serde_json::json!({ "a": 1 });
        let first = state.trail_key().unwrap().digest(&arguments);
        assert_eq!(state.trail_key().unwrap().digest(&arguments), first);

        let path = state.path().join("audit.key");
        assert_eq!(permissions(&fs::metadata(&path).unwrap()), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(state.trail_key(), Err(StateError::KeyExposed { .. })));

        fs::remove_file(&path).unwrap();
        assert_ne!(state.trail_key().unwrap().digest(&arguments), first);
        fs::write(&path, "short").unwrap();
        assert!(matches!(state.trail_key(), Err(StateError::KeyDamaged(_))));
    }
}
