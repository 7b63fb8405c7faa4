//! Where the console is: every address that its name means is the host's own, or it is not there.

use std::net::{Ipv6Addr, TcpListener};
use std::time::Duration;

use serde_json::json;
use souk_tests::{DemoStore, Home, Mcp, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::browser::link_of;
use super::{ANNA, Browser, PERSON, Shop, set_up, souk};

/// The port of `http://souk.localhost:PORT/console/…`.
fn port_of(link: &str) -> u16 {
    let after = link.trim_start_matches("http://souk.localhost:");
    after.split('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn both_addresses_of_its_name_are_the_hosts_and_the_same_console() {
    let shop = Shop::new(PERSON).await;
    let link = shop.link().await;
    let port = port_of(&link);
    for address in ["127.0.0.1", "[::1]"] {
        let mut stream = TcpStream::connect(format!("{address}:{port}")).await.unwrap();
        let request = format!(
            "GET /console HTTP/1.1\r\nHost: souk.localhost:{port}\r\n\
                               Connection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("souk console"), "{answer}");
    }
    // What proves it to `souk console` is of use to nobody else, and no secret.
    let mut browser = shop.browser();
    let (one, other) = ("a".repeat(43), "b".repeat(43));
    let proof = browser.get(&format!("/console/proof/{one}")).await;
    assert_eq!((proof.status.as_u16(), proof.text.len()), (200, 43), "{}", proof.text);
    assert_ne!(browser.get(&format!("/console/proof/{other}")).await.text, proof.text);
    assert_eq!(browser.get("/console/proof/short").await.status, 404);
}

#[tokio::test]
async fn a_host_that_has_not_every_address_of_its_name_serves_no_console_and_no_link_is_made() {
    // Whoever is first at one of the two could pass everything on to the other, and look.
    let other = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("");
    let host = souk(&home, &store).http_at(&format!("127.0.0.1:{port}")).await;
    set_up(&home, "anna", None, ANNA, None);
    let log = host.process().log();
    assert!(log.contains(&format!("[::1]:{port}")) && !log.contains("/console ("), "{log}");
    let mut browser = Browser::of(host.url());
    assert_eq!(browser.get("/console").await.status, 404);
    assert_eq!(browser.get("/healthz").await.status, 200, "MCP is served");
    until("the host has noted it", async || {
        let refused = home.souk(["console"]).run().await;
        assert_ne!(refused.status, Some(0), "{}", refused.out);
        assert!(!refused.out.contains("/login/"), "{}", refused.out);
        refused.err.contains(&format!("[::1]:{port}"))
    })
    .await;
}

#[tokio::test]
async fn a_host_on_stdio_has_limits_for_its_consoles_connections() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(
        "[console]\nstdio = true\n[http]\nconnections = 64\nconnections_each = 48\n\
         header_timeout_s = 2\n",
    );
    let client: Mcp = home.souk(["serve"]).on(&store).logged_in().await;
    set_up(&home, "anna", None, ANNA, None);
    let link = link_of(&home).await;
    let port = port_of(&link);
    let mut held = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = stream.write_all(b"GET /console HTTP/1.1\r\n").await;
        held.push(stream);
    }
    // A new one is let in, and the client goes on with its work.
    let asked = async {
        let mut browser = Browser::of(&format!("http://127.0.0.1:{port}/mcp"));
        browser.get("/console").await.status
    };
    let asked = tokio::time::timeout(Duration::from_secs(8), asked).await;
    assert_eq!(asked.expect("a new connection is let in"), 200);
    client.answer("catalog_search_products", json!({"page_size": 1})).await;
    // Those that say nothing more have their time.
    let mut last = held.pop().unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(8), last.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "half a header is held for ever");
}
