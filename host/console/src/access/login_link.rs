//! Links that open the sign-in once: `souk console` makes one in the state directory, and whichever host
//! of that directory is shown it first takes it away.
//!
//! Kept of a link is a file that is named by its digest and sealed with the state's key: who can read the
//! directory cannot make the link of it, and who can only put files there cannot make one at all. That
//! the file can be removed once is what makes a link good once, over all processes.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use souk_state::{StateDir, StateError};
use subtle::ConstantTimeEq;

use super::secret_token::{SecretToken, as_text, code_of, is_well_formed};

/// How long a link is good for.
pub const LINK_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// Links that are open at once; for one more the oldest goes.
const OPEN_LINKS: usize = 8;
/// The longest file of one, in bytes.
const MAX_FILE: u64 = 1_024;
const PREFIX: &str = "link-";

/// The links of a state directory.
#[derive(Debug, Clone)]
pub struct LoginLinks {
    directory: PathBuf,
    key: LinkKey,
}

#[derive(Clone)]
struct LinkKey([u8; 32]);

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey([secret])")
    }
}

/// What is kept of a link.
#[derive(Serialize, Deserialize)]
struct LinkFile {
    /// Milliseconds since 1970, UTC.
    expires_ms: i64,
    seal: String,
}

/// What a link that was shown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkUse {
    /// Good: it was never used before, and is used up now.
    Good,
    /// Too old.
    Expired,
    /// None of this state directory's, or used before.
    Unknown,
}

impl LoginLinks {
    /// Of this state directory.
    ///
    /// # Errors
    /// Its key cannot be read or made.
    pub fn of(state: &StateDir) -> Result<Self, StateError> {
        let key = LinkKey(code_of(&state.seal_key()?, &["console link"]));
        Ok(Self { directory: state.path().join("console"), key })
    }

    /// Makes one: what stands in its address behind `/console/login/`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn make(&self, now_ms: i64) -> io::Result<String> {
        match DirBuilder::new().mode(0o700).create(&self.directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.clear(now_ms);
        let token = SecretToken::random()?;
        let name = digest_of(token.as_str());
        let lifetime = i64::try_from(LINK_LIFETIME.as_millis()).unwrap_or(i64::MAX);
        let expires_ms = now_ms.saturating_add(lifetime);
        let file = LinkFile { expires_ms, seal: self.seal(&name, expires_ms) };
        let mut options = OpenOptions::new();
        let path = self.directory.join(format!("{PREFIX}{name}"));
        let mut out = options.write(true).create_new(true).mode(0o600).open(path)?;
        out.write_all(&serde_json::to_vec(&file)?)?;
        Ok(token.as_str().to_owned())
    }

    /// Uses a link up, if it is one.
    pub(crate) fn consume(&self, token: &str, now_ms: i64) -> LinkUse {
        if !is_well_formed(token) {
            return LinkUse::Unknown;
        }
        let name = digest_of(token);
        let path = self.directory.join(format!("{PREFIX}{name}"));
        let mut text = Vec::new();
        let read =
            fs::File::open(&path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut text));
        // Of two who show it at once one removes it, and the other does not.
        if read.is_err() || fs::remove_file(&path).is_err() {
            return LinkUse::Unknown;
        }
        let Ok(file) = serde_json::from_slice::<LinkFile>(&text) else { return LinkUse::Unknown };
        let seal = self.seal(&name, file.expires_ms);
        if !bool::from(seal.as_bytes().ct_eq(file.seal.as_bytes())) {
            return LinkUse::Unknown;
        }
        if file.expires_ms <= now_ms { LinkUse::Expired } else { LinkUse::Good }
    }

    fn seal(&self, name: &str, expires_ms: i64) -> String {
        as_text(&code_of(&self.key.0, &[name, &expires_ms.to_string()]))
    }

    /// Removes those that are too old, and the oldest of too many.
    fn clear(&self, now_ms: i64) {
        let mut open = Vec::new();
        for found in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            if !found.file_name().to_string_lossy().starts_with(PREFIX) {
                continue;
            }
            let expires = fs::read(found.path())
                .ok()
                .and_then(|text| serde_json::from_slice::<LinkFile>(&text).ok())
                .map_or(0, |file| file.expires_ms);
            if expires <= now_ms {
                let _ = fs::remove_file(found.path());
            } else {
                open.push((expires, found.path()));
            }
        }
        open.sort();
        for (_, path) in open.iter().take((open.len() + 1).saturating_sub(OPEN_LINKS)) {
            let _ = fs::remove_file(path);
        }
    }
}

fn digest_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000_000;

    fn links() -> (tempfile::TempDir, LoginLinks) {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path().join("state")).unwrap();
        let links = LoginLinks::of(&state).unwrap();
        (root, links)
    }

    fn files(links: &LoginLinks) -> Vec<PathBuf> {
        fs::read_dir(&links.directory).unwrap().map(|file| file.unwrap().path()).collect()
    }

    #[test]
    fn a_link_is_good_once() {
        let (_root, links) = links();
        let token = links.make(NOW).unwrap();
        assert_eq!(links.consume(&token, NOW + 1_000), LinkUse::Good);
        assert_eq!(links.consume(&token, NOW + 1_000), LinkUse::Unknown);
    }

    #[test]
    fn a_link_dies_of_age_and_of_the_ninth_after_it() {
        let (_root, links) = links();
        let token = links.make(NOW).unwrap();
        let after = i64::try_from(LINK_LIFETIME.as_millis()).unwrap();
        assert_eq!(links.consume(&token, NOW + after), LinkUse::Expired);
        let first = links.make(NOW).unwrap();
        for number in 1..=8 {
            links.make(NOW + number).unwrap();
        }
        assert_eq!(files(&links).len(), OPEN_LINKS);
        assert_eq!(links.consume(&first, NOW + 9), LinkUse::Unknown);
    }

    #[test]
    fn a_guess_and_a_link_that_somebody_without_the_key_made_are_none() {
        let (_root, links) = links();
        for guess in ["", "../../etc/passwd", &"a".repeat(43), "..%2f"] {
            assert_eq!(links.consume(guess, NOW), LinkUse::Unknown, "{guess}");
        }
        // What is read of the directory opens nothing.
        let token = links.make(NOW).unwrap();
        let path = files(&links).remove(0);
        let kept = fs::read_to_string(&path).unwrap();
        assert!(!kept.contains(&token) && !path.to_string_lossy().contains(&token));
        // A file of somebody's own, for a token of their choice.
        let chosen = "b".repeat(43);
        fs::write(links.directory.join(format!("{PREFIX}{}", digest_of(&chosen))), &kept).unwrap();
        assert_eq!(links.consume(&chosen, NOW), LinkUse::Unknown);
        // One that is given more time.
        let file: LinkFile = serde_json::from_str(&kept).unwrap();
        let longer = LinkFile { expires_ms: file.expires_ms + 1, ..file };
        fs::write(&path, serde_json::to_vec(&longer).unwrap()).unwrap();
        assert_eq!(links.consume(&token, NOW), LinkUse::Unknown);
    }
}
