//! An authorization server that does not answer, or slowly, or is asked no more: what callers hear, and what
//! is left of them.

use std::time::Duration;

use serde_json::json;
use souk_tests::{Era, until};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::issuer::SigningKey;
use super::{Shop, is_taken, send, status};

#[tokio::test]
async fn while_the_authorization_server_is_away_its_callers_are_asked_to_wait_and_guess_nothing() {
    let shop = Shop::new().await;
    shop.issuer.silence(true);
    let served = shop.serve().await;
    let token = shop.token(&json!({}));
    for _ in 0..20 {
        let answer = send(&served, &token, "tools/list", json!({})).await;
        assert_eq!(answer.status(), 503);
        let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=6).contains(&wait), "{wait}");
        assert!(!answer.headers().contains_key("www-authenticate"));
        let said = answer.text().await.unwrap();
        let host = shop.issuer.address().trim_start_matches("http://");
        assert!(!said.contains(host) && said.contains("temporarily_unavailable"), "{said}");
    }
    assert!(shop.refused().iter().any(|line| line.starts_with("keys: ")), "{:?}", shop.refused());
    shop.issuer.silence(false);
    until("its callers are back", async || is_taken(&served, &token).await).await;
}

#[tokio::test]
async fn a_key_that_is_new_within_the_pause_is_asked_to_wait_and_then_taken() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    assert!(is_taken(&served, &shop.token(&json!({}))).await);
    let new = SigningKey::p256("new");
    shop.issuer.publish(&new);
    let token = new.token(&shop.claims(&json!({})));
    // More than would be slowed as guesses.
    let answer = send(&served, &token, "tools/list", json!({})).await;
    if answer.status() == 503 {
        let wait = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
    assert!(is_taken(&served, &token).await);
    // One that nobody publishes is asked to wait, and then wrong.
    let made_up = SigningKey::p256("made-up").token(&shop.claims(&json!({})));
    until("it is wrong", async || status(&served, &made_up).await == 401).await;
}

#[tokio::test]
async fn whoever_hangs_up_makes_nobody_ask_again() {
    let shop = Shop::new().await;
    shop.issuer.slow_down();
    let served = shop.serve().await;
    let address = served.url().trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let before = shop.issuer.requests();
    for number in 0..20 {
        let made_up = SigningKey::p256(&format!("made-up-{number}"));
        let token = made_up.token(&shop.claims(&json!({})));
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let asked = format!(
            "GET /mcp HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(asked.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The metadata and the keys, once; on a slow machine once more.
    let asked = shop.issuer.requests() - before;
    assert!((1..=4).contains(&asked), "{asked} requests");
    until("the keys are there", async || is_taken(&served, &shop.token(&json!({}))).await).await;
}

#[tokio::test]
async fn logins_of_an_authorization_server_that_is_asked_no_more_are_over() {
    let shop = Shop::new().await;
    let served = shop.serve().await;
    let token = shop.token(&json!({}));
    let ann = served.connect_as(Era::Modern, &token).await;
    ann.log_in().await;
    ann.answer("auth_whoami", json!({})).await;
    let file = shop.home.path(".config/souk/souk.toml");
    let with = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = with.split_once("[oauth]").unwrap();
    let after = rest.split_once("[principals").unwrap().1;
    shop.home.configure(format!("{before}[principals{after}"));
    until("nobody is let in", async || status(&served, &token).await == 401).await;
    shop.home.configure(with);
    until("they are again", async || is_taken(&served, &token).await).await;
    let ann = served.connect_as(Era::Modern, &token).await;
    ann.refusal("auth_whoami", json!({})).await;
}
