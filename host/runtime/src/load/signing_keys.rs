//! The keys whose signatures the operator takes for an approval, and what becomes of a signature.
//!
//! Signatures are minisign's. Only the pre-hashed form counts, which every minisign since 0.10 writes.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};
use souk_model::{PluginSigner, visible};
use souk_policy::trust::KeyCeiling;

use super::plugin_signature::PluginSignature;

/// What stands before a key's id, in keys and signatures: the algorithm.
const ALGORITHM_BYTES: usize = 2;
/// A key's id.
const ID_BYTES: usize = 8;
/// The longest trusted comment that is shown, in characters.
const MAX_COMMENT: usize = 200;

/// A key that the operator lists.
#[derive(Debug, Clone)]
pub struct SigningKey {
    signer: PluginSigner,
    ceiling: KeyCeiling,
    public: PublicKey,
}

impl SigningKey {
    /// The key in Base64, under the operator's name for it.
    ///
    /// # Errors
    /// It is no public key. For people; the text is not repeated, since it may be a secret key.
    pub fn new(name: &str, key: &str, ceiling: KeyCeiling) -> Result<Self, String> {
        let public = PublicKey::from_base64(key);
        let (Ok(public), Some(id)) = (public, key_id(key)) else {
            return Err(
                "it is no public key of minisign: give the second line of `minisign.pub`, \
                        which begins with `RW` and has 56 letters"
                    .to_owned(),
            );
        };
        let signer = PluginSigner { name: name.to_owned(), id, key: key.to_owned() };
        Ok(Self { signer, ceiling, public })
    }
}

/// All of them. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct SigningKeys(Arc<[SigningKey]>);

impl SigningKeys {
    /// These keys.
    ///
    /// # Errors
    /// Two of them cannot be told apart. For people.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, String> {
        for (number, key) in keys.iter().enumerate() {
            if let Some(twin) =
                keys.iter().skip(number + 1).find(|one| one.signer.id == key.signer.id)
            {
                return Err(format!(
                    "{} and {} have the same id: list one of them",
                    key.signer, twin.signer
                ));
            }
        }
        Ok(Self(keys.into()))
    }

    /// How much a signer may approve; nothing where the key is not listed.
    pub(crate) fn ceiling(&self, signer: &PluginSigner) -> Option<&KeyCeiling> {
        self.0.iter().find(|key| key.signer == *signer).map(|key| &key.ceiling)
    }

    /// Verifies a signature over these very bytes.
    ///
    /// # Errors
    /// It is none, or not of these bytes. For people.
    pub(crate) fn verify(&self, signature: &[u8], wasm: &[u8]) -> Result<PluginSignature, String> {
        let text = std::str::from_utf8(signature).ok();
        let read = text.and_then(|text| {
            let signature = Signature::decode(text).ok()?;
            Some((signature, key_id(text.lines().nth(1)?)?))
        });
        let Some((signature, id)) = read else {
            return Err("it is no signature of minisign".to_owned());
        };
        let Some(key) = self.0.iter().find(|key| key.signer.id == id) else {
            return Ok(PluginSignature::Unlisted { id });
        };
        key.public.verify(wasm, &signature, false).map_err(|error| match error {
            minisign_verify::Error::UnexpectedAlgorithm => format!(
                "it is of the legacy form, which is not taken; sign the file anew with a minisign \
                 from 0.10 on, as {}",
                key.signer
            ),
            _ => format!(
                "it is not the signature of this file by {}: one of them was changed, or belongs to \
                 another version",
                key.signer
            ),
        })?;
        // minisign puts tabs between time and name.
        let comment = signature.trusted_comment().replace('\t', " ");
        let comment = visible::sentence(&comment, MAX_COMMENT);
        Ok(PluginSignature::Listed { signer: key.signer.clone(), comment: Some(comment) })
    }
}

/// The id in a key or a signature, both in Base64, as minisign shows it: the last byte first.
fn key_id(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    let id = bytes.get(ALGORITHM_BYTES..ALGORITHM_BYTES + ID_BYTES)?;
    Some(id.iter().rev().map(|byte| format!("{byte:02X}")).collect())
}

#[cfg(test)]
mod tests {
    use souk_model::Tier;

    use super::*;

    const PUBLIC: &str = "RWSFg8R4wBVxh611/uHz49FJL18mw98iM4qC8joDeet4iBA9iMF70JhU";
    /// What minisign 0.11 wrote of the bytes `souk` and a line break, and with `-l`.
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
        RUSFg8R4wBVxh2DQBvGR2ayPAAO6Z/rpGeT8t0duXyWX0EEO7jLc/E6ETGM/FkVKOaesCCPrapYXpxtnMx3nmeHQyYT8Y+EWqwA=\n\
        trusted comment: of a test\n\
        tnn+Rl2t5cYnh8SbZdGUWTsO1ePkgNkev6GcW0o+XQ6qqgiiz8z6W5Kzll3mbFkFCwdN8EXEfH5AYC+pflJnAg==\n";
    const LEGACY: &str = "untrusted comment: signature from minisign secret key\n\
        RWSFg8R4wBVxh89K4Mom7Rg7aq+iuvZvaxE7e2SPpr21tF5la//xg7kYCYnsfdV3XUC4u6j7sTcOgN7rXLNlN0zPwXqu1WDFIA8=\n\
        trusted comment: of a test\n\
        BH1m44lvUUJpUmXEf2A4AWjuT9rBdTDlgIS5hCzTjVzDRu03f7KhS4fX78ONNTNoZsmUGQle0h8slpG3vJi+DQ==\n";

    fn keys(public: &str) -> Result<SigningKeys, String> {
        let ceiling = KeyCeiling { max_tier: Tier::Safe, grants: None };
        SigningKeys::new(vec![SigningKey::new("test", public, ceiling)?])
    }

    #[test]
    fn what_minisign_itself_wrote_is_verified_and_its_legacy_form_is_not() {
        let keys = keys(PUBLIC).unwrap();
        let verify = |signature: &str, wasm: &[u8]| keys.verify(signature.as_bytes(), wasm);
        let signed = verify(SIGNATURE, b"souk\n").unwrap();
        let PluginSignature::Listed { signer, comment } = signed else { panic!("{signed:?}") };
        assert_eq!(signer.to_string(), "`test` (key 877115C078C48385)");
        assert_eq!(comment.as_deref(), Some("of a test"));
        assert!(verify(SIGNATURE, b"souk").unwrap_err().contains("is not the signature"));
        let comment = SIGNATURE.replace("of a test", "of a tent");
        assert!(verify(&comment, b"souk\n").unwrap_err().contains("is not the signature"));
        assert!(verify(LEGACY, b"souk\n").unwrap_err().contains("the legacy form"));
        assert!(verify("RW", b"souk\n").unwrap_err().contains("no signature"));
        let unlisted = SigningKeys::default().verify(SIGNATURE.as_bytes(), b"anything");
        let id = "877115C078C48385".to_owned();
        assert_eq!(unlisted, Ok(PluginSignature::Unlisted { id }));
    }

    #[test]
    fn what_is_no_public_key_is_not_repeated() {
        for wrong in ["", "minisign.pub", &PUBLIC[..55], &SIGNATURE[..40]] {
            let why = keys(wrong).unwrap_err();
            assert!(why.contains("no public key of minisign"), "{why}");
            assert!(wrong.is_empty() || wrong == "minisign.pub" || !why.contains(wrong), "{why}");
        }
    }
}
