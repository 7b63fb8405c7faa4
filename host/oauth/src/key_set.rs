//! The keys of an authorization server, and which of them verifies a token.

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of a set that are looked at. Providers have two or three.
const MOST: usize = 64;

/// The algorithms that a token may be signed with, if the operator lets it.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// A name that is no algorithm by which a token may be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no algorithm that tokens can be signed with: there are RS256, RS384, RS512, PS256, \
     PS384, PS512, ES256, ES384 and EdDSA; shared secrets (HS256) and `none` are never taken"
)]
pub struct InvalidAlgorithm {
    name: String,
}

/// An algorithm by its name in a token.
///
/// # Errors
/// It is none that counts.
pub(crate) fn algorithm(name: &str) -> Result<Algorithm, InvalidAlgorithm> {
    let found = ALGORITHMS.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, algorithm)| *algorithm)
        .ok_or_else(|| InvalidAlgorithm { name: souk_model::visible::sentence(name, 40) })
}

/// A key, and what it verifies.
#[derive(Debug)]
struct PublishedKey {
    key: DecodingKey,
    /// The one algorithm, where the key says so.
    only: Option<Algorithm>,
}

impl PublishedKey {
    /// None for what verifies nothing here: shared secrets, keys for encryption, unknown curves.
    fn of(jwk: &Jwk) -> Option<Self> {
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let only = match jwk.common.key_algorithm {
            None => None,
            Some(named) => Some(of_key(named)?),
        };
        let of_curve = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => None,
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => Some(Algorithm::ES256),
                EllipticCurve::P384 => Some(Algorithm::ES384),
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(key) => match key.curve {
                EllipticCurve::Ed25519 => Some(Algorithm::EdDSA),
                _ => return None,
            },
            _ => return None,
        };
        let only = match (only, of_curve) {
            (Some(named), Some(of_curve)) if named != of_curve => return None,
            (named, of_curve) => named.or(of_curve),
        };
        Some(Self { key: DecodingKey::from_jwk(jwk).ok()?, only })
    }

    fn verifies(&self, algorithm: Algorithm) -> bool {
        match self.only {
            Some(only) => only == algorithm,
            None => self.key.family() == algorithm.family(),
        }
    }
}

fn of_key(named: KeyAlgorithm) -> Option<Algorithm> {
    ALGORITHMS
        .into_iter()
        .map(|(_, algorithm)| algorithm)
        .find(|algorithm| format!("{algorithm:?}") == format!("{named:?}"))
}

/// The keys that an authorization server publishes.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    named: HashMap<String, PublishedKey>,
    nameless: Vec<PublishedKey>,
}

#[derive(Deserialize)]
struct PublishedSet {
    keys: Vec<Value>,
}

impl KeySet {
    /// From the text of a JSON Web Key Set (RFC 7517). What is no key that verifies anything here is left
    /// out, as the standard wants. Of two keys of one name neither counts.
    ///
    /// # Errors
    /// It is no set of keys.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        let published: PublishedSet = serde_json::from_slice(text)?;
        let mut set = Self::default();
        let mut twice = Vec::new();
        for value in published.keys.into_iter().take(MOST) {
            let Ok(jwk) = serde_json::from_value::<Jwk>(value) else { continue };
            let Some(key) = PublishedKey::of(&jwk) else { continue };
            match jwk.common.key_id {
                None => set.nameless.push(key),
                Some(id) => {
                    if set.named.insert(id.clone(), key).is_some() {
                        twice.push(id);
                    }
                }
            }
        }
        for id in twice {
            set.named.remove(&id);
        }
        Ok(set)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.named.len() + self.nameless.len()
    }

    /// Whether there is one of this name, for whatever algorithm.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.named.contains_key(id)
    }

    /// The key of this name, for this algorithm; of a token that names none, the only one there is for
    /// its algorithm.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        if let Some(id) = id {
            return self.named.get(id).filter(|key| key.verifies(algorithm)).map(|key| &key.key);
        }
        let mut fit =
            self.named.values().chain(&self.nameless).filter(|key| key.verifies(algorithm));
        match (fit.next(), fit.next()) {
            (Some(only), None) => Some(&only.key),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point on the curve P-256 and one on Ed25519; the modulus is only as long as one.
    fn set(keys: &str) -> KeySet {
        KeySet::parse(format!("{{\"keys\": [{keys}]}}").as_bytes()).unwrap()
    }

    fn rsa(more: &str) -> String {
        let n = "A".repeat(342);
        format!("{{\"kty\": \"RSA\", \"n\": \"{n}\", \"e\": \"AQAB\"{more}}}")
    }

    const EC: &str = "{\"kty\": \"EC\", \"crv\": \"P-256\", \"kid\": \"ec\", \
        \"x\": \"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\", \
        \"y\": \"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";

    #[test]
    fn a_key_verifies_its_own_algorithm_alone() {
        let set =
            set(&[&rsa(", \"kid\": \"a\""), &*rsa(", \"kid\": \"b\", \"alg\": \"RS512\""), EC]
                .join(","));
        let finds = |id, algorithm| set.find(Some(id), algorithm).is_some();
        assert!(finds("a", Algorithm::RS256) && finds("a", Algorithm::PS384));
        assert!(finds("b", Algorithm::RS512) && !finds("b", Algorithm::RS256));
        assert!(finds("ec", Algorithm::ES256));
        for wrong in [Algorithm::ES384, Algorithm::RS256, Algorithm::EdDSA, Algorithm::HS256] {
            assert!(!finds("ec", wrong));
        }
        assert!(!finds("a", Algorithm::HS256) && !finds("c", Algorithm::RS256));
    }

    #[test]
    fn a_token_that_names_no_key_needs_a_single_one() {
        assert!(set(EC).find(None, Algorithm::ES256).is_some());
        let two = set(&[&*rsa(""), &*rsa(", \"kid\": \"a\"")].join(","));
        assert!(two.find(None, Algorithm::RS256).is_none());
        let of_one_name = [&*rsa(", \"kid\": \"a\""), &*rsa(", \"kid\": \"a\"")].join(",");
        assert!(set(&of_one_name).find(Some("a"), Algorithm::RS256).is_none());
    }

    #[test]
    fn what_verifies_nothing_is_left_out_and_what_is_no_set_is_refused() {
        let secret = "{\"kty\": \"oct\", \"k\": \"AAAA\", \"kid\": \"s\"}";
        let other = "{\"kty\": \"EC\", \"crv\": \"secp256k1\", \"x\": \"AA\", \"y\": \"AA\"}";
        let encrypts = rsa(", \"kid\": \"e\", \"use\": \"enc\"");
        let left = set(&[secret, other, &encrypts, "1", "{}", EC].join(","));
        assert_eq!(left.count(), 1);
        for wrong in ["", "[]", "{}", "{\"keys\": {}}", "{\"keys\": null}"] {
            assert!(KeySet::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shared_secrets_and_none_are_no_algorithms() {
        for wrong in ["HS256", "none", "None", "", "rs256"] {
            assert!(algorithm(wrong).is_err(), "{wrong}");
        }
        assert!(ALGORITHMS.iter().all(|(name, known)| algorithm(name) == Ok(*known)));
    }
}
