//! `/readyz`: what is not ready, by its name, and what it is not asked for.

use std::time::Duration;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, until};

use super::{own_listener, page, serve};

/// The status, and which checks say yes.
async fn look(own: &str) -> (u16, Value) {
    let (status, text) = page(own, "/readyz").await;
    (status, serde_json::from_str(&text).unwrap())
}

fn says(looked: &Value, name: &str) -> (bool, String) {
    let checks = looked["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    (check["ready"].as_bool().unwrap(), check["says"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_host_is_ready_and_says_by_what() {
    let home = Home::new();
    let (_served, own) = serve(&home, "").await;
    let (status, looked) = look(&own).await;
    assert_eq!((status, &looked["ready"]), (200, &json!(true)), "{looked}");
    for name in ["plugins", "state", "trail", "writes", "stores", "drain"] {
        assert!(says(&looked, name).0, "{name}: {looked}");
    }
    // A stop of all writes is told, and takes no host away: whoever reads goes on.
    let file = home.path("rules.toml");
    let stop = home.souk(["stop", "--demo", "--config"]).args([file]);
    assert!(!stop.run().await.ok().is_empty());
    until("the stop is told", || async {
        says(&look(&own).await.1, "writes").1.contains("stopped by")
    })
    .await;
    let (status, looked) = look(&own).await;
    assert_eq!(status, 200, "{looked}");
    let metrics = page(&own, "/metrics").await.1;
    assert!(metrics.contains("\nsouk_ready{check=\"writes\"} 1\n"), "{metrics}");
    until("it is counted", || async {
        page(&own, "/metrics").await.1.contains("souk_writes_stopped 1\n")
    })
    .await;
}

#[tokio::test]
async fn a_trail_that_takes_no_lines_is_named() {
    let home = Home::new();
    let (_served, own) = serve(&home, "").await;
    assert_eq!(look(&own).await.0, 200);
    let trail = home.trail();
    std::fs::remove_file(&trail).unwrap();
    std::fs::create_dir(&trail).unwrap();
    until("it is not ready", || async { look(&own).await.0 == 503 }).await;
    let (_, looked) = look(&own).await;
    let (ready, what) = says(&looked, "trail");
    assert!(!ready && what.contains("souk doctor"), "{looked}");
    assert!(says(&looked, "plugins").0, "{looked}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_counts_only_where_the_operator_says_so() {
    for (rule, status) in [("false", 200), ("true", 503)] {
        let home = Home::new();
        let store = DemoStore::start().await;
        let rules =
            format!("[ready]\nneeds_stores = {rule}\n[metrics]\nlisten = \"127.0.0.1:0\"\n");
        let file = home.write("rules.toml", rules);
        let souk = home.souk(["serve", "--config"]).args([file]);
        // Nobody listens there.
        let served = souk.on_at(&store, "http://127.0.0.1:9/").http().await;
        let own = own_listener(|| served.process().log()).await;
        let (found, looked) = look(&own).await;
        assert_eq!(found, status, "{looked}");
        assert_eq!(says(&looked, "stores").0, status == 200, "{looked}");
        assert!(says(&looked, "stores").1.contains("no answer from"), "{looked}");
    }
}

#[tokio::test]
async fn a_host_that_is_to_end_says_so_first_and_then_answers_what_it_has() {
    let home = Home::new();
    let (mut served, own) = serve(&home, "[http]\ndrain_s = 2").await;
    let mcp = served.connect(Era::Modern).await;
    mcp.log_in().await;
    served.process().signal("TERM").await;
    until("it is not ready", || async { look(&own).await.0 == 503 }).await;
    assert!(!says(&look(&own).await.1, "drain").0);
    // Until the time is over new clients are still served.
    let late = served.connect(Era::Modern).await;
    late.answer("catalog_get_product", json!({"sku": "TEN-001"})).await;
    assert_eq!(page(&own, "/healthz").await.0, 200);
    let ended = tokio::time::timeout(Duration::from_secs(15), served.ended()).await;
    assert_eq!(ended.unwrap(), Some(0));
}
