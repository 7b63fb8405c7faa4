//! The data directory.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;
use souk_demo_store::DemoStore;

use crate::client::Store;

const TENT: &str = "/rest/all/V1/products/TEN-002";

async fn start(directory: &Path) -> Store {
    Store::start(DemoStore::sample().with_data(directory).unwrap()).await
}

fn journal(directory: &Path) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "jsonl")).unwrap()
}

/// What a crash would leave.
fn copied(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

#[tokio::test]
async fn a_directory_is_of_one_store_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(directory.path()).await;
    let refused = DemoStore::sample().with_data(directory.path()).err().unwrap().to_string();
    assert!(refused.contains("another demo store has it open"), "{refused}");
    first.stop().await;
    start(directory.path()).await;
}

#[tokio::test]
async fn what_was_written_and_who_was_logged_in_outlasts_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(directory.path()).await;
    let token = first.token().to_owned();
    let body = json!({ "product": { "price": 12.5 } });
    assert_eq!(first.call("PUT", TENT, Some(body)).await.status, 200);
    let page = json!({ "page": { "identifier": "kept", "title": "Kept" } });
    let id = first.call("POST", "/rest/V1/cmsPage", Some(page)).await.body["id"].clone();
    // Not stopped: what was answered must be on the disk already.
    let copy = copied(directory.path());
    let mut second = start(copy.path()).await;
    second.take_token(token);
    assert_eq!(second.call("GET", TENT, None).await.body["price"], 12.5);
    let kept = second.call("GET", &format!("/rest/V1/cmsPage/{id}"), None).await;
    assert_eq!(kept.body["identifier"], "kept");
}

#[tokio::test]
async fn a_torn_last_line_is_a_write_that_was_never_answered() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(directory.path()).await;
    let body = json!({ "product": { "price": 12.5 } });
    assert_eq!(first.call("PUT", TENT, Some(body)).await.status, 200);
    first.stop().await;
    let mut file =
        std::fs::OpenOptions::new().append(true).open(journal(directory.path())).unwrap();
    file.write_all(b"{\"method\":\"PUT\",\"templ").unwrap();
    let second = start(directory.path()).await;
    assert_eq!(second.call("GET", TENT, None).await.body["price"], 12.5);
}

#[test]
fn a_directory_that_holds_something_else_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("shop.json"), "{}").unwrap();
    let error = DemoStore::sample().with_data(directory.path()).err().unwrap().to_string();
    assert!(error.contains("shop.json"), "{error}");
    assert_eq!(std::fs::read(directory.path().join("shop.json")).unwrap(), b"{}");
}

#[tokio::test]
async fn an_old_address_redirects_after_a_restart_too() {
    let directory = tempfile::tempdir().unwrap();
    let ask =
        "/graphql?query=%7Broute(url:%22skarv-1-tent.html%22)%7Brelative_url%20redirect_code%7D%7D";
    let first = start(directory.path()).await;
    let body = json!({ "product": { "custom_attributes": [
        { "attribute_code": "url_key", "value": "skarv-one" },
        { "attribute_code": "save_rewrites_history", "value": true },
    ]}});
    assert_eq!(first.call("PUT", "/rest/all/V1/products/TEN-001", Some(body)).await.status, 200);
    let moved = json!({ "data": { "route": {
        "relative_url": "skarv-one.html", "redirect_code": 301,
    }}});
    assert_eq!(first.call("GET", ask, None).await.body, moved);
    first.stop().await;
    for _ in 0..2 {
        let again = start(directory.path()).await;
        assert_eq!(again.call("GET", ask, None).await.body, moved);
        again.stop().await;
    }
}
