//! The components that are kept: each is of the source that stands beside it, and says so.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::examples;

/// How large a file may be that is kept in the repository.
const MOST_BYTES: u64 = 2 * 1024 * 1024;

/// What `fixtures.toml` says of a component.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The source it was made from, below `plugins/examples`.
    source: String,
    /// That source's SHA-256, and the component's.
    source_sha256: String,
    sha256: String,
    /// What it was made with.
    tools: Vec<String>,
}

fn digest(path: &Path) -> String {
    hex::encode(Sha256::digest(std::fs::read(path).unwrap()))
}

#[test]
fn what_is_kept_is_made_from_the_source_as_it_stands() {
    let directory = examples().join("fixtures");
    let text = std::fs::read_to_string(directory.join("fixtures.toml")).unwrap();
    let kept: BTreeMap<String, Kept> = toml::from_str(&text).unwrap();
    for (name, fixture) in &kept {
        let file = directory.join(format!("{name}.wasm"));
        let remedy = format!("`{name}` is not of its source: run `tests/interop/run.sh --keep`");
        assert_eq!(digest(&file), fixture.sha256, "{remedy}");
        let source = std::fs::read_to_string(examples().join(&fixture.source)).unwrap();
        assert_eq!(hex::encode(Sha256::digest(&source)), fixture.source_sha256, "{remedy}");
        assert!(
            std::fs::metadata(&file).unwrap().len() <= MOST_BYTES,
            "`{name}` is too large to keep"
        );
        assert!(!fixture.tools.is_empty(), "`{name}` is made with nothing");
    }
    let files = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let components =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    assert_eq!(components.count(), kept.len(), "a component is kept and nobody says of what");
}

/// What is installed of a package is what stands in its folder, so the contract stands there too.
#[test]
fn the_sdks_bring_the_contract_as_it_stands() {
    let root = examples().join("../..");
    let contract = std::fs::read_to_string(root.join("wit/souk.wit")).unwrap();
    for copy in ["plugins/sdk-js/wit/souk.wit", "plugins/sdk-py/souk_py/souk.wit"] {
        let kept = std::fs::read_to_string(root.join(copy)).unwrap();
        assert!(kept == contract, "`{copy}` is another contract: copy wit/souk.wit there");
    }
}
