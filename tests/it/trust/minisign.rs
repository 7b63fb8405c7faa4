//! Keys and signatures as minisign makes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// A key of a publisher's.
pub(super) struct MinisignKey {
    id: [u8; 8],
    pair: Ed25519KeyPair,
}

impl MinisignKey {
    /// One of 256.
    pub(super) fn number(number: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap();
        Self { id: [1, 2, 3, 4, 5, 6, 7, number], pair }
    }

    /// Another key under the id of this one, which anybody can make.
    pub(super) fn impostor(&self) -> Self {
        Self { id: self.id, ..Self::number(255) }
    }

    /// The key's id as it is shown.
    pub(super) fn id(&self) -> String {
        self.id.iter().rev().map(|byte| format!("{byte:02X}")).collect()
    }

    /// The second line of its `minisign.pub`.
    pub(super) fn public(&self) -> String {
        STANDARD.encode([&b"Ed"[..], &self.id, self.pair.public_key().as_ref()].concat())
    }

    /// `minisign -S -t COMMENT`.
    pub(super) fn sign(&self, file: &[u8], comment: &str) -> String {
        self.write(*b"ED", &Blake2b512::digest(file), comment)
    }

    /// The same with `-l`.
    pub(super) fn sign_legacy(&self, file: &[u8]) -> String {
        self.write(*b"Ed", file, "")
    }

    fn write(&self, algorithm: [u8; 2], message: &[u8], comment: &str) -> String {
        let signature = self.pair.sign(message);
        let both = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        let signature = STANDARD.encode([&algorithm[..], &self.id, signature.as_ref()].concat());
        let both = STANDARD.encode(both);
        format!("untrusted comment: a test's\n{signature}\ntrusted comment: {comment}\n{both}\n")
    }
}
