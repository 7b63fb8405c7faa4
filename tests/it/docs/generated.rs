//! Pages and tables that the product itself renders are as it renders them now.

use souk_model::plan::ItemState;
use souk_tests::Home;

use super::markdown::root;

#[tokio::test]
async fn the_reference_of_tools_is_current() {
    let home = Home::new();
    let rendered = home.souk(["actions", "--max-tier", "critical", "--markdown"]).run().await.ok();
    let page = std::fs::read_to_string(root().join("docs/tools.md")).unwrap();
    let differs = page.lines().zip(rendered.lines()).find(|(page, rendered)| page != rendered);
    assert_eq!(differs, None, "docs/tools.md is behind: run `make docs`");
    assert_eq!(page.lines().count(), rendered.lines().count(), "run `make docs`");
}

#[test]
fn the_glossary_has_the_table_of_item_states() {
    let page = std::fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let table = ItemState::transitions_as_markdown();
    assert!(page.contains(&table), "docs/glossary.md lacks this table:\n{table}");
    for state in ItemState::ALL {
        assert!(
            page.contains(&format!("| **{}** |", state.as_str())),
            "{state:?} is not explained"
        );
    }
}
