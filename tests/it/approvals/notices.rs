//! Being told: by a command without a shell and by a signed message, of ids and counts alone.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use souk_tests::{Era, Mcp, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Shop, of, refund, waiting};

#[tokio::test]
async fn a_plan_that_waits_is_told_without_what_it_is_about_and_nobody_waits_for_that() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shop = Shop::new("").await;
    let (told, program) = (shop.home.path("told"), shop.home.path("tell"));
    std::fs::write(
        &program,
        format!("#!/bin/sh\ncat > {}\nenv >> {0}\nsleep 60\n", told.display()),
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    shop.home.configure(format!(
        "[approvals.notify]\ncommand = ['{}', '; touch x']\nurl = 'http://{address}/'\nsecret = 'key'\n",
        program.display()
    ));
    drop(shop.set_up("ann", super::ANN, &[]).await.ok());
    let client = shop.host().await;
    let begun = std::time::Instant::now();
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    assert!(begun.elapsed().as_secs() < 9);
    until("the command was run", async || {
        std::fs::read_to_string(&told).is_ok_and(|text| text.contains("PATH="))
    })
    .await;
    let text = std::fs::read_to_string(&told).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["event"], &line["plan_id"]), (&"plan-waits".into(), &plan.clone().into()));
    assert!(!text.contains("MAGENTO") && !text.contains("refund"), "{text}");

    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    let mut bytes = [0; 4096];
    while !request.ends_with(b"}") {
        let read = stream.read(&mut bytes).await.unwrap();
        request.extend_from_slice(&bytes[..read]);
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    let request = String::from_utf8(request).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key");
    let signature = hex::encode(ring::hmac::sign(&key, body.as_bytes()));
    assert!(
        head.to_lowercase().contains(&format!("x-souk-signature: sha256={signature}")),
        "{head}"
    );
    let posted: Value = serde_json::from_str(body).unwrap();
    assert_eq!(posted["plan_id"], Value::from(plan));
}

#[tokio::test]
async fn one_callers_plans_keep_nobody_from_being_told_of_anothers() {
    let shop = Shop::new("").await;
    let told = shop.home.path("told");
    shop.home.configure(format!(
        "[[approvals.rules]]\nneed = 'person'\n\
         [principals.busy]\ntoken = 'a-busy-agents-token-01234'\n\
         [principals.other]\ntoken = 'another-token-0123456789'\n\
         [approvals.notify]\ncommand = ['/usr/bin/tee', '-a', '{}']\n",
        told.display()
    ));
    drop(shop.set_up("ann", super::ANN, &[]).await.ok());
    let host = shop.souk(["serve"]).http().await;
    let commit = async |client: &Mcp, number: usize| {
        let title = json!({"meta_title": format!("Title {number}")});
        let plan = souk_tests::propose(client, &["TEN-001"], title).await;
        waiting(&client.refusal("plans_commit", of(&plan)).await);
        plan
    };
    let busy = host.connect_as(Era::Modern, "a-busy-agents-token-01234").await;
    busy.log_in().await;
    for number in 0..125 {
        commit(&busy, number).await;
    }
    let other = host.connect_as(Era::Modern, "another-token-0123456789").await;
    other.log_in().await;
    let plan = commit(&other, 1_000).await;
    until("the other caller's plan is told of", async || {
        std::fs::read_to_string(&told).is_ok_and(|text| text.contains(&plan))
    })
    .await;
    let text = std::fs::read_to_string(&told).unwrap();
    assert_eq!(text.matches("plan-waits").count(), 61, "60 of one caller, and the other's");
}
