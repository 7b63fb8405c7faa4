//! Tokens that are forged, old, or somebody else's: all of them are refused, and on the trail.

use serde_json::{Value, json};

use super::issuer::{SigningKey, encoded, now};
use super::{AUDIENCE, Shop, challenge, send, status};

/// Signed with a shared secret, HMAC-SHA256.
fn shared_secret(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    format!("{message}.{}", encoded(ring::hmac::sign(&key, message.as_bytes())))
}

fn unsigned(algorithm: &str, claims: &Value) -> String {
    let header = json!({"alg": algorithm, "typ": "at+jwt"});
    format!("{}.{}.", encoded(header.to_string()), encoded(claims.to_string()))
}

/// Every token, and the reason that the trail has for refusing it.
fn forged(shop: &Shop) -> Vec<(&'static str, String, &'static str)> {
    let right = shop.claims(&json!({}));
    let with = |more: Value| shop.token(&more);
    let key = &shop.issuer.key;
    let under = |header: Value| key.token_under(&header, &right);
    let stranger = SigningKey::p256("first");
    let hs256 = json!({"alg": "HS256", "kid": "first", "typ": "at+jwt"});
    let genuine = shop.issuer.token(&right);
    let (message, signature) = genuine.rsplit_once('.').unwrap();
    let other_claims = encoded(shop.claims(&json!({"sub": "root"})).to_string());
    let header = genuine.split('.').next().unwrap();
    vec![
        ("none", unsigned("none", &right), "algorithm"),
        ("None", unsigned("None", &right), "algorithm"),
        ("no signature", format!("{message}."), "signature"),
        ("none, signed", under(json!({"alg": "none", "kid": "first"})), "algorithm"),
        ("HS256 with the public key", shared_secret(&hs256, &right, &key.public()), "algorithm"),
        ("HS256 with nothing", shared_secret(&hs256, &right, b""), "algorithm"),
        ("another algorithm than the key's", under(json!({"alg": "EdDSA", "kid": "first"})), "key"),
        ("one that is not taken", under(json!({"alg": "ES384", "kid": "first"})), "algorithm"),
        ("a stranger's key of that name", stranger.token(&right), "signature"),
        ("an unknown key", SigningKey::p256("unknown").token(&right), "key"),
        (
            "a key of its own in the header",
            under(json!({"alg": "ES256", "kid": "mine", "jwk": {"kty": "EC", "crv": "P-256",
                "x": encoded(&key.public()[1..33]), "y": encoded(&key.public()[33..])}})),
            "key",
        ),
        (
            "an address of keys in the header",
            under(json!({"alg": "ES256", "kid": "mine", "jku": "http://127.0.0.1:1/keys"})),
            "key",
        ),
        ("other claims", format!("{header}.{other_claims}.{signature}"), "signature"),
        ("another issuer", with(json!({"iss": "https://login.example.com"})), "issuer"),
        (
            "a list of issuers",
            with(json!({"iss": [shop.issuer.address(), "https://evil.example"]})),
            "claims",
        ),
        ("no issuer", with(json!({"iss": null})), "claims"),
        ("another audience", with(json!({"aud": "https://other.example/mcp"})), "audience"),
        ("an audience that begins so", with(json!({"aud": format!("{AUDIENCE}/x")})), "audience"),
        ("no audience", with(json!({"aud": null})), "claims"),
        ("expired", with(json!({"exp": now() - 31})), "expired"),
        ("expired long ago", with(json!({"exp": 1})), "expired"),
        ("no end", with(json!({"exp": null})), "claims"),
        ("an end that is a text", with(json!({"exp": "9999999999"})), "claims"),
        ("not yet", with(json!({"nbf": now() + 60})), "not-yet"),
        ("issued in the future", with(json!({"iat": now() + 60, "nbf": null})), "not-yet"),
        ("another kind", under(json!({"alg": "ES256", "kid": "first", "typ": "dpop+jwt"})), "type"),
        (
            "wants something understood",
            under(json!({"alg": "ES256", "kid": "first", "crit": ["b64"], "b64": false})),
            "critical",
        ),
        ("nobody", with(json!({"sub": ""})), "subject"),
        ("no subject", with(json!({"sub": null})), "subject"),
        ("a subject that is no text", with(json!({"sub": 7})), "subject"),
        ("a subject that hides", with(json!({"sub": "ann\u{202e}"})), "subject"),
        ("a subject of two lines", with(json!({"sub": "ann\nbob"})), "subject"),
        ("a subject without end", with(json!({"sub": "a".repeat(201)})), "subject"),
        ("huge", with(json!({"more": "a".repeat(16 << 10)})), "size"),
        ("two parts", message.to_owned(), "form"),
        ("five parts", format!("{genuine}.x.y"), "form"),
        ("no base64", "ab*.cd*.ef*".to_owned(), "form"),
    ]
}

#[tokio::test]
async fn every_forged_token_is_refused_and_on_the_trail() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    assert_ne!(status(&served, &shop.token(&json!({}))).await, 401, "the right one is taken");
    for (what, token, reason) in forged(&shop) {
        // Each reason has a line of its own at once, and then one a second.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let mut answer = send(&served, &token, "tools/list", json!({})).await;
        // A key that nobody knows may be a new one, until keys were asked for again.
        while answer.status() == 503 {
            let wait = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
            answer = send(&served, &token, "tools/list", json!({})).await;
        }
        let refused = answer.status().as_u16();
        if refused == 401 {
            let challenge = challenge(&answer);
            assert!(challenge.contains("error=\"invalid_token\""), "{what}: {challenge}");
            assert!(!challenge.contains(&token), "{what}");
        }
        // Whoever tries many is slowed, and then told to wait.
        assert!([401, 429, 431].contains(&refused), "{what}: {refused}");
        let lines = shop.refused();
        assert!(
            lines.iter().any(|line| line.starts_with(&format!("{reason}: "))),
            "{what}: `{reason}` is not on the trail: {lines:?}"
        );
        assert!(!lines.iter().any(|line| line.contains(&token)), "{what}");
    }
    // And nobody else is slowed for it.
    assert_ne!(status(&served, &shop.token(&json!({}))).await, 401);
}

#[tokio::test]
async fn a_token_in_two_headers_or_in_the_address_is_none() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let token = shop.token(&json!({}));
    let listing = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let client = souk_tests::http_client();
    let twice = client
        .post(served.url())
        .header("authorization", format!("Bearer {token}"))
        .header("authorization", format!("Bearer {token}"))
        .body(listing.clone());
    assert_eq!(twice.send().await.unwrap().status(), 401);
    let in_address = client.post(format!("{}?access_token={token}", served.url())).body(listing);
    assert_eq!(in_address.send().await.unwrap().status(), 401);
}
