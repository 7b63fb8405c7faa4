//! Texts that cannot be guessed.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Random bytes of a token: as many as its digest has.
const BYTES: usize = 32;
/// Letters that they make.
const LETTERS: usize = 43;

/// A text of 43 letters, digits, `-` and `_` that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretToken(String);

impl SecretToken {
    /// A new one.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// To be sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text looks like one: what does not is not looked up at all.
pub(crate) fn is_well_formed(text: &str) -> bool {
    text.len() == LETTERS
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A code that only who has the key can make of these parts, none of which can pass for two.
pub(crate) fn code_of(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// Bytes as they stand in a page.
pub(crate) fn as_text(bytes: &[u8; 32]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_well_formed_and_never_the_same() {
        let (one, other) = (SecretToken::random().unwrap(), SecretToken::random().unwrap());
        assert!(is_well_formed(one.as_str()) && is_well_formed(other.as_str()));
        assert_ne!(one.as_str(), other.as_str());
        for wrong in ["", "abc", &"a".repeat(44), &format!("{}/", "a".repeat(42)), &"é".repeat(43)]
        {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
    }

    #[test]
    fn parts_of_a_code_cannot_be_shifted() {
        let key = [7; 32];
        assert_ne!(code_of(&key, &["ab", "c"]), code_of(&key, &["a", "bc"]));
        assert_ne!(code_of(&key, &["a"]), code_of(&[8; 32], &["a"]));
    }
}
