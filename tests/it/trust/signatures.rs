//! What a listed key signed counts as approved, up to what the key may approve; whatever else has a
//! signature beside it waits as if it had none, or is refused where the signature is wrong.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use souk_tests::{Home, until};

use super::minisign::MinisignKey;
use super::{digest, directory, greet, listed, noted, plugins, serving, under};
use souk_hostile::case::described;

const WASM: &str = "plugins/greet.wasm";
const SIGNATURE: &str = "plugins/greet.wasm.minisig";

/// `release` may approve what `greet` does; `other` may approve anything.
fn list_keys(home: &Home) -> [MinisignKey; 3] {
    let keys = [1, 2, 3].map(MinisignKey::number);
    let [release, other, _] = &keys;
    home.configure(format!(
        "[plugins.keys.release]\nkey = '{}'\nmax_tier = 'risk'\n\
         grants = ['GET /V1/orders/*', 'POST /V1/orders/{{id}}/comments']\n\
         [plugins.keys.other]\nkey = '{}'\nmax_tier = 'critical'\n",
        release.public(),
        other.public()
    ));
    keys
}

/// What is beside a file.
enum SignatureFile {
    None,
    Text(String),
    Link,
}

impl SignatureFile {
    fn put(&self, home: &Home) {
        let path = home.path(SIGNATURE);
        let _ = std::fs::remove_file(&path);
        match self {
            Self::None => {}
            Self::Text(text) => drop(home.write(SIGNATURE, text)),
            Self::Link => symlink(home.path("right.minisig"), path).unwrap(),
        }
    }
}

/// What becomes of a file under `reads` and `locked`, and under `open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It serves.
    Serves,
    /// The approved version serves in its place; under `open` it does itself.
    Waits,
    /// The approved version serves in its place; under `open` nothing does.
    Refused,
}

/// A file in the place of `greet` 1.1.0, which `release` signed.
struct SignedChange {
    what: &'static str,
    wasm: Vec<u8>,
    signature: SignatureFile,
    fate: Fate,
    /// What is told of it, beside that it serves.
    told: String,
}

fn changes([release, other, stranger]: &[MinisignKey; 3]) -> Vec<SignedChange> {
    let same = "description = 'Says hello.'\n";
    let next = greet("1.2.0", "");
    let with = |toml: &str| greet("1.2.0", &format!("{same}{toml}"));
    let row = |what, wasm: &[u8], signature: Option<String>, fate, told: &str| SignedChange {
        what,
        wasm: wasm.to_vec(),
        signature: signature.map_or(SignatureFile::None, SignatureFile::Text),
        fate,
        told: told.to_owned(),
    };
    let by = |key: &MinisignKey, wasm: &[u8]| Some(key.sign(wasm, "a comment"));
    let (current, older) = (greet("1.1.0", ""), greet("1.0.0", ""));
    let reads_more = with("grants = [{ route = '/V1/orders/{id}' }]");
    let reads_other = with("grants = [{ route = '/V1/customers/{id}' }]");
    let critical = with("tier = 'critical'");
    let foreign = described("name = 'other'\ndescription = 'Another.'\n[[action]]\nname = 'run'");
    let mut tampered = next.clone();
    tampered.extend([0, 3, 1, b'x', 0]);
    let another_comment = release.sign(&next, "a comment").replace("a comment", "the comment");
    let unlisted = format!("signed by key {}, which `plugins.keys` does not list", stranger.id());
    use Fate::{Refused, Serves, Waits};
    let mut rows = vec![
        row("the next version", &next, by(release, &next), Serves, ""),
        row("more, within the ceiling", &reads_more, by(release, &reads_more), Serves, ""),
        row("unsigned", &next, None, Waits, "~ signed by nobody in place of `release`"),
        row(
            "an older version",
            &older,
            by(release, &older),
            Waits,
            "it is older than the approved",
        ),
        row("another listed key", &next, by(other, &next), Waits, "not signed by the same key"),
        row("an unlisted key", &next, by(stranger, &next), Waits, &unlisted),
        row("a higher tier", &critical, by(release, &critical), Waits, "its tier is critical"),
        row(
            "another grant",
            &reads_other,
            by(release, &reads_other),
            Waits,
            "GET /V1/customers/{id} on magento is not among the key's `grants`",
        ),
        row("another group", &foreign, by(release, &foreign), Waits, "not named after its group"),
        row(
            "signature of another file",
            &next,
            by(release, &current),
            Refused,
            "it is not the signature of this file by `release`",
        ),
        row("tampered", &tampered, by(release, &next), Refused, "it is not the signature of this"),
        row("another comment", &next, Some(another_comment), Refused, "it is not the signature"),
        row("a stolen id", &next, by(&release.impostor(), &next), Refused, "by `release`"),
        row("the legacy form", &next, Some(release.sign_legacy(&next)), Refused, "legacy form"),
        row("no signature", &next, Some("hello".into()), Refused, "it is no signature of minisign"),
        row("an empty one", &next, Some(String::new()), Refused, "it is no signature of minisign"),
        row("too much", &next, Some("x".repeat(20_000)), Refused, "more than 16384"),
    ];
    let mut link = row("a link", &next, None, Refused, "it is a symbolic link");
    link.signature = SignatureFile::Link;
    rows.push(link);
    rows
}

#[tokio::test]
async fn a_signature_approves_its_own_lineage_up_to_its_ceiling_and_no_change_beside_that() {
    let home = Home::new();
    directory(&home);
    let keys = list_keys(&home);
    let approved = greet("1.1.0", "");
    home.write(SIGNATURE, keys[0].sign(&approved, "the first"));
    home.write(WASM, &approved);
    // A host writes down what it serves.
    let client = under(&home, "locked", &["serve", "--demo", "--tools", "all"]).logged_in().await;
    client.answer("greet_hello", json!({})).await;
    until("it is written down", async || !noted(&home.trail(), "plugin-approved").is_empty()).await;
    client.close().await;

    for SignedChange { what, wasm, signature, fate, told } in changes(&keys) {
        home.write("right.minisig", keys[0].sign(&wasm, ""));
        home.write(WASM, &wasm);
        signature.put(&home);
        for mode in ["locked", "reads", "open"] {
            let shown = listed(&home, mode).await;
            let (old, new) = (Some(digest(&approved)), Some(digest(&wasm)));
            let expected = match (fate, mode) {
                (Fate::Serves, _) => new,
                (Fate::Waits, "open") if what == "another group" => None,
                (Fate::Waits, "open") => new,
                (Fate::Refused, "open") => None,
                (Fate::Waits | Fate::Refused, _) => old,
            };
            assert_eq!(serving(&shown, "greet"), expected, "{what}, {mode}: {shown}");
            assert_eq!(
                serving(&shown, "other").is_some(),
                what == "another group" && mode == "open"
            );
        }
        let shown = plugins(&home, &[]).await;
        assert!(shown.contains(&told), "{what}: `{told}` is not in {shown}");
        let trust = if fate == Fate::Serves { "signed by release" } else { "greet.wasm" };
        assert!(shown.contains(trust), "{what}: {shown}");
    }
}

/// What `souk plugins --json` says of the only file that waits.
fn waiting(shown: &Value) -> &Value {
    let waiting = shown["waiting"].as_array().unwrap();
    assert_eq!(waiting.len(), 1, "{shown}");
    &waiting[0]
}

#[tokio::test]
async fn a_running_host_follows_signatures_and_remembers_what_was_verified() {
    let home = Home::new();
    directory(&home);
    let [release, ..] = list_keys(&home);
    let one = greet("1.0.0", "");
    let signature = release.sign(&one, "built by CI\u{202e}");
    home.write(WASM, &one);
    let souk = under(&home, "locked", &["serve", "--demo", "--tools", "all"]);
    let client = souk.logged_in().await;
    assert!(!client.tools().await.contains(&"greet_hello".to_owned()));
    home.write(SIGNATURE, &signature);
    until("it serves", async || client.tools().await.contains(&"greet_note".into())).await;
    let tools = client.list().await;
    let hello = tools.iter().find(|tool| tool.name == "greet_hello").unwrap();
    assert_eq!(hello.description.as_deref(), Some("Says hello."), "it counts as approved");
    let by = format!("signed by `release` (key {})", release.id());
    let what = format!("greet 1.0.0 ({}) of greet.wasm, {by}", digest(&one));
    until("that is written down", async || {
        let approved = noted(&home.trail(), "plugin-approved");
        approved.last() == Some(&format!("{what}: approved by its signature"))
            && noted(&home.trail(), "plugin-loaded").contains(&what)
    })
    .await;
    let inspected = home.path(WASM).display().to_string();
    let inspected = plugins(&home, &["inspect", &inspected]).await;
    let comment =
        format!("{}, with the comment \"built by CI\\u{{202e}}\"", &by["signed ".len()..]);
    assert!(inspected.contains(&comment), "{inspected}");
    plugins(&home, &["lock"]).await;
    let lock = std::fs::read_to_string(home.path("plugins/souk.lock")).unwrap();
    assert!(lock.contains("[plugins.greet.signer]") && lock.contains(&release.public()), "{lock}");
    std::fs::remove_file(home.path("plugins/souk.lock")).unwrap();

    // A signature that is wrong refuses the file; what was verified goes on serving, now and later.
    home.write(SIGNATURE, release.sign(b"another file", ""));
    client
        .process()
        .logged("refused greet.wasm: its signature `greet.wasm.minisig` is refused")
        .await;
    client.answer("greet_hello", json!({})).await;
    let shown = listed(&home, "locked").await;
    assert_eq!(serving(&shown, "greet"), Some(digest(&one)), "{shown}");
    let doctor = under(&home, "locked", &["doctor", "--demo"]).run().await.out;
    assert!(doctor.contains("it is not the signature of this file"), "{doctor}");
    std::fs::remove_file(home.path(SIGNATURE)).unwrap();
    until("nothing is refused", async || {
        let shown = listed(&home, "locked").await;
        shown["refused"] == json!([]) && serving(&shown, "greet") == Some(digest(&one))
    })
    .await;

    // The next version comes as publishers send it: in two files, one after the other.
    let two = greet("1.1.0", "description = 'Greets.'");
    home.write(SIGNATURE, release.sign(&two, ""));
    home.write(WASM, &two);
    until("the next one serves", async || {
        let replaced = noted(&home.trail(), "plugin-replaced");
        replaced.iter().any(|line| line.contains(&digest(&two)))
    })
    .await;
    // What was rejected stays so, whoever signed it, and so does the lineage.
    plugins(&home, &["rollback", "greet"]).await;
    for mode in ["locked", "reads", "open"] {
        let shown = listed(&home, mode).await;
        assert_eq!(serving(&shown, "greet"), Some(digest(&one)), "{mode}");
        assert_eq!(waiting(&shown)["rejected"], json!(true), "{mode}");
    }
    plugins(&home, &["approve", "greet", "--digest", &digest(&two)]).await;
    plugins(&home, &["reject", "greet", "--digest", &digest(&two)]).await;
    home.write(WASM, greet("1.0.5", ""));
    home.write(SIGNATURE, release.sign(&greet("1.0.5", ""), ""));
    let shown = listed(&home, "locked").await;
    assert_eq!(serving(&shown, "greet"), None, "{shown}");
    assert!(waiting(&shown)["why"].as_str().unwrap().contains("another version was rejected"));
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}

#[tokio::test]
async fn what_lies_beyond_a_key_is_held_back_and_a_key_that_goes_takes_its_approvals_along() {
    let home = Home::new();
    directory(&home);
    let key = MinisignKey::number(9);
    // Nothing but the key: it approves what is safe.
    home.configure(format!("[plugins.keys.release]\nkey = '{}'\n", key.public()));
    let sign = |wasm: &[u8]| {
        home.write(SIGNATURE, key.sign(wasm, ""));
        home.write(WASM, wasm);
    };
    let (one, two) = (greet("1.0.0", ""), greet("1.1.0", ""));
    sign(&one);
    let client = under(&home, "locked", &["serve", "--demo", "--tools", "all"]).logged_in().await;
    client.answer("greet_hello", json!({})).await;
    let held = client.refusal("greet_note", json!({})).await;
    assert!(held.starts_with("HELD_BACK: `greet_note` is held back"), "{held}");
    let why = "beyond its key is greet_note: its tier is risk, and the key's `max_tier` is safe";
    assert!(client.process().log().contains(why), "{}", client.process().log());
    // The next one offers as much, and takes its place.
    sign(&two);
    let serves_two = async || {
        let lines = noted(&home.trail(), "plugin-approved");
        lines.iter().any(|line| line.contains(&digest(&two)))
    };
    until("the next one serves", serves_two).await;
    assert_eq!(waiting(&listed(&home, "reads").await)["held"], json!(["greet_note"]));

    // The rest is the operator's to approve, and then no signature takes it away again.
    plugins(&home, &["approve", "greet"]).await;
    until("it serves whole", async || client.tools().await.contains(&"greet_note".into())).await;
    let three = greet("1.2.0", "");
    sign(&three);
    let shown = listed(&home, "locked").await;
    assert_eq!(serving(&shown, "greet"), Some(digest(&two)), "{shown}");
    let reason = waiting(&shown)["why"].as_str().unwrap();
    assert!(reason.contains("it asks for more than its key may approve"), "{reason}");
    client.close().await;

    // By a key that may approve it all, and then is taken off the list.
    home.configure(format!(
        "[plugins.keys.release]\nkey = '{}'\nmax_tier = 'risk'\n",
        key.public()
    ));
    let client = under(&home, "locked", &["serve", "--demo", "--tools", "all"]).logged_in().await;
    until("it serves by its key", async || {
        let lines = noted(&home.trail(), "plugin-approved");
        lines.iter().any(|line| line.contains(&digest(&three)))
    })
    .await;
    client.close().await;
    home.configure("");
    for mode in ["locked", "reads"] {
        let shown = listed(&home, mode).await;
        assert_eq!(serving(&shown, "greet"), None, "{mode}: {shown}");
        let why = waiting(&shown)["why"].as_str().unwrap();
        assert!(why.contains("that `plugins.keys` no longer lists"), "{why}");
    }
    // What is told of it is what the signature says of itself.
    let shown = plugins(&home, &[]).await;
    let unlisted = format!("signed by key {}, which `plugins.keys` does not list", key.id());
    assert!(shown.contains(&unlisted), "{shown}");
    // Nor does what is kept of it serve in the place of another file.
    std::fs::remove_file(home.path(SIGNATURE)).unwrap();
    home.write(WASM, greet("1.3.0", ""));
    for mode in ["locked", "reads"] {
        assert_eq!(serving(&listed(&home, mode).await, "greet"), None, "{mode}");
    }
}
