//! The trail's key: it seals each line, and makes digests of arguments without the arguments.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::hash::Sha256Hash;
use crate::error::StateError;
use crate::files::{permissions, sync_parent};

/// The key that lines are sealed with, and digests of arguments made.
///
/// Without a key, a digest of something short, a password say, is found by trying, and whoever can
/// write the trail can rewrite it from any line on. The key stays apart from the trail, so whoever
/// is handed the trail alone can compare calls, guess nothing and forge nothing. Where its file is
/// lost, old lines cannot be checked against it any more, and old digests compared with new ones.
#[derive(Clone)]
pub struct TrailKey {
    arguments: Hmac<Sha256>,
    /// Of its own, so that no digest of arguments is ever a seal.
    lines: Hmac<Sha256>,
}

/// HMAC-SHA256 over a call's arguments. Only a [`TrailKey`] makes one, so arguments themselves
/// cannot end up in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArgumentsDigest(Sha256Hash);

impl fmt::Display for ArgumentsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TrailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrailKey([redacted])")
    }
}

impl TrailKey {
    /// A key of these bytes.
    #[must_use]
    pub fn from_bytes(key: [u8; 32]) -> Self {
        let arguments = keyed(key);
        let lines = arguments.clone().chain_update(b"souk audit trail: lines");
        let lines = keyed(lines.finalize().into_bytes().into());
        Self { arguments, lines }
    }

    /// What tells this key from others, and nothing else of it.
    #[must_use]
    pub fn id(&self) -> String {
        let id = self.lines.clone().chain_update(b"souk audit trail: key").finalize().into_bytes();
        hex::encode(&id[..8])
    }

    /// A short digest of a text that the trail must not hold itself.
    pub(super) fn short_digest(&self, text: &str) -> String {
        let digest = self.arguments.clone().chain_update(b"text:").chain_update(text.as_bytes());
        hex::encode(&digest.finalize().into_bytes()[..6])
    }

    /// The seal of a line with this hash.
    pub(super) fn seal(&self, hash: &Sha256Hash) -> Sha256Hash {
        let seal = self.lines.clone().chain_update(hash.as_bytes());
        Sha256Hash::from_bytes(seal.finalize().into_bytes().into())
    }

    /// Whether this is the seal of a line with this hash.
    pub(super) fn has_sealed(&self, hash: &Sha256Hash, seal: &Sha256Hash) -> bool {
        self.lines.clone().chain_update(hash.as_bytes()).verify_slice(seal.as_bytes()).is_ok()
    }

    /// The digest of a JSON value in canonical form: no white space, the members of each object
    /// sorted by the bytes of their names. Numbers count as they are written: 1 and 1.0 differ.
    ///
    /// Secret arguments are better taken off before: equal digests would still show that two
    /// calls had the same password.
    #[must_use]
    pub fn digest(&self, arguments: &Value) -> ArgumentsDigest {
        let mut sink = HmacWriter(self.arguments.clone());
        // Neither the sink nor a JSON value can fail to be written.
        let _ = write_canonical(&mut sink, arguments);
        ArgumentsDigest(Sha256Hash::from_bytes(sink.0.finalize().into_bytes().into()))
    }

    /// The key of a file, made the first time.
    ///
    /// # Errors
    /// When the file cannot be read or made, others can read it, or it holds something else.
    pub fn load_or_create(path: &Path) -> Result<Self, StateError> {
        secret_key(path).map(Self::from_bytes)
    }
}

/// An authenticator under a key.
pub(crate) fn keyed(key: [u8; 32]) -> Hmac<Sha256> {
    // HMAC pads short keys with zeros to its block, which is what its constructor takes.
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key);
    Hmac::new(&block.into())
}

/// The 32 bytes of a key file, made of random ones the first time.
///
/// Two hosts may start at once: the file's lock decides who fills it. It is flushed before anyone
/// uses it, so one that is empty or blank after a crash has never been used.
pub(crate) fn secret_key(path: &Path) -> Result<[u8; 32], StateError> {
    let io = |doing| StateError::io(doing, path);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io("open the key"))?;
    let mode = permissions(&file.metadata().map_err(io("look at the key"))?);
    if mode & 0o077 != 0 {
        return Err(StateError::KeyExposed { path: path.to_owned(), mode });
    }
    file.lock().map_err(io("lock the key"))?;
    let mut bytes = Vec::with_capacity(33);
    Read::by_ref(&mut file).take(33).read_to_end(&mut bytes).map_err(io("read the key"))?;
    if bytes.iter().all(|byte| *byte == 0) && bytes.len() <= 32 {
        bytes = vec![0; 32];
        getrandom::fill(&mut bytes).map_err(|error| io("draw random bytes for")(error.into()))?;
        file.rewind()
            .and_then(|()| file.write_all(&bytes))
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_parent(path))
            .map_err(io("write the key"))?;
    }
    // The lock goes with the file, when it is closed here.
    bytes.try_into().map_err(|_| StateError::KeyDamaged(path.to_owned()))
}

/// Lets JSON be written straight into the digest.
struct HmacWriter(Hmac<Sha256>);

impl Write for HmacWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_canonical(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            out.write_all(b"{")?;
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write_plain(out, name)?;
                out.write_all(b":")?;
                write_canonical(out, member)?;
            }
            out.write_all(b"}")
        }
        Value::Array(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write_canonical(out, item)?;
            }
            out.write_all(b"]")
        }
        plain => write_plain(out, plain),
    }
}

fn write_plain(out: &mut impl Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_hmac_sha256_over_compact_json_with_sorted_members() {
        // printf '{"a":[1,{"x":null,"y":"é\\n"}],"b":true}' \
        //   | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07
        let digest = TrailKey::from_bytes([7; 32])
            .digest(&json!({ "b": true, "a": [1, { "y": "é\n", "x": null }] }));
        assert_eq!(
            digest.to_string(),
            "7d904aa593002d7dfb38537f6fd9ee79c6db6a138270d3ea97f8c3d53361c6c3"
        );
    }

    #[test]
    fn another_key_or_another_argument_is_another_digest() {
        let key = TrailKey::from_bytes([1; 32]);
        assert_ne!(key.digest(&json!({ "a": 1 })), key.digest(&json!({ "a": 2 })));
        assert_ne!(
            key.digest(&json!({ "a": 1 })),
            TrailKey::from_bytes([2; 32]).digest(&json!({ "a": 1 }))
        );
        assert!(!format!("{key:?}").contains('1'));
    }
}
