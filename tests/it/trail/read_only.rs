//! A file system that takes no writes: whatever cannot be kept there is not begun.

use serde_json::Value;
use souk_tests::{DemoStore, Home, SmallDisk};

use super::{apply_title, writes};

#[tokio::test]
async fn where_nothing_can_be_kept_nothing_is_sent_and_the_file_system_is_named() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let disk = SmallDisk::new(4096);
    let (state, trail) = (disk.path("state"), disk.path("audit.jsonl"));
    let call = async |title: &str, name: &str, path: &std::path::Path| {
        let update = apply_title("TEN-001", title).to_string();
        let souk = home.souk(["call", "seo_bulk_update_meta", &update]).on(&store);
        souk.env(name, path.as_os_str()).run().await
    };
    // Of all that the host keeps, and of the trail alone; before either is there, and after.
    for (name, path) in [("SOUK_STATE_DIR", &state), ("MCP_AUDIT_LOG_PATH", &trail)] {
        for turn in ["first", "second"] {
            let title = format!("Ours, {turn}, with {name}");
            disk.set_read_only(true);
            let refused = call(&title, name, path).await;
            assert_ne!(refused.status, Some(0), "{}{}", refused.out, refused.err);
            let told = format!("{}{}", refused.out, refused.err).to_lowercase();
            assert!(told.contains("read-only file system"), "{told}");
            disk.set_read_only(false);
            let before = writes(&store).await.len();
            let done = call(&title, name, path).await;
            assert_eq!(done.status, Some(0), "{}{}", done.out, done.err);
            assert_eq!(writes(&store).await.len(), before + 1);
            let product = store.rest("/all/V1/products/TEN-001").await;
            let attributes = product["custom_attributes"].as_array().unwrap();
            let is_title = |one: &&Value| one["attribute_code"] == "meta_title";
            assert_eq!(attributes.iter().find(is_title).unwrap()["value"], title);
        }
    }
}
