//! An authorization server of the test's own: keys that it makes, and a page that publishes them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key that tokens are signed with.
pub(crate) struct SigningKey {
    pub(crate) id: String,
    pair: Pair,
}

impl SigningKey {
    pub(crate) fn p256(id: &str) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random);
        Self { id: id.to_owned(), pair: Pair::P256(pair.unwrap()) }
    }

    pub(crate) fn ed25519(id: &str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap();
        Self { id: id.to_owned(), pair: Pair::Ed25519(pair) }
    }

    pub(crate) const fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    /// What everybody may know of it.
    pub(crate) fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    fn published(&self) -> Value {
        let public = self.public();
        match self.pair {
            Pair::P256(_) => json!({
                "kty": "EC", "crv": "P-256", "kid": self.id, "use": "sig",
                "x": encoded(&public[1..33]), "y": encoded(&public[33..]),
            }),
            Pair::Ed25519(_) => json!({
                "kty": "OKP", "crv": "Ed25519", "kid": self.id, "use": "sig", "x": encoded(public),
            }),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header.
    pub(crate) fn token_under(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        format!("{message}.{}", encoded(self.sign(message.as_bytes())))
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.algorithm(), "kid": self.id, "typ": "at+jwt"})
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_under(&self.header(), claims)
    }
}

struct Pages {
    keys: Mutex<Vec<Value>>,
    asked: AtomicUsize,
    requests: AtomicUsize,
    is_silent: AtomicBool,
    is_slow: AtomicBool,
}

/// The server.
pub(crate) struct Issuer {
    address: String,
    pub(crate) key: SigningKey,
    pages: Arc<Pages>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let key = SigningKey::p256("first");
        let pages = Arc::new(Pages {
            keys: Mutex::new(vec![key.published()]),
            asked: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            is_silent: AtomicBool::new(false),
            is_slow: AtomicBool::new(false),
        });
        tokio::spawn(serve(listener, address.clone(), pages.clone()));
        Self { address, key, pages }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.key.token(claims)
    }

    pub(crate) fn publish(&self, key: &SigningKey) {
        self.pages.keys.lock().unwrap().push(key.published());
    }

    pub(crate) fn replace_all_by(&self, key: &SigningKey) {
        *self.pages.keys.lock().unwrap() = vec![key.published()];
    }

    pub(crate) fn silence(&self, silent: bool) {
        self.pages.is_silent.store(silent, Ordering::SeqCst);
    }

    /// From now on it takes a second to answer anything.
    pub(crate) fn slow_down(&self) {
        self.pages.is_slow.store(true, Ordering::SeqCst);
    }

    /// How often it was asked for anything.
    pub(crate) fn requests(&self) -> usize {
        self.pages.requests.load(Ordering::SeqCst)
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.pages.asked.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, address: String, pages: Arc<Pages>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let (address, pages) = (address.clone(), pages.clone());
        tokio::spawn(async move {
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).await.unwrap_or_default();
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            pages.requests.fetch_add(1, Ordering::SeqCst);
            if pages.is_slow.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let path = asked.split(' ').nth(1).unwrap_or_default();
            let (status, body) = match path {
                _ if pages.is_silent.load(Ordering::SeqCst) => {
                    ("503 Service Unavailable", json!({}))
                }
                "/.well-known/openid-configuration" => {
                    ("200 OK", json!({"issuer": address, "jwks_uri": format!("{address}/keys")}))
                }
                "/keys" => {
                    pages.asked.fetch_add(1, Ordering::SeqCst);
                    ("200 OK", json!({"keys": *pages.keys.lock().unwrap()}))
                }
                _ => ("404 Not Found", json!({})),
            };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        });
    }
}
