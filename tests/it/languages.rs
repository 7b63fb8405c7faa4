//! Plugins in other languages than Rust: the same example answers the same in each.
//!
//! `plugins/examples/fixtures` keeps a component of each language whose components are small. What
//! `make interop` builds anew, with all the languages' tools, goes through the same cases.

mod cases;
mod fixtures;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use souk_tests::{DemoStore, Era, Home, Mcp, interop, test_plugin};

use cases::{Case, cases};

/// `plugins/examples`
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples")
}

/// Components of one group, each by the name of its file without `.wasm`.
fn components(group: &str) -> Vec<(String, PathBuf)> {
    let kept = (group == "blocks").then(|| examples().join("fixtures"));
    let built = interop().map(|directory| directory.join(group));
    let mut components = Vec::new();
    for directory in kept.into_iter().chain(built) {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                components.push((name, path));
            }
        }
    }
    components.sort();
    components
}

/// A host that serves this file as its group, and a client that is logged in.
async fn serving(home: &Home, store: &DemoStore, group: &str, file: &Path) -> Mcp {
    let plugins = home.plugins();
    std::fs::copy(file, plugins.join(format!("{group}.wasm"))).unwrap();
    let souk = home.souk(["serve"]).on(store).env("SOUK_PLUGINS", &plugins);
    souk.env("SOUK_TOOLS", "all").stdio(Era::Modern).await
}

/// Runs cases against a component; what was not as it should be.
async fn run(cases: &[Case], group: &str, file: &Path) -> Vec<String> {
    let (store, home) = (DemoStore::start().await, Home::new());
    let client = serving(&home, &store, group, file).await;
    client.log_in().await;
    let (mut wrong, mut plan) = (Vec::new(), None);
    for case in cases {
        wrong.extend(case.run(&client, group, &mut plan).await);
    }
    wrong
}

#[tokio::test]
async fn the_example_answers_the_same_in_every_language() {
    let cases = cases(&examples().join("cases.toml"));
    let mut components = components("blocks");
    components.push(("rust, as it is now".to_owned(), test_plugin("blocks")));
    let mut wrong = Vec::new();
    for (language, file) in &components {
        let failed = run(&cases, "blocks", file).await;
        wrong.extend(failed.into_iter().map(|what| format!("{language}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(components.len() > 2 && cases.len() > 10, "{components:?}");
}

#[tokio::test]
async fn the_example_describes_itself_the_same_in_every_language() {
    let home = Home::new();
    let expected = said(&home, &test_plugin("blocks")).await;
    for (language, file) in components("blocks") {
        assert_eq!(said(&home, &file).await, expected, "{language}");
    }
}

/// What a file says of itself and asks for; not the words of schemas, which each language has its own
/// way to write.
async fn said(home: &Home, file: &Path) -> Value {
    let inspect = home.souk(["plugins", "inspect", "--json"]).args([file]);
    let mut said: Map<String, Value> = serde_json::from_str(&inspect.run().await.ok()).unwrap();
    for member in ["file", "size", "digest", "imports"] {
        said.remove(member).unwrap();
    }
    for action in said["actions"].as_array_mut().unwrap() {
        let action = action.as_object_mut().unwrap();
        let input = action.remove("input").unwrap();
        action.remove("output");
        let arguments = input["properties"].as_object().unwrap();
        let described =
            |(name, schema): (&String, &Value)| (name.clone(), schema["description"].clone());
        action.insert("arguments".to_owned(), arguments.iter().map(described).collect());
    }
    Value::Object(said)
}

/// What the SDKs offer beside what the example uses.
#[tokio::test]
#[ignore = "wants what `make interop` builds"]
async fn every_call_of_the_contract_arrives_from_every_language() {
    let cases = cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/everything.toml"));
    let (components, mut wrong) = (components("everything"), Vec::new());
    assert!(components.len() > 2, "run `make interop`");
    for (language, file) in &components {
        let failed = run(&cases, "everything", file).await;
        wrong.extend(failed.into_iter().map(|what| format!("{language}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
