//! The worlds of the contract: a component built for one of them alone is taken, can do what that
//! world is for, and shows by its imports that it can do no more.

use serde_json::json;
use souk_tests::Home;

use souk_hostile::case::component_of;
use souk_hostile::group::Group;

/// Imports of a core module, one of each interface of `reader`, with what it takes to have them.
const READER: &str = r#"
(import "souk:plugin/session@0.1.0" "current" (func (param i32)))
(import "souk:plugin/upstream@0.1.0" "get-all" (func (param i32 i32 i32)))
(import "souk:plugin/documents@0.1.0" "[constructor]document" (func (param i32 i32 i32 i32) (result i32)))
(import "souk:plugin/documents@0.1.0" "[method]document.keep" (func (param i32 i32)))
(import "souk:plugin/progress@0.1.0" "report" (func (param i64 i32 i64 i32 i32)))
(import "souk:plugin/settings@0.1.0" "get" (func (param i32 i32 i32)))
"#;
const PLANS: &str = r#"
(import "souk:plugin/plans@0.1.0" "[method]draft.propose" (func (param i32 i32)))
(import "souk:plugin/plans@0.1.0" "[method]draft.apply" (func (param i32 i32)))
"#;
const CACHE: &str = r#"
(import "souk:plugin/cache@0.1.0" "purge" (func (param i32 i32 i32)))
"#;
const CONTROL: &str = r#"
(import "souk:plugin/session-control@0.1.0" "destroy" (func (param i32)))
"#;

/// Each world, what is built for it, and what it may do in the operator's words.
fn worlds() -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("reader", READER.to_owned(), "read, export"),
        ("proposer", [READER, PLANS].concat(), "read, propose, export"),
        ("purger", [READER, CACHE].concat(), "read, purge, export"),
        ("session-keeper", [READER, CONTROL].concat(), "read, export, session"),
        (
            "action-group",
            [READER, PLANS, CACHE, CONTROL].concat(),
            "read, propose, purge, export, session",
        ),
    ]
}

#[tokio::test]
async fn a_component_of_each_world_is_served_and_shows_what_it_may_do() {
    let home = Home::new();
    let directory = home.plugins();
    for (world, imports, powers) in worlds() {
        let group = world.replace('-', "");
        let wasm =
            component_of(world, world, &imports, &Group::reader(&group, "/V1/products/{sku}"), &[]);
        let file = directory.join(format!("{group}.wasm"));
        std::fs::write(&file, wasm).unwrap();
        let inspect = home.souk(["plugins", "inspect"]).args([file.as_os_str()]);
        let shown = inspect.run().await.ok();
        let may = shown.lines().find(|line| line.starts_with("may ")).unwrap();
        assert_eq!(may.split_once(' ').unwrap().1.trim(), powers, "{world}");
    }
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
    let client = souk.logged_in().await;
    for (world, _, _) in worlds() {
        let tool = format!("{}_run", world.replace('-', ""));
        assert_eq!(client.answer(&tool, json!({})).await, json!({}), "{world}");
    }
}

/// What a world is not for cannot even be built for it.
#[test]
fn a_world_lacks_what_it_is_not_for() {
    let group = Group::reader("reader", "/V1/products/{sku}");
    for (world, foreign) in [
        ("reader", PLANS),
        ("reader", CACHE),
        ("reader", CONTROL),
        ("proposer", CACHE),
        ("purger", PLANS),
        ("session-keeper", PLANS),
    ] {
        let built = std::panic::catch_unwind(|| component_of(world, world, foreign, &group, &[]));
        assert!(built.is_err(), "`{world}` takes {foreign}");
    }
}
