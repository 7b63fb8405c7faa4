//! The plugins of the README, each built as a stranger builds it: from the `Cargo.toml` that stands
//! there, in a directory of its own outside this workspace.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = include_str!("../README.md");
/// Where the README says that a checkout is.
const CHECKOUT: &str = "../souk/plugins/sdk";

/// The code blocks in a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let fence = ["```", language, "\n"].concat();
    README
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a block ends").0.to_owned())
        .collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// What is built for: WebAssembly, or this machine where rustup cannot install that.
fn target() -> Option<&'static str> {
    const WASM: &str = "wasm32-wasip2";
    let installed = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", WASM])
        .output()
        .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    installed.then_some(WASM)
}

/// A crate of its own with this `src/lib.rs`.
fn plugin(directory: &Path, source: &str) {
    let sdk = workspace().join("plugins/sdk");
    let [manifest] = &blocks("toml")[..] else { panic!("the README has one Cargo.toml") };
    assert!(manifest.contains(CHECKOUT), "{manifest}");
    let manifest = manifest.replace(CHECKOUT, sdk.to_str().unwrap());
    std::fs::create_dir_all(directory.join("src")).unwrap();
    std::fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(directory.join("src/lib.rs"), source).unwrap();
    // The versions that this workspace has: a new release of a dependency is not this test's matter.
    std::fs::copy(workspace().join("Cargo.lock"), directory.join("Cargo.lock")).unwrap();
}

fn cargo(directory: &Path, arguments: &[&str]) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    assert!(!said.contains("warning: unused"), "{said}");
}

#[test]
fn each_plugin_of_the_readme_builds_in_a_strangers_directory() {
    let plugins = blocks("rust");
    assert!(plugins.len() >= 3, "the README has whole plugins");
    let build: Vec<&str> = match target() {
        Some(target) => vec!["build", "--release", "--target", target],
        None => vec!["build", "--release"],
    };
    for source in &plugins {
        assert!(source.contains("group! {"), "this is not a whole plugin:\n{source}");
        let directory = tempfile::tempdir().unwrap();
        plugin(directory.path(), source);
        cargo(directory.path(), &build);
        if source.contains("#[test]") {
            cargo(directory.path(), &["test"]);
        }
    }
}
