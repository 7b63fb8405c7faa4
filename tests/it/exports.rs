//! Documents too large for a result: made by a plugin, read by their caller alone.

use std::os::unix::fs::PermissionsExt;

use rmcp::ServiceError;
use rmcp::model::ErrorCode;
use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Era, Home, Souk, calls, everywhere};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";

fn serve(home: &Home) -> Souk<'_> {
    home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe())
}

/// Arguments that make a document of this text, so many times.
fn wanted(text: &str, times: u32) -> Value {
    json!({"name": "coupons.csv", "media_type": "text/csv", "text": text, "times": times})
}

/// What the directory of documents holds.
fn files(home: &Home) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(home.path("state/exports")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn not_found(error: ServiceError, era: Era) {
    let ServiceError::McpError(error) = error else { panic!("{error}") };
    let code = match era {
        Era::Legacy => ErrorCode::RESOURCE_NOT_FOUND,
        Era::Modern => ErrorCode::INVALID_PARAMS,
    };
    assert_eq!(error.code, code, "{}", error.message);
    assert!(error.message.starts_with("NOT_FOUND: "), "{}", error.message);
}

#[tokio::test]
async fn a_document_is_linked_listed_and_read_whole() {
    let home = Home::new();
    let line = "0123456789".repeat(100) + "\n";
    everywhere(&serve(&home), async |mcp| {
        let result = mcp.call("probe_export", wanted(&line, 500)).await.unwrap();
        let document = &result.structured_content.as_ref().unwrap()["document"];
        let uri = document["uri"].as_str().unwrap();
        assert_eq!(document["size"], 500_500);
        let link = result.content.iter().find_map(|block| block.as_resource_link()).unwrap();
        assert_eq!((link.uri.as_str(), link.size), (uri, Some(500_500)));
        assert_eq!(
            (link.name.as_str(), link.mime_type.as_deref()),
            ("coupons.csv", Some("text/csv"))
        );
        assert!(mcp.resources().await.contains(link));
        assert_eq!(mcp.read(uri).await.unwrap(), line.repeat(500));
    })
    .await;
    let modes: Vec<u32> = files(&home)
        .iter()
        .map(|path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes, vec![0o600; 8]);
    let trail = calls(&home.trail());
    let made = trail.iter().find(|call| call["action"] == "probe_export").unwrap();
    assert!(made["resources"]["documents"][0].as_str().unwrap().starts_with("souk://exports/"));
    assert_eq!(trail.iter().filter(|call| call["action"] == "resources/read").count(), 4);

    // More than a result may hold.
    let mcp = serve(&home).stdio(Era::Modern).await;
    let kept = mcp.answer_linked("probe_export", wanted(&line, 10_000)).await;
    let read = mcp.read(kept["document"]["uri"].as_str().unwrap()).await.unwrap();
    assert_eq!(read.len(), 10_010_000);
}

#[tokio::test]
async fn a_document_is_its_callers_alone_and_outlives_the_host() {
    let home = Home::new();
    home.configure(format!(
        "[principals.ann]\ntoken = '{ANN}'\n[principals.bob]\ntoken = '{BOB}'\n"
    ));
    let mut served = serve(&home).http().await;
    let ann = served.connect_as(Era::Modern, ANN).await;
    let kept = ann.answer_linked("probe_export", wanted("code\n", 1)).await;
    let uri = kept["document"]["uri"].as_str().unwrap().to_owned();
    drop(ann);
    assert_eq!(served.terminate().await, Some(0));

    let served = serve(&home).http().await;
    for era in ERAS {
        let (ann, bob) = (served.connect_as(era, ANN).await, served.connect_as(era, BOB).await);
        assert_eq!(ann.read(&uri).await.unwrap(), "code\n");
        assert_eq!(ann.resources().await.len(), 1);
        assert_eq!(bob.resources().await, []);
        not_found(bob.read(&uri).await.unwrap_err(), era);
        for strange in ["souk://exports/../audit.jsonl", "file:///etc/passwd", "x"] {
            not_found(ann.read(strange).await.unwrap_err(), era);
        }
    }
}

#[tokio::test]
async fn what_is_dropped_or_fails_leaves_nothing_and_limits_are_the_operators() {
    let home = Home::new();
    home.configure("[limits]\nexport_bytes = 2048\nexports_bytes = 4096\n");
    let mcp = serve(&home).stdio(Era::Modern).await;
    for (end, fails) in [("drop", false), ("fail", true)] {
        let mut given = wanted("code\n", 3);
        given["end"] = json!(end);
        let result = mcp.call("probe_export", given).await.unwrap();
        assert_eq!(result.is_error == Some(true), fails);
    }
    let refusal = mcp.refusal("probe_export", wanted("0123456789abcdef", 129)).await;
    assert!(refusal.contains("limits.export_bytes"), "{refusal}");
    let mut wrong = wanted("x", 1);
    wrong["media_type"] = json!("image/png");
    assert!(mcp.refusal("probe_export", wrong).await.contains("image/png"));
    assert_eq!(files(&home), [""; 0].map(std::path::PathBuf::from));

    mcp.answer_linked("probe_export", wanted("0123456789abcdef", 128)).await;
    let mut strange = wanted("0123456789abcdef", 128);
    strange["name"] = json!("../../../tmp/evil\u{0}.csv");
    mcp.answer_linked("probe_export", strange).await;
    let refusal = mcp.refusal("probe_export", wanted("x", 1)).await;
    assert!(refusal.contains("limits.exports_bytes"), "{refusal}");
    // Two documents of two files each, and all of them in the directory.
    assert_eq!(files(&home).len(), 4);
    assert_eq!(mcp.resources().await.len(), 2);
}

#[tokio::test]
async fn a_document_follows_the_rules_as_they_are_now() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("");
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", home.plugins_and_probe());
    let mcp = souk.logged_in().await;
    let kept = mcp.answer_linked("probe_export", wanted("code\n", 1)).await;
    let uri = kept["document"]["uri"].as_str().unwrap();
    assert!(mcp.resources().await[0].description.as_ref().unwrap().contains(" on `"));
    home.configure("policy.deny = ['probe_export']");
    souk_tests::until("the rule is in force", async || mcp.resources().await.is_empty()).await;
    let ServiceError::McpError(error) = mcp.read(uri).await.unwrap_err() else { panic!() };
    assert!(error.message.starts_with("FORBIDDEN: "), "{}", error.message);
}

#[tokio::test]
async fn the_terminal_says_where_the_document_is() {
    let home = Home::new();
    let ran = home
        .souk(["call", "probe_export", "--demo", "--json"])
        .args([wanted("code\n", 1).to_string()])
        .env("SOUK_PLUGINS", home.plugins_and_probe())
        .run()
        .await;
    let (said, path) = ran.err.trim_end().rsplit_once(" in ").unwrap();
    assert!(said.contains("coupons.csv (text/csv, 5 bytes) is kept until "), "{said}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "code\n");
    assert_eq!(serde_json::from_str::<Value>(&ran.ok()).unwrap()["document"]["size"], 5);
}

#[tokio::test]
async fn a_picture_and_a_link_stand_beside_the_result() {
    let home = Home::new();
    everywhere(&serve(&home), async |mcp| {
        let result = mcp.call("probe_picture", json!({"media_type": "image/gif"})).await.unwrap();
        let document = &result.structured_content.as_ref().unwrap()["document"];
        let image = result.content.iter().find_map(|block| block.as_image()).unwrap();
        assert_eq!((image.mime_type.as_str(), image.data.as_str()), ("image/gif", "R0lGODlhAQ=="));
        let texts: Vec<&str> = result
            .content
            .iter()
            .filter_map(|block| block.as_text())
            .map(|text| &*text.text)
            .collect();
        assert_eq!(texts.last(), Some(&"a dot"));
        let links: Vec<_> =
            result.content.iter().filter_map(|block| block.as_resource_link()).collect();
        let [link] = links[..] else { panic!("{links:?}") };
        assert_eq!(Some(link.uri.as_str()), document["uri"].as_str());
        assert_eq!(link.description.as_deref(), Some("what the dot stands for"));
    })
    .await;
}

#[tokio::test]
async fn a_picture_that_is_none_and_a_document_of_others_are_refused() {
    let home = Home::new();
    let mcp = serve(&home).logged_in().await;
    for (wrong, why) in [
        (json!({"media_type": "image/png"}), "does not begin as `image/png`"),
        (json!({"media_type": "image/svg+xml", "bytes": "<svg/>"}), "none of"),
        (json!({"media_type": "image/gif", "bytes": "<script>"}), "does not begin as"),
        (
            json!({"media_type": "image/gif", "link": "souk://exports/0123456789abcdef"}),
            "no document that this call kept",
        ),
    ] {
        let refusal = mcp.refusal("probe_picture", wrong).await;
        assert!(refusal.starts_with("INTERNAL_ERROR: ") && refusal.contains(why), "{refusal}");
    }
    // Nothing of a call that failed is kept.
    assert!(mcp.resources().await.is_empty());
}

#[tokio::test]
async fn a_document_is_kept_once() {
    let home = Home::new();
    let mcp = serve(&home).logged_in().await;
    let mut twice = wanted("code\n", 1);
    twice["end"] = json!("again");
    let refusal = mcp.refusal("probe_export", twice).await;
    assert!(refusal.starts_with("CONFLICT: "), "{refusal}");
    assert!(mcp.resources().await.is_empty());
}
