//! The state that an HMAC starts from.

use hmac::KeyInit;
use hmac::digest::{Digest, Key};

/// `M`, an HMAC by the hash `D`, with this key. Longer keys than a block are hashed first, shorter ones
/// padded with zeros, as HMAC says.
pub(crate) fn keyed<M: KeyInit, D: Digest>(key: &[u8]) -> M {
    let mut block = Key::<M>::default();
    if key.len() <= block.len() {
        block[..key.len()].copy_from_slice(key);
    } else {
        let hash = D::digest(key);
        block[..hash.len()].copy_from_slice(&hash);
    }
    M::new(&block)
}
