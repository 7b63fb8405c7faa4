//! `souk new`: what it writes builds and passes its cases as it comes.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use souk_tests::{Home, target};
use tokio::process::Command;

/// What a build may take that compiles everything, on a machine with other things to do.
const BUILD: Duration = Duration::from_secs(900);

async fn new(home: &Home, arguments: &[&str]) -> souk_tests::CommandOutput {
    home.souk(["new"]).args(arguments.iter().copied()).run().await
}

/// Runs a plugin's `build.sh` as its author does, with the crates that this machine has; answers what it
/// said. What is compiled is shared with the plugins of the SDK's README, which are built alike.
async fn build(directory: &Path) -> String {
    let output = Command::new("./build.sh")
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", target().join("tmp/readme"))
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(BUILD, output).await.expect("it is built in time").unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

async fn passes(home: &Home, name: &str) {
    let directory = home.path(name);
    let (file, cases) = (directory.join(format!("{name}.wasm")), directory.join("cases.toml"));
    let tried = home.souk(["test"]).args([file, cases]).run().await.ok();
    assert!(
        tried.contains("all as expected") && !tried.contains("grants that no case used"),
        "{tried}"
    );
}

#[tokio::test]
async fn a_plugin_in_rust_builds_without_a_network_and_the_next_one_compiles_itself_alone() {
    let home = Home::new();
    let said = new(&home, &["first", "--lang", "rust", "--template", "change"]).await.ok();
    assert!(said.contains("  cd first\n  ./build.sh\n"), "{said}");
    let locked = std::fs::read_to_string(home.path("first/Cargo.lock")).unwrap();
    build(&home.path("first")).await;
    passes(&home, "first").await;
    let used = std::fs::read_to_string(home.path("first/Cargo.lock")).unwrap();
    assert_eq!(used, locked, "what is locked is what is used");

    for template in ["read", "report"] {
        let made = new(&home, &[template, "--lang", "rust", "--template", template]).await.ok();
        assert!(made.contains("Type next"), "{made}");
        let said = build(&home.path(template)).await;
        assert_eq!(said.matches("Compiling ").count(), 1, "{said}");
        passes(&home, template).await;
    }
}

#[tokio::test]
async fn a_plugin_in_each_language_is_whole_and_has_its_sdk_beside_it() {
    let home = Home::new();
    for (language, files) in [
        ("rust", &["Cargo.toml", "Cargo.lock", "src/lib.rs", ".cargo/config.toml"][..]),
        ("ts", &["package.json", "package-lock.json", "tsconfig.json", "src/main.ts"]),
        ("py", &["main.py"]),
    ] {
        for name in ["one", "two"] {
            let name = format!("plugins/{name}{language}");
            let said = new(&home, &[&name, "--lang", language]).await.ok();
            assert!(said.contains(&format!("  cd {name}\n")), "{said}");
            for file in files.iter().chain(&["build.sh", "cases.toml", "README.md", ".gitignore"]) {
                assert!(home.path(&name).join(file).is_file(), "{name}/{file}");
            }
        }
    }
    // One of each, whatever stands beside it.
    let shared = std::fs::read_dir(home.path("plugins/.souk")).unwrap();
    let mut names: Vec<String> =
        shared.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let kinds: Vec<&str> = names.iter().map(|name| name.split("-0").next().unwrap()).collect();
    assert_eq!(kinds, [".gitignore", "sdk-py", "sdk-rust", "sdk-ts"]);
}

#[tokio::test]
async fn nothing_is_written_over_and_a_name_that_no_group_can_have_is_refused() {
    let home = Home::new();
    std::fs::create_dir(home.path("mine")).unwrap();
    for (name, language, why) in [
        ("mine", "rust", "is there already"),
        ("Greet", "py", "lower-case letters"),
        ("plans", "ts", "is the host's"),
        ("match", "rust", "a word of Rust"),
        ("7up", "py", "does not begin with a letter"),
    ] {
        let refused = new(&home, &[name, "--lang", language]).await;
        assert_eq!(refused.status, Some(1), "{name}");
        assert!(refused.err.contains(why), "{name}: {}", refused.err);
        assert_eq!(std::fs::read_dir(home.path("mine")).unwrap().count(), 0);
    }
    assert!(!home.path(".souk").exists() && !home.path("match").exists());
}

#[tokio::test]
async fn what_was_planted_is_neither_built_with_nor_written_through() {
    use std::os::unix::fs::symlink;
    let home = Home::new();
    drop(new(&home, &["known/one", "--lang", "rust"]).await.ok());
    let sdk = std::fs::read_dir(home.path("known/.souk"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("sdk-"))
        .unwrap();
    // In a repository of somebody else's: the SDK as it is, with a build script of theirs.
    let own = home.path("profile");
    std::fs::create_dir_all(home.path("repo")).unwrap();
    std::fs::rename(home.path("known/.souk"), home.path("repo/.souk")).unwrap();
    let planted = home.path("repo/.souk").join(&sdk).join("plugins/sdk/build.rs");
    std::fs::write(&planted, "fn main() {}").unwrap();
    std::fs::remove_file(home.path("repo/.souk/.gitignore")).unwrap();
    symlink(&own, home.path("repo/.souk/.gitignore")).unwrap();
    let refused = new(&home, &["repo/greet", "--lang", "rust"]).await;
    assert_eq!(refused.status, Some(1), "{}", refused.out);
    assert!(
        refused.err.contains("plugins/sdk/build.rs") && refused.err.contains(&sdk),
        "{}",
        refused.err
    );
    assert!(!home.path("repo/greet").exists(), "nothing is left of it");
    std::fs::remove_file(&planted).unwrap();
    drop(new(&home, &["repo/greet", "--lang", "rust"]).await.ok());
    assert!(!own.exists(), "a link is not written through");
    // The directory itself, led elsewhere.
    std::fs::create_dir_all(home.path("linked")).unwrap();
    std::fs::create_dir_all(home.path("elsewhere")).unwrap();
    symlink(home.path("elsewhere"), home.path("linked/.souk")).unwrap();
    let refused = new(&home, &["linked/greet", "--lang", "rust"]).await;
    assert!(refused.status == Some(1) && refused.err.contains(".souk"), "{}", refused.err);
    assert_eq!(std::fs::read_dir(home.path("elsewhere")).unwrap().count(), 0);
}
