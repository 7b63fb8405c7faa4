//! Every piece of a configuration that a page shows is one that Souk takes.

use souk_tests::Home;

use super::markdown::{blocks, pages};

#[tokio::test]
async fn configurations_that_pages_show_are_taken() {
    let mut wrong = Vec::new();
    let mut count = 0;
    // The SDK's README shows manifests of Cargo's instead.
    for (name, page) in pages().into_iter().filter(|(name, _)| !name.starts_with("plugins/")) {
        for block in blocks(&name, &page).iter().filter(|block| block.info == "toml") {
            count += 1;
            let home = Home::new();
            let file = home.write("shown.toml", &block.text);
            let check = home.souk(["config", "check", "--config"]).args([file]).run().await;
            if check.status != Some(0) {
                wrong.push(format!("{}: {}{}", block.at, check.out, check.err));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 3, "only {count} configurations are looked at");
}
