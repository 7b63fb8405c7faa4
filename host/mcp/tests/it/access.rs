//! Callers whom another service vouches for: what they hear when their token ends, and when it cannot be
//! told whether it is right.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures::stream;
use reqwest::{Body, StatusCode};
use serde_json::{Value, json};
use souk_mcp::HttpConfig;
use souk_model::{AccessGrant, AccessTokens, Principal, RefusalKind, TokenRefusal};

use crate::fake::Fake;
use crate::http::{Served, serve_with};

/// A token is `FOR.SECONDS`: for whom, and for how long from now. Of `later` nothing can be told.
struct Issuer;

#[async_trait]
impl AccessTokens for Issuer {
    async fn verify(&self, token: &str) -> Result<Principal, TokenRefusal> {
        let (name, seconds) = token.split_once('.').unwrap();
        if name == "later" {
            let (reason, message) = ("keys", "http://10.0.0.1/keys does not answer".to_owned());
            let kind = RefusalKind::NotNow { retry_after_s: 7 };
            return Err(TokenRefusal { reason, message, kind });
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let grant = AccessGrant::new(["read"], now + seconds.parse::<u64>().unwrap());
        Ok(Principal::by_access(name, Arc::new(grant)))
    }

    fn issuer(&self) -> &'static str {
        "https://login.example.com"
    }

    fn resource(&self) -> &'static str {
        "https://souk.example/mcp"
    }

    fn first_scopes(&self) -> &[String] {
        &[]
    }
}

async fn served() -> (Arc<Fake>, Served) {
    let fake = Fake::new();
    fake.admit_vouched_for();
    let served = serve_with(&fake, HttpConfig::default(), Some(Arc::new(Issuer))).await;
    (fake, served)
}

fn call(tool: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": tool, "arguments": {}}})
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_call_has_expired_and_is_not_the_operators_to_give() {
    let (_fake, served) = served().await;
    // It is right when the request begins, and over when its body has come.
    let body = call("echo").to_string();
    let late = stream::once(async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        Ok::<_, std::io::Error>(body)
    });
    let late = served.post(&json!({})).bearer_auth("ann.1").body(Body::wrap_stream(late));
    let answer = late.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let answer = format!(
        "{challenge}
{}",
        answer.text().await.unwrap()
    );
    assert!(answer.contains("it has expired") && answer.contains("for a new one"), "{answer}");
    assert!(!answer.contains("operator"), "{answer}");
}

#[tokio::test]
async fn a_token_that_cannot_be_verified_now_is_no_guess_and_nobody_hears_why() {
    let (_fake, served) = served().await;
    // More than are slowed, and than are refused as guesses.
    for _ in 0..30 {
        let answer = served.post(&call("echo")).bearer_auth("later.1").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "7");
        assert!(!answer.headers().contains_key("www-authenticate"));
        let said = answer.text().await.unwrap();
        assert!(said.contains("temporarily_unavailable") && !said.contains("10.0.0.1"), "{said}");
    }
}
