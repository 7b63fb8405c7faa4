//! The signature that somebody put beside a plugin's file.

use souk_model::Tier;
use souk_policy::trust::KeyCeiling;

use crate::plugin_signature::PluginSignature;
use crate::signing_keys::{SigningKey, SigningKeys};

/// A key of which nobody has the secret any more, and all that it ever signed: these bytes, twice.
const KEY: &str = "RWSFg8R4wBVxh611/uHz49FJL18mw98iM4qC8joDeet4iBA9iMF70JhU";
const BYTES: &[u8] = b"souk\n";
const SIGNATURE: &str = include_str!("../../corpus/signature/signed.minisig");

/// Whatever lies beside a file, it is signed where the key's owner signed it, and nowhere else.
pub(super) fn run(bytes: &[u8]) -> bool {
    let ceiling = KeyCeiling { max_tier: Tier::Safe, grants: None };
    let key = SigningKey::new("test", KEY, ceiling).expect("a public key of minisign");
    let keys = SigningKeys::new(vec![key]).expect("one key");
    let is_signature = match keys.verify(bytes, BYTES) {
        Ok(PluginSignature::Listed { .. }) => {
            let text = std::str::from_utf8(bytes).expect("what is verified is a text");
            // The first line is anybody's.
            let signed = |text: &str| text.lines().skip(1).take(3).map(str::to_owned).collect();
            let (found, known): (Vec<String>, Vec<String>) = (signed(text), signed(SIGNATURE));
            assert_eq!(found, known, "a signature that nobody made");
            true
        }
        Ok(PluginSignature::Unlisted { id }) => {
            assert_eq!(id.len(), 16, "an id of eight bytes");
            true
        }
        Ok(PluginSignature::None) => panic!("there is one"),
        Err(why) => !why.contains("no signature"),
    };
    let other = keys.verify(bytes, b"souk");
    assert!(!matches!(other, Ok(PluginSignature::Listed { .. })), "of other bytes");
    is_signature
}
