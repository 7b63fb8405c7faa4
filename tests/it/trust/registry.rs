//! Plugins from an OCI registry: fetched, they are files like any other, and nothing that a registry says
//! or does approves one.

mod credentials;
mod lies;
mod moved_tag;
pub(super) mod stand_in;
mod wkg;

use serde_json::{Value, json};
use souk_tests::{CommandOutput, Home, OciRegistry, calls, until};

use super::minisign::MinisignKey;
use super::{digest, directory, greet, listed, noted, plugins, serving, under};

/// Pushes a file under a name; the digest of its manifest.
async fn push(home: &Home, registry: &OciRegistry, wasm: &[u8], name: &str) -> String {
    let file = home.write("greet.wasm", wasm).display().to_string();
    let pushed = plugins(home, &["push", &file, &registry.reference(name)]).await;
    pushed.split_once("digest: ").unwrap().1.trim().to_owned()
}

/// `souk plugins` with these arguments, under `reads`, however it ends.
async fn attempt(home: &Home, arguments: &[&str]) -> CommandOutput {
    under(home, "reads", &[&["plugins"], arguments].concat()).run().await
}

/// What lies in the directory of plugins, by name; nothing that was begun is left there.
fn files(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path("plugins")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !["auth.wasm", "scope.wasm", ".souk.lock.turn"].contains(&&**name));
    names.sort();
    names
}

/// `souk.lock` beside the plugins.
fn lock(home: &Home) -> toml::Table {
    std::fs::read_to_string(home.path("plugins/souk.lock")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_is_pushed_is_added_by_its_tag_or_its_digest_and_waits_as_any_file_does() {
    let (registry, home) = (OciRegistry::start().await, Home::new());
    directory(&home);
    let wasm = greet("1.0.0", "");
    let manifest = push(&home, &registry, &wasm, "shop/greet:1").await;
    assert_eq!(push(&home, &registry, &wasm, "shop/greet:same").await, manifest);
    let client = under(&home, "reads", &["serve", "--demo", "--tools", "all"]).logged_in().await;

    let reference = registry.reference("shop/greet:1");
    let added = plugins(&home, &["add", &reference]).await;
    let origin = registry.reference(&format!("shop/greet@{manifest}"));
    for told in [
        "added greet.wasm: greet 1.0.0 (",
        &format!("  from {origin}\n"),
        "greet.wasm (greet 1.0.0, ",
        "held back: greet_note",
        "+ POST /V1/orders/{id}/comments on magento",
        "take it over: souk plugins approve greet --digest ",
    ] {
        assert!(added.contains(told), "`{told}` is not in {added}");
    }
    assert_eq!(std::fs::read(home.path("plugins/greet.wasm")).unwrap(), wasm);
    assert_eq!(files(&home), ["greet.wasm", "souk.lock"]);
    let lock = lock(&home);
    let source = &lock["sources"]["greet"];
    assert_eq!(source["reference"].as_str(), Some(&*reference));
    assert_eq!(source["manifest"].as_str(), Some(&*manifest));
    assert_eq!(source["digest"].as_str(), Some(&*digest(&wasm)));
    assert_eq!(lock["plugins"]["greet"]["digest"].as_str(), Some(&*digest(&wasm)));
    // A running host takes it as a file that was dropped in.
    until("its query serves", async || client.tools().await.contains(&"greet_hello".into())).await;
    let held = client.refusal("greet_note", json!({})).await;
    assert!(held.starts_with("HELD_BACK: "), "{held}");
    let fetched = noted(&home.trail(), "plugin-fetched");
    let what = format!("greet 1.0.0 ({}) of greet.wasm", digest(&wasm));
    let from = format!("fetched by the operator from {reference}, manifest {manifest}");
    assert_eq!(fetched, [format!("{what}: {from}")]);

    // The digest is as good a name, and the only one that does not move.
    let other = Home::new();
    directory(&other);
    let added = plugins(&other, &["add", &origin, "--name", "hello", "--approve"]).await;
    assert!(
        added.contains("added hello.wasm") && added.contains("approved greet 1.0.0"),
        "{added}"
    );
    assert_eq!(files(&other), ["hello.wasm", "souk.lock"]);
    assert_eq!(serving(&listed(&other, "locked").await, "greet"), Some(digest(&wasm)));
    let fetched = noted(&other.trail(), "plugin-fetched");
    let from = format!("{}, manifest {manifest}", registry.reference("shop/greet"));
    assert!(fetched[0].ends_with(&from), "{fetched:?}");
    let updated = plugins(&other, &["update"]).await;
    assert!(updated.contains(&format!("hello: {origin} is unchanged ({manifest})")), "{updated}");
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}

#[tokio::test]
async fn what_is_not_there_or_has_no_room_is_refused_and_changes_nothing() {
    let (registry, home) = (OciRegistry::start().await, Home::new());
    directory(&home);
    push(&home, &registry, &greet("1.0.0", ""), "greet:1").await;
    let nowhere = format!("greet@sha256:{}", "a".repeat(64));
    for (name, why) in [
        (&*nowhere, "there is nothing under that name in the registry"),
        ("greet:2", "there is nothing under that name in the registry"),
        ("other:1", "there is nothing under that name in the registry"),
    ] {
        let refused = attempt(&home, &["add", &registry.reference(name)]).await;
        assert!(refused.status == Some(1) && refused.err.contains(why), "{}", refused.err);
    }
    let reference = registry.reference("greet:1");
    let upwards = attempt(&home, &["add", &reference, "--name", "../greet"]).await;
    assert!(upwards.err.contains("no name of a plugin's file"), "{}", upwards.err);
    // A file that came from elsewhere keeps its name.
    let own = greet("0.9.0", "");
    home.write("plugins/greet.wasm", &own);
    let taken = attempt(&home, &["add", &reference]).await;
    let says = "is there already and came from no registry; `souk plugins remove greet` makes room";
    assert!(taken.status == Some(1) && taken.err.contains(says), "{}", taken.err);
    assert_eq!(std::fs::read(home.path("plugins/greet.wasm")).unwrap(), own);
    assert_eq!(files(&home), ["greet.wasm"]);
    assert_eq!(noted(&home.trail(), "plugin-fetched"), [""; 0]);
    plugins(&home, &["remove", "greet"]).await;
    plugins(&home, &["add", &reference]).await;
    push(&home, &registry, &greet("1.0.0", ""), "another/greet:1").await;
    push(&home, &registry, &greet("1.1.0", ""), "another/greet:2").await;
    // The same file from elsewhere is the same file; another is not.
    plugins(&home, &["add", &registry.reference("another/greet:1")]).await;
    let taken = attempt(&home, &["add", &registry.reference("greet:1")]).await;
    assert!(taken.status == Some(0) && taken.out.contains("kept greet.wasm"), "{}", taken.err);
    let taken = attempt(&home, &["add", &registry.reference("another/greet:2")]).await;
    assert!(taken.err.contains(&format!("came from `{reference}`")), "{}", taken.err);
    // What does not load is not pushed either.
    let text = home.write("text.wasm", "(module)").display().to_string();
    let refused = attempt(&home, &["push", &text, &registry.reference("text:1")]).await;
    assert!(refused.err.contains("it is not WebAssembly"), "{}", refused.err);
}

#[tokio::test]
async fn a_file_that_is_larger_than_may_be_is_not_fetched() {
    let (registry, home) = (OciRegistry::start().await, Home::new());
    directory(&home);
    let wasm = greet("1.0.0", "");
    push(&home, &registry, &wasm, "greet:1").await;
    let most = wasm.len() - 1;
    home.configure(format!("[plugins.greet.limits]\nfile_bytes = {most}\n"));
    let says = format!("{} bytes, more than {most} (`limits.file_bytes`)", wasm.len());
    // By its name it is known before it is fetched, and else as soon as it has described itself.
    for name in [&["--name", "greet"][..], &[]] {
        let add = ["add", &registry.reference("greet:1")];
        let refused = attempt(&home, &[&add, name].concat()).await;
        assert!(refused.status == Some(1) && refused.err.contains(&says), "{}", refused.err);
    }
    assert_eq!(files(&home), [""; 0]);
}

#[tokio::test]
async fn a_signature_travels_with_its_file_and_approves_what_its_key_may() {
    let (registry, home) = (OciRegistry::start().await, Home::new());
    directory(&home);
    let key = MinisignKey::number(3);
    let (one, two) = (greet("1.0.0", ""), greet("1.1.0", ""));
    home.write("greet.wasm.minisig", key.sign(&one, "by CI"));
    push(&home, &registry, &one, "greet:1").await;
    home.configure(format!(
        "[plugins.keys.release]\nkey = '{}'\nmax_tier = 'risk'\n",
        key.public()
    ));
    let add = under(&home, "locked", &["plugins", "add", &registry.reference("greet:1")]);
    let added = add.run().await.ok();
    assert!(added.contains("greet.wasm serves: signed by release"), "{added}");
    assert_eq!(files(&home), ["greet.wasm", "greet.wasm.minisig", "souk.lock"]);
    // One that is not of its file is refused before it is put anywhere, and its file with it.
    home.configure("");
    home.write("greet.wasm.minisig", key.sign(&one, ""));
    push(&home, &registry, &two, "greet:1").await;
    home.configure(format!("[plugins.keys.release]\nkey = '{}'\n", key.public()));
    let wrong = attempt(&home, &["update", "greet"]).await;
    let says = "it is not the signature of this file by `release`";
    assert!(wrong.status == Some(1) && wrong.err.contains(says), "{}", wrong.err);
    assert_eq!(std::fs::read(home.path("plugins/greet.wasm")).unwrap(), one);
    // A file without one does not come into the signature of the file before.
    std::fs::remove_file(home.path("greet.wasm.minisig")).unwrap();
    push(&home, &registry, &two, "greet:1").await;
    let updated = plugins(&home, &["update", "greet"]).await;
    assert!(updated.contains("greet.wasm (greet 1.1.0, "), "{updated}");
    assert_eq!(files(&home), ["greet.wasm", "souk.lock"]);
}

#[tokio::test]
async fn what_is_removed_is_gone_with_its_pin_and_may_come_back_as_it_was_approved() {
    let (registry, home) = (OciRegistry::start().await, Home::new());
    directory(&home);
    let wasm = greet("1.0.0", "");
    push(&home, &registry, &wasm, "greet:1").await;
    let reference = registry.reference("greet:1");
    plugins(&home, &["add", &reference, "--approve"]).await;
    let client = under(&home, "reads", &["serve", "--demo", "--tools", "all"]).logged_in().await;
    client.answer("greet_hello", json!({})).await;
    assert_eq!(calls(&home.trail()).pop().unwrap()["plugin"]["digest"], digest(&wasm));

    let removed = plugins(&home, &["remove", "greet"]).await;
    assert_eq!(removed, format!("removed greet.wasm, which came from {reference}\n"));
    assert_eq!(files(&home), ["souk.lock"]);
    let lock = lock(&home);
    assert!(lock.get("sources").is_none() && lock["plugins"].as_table().unwrap().is_empty());
    until("it is gone", async || !client.tools().await.contains(&"greet_hello".into())).await;
    let gone = noted(&home.trail(), "plugin-removed");
    let by_operator = format!("greet.wasm ({}): removed by the operator", digest(&wasm));
    assert!(gone.contains(&by_operator), "{gone:?}");
    let again = attempt(&home, &["remove", "greet"]).await;
    assert!(
        again.status == Some(1) && again.err.contains("there is no `greet.wasm`"),
        "{}",
        again.err
    );
    let none = plugins(&home, &["update"]).await;
    assert!(none.contains("no plugin here came from a registry"), "{none}");

    let added = plugins(&home, &["add", &reference]).await;
    assert!(added.contains("greet.wasm serves: approved"), "{added}");
}

#[tokio::test]
async fn open_plans_of_what_is_removed_are_frozen() {
    let (registry, home) = (OciRegistry::start().await, Home::new());
    let store = souk_tests::DemoStore::start().await;
    let wasm = std::fs::read(home.plugins_and_forger().join("forger.wasm")).unwrap();
    plugins(&home, &["remove", "forger"]).await;
    push(&home, &registry, &wasm, "forger:1").await;
    plugins(&home, &["add", &registry.reference("forger:1"), "--approve"]).await;
    let client = under(&home, "reads", &["serve", "--tools", "all"]).on(&store).logged_in().await;
    let open = super::frozen::propose(&client, "TEN-002", "Tält").await;
    plugins(&home, &["remove", "forger"]).await;
    until("it is gone", async || !client.tools().await.contains(&"forger_prepare".into())).await;
    let shown: Value = client.answer("plans_get", json!({"plan_id": open})).await;
    let why = shown["plan"]["frozen"].as_str().unwrap();
    assert!(why.contains("its plugin `forger` is not loaded"), "{why}");
}
