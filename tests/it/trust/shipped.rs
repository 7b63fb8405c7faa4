//! What souk was built with serves without a word, wherever it is copied; what is put in its place does not.

use souk_tests::Home;

use super::{digest, listed, noted, serving, under};

#[tokio::test]
async fn what_souk_was_built_with_serves_and_what_is_copied_over_it_does_not() {
    let home = Home::new();
    let directory = home.plugins();
    let path = directory.join("catalog.wasm");
    let shipped = std::fs::read(&path).unwrap();
    let serves = async |mode: &str| serving(&listed(&home, mode).await, "catalog");
    for mode in ["reads", "locked"] {
        assert_eq!(serves(mode).await, Some(digest(&shipped)), "{mode}");
    }
    // A host that serves keeps it, and says so once.
    for _ in 0..2 {
        under(&home, "reads", &["serve", "--demo"]).logged_in().await.close().await;
    }
    let lines = noted(&home.trail(), "plugin-approved");
    let of_catalog: Vec<_> = lines.iter().filter(|line| line.starts_with("catalog ")).collect();
    assert!(of_catalog.len() == 1 && of_catalog[0].ends_with("built with souk"), "{lines:?}");
    assert_eq!(noted(&home.trail(), "plugin-loaded").len(), 3);

    // The same plugin with a custom section of somebody's: other code under a known name.
    let mut foreign = shipped.clone();
    foreign.extend([0, 3, 1, b'x', 0]);
    home.write("plugins/catalog.wasm", &foreign);
    assert_eq!(serves("open").await, Some(digest(&foreign)));
    for mode in ["reads", "locked"] {
        assert_eq!(serves(mode).await, Some(digest(&shipped)), "{mode}");
    }
    let shown = listed(&home, "reads").await;
    assert!(shown["waiting"].to_string().contains("other code"), "{shown}");
    // Under another name it is no more than that.
    std::fs::rename(&path, directory.join("acatalog.wasm")).unwrap();
    std::fs::write(&path, &shipped).unwrap();
    assert_eq!(serves("reads").await, Some(digest(&shipped)));
}
