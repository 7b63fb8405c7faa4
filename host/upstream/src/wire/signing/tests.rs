//! Recorded signatures, and the forms of paths.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Recording {
    signing_base: String,
    consumer_key: Secret,
    consumer_secret: Secret,
    token: Secret,
    token_secret: Secret,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    seq: u32,
    status: u16,
    options: serde_json::Map<String, serde_json::Value>,
    method: String,
    path: String,
    query: String,
    base_string: String,
    authorization: String,
}

fn recording() -> Recording {
    serde_json::from_str(include_str!("../../../tests/fixtures/oauth_vectors.json")).unwrap()
}

/// The quoted value of a field of an `Authorization` header.
fn field<'a>(header: &'a str, name: &str) -> &'a str {
    let (_, rest) = header.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// What we make of a recorded request, at the moment at which it was recorded.
fn sign(recording: &Recording, vector: &Vector, form: PathForm) -> (String, String) {
    let signer = OauthSigner::new(
        &recording.consumer_key,
        &recording.consumer_secret,
        &recording.token,
        &recording.token_secret,
    );
    let stamp = NonceTimestamp {
        nonce: field(&vector.authorization, "oauth_nonce").to_owned(),
        timestamp: field(&vector.authorization, "oauth_timestamp").parse().unwrap(),
    };
    let input = SignatureInput {
        method: &vector.method,
        base: &encoded_base(&recording.signing_base),
        path: &vector.path,
        query: &vector.query,
        form,
    };
    (signer.base_string(&input, &stamp), signer.authorization(&input, &stamp))
}

#[test]
fn every_recorded_signature_that_magento_accepted_is_ours() {
    let recording = recording();
    let accepted: Vec<_> = recording.vectors.iter().filter(|v| v.status != 401).collect();
    assert_eq!(accepted.iter().filter(|v| v.status == 200 && v.options.is_empty()).count(), 8);
    assert_eq!(accepted.len(), 17);
    assert_eq!(accepted.iter().filter(|v| v.method == "PUT").count(), 1);
    for vector in accepted {
        let (base_string, authorization) = sign(&recording, vector, PathForm::Decoded);
        assert_eq!(base_string, vector.base_string, "{}", vector.seq);
        assert_eq!(authorization, vector.authorization, "{}", vector.seq);
    }
}

#[test]
fn the_signatures_it_refused_for_their_path_are_those_of_the_other_form() {
    let recording = recording();
    let refused: Vec<_> = recording.vectors.iter().filter(|v| v.status == 401).collect();
    assert_eq!(refused.len(), 2);
    for vector in refused {
        assert!(PathForm::matters(&vector.path));
        assert_eq!(sign(&recording, vector, PathForm::AsSent).1, vector.authorization);
        assert_ne!(sign(&recording, vector, PathForm::Decoded).1, vector.authorization);
    }
}

#[test]
fn a_path_is_normalised_as_magento_does() {
    for (sent, signed) in [
        ("/V1/products/LAB-1", "/V1/products/LAB-1"),
        ("/LAB%2Fslash%2F1", "/LAB/slash/1"),
        ("/LAB%2Bplus%26amp%3D1", "/LAB+plus&amp=1"),
        ("/LAB%23hash%2525%27q%22", "/LAB%23hash%25%27q%22"),
        ("/LAB(paren)*!~", "/LAB(paren)%2A%21~"),
        ("/LAB%28paren%29", "/LAB%28paren%29"),
        ("/100%25%20cotton", "/100%25%20cotton"),
        ("/50%25zz", "/50%25zz"),
        ("/50%25ab", "/50%ab"),
        ("/%c3%a9%2d", "/%C3%A9-"),
    ] {
        assert_eq!(normalised_path(sent, PathForm::Decoded), signed, "{sent}");
    }
    assert_eq!(normalised_path("/a%2Fb%2D%25", PathForm::AsSent), "/a%2Fb-%25");
}

#[test]
fn a_signer_prints_no_key() {
    let recording = recording();
    let signer = OauthSigner::new(
        &recording.consumer_key,
        &recording.consumer_secret,
        &recording.token,
        &recording.token_secret,
    );
    assert_eq!(format!("{signer:?}"), "OauthSigner([REDACTED])");
}

#[test]
fn nonces_do_not_repeat() {
    let (a, b) = (NonceTimestamp::now().unwrap(), NonceTimestamp::now().unwrap());
    assert_ne!(a.nonce, b.nonce);
    assert_eq!(a.nonce.len(), 32);
}

proptest! {
    /// What `permit` encodes needs no second look, and the two forms differ only when we say so.
    #[test]
    fn encoded_segments_are_canonical(text in any::<String>()) {
        let encoded = percent_encode(text.as_bytes(), RESERVED).to_string();
        prop_assert!(matches!(canonical(&encoded), Cow::Borrowed(_)));
        let forms = [PathForm::Decoded, PathForm::AsSent].map(|form| normalised_path(&encoded, form));
        if !PathForm::matters(&encoded) {
            prop_assert_eq!(&forms[0], &forms[1]);
        }
        prop_assert_eq!(&forms[1], &encoded);
    }
}
