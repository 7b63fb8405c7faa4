//! `souk dev`: a plugin is built with each change, and called at once.

use std::path::{Path, PathBuf};

use serde_json::json;
use souk_hostile::case::{described, renamed};
use souk_tests::{Era, Home, Mcp, test_plugin};

use super::terminal::Terminal;

/// A directory whose build takes over what stands in `next.wasm`; without one it fails.
fn project(home: &Home, name: &str, component: impl AsRef<[u8]>) -> PathBuf {
    let directory = home.path(name);
    std::fs::create_dir_all(&directory).unwrap();
    home.write(&format!("{name}/build.sh"), "cat source.bin > plugin.wasm; test -s plugin.wasm\n");
    home.write(&format!("{name}/source.bin"), component);
    directory
}

/// Another version of the source.
fn change(home: &Home, project: &Path, component: impl AsRef<[u8]>) {
    let name = project.file_name().unwrap().to_str().unwrap();
    home.write(&format!("{name}/source.bin"), component);
}

fn blocks() -> Vec<u8> {
    std::fs::read(test_plugin("blocks")).unwrap()
}

#[tokio::test]
async fn a_tool_is_called_its_plan_reviewed_committed_and_taken_back() {
    let home = Home::new();
    let directory = project(&home, "work", blocks());
    let mut author = Terminal::open(&home, &directory, &[]);
    for line in [
        "search_blocks page_size=1",
        "call blocks_prepare_retitle {\"block_id\": 2, \"title\": \"Two words\"}",
        "commit",
        "get_block 2",
        "undo",
        "get_block block_id=2",
        "prepare_retitle block_id=2 title='Two words'",
    ] {
        author.type_line(line).await;
    }
    let shown = author.shows("blocks_prepare_retitle  ok", 2).await;
    for said in [
        // What was built, and may do.
        "blocks_search_blocks  [safe, query]",
        "may ask PUT /V1/cmsBlock/{id} on magento, only `/block/title`  [risk]",
        // What a call used, of what it may, and asked.
        "of 5000 ms of processor time",
        "1 of 500 requests",
        "GET /V1/cmsBlock/search  200",
        // The review, the write, what was read back.
        "- \"Sale Banner\"\n    + \"Two words\"",
        "PUT /V1/cmsBlock/{id}  200  accepted",
        "verified by reading back",
        "title: Two words",
        "title: Sale Banner",
    ] {
        assert!(shown.contains(said), "`{said}` is not in:\n{shown}");
    }
    assert_eq!(author.close().await, Some(0));
    // What is kept is the project's own: nothing is left in the operator's state.
    assert!(!home.trail().exists() && directory.join(".souk/dev/store").is_dir());

    // The demo store is kept, its plans are, and what was built before is not shown as new.
    let mut author = Terminal::open(&home, &directory, &[]);
    author.type_line("commit").await;
    let shown = author.shows("no call before has proposed a plan", 1).await;
    assert!(!shown.contains("[safe, query]") && !shown.contains("warning"), "{shown}");
    assert_eq!(author.close().await, Some(0));
}

#[tokio::test]
async fn a_change_is_built_and_a_build_that_asks_for_more_says_so() {
    let home = Home::new();
    let action = |grants: &str| format!("name = 'greet'\n[[action]]\nname = 'run'\n{grants}");
    let directory = project(&home, "work", described(&action("")));
    let mut author = Terminal::open(&home, &directory, &[]);
    author.shows("greet 1.0.0: 1 tool", 1).await;

    change(&home, &directory, described(&action("grants = [{ route = '/V1/products' }]")));
    let shown = author.shows("warning: it asks for more than before", 1).await;
    assert!(shown.contains("+ GET /V1/products on magento [read], for greet_run"), "{shown}");

    // What is refused, and what does not build at all, takes nobody's place.
    change(&home, &directory, "no component");
    author.shows("the build before goes on serving", 1).await;
    change(&home, &directory, "");
    author.shows("the build failed", 1).await;
    author.type_line("run").await;
    author.shows("greet_run  ok", 1).await;

    // What falls away is shown, and is nothing to warn of. The last call is made again.
    change(&home, &directory, described(&action("description = 'Attacks the host.'")));
    author.shows("- GET /V1/products on magento, for greet_run", 1).await;
    author.type_line("r").await;
    let shown = author.shows("greet_run  ok", 2).await;
    assert_eq!(shown.matches("warning").count(), 1, "{shown}");
    author.type_line("q").await;
    assert_eq!(author.close().await, Some(0));
}

#[tokio::test]
async fn a_plugin_that_breaks_off_shows_its_log_and_where_it_was() {
    let home = Home::new();
    let directory = project(&home, "work", renamed("trap-with-words", "words").wasm);
    let mut author = Terminal::open(&home, &directory, &[]);
    author.type_line("run").await;
    let shown = author.shows("words_run  INTERNAL_ERROR by the rule `trap`", 1).await;
    assert!(shown.contains("last words"), "{shown}");
    assert!(shown.contains("it was in "), "{shown}");
    assert_eq!(author.close().await, Some(0));
}

#[tokio::test]
async fn a_client_is_served_at_the_same_time_and_what_it_does_is_shown() {
    let home = Home::new();
    let directory = project(&home, "work", blocks());
    let mut author = Terminal::open(&home, &directory, &["--http", "127.0.0.1:0"]);
    let shown = author.shows("blocks 0.1.0: ", 1).await;
    let url = shown.split_once("MCP at ").unwrap().1.split_once(": ").unwrap().0;
    let client = Mcp::http(url, Era::Modern, None).await;
    client.log_in().await;
    let prepared = json!({"block_id": 2, "title": "By a client"});
    client.answer("blocks_prepare_retitle", prepared).await;
    let shown = author.shows("+ \"By a client\"", 1).await;
    assert!(shown.contains("blocks_prepare_retitle  ok"), "{shown}");
    client.refusal("blocks_get_block", json!({"block_id": 9999})).await;
    author.shows("no block has the id `9999`", 1).await;
    author.type_line("q").await;
    assert_eq!(author.close().await, Some(0));
}

#[tokio::test]
async fn cases_are_tried_and_what_nobody_can_build_is_said_at_once() {
    let home = Home::new();
    let directory = project(&home, "work", blocks());
    let cases = "[[case]]\ncall = 'get_block'\narguments = {block_id = 1}\nanswer = {id = 1}\n";
    std::fs::write(directory.join("cases.toml"), cases).unwrap();
    let mut author = Terminal::open(&home, &directory, &[]);
    author.type_line("t").await;
    author.shows("1 case, all as expected", 1).await;
    assert_eq!(author.close().await, Some(0));

    std::fs::create_dir(home.path("empty")).unwrap();
    let nothing = home.souk(["dev", "empty"]).run().await;
    assert_eq!(nothing.status, Some(1));
    assert!(nothing.err.contains("write a `build.sh`"), "{}", nothing.err);
}

#[tokio::test]
async fn what_a_directory_has_built_is_told_nothing_of_the_store() {
    let home = Home::new();
    let directory = project(&home, "work", blocks());
    home.write("work/build.sh", "env > told; cat source.bin > plugin.wasm; test -s plugin.wasm\n");
    let secrets = [
        "MAGENTO_OAUTH_TOKEN_SECRET",
        "MAGENTO_ADMIN_PASSWORD",
        "SOUK_HTTP_TOKEN",
        "SOUK_NOTIFY_SECRET",
    ];
    let mut souk = home.souk(["dev"]).args([&directory]).env("OWN", "the author's own");
    for name in secrets {
        souk = souk.env(name, "hunter2-hunter2-hunter2");
    }
    let mut author = Terminal::of(&souk);
    author.shows("blocks_search_blocks  [safe, query]", 1).await;
    let told = std::fs::read_to_string(directory.join("told")).unwrap();
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("OWN=the author's own") && told.contains("SOUK_DEV=1"), "{told}");
    assert_eq!(author.close().await, Some(0));
}
