//! Callers whom an authorization server vouches for: whose tokens count, and what comes of every other.
//!
//! The server is the test's own, so that it can lie; a real one is in `tests/oauth`.

mod attacks;
mod issuer;
mod outage;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, HttpHost, confirmed, http_client, until};

use issuer::{Issuer, SigningKey};

const AUDIENCE: &str = "https://souk.example/mcp";
const STATIC: &str = "static-0123456789abcdef";

pub(crate) struct Shop {
    store: DemoStore,
    home: Home,
    issuer: Issuer,
}

impl Shop {
    async fn new() -> Self {
        Self::with("").await
    }

    async fn with(more: &str) -> Self {
        let shop = Self {
            store: DemoStore::start().await,
            home: Home::new(),
            issuer: Issuer::start().await,
        };
        shop.configure(more);
        shop
    }

    fn configure(&self, more: &str) {
        self.home.configure(format!(
            "[policy]\nmax_tier = 'critical'\n[http]\npublic_url = 'https://souk.example'\n\
             [roles.reader]\nmax_tier = 'safe'\n[roles.orders]\ngroups = ['auth', 'orders', 'plans']\n\
             [oauth]\nissuer = '{}'\nkeys_pause_s = 1\nfirst_scopes = ['souk:read']\n\
             [oauth.scopes]\n'souk:read' = ['reader']\n'souk:orders' = ['orders']\n\
             [principals.keeper]\ntoken = '{STATIC}'\n{more}",
            self.issuer.address()
        ));
    }

    async fn serve(&self) -> HttpHost {
        self.home.souk(["serve", "--tools", "all"]).on(&self.store).http().await
    }

    /// A token that is right in everything, but for what is put into its claims.
    fn token(&self, claims: &Value) -> String {
        self.issuer.token(&self.claims(claims))
    }

    fn claims(&self, more: &Value) -> Value {
        let now = issuer::now();
        let mut claims = json!({
            "iss": self.issuer.address(), "aud": AUDIENCE, "sub": "ann", "iat": now, "nbf": now,
            "exp": now + 300, "scope": "souk:read",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    /// The notices on the trail about refused tokens.
    fn refused(&self) -> Vec<String> {
        let trail = std::fs::read_to_string(self.home.trail()).unwrap_or_default();
        let lines = trail.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .filter(|line| line["code"] == "token-refused")
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

async fn send(served: &HttpHost, token: &str, method: &str, params: Value) -> reqwest::Response {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    http_client()
        .post(served.url())
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2025-06-18")
        .header("authorization", format!("Bearer {token}"))
        .body(message.to_string())
        .send()
        .await
        .unwrap()
}

async fn status(served: &HttpHost, token: &str) -> u16 {
    send(served, token, "tools/list", json!({})).await.status().as_u16()
}

/// Whether a token is taken, whatever comes of the request.
async fn is_taken(served: &HttpHost, token: &str) -> bool {
    ![401, 429, 503].contains(&status(served, token).await)
}

fn challenge(answer: &reqwest::Response) -> String {
    answer.headers()["www-authenticate"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_signed_token_says_who_calls_and_its_scopes_what_they_may() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let reader = served.connect_as(Era::Modern, &shop.token(&json!({}))).await;
    reader.log_in().await;
    reader.answer("orders_search", json!({"page_size": 1})).await;
    assert!(!reader.tools().await.contains(&"orders_comment".to_owned()));
    // The same person with another token has another list.
    let both = json!({"scope": "openid souk:orders souk:read"});
    let both = served.connect_as(Era::Modern, &shop.token(&both)).await;
    assert!(both.tools().await.contains(&"orders_comment".to_owned()));
    assert!(!reader.tools().await.contains(&"orders_comment".to_owned()));
    // As some write it, and the keys of every curve.
    for key in [SigningKey::p256("second"), SigningKey::ed25519("third")] {
        shop.issuer.publish(&key);
        until("the key is taken", async || {
            let claims = shop.claims(&json!({"scope": null, "scp": ["souk:read"]}));
            is_taken(&served, &key.token(&claims)).await
        })
        .await;
    }
    let calls = souk_tests::calls(&shop.home.trail());
    assert!(calls.iter().any(|call| call["principal"] == "oauth:ann"), "{calls:?}");
    // The operator's own tokens count as before.
    let keeper = served.connect_as(Era::Modern, STATIC).await;
    assert!(keeper.tools().await.contains(&"catalog_get_product".to_owned()));
}

#[tokio::test]
async fn a_scope_that_is_missing_is_told_in_the_way_that_clients_ask_for_it() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let hold = confirmed(json!({"order_id": 1, "comment": "a test"}));
    for call in [
        json!({"name": "orders_comment", "arguments": hold}),
        json!({"name": "tools_write", "arguments": {"name": "orders_comment", "arguments": hold}}),
    ] {
        let answer = send(&served, &shop.token(&json!({})), "tools/call", call).await;
        assert_eq!(answer.status(), 403);
        let challenge = challenge(&answer);
        for said in [
            "error=\"insufficient_scope\"",
            "scope=\"souk:read souk:orders\"",
            "resource_metadata=\"https://souk.example/.well-known/oauth-protected-resource/mcp\"",
        ] {
            assert!(challenge.contains(said), "`{said}` is not in {challenge}");
        }
    }
    let calls = souk_tests::calls(&shop.home.trail());
    let refused = calls.iter().filter(|call| call["action"] == "orders_comment");
    assert_eq!(refused.filter(|call| call["outcome"].to_string().contains("FORBIDDEN")).count(), 2);
    // Where no scope would do, nobody is sent to fetch one.
    let flush = json!({"name": "cache_purge_by_url", "arguments": {}});
    let answer = send(&served, &shop.token(&json!({})), "tools/call", flush).await;
    assert_ne!(answer.status(), 403);
    // Without any scope that stands for something, nothing may be called at all.
    let none = served.connect_as(Era::Modern, &shop.token(&json!({"scope": "openid"}))).await;
    assert!(none.tools().await.is_empty());
}

#[tokio::test]
async fn whoever_has_no_token_is_told_where_to_get_one() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let answer = http_client().post(served.url()).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let told = challenge(&answer);
    assert!(told.contains("scope=\"souk:read\"") && told.contains("resource_metadata="), "{told}");
    let base = served.url().trim_end_matches("/mcp").to_owned();
    for path in ["", "/mcp"] {
        let address = format!("{base}/.well-known/oauth-protected-resource{path}");
        let found = http_client().get(address).send().await.unwrap().text().await.unwrap();
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["resource"], AUDIENCE);
        assert_eq!(found["authorization_servers"], json!([shop.issuer.address()]));
        assert_eq!(found["scopes_supported"], json!(["souk:orders", "souk:read"]));
    }
}

#[tokio::test]
async fn new_keys_count_once_they_are_published_and_old_ones_no_longer() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let old = shop.token(&json!({}));
    assert_ne!(status(&served, &old).await, 401);
    let new = SigningKey::p256("new");
    shop.issuer.replace_all_by(&new);
    let token = new.token(&shop.claims(&json!({})));
    until("the new key counts", async || is_taken(&served, &token).await).await;
    until("its key is not published any more", async || status(&served, &old).await == 401).await;
    // What was known counts on where the server does not answer for a while.
    shop.issuer.silence(true);
    assert!(is_taken(&served, &token).await);
}

#[tokio::test]
async fn tokens_that_name_keys_of_their_own_choice_make_nobody_ask_without_end() {
    let shop = Shop::with("").await;
    shop.home.configure(
        std::fs::read_to_string(shop.home.path(".config/souk/souk.toml"))
            .unwrap()
            .replace("keys_pause_s = 1", "keys_pause_s = 30"),
    );
    let served = shop.serve().await;
    assert_ne!(status(&served, &shop.token(&json!({}))).await, 401);
    let before = shop.issuer.asked();
    // So is one without a sensible end.
    assert!(is_taken(&served, &shop.token(&json!({"exp": u64::MAX}))).await);
    for number in 0..20 {
        let made_up = SigningKey::p256(&format!("made-up-{number}"));
        let refused = status(&served, &made_up.token(&shop.claims(&json!({})))).await;
        assert!([401, 429, 503].contains(&refused), "{refused}");
    }
    assert!(
        shop.issuer.asked() <= before + 1,
        "{} requests for keys",
        shop.issuer.asked() - before
    );
    assert!(is_taken(&served, &shop.token(&json!({}))).await, "nobody is locked out");
}

#[tokio::test]
async fn what_a_token_opened_ends_with_it() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    // Clocks may be half a minute apart.
    let short = shop.token(&json!({"exp": issuer::now() - 27}));
    let opened = send(
        &served,
        &short,
        "initialize",
        json!({"protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "by hand", "version": "1"}}),
    )
    .await;
    assert_eq!(opened.status(), 200);
    let session = opened.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let stream = http_client()
        .get(served.url())
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", "2025-06-18")
        .header("authorization", format!("Bearer {short}"))
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), stream.text()).await;
    assert!(ended.is_ok(), "the stream ends with the token");
    assert_eq!(status(&served, &short).await, 401);
    // Whoever comes again with another token goes on in the session.
    let again = http_client()
        .post(served.url())
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", "2025-06-18")
        .header("authorization", format!("Bearer {}", shop.token(&json!({}))))
        .body(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 200);
}

#[tokio::test]
async fn a_configuration_by_which_anybody_might_get_in_stops_the_start() {
    let home = Home::new();
    let right = "[http]\npublic_url = 'https://souk.example'\n[oauth]\nissuer = ";
    for (file, says) in [
        (format!("{right}'http://login.example.com'"), "neither https nor on this machine"),
        ("[oauth]\nissuer = 'https://login.example.com'".to_owned(), "`http.public_url` or"),
        (format!("{right}'https://login.example.com'\nalgorithms = ['HS256']"), "shared secrets"),
        (format!("{right}'https://login.example.com'\nalgorithms = []"), "no algorithm"),
        (
            format!("{right}'https://login.example.com'\njwks_url = 'http://keys.example.com/'"),
            "neither https nor on this machine",
        ),
        (
            format!("{right}'https://login.example.com'\n[oauth.scopes]\nread = ['reader']"),
            "there is no role `reader`",
        ),
        (
            "[principals.'oauth:ann']\ntoken = 'at-least-sixteen-characters'".to_owned(),
            "cannot be the name of a caller with a token",
        ),
    ] {
        home.configure(&file);
        let listen = ["serve", "--demo", "--http", "127.0.0.1:0"];
        for command in [&listen[..], &["config", "check"]] {
            let ran = home.souk(command.iter().copied()).run().await;
            let said = format!("{}{}", ran.out, ran.err);
            assert!(ran.status != Some(0) && said.contains(says), "{file}: {said}");
        }
    }
}

#[tokio::test]
async fn nobody_who_is_vouched_for_passes_for_a_caller_of_the_operators_own() {
    let shop =
        Shop::with("deny = ['orders_*']\n[principals.'oauth:bob']\ndeny = ['orders_*']\n").await;
    let served = shop.serve().await;
    // `keeper` is one of the operator's, and may no orders; `oauth:keeper` is somebody else.
    let other = served.connect_as(Era::Modern, &shop.token(&json!({"sub": "keeper"}))).await;
    assert!(other.tools().await.contains(&"orders_search".to_owned()));
    // What the operator says of one of them narrows what the scopes give.
    let bob = served.connect_as(Era::Modern, &shop.token(&json!({"sub": "bob"}))).await;
    let refused = bob.refusal("orders_search", json!({})).await;
    assert!(refused.contains("principals.oauth:bob.deny"), "{refused}");
    for named in ["local", "http"] {
        let token = shop.token(&json!({"sub": named}));
        let caller = served.connect_as(Era::Modern, &token).await;
        assert!(!caller.tools().await.contains(&"catalog_commit_bulk_update".to_owned()));
    }
}

#[tokio::test]
async fn an_address_that_a_caller_is_called_by_is_a_digest_on_the_trail() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let ann = shop.token(&json!({"sub": "ann.of.the.shop@example.com"}));
    let ann = served.connect_as(Era::Modern, &ann).await;
    ann.log_in().await;
    drop(ann.call("orders_comment", json!({"order_id": 1})).await);
    let trail = std::fs::read_to_string(shop.home.trail()).unwrap();
    assert!(!trail.contains("ann.of.the.shop"), "{trail}");
    let calls = souk_tests::calls(&shop.home.trail());
    let of_ann = |call: &&Value| call["principal"].as_str().unwrap().starts_with("oauth:[e-mail ");
    assert!(calls.iter().filter(of_ann).count() >= 2, "{calls:?}");
}
