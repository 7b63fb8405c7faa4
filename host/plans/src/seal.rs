//! A plan's digest, which reviewers can compare, and its seal, which shows tampering.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use souk_model::plan::{PlanHeader, PlanItem};

/// The host's key for seals. Whoever can write the database but has not the key cannot make a plan
/// that is carried out.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey([secret])")
    }
}

/// Of each item of a plan, in their order, what tells it from any other: 16 bytes of its SHA-256. What was
/// held to the plan's seal is so held to every later read of a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemDigests(Vec<[u8; 16]>);

impl ItemDigests {
    /// Whether it is the item that was there when the plan was held to its seal.
    pub(crate) fn knows(&self, item: &PlanItem) -> bool {
        let known = usize::try_from(item.n).ok().and_then(|n| self.0.get(n));
        known.is_some_and(|known| digest_of(item).is_ok_and(|digest| digest[..16] == known[..]))
    }

    /// The next one.
    pub(crate) fn add(&mut self, item: &PlanItem) -> serde_json::Result<()> {
        let digest = digest_of(item)?;
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        self.0.push(first);
        Ok(())
    }
}

fn digest_of(item: &PlanItem) -> serde_json::Result<[u8; 32]> {
    Ok(Sha256::digest(serde_json::to_vec(item)?).into())
}

/// Takes a plan's items in, one by one, so that a plan of any length needs no memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlanHasher(Sha256);

impl PlanHasher {
    pub(crate) fn add(&mut self, item: &PlanItem) -> serde_json::Result<()> {
        // Each item is hashed first: where one ends and the next begins is then part of the sum.
        self.0.update(digest_of(item)?);
        Ok(())
    }

    /// The digest of these items under this header: lower-case hex SHA-256.
    pub(crate) fn finish(mut self, header: &PlanHeader) -> serde_json::Result<String> {
        self.0.update(Sha256::digest(serde_json::to_vec(header)?));
        Ok(hex::encode(self.0.finalize()))
    }
}

fn mac(key: &SealKey, content: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key.0);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(content);
    mac
}

/// The seal of a digest: HMAC-SHA256, lower-case hex.
pub(crate) fn seal(key: &SealKey, digest: &str) -> String {
    hex::encode(mac(key, digest.as_bytes()).finalize().into_bytes())
}

/// Whether the seal is this digest's, compared in constant time.
pub(crate) fn is_sealed(key: &SealKey, digest: &str, given: &str) -> bool {
    hex::decode(given).is_ok_and(|given| mac(key, digest.as_bytes()).verify_slice(&given).is_ok())
}
