//! What takes texts from anywhere, for the tests that give it any: see `tests/fuzz`. No part of what
//! this crate is for.

use bytes::Bytes;
use souk_model::{Failure, Secret};

use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::failure_of;
use crate::wire::signing::{
    NonceTimestamp, OauthSigner, PathForm, SignatureInput, canonical, normalised_path,
};

/// A name or value of a query as Magento writes it before signing.
#[must_use]
pub fn canonical_text(text: &str) -> String {
    canonical(text).into_owned()
}

/// An encoded path as the store normalises it.
#[must_use]
pub fn path(path: &str, decoded: bool) -> String {
    normalised_path(path, form(decoded)).into_owned()
}

/// The `Authorization` header of a request, with keys that are secrets of nobody.
#[must_use]
pub fn authorization(path: &str, query: &str, decoded: bool) -> String {
    let key = Secret::from("key".to_owned());
    let signer = OauthSigner::new(&key, &key, &key, &key);
    let stamp = NonceTimestamp { nonce: "nonce".to_owned(), timestamp: 1 };
    let base = "http%3A%2F%2Fshop%2Frest";
    let input = SignatureInput { method: "GET", base, path, query, form: form(decoded) };
    signer.authorization(&input, &stamp)
}

/// What is made of a store's refusal with this status and body.
#[must_use]
pub fn refusal(status: u16, json: bool, body: &[u8]) -> Failure {
    failure_of(&StoreReply {
        status,
        json,
        retry_after: None,
        location: None,
        date: None,
        body: Bytes::copy_from_slice(body),
    })
}

const fn form(decoded: bool) -> PathForm {
    if decoded { PathForm::Decoded } else { PathForm::AsSent }
}
