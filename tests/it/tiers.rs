//! How dangerous a tool is the host says: by the writes that it may make, and by those that it makes.

use std::collections::BTreeMap;

use souk_tests::Home;

/// Every tool that is shipped, with its tier. What the catalogue says of the writes behind them
/// changes none; a change here is one that operators are told of.
const SHIPPED: &str = include_str!("tiers.txt");

#[tokio::test]
async fn no_shipped_tool_is_of_another_tier_than_its_plugin_says() {
    let home = Home::new();
    let listed = home.souk(["actions", "--max-tier", "critical", "--json"]).run().await.ok();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let listed: BTreeMap<&str, &str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| (tool["action"].as_str().unwrap(), tool["tier"].as_str().unwrap()))
        .collect();
    let wanted: BTreeMap<&str, &str> =
        SHIPPED.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(listed, wanted);
}
