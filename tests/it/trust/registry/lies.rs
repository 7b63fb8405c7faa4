//! A registry that lies, or leads elsewhere: nothing of that comes into the directory, and no password goes
//! where it is not for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use souk_tests::{Home, Process};

use super::stand_in::{RegistryAnswer, StandInRegistry, manifest_of};
use super::{attempt, files};
use crate::trust::{digest, directory, greet, listed, plugins, serving, under};

/// An address that belongs to nobody (RFC 5737).
const NOWHERE: &str = "http://192.0.2.1";

/// A lie about a manifest, and what is said of it.
fn manifests(wasm: &[u8]) -> Vec<(&'static str, Value, String)> {
    let of = |pointer: &str, value: Value| {
        let mut manifest = manifest_of(wasm);
        *manifest.pointer_mut(pointer).unwrap() = value;
        manifest
    };
    let (size, long) = (wasm.len(), wasm.len() + 1);
    let other = format!("sha256:{}", digest(b"other"));
    let mut two = manifest_of(wasm);
    two["layers"].as_array_mut().unwrap().push(json!({"mediaType": "application/wasm",
        "digest": &other, "size": 5}));
    vec![
        (
            "less than it is",
            of("/layers/0/size", json!(size - 1)),
            format!("the registry sends more than the {} bytes", size - 1),
        ),
        (
            "more than it is",
            of("/layers/0/size", json!(long)),
            format!("the registry sent {size} of the {long} bytes"),
        ),
        (
            "more than may be",
            of("/layers/0/size", json!(40_000_000)),
            "its file has 40000000 bytes, more than 33554432 (`limits.file_bytes`)".to_owned(),
        ),
        ("less than nothing", of("/layers/0/size", json!(-1)), "its layer has no size".to_owned()),
        (
            "another digest",
            of("/layers/0/digest", json!(other)),
            "the registry sent other bytes than it was asked for".to_owned(),
        ),
        (
            "a digest that is a path",
            of("/layers/0/digest", json!("sha256:../../../../secret")),
            "the digest of its layer is no SHA-256".to_owned(),
        ),
        (
            "an image",
            of("/config/mediaType", json!("application/vnd.oci.image.config.v1+json")),
            "what lies there is no WebAssembly".to_owned(),
        ),
        (
            "a tar",
            of("/layers/0/mediaType", json!("application/vnd.oci.image.layer.v1.tar+gzip")),
            "its layer is of the kind `application/vnd.oci.image.layer.v1.tar+gzip`".to_owned(),
        ),
        ("two files", two, "it has 2 layers".to_owned()),
        (
            "a list",
            of("/mediaType", json!("application/vnd.oci.image.index.v1+json")),
            "its manifest is of the kind `application/vnd.oci.image.index.v1+json`".to_owned(),
        ),
        (
            "what steers a terminal",
            of("/layers/0/mediaType", json!("\u{1b}[2Jx")),
            "its layer is of the kind `\\u{1b}[2Jx`".to_owned(),
        ),
        ("none", json!("hello"), "its manifest cannot be read".to_owned()),
    ]
}

#[tokio::test]
async fn what_a_manifest_says_falsely_is_told_and_its_file_is_put_nowhere() {
    let home = Home::new();
    directory(&home);
    let wasm = greet("1.0.0", "");
    for (what, manifest, says) in manifests(&wasm) {
        let body = wasm.clone();
        let registry = StandInRegistry::of(&wasm, move |request| {
            let is_blob = request.path.contains("/blobs/");
            let is_manifest = request.path.contains("/manifests/");
            is_blob
                .then(|| RegistryAnswer::ok(body.clone()))
                .or_else(|| is_manifest.then(|| RegistryAnswer::manifest(&manifest)))
        })
        .await;
        let refused = attempt(&home, &["add", &registry.reference("greet:1")]).await;
        assert_eq!(refused.status, Some(1), "{what}: {}", refused.out);
        assert!(refused.err.contains(&says), "{what}: `{says}` is not in {}", refused.err);
        assert_eq!(files(&home), [""; 0], "{what}");
        let fetched = registry.requests().iter().any(|one| one.path.contains("secret"));
        assert!(!fetched, "{what}");
    }
    // The true one is taken, by the digest that it has, and by no other.
    let registry = StandInRegistry::of(&wasm, |_| None).await;
    let wrong = registry.reference(&format!("greet@sha256:{}", digest(b"another manifest")));
    let refused = attempt(&home, &["add", &wrong]).await;
    assert!(refused.err.contains("the registry sent other bytes"), "{}", refused.err);
    let right = format!("greet@sha256:{}", digest(manifest_of(&wasm).to_string().as_bytes()));
    plugins(&home, &["add", &registry.reference(&right)]).await;
    assert_eq!(files(&home), ["greet.wasm", "souk.lock"]);
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_with_the_reason_and_put_nowhere() {
    let home = Home::new();
    directory(&home);
    let core = b"\0asm\x01\0\0\0".to_vec();
    for (wasm, says) in [
        (b"hello, world".to_vec(), "it is not WebAssembly"),
        (core, "it is a core module and not a component"),
        (b"\0asm\x0d\0\x01\0".to_vec(), "is refused: "),
    ] {
        let registry = StandInRegistry::of(&wasm, |_| None).await;
        let refused = attempt(&home, &["add", &registry.reference("greet:1")]).await;
        assert!(refused.status == Some(1) && refused.err.contains(says), "{}", refused.err);
        assert_eq!(files(&home), [""; 0]);
    }
}

#[tokio::test]
async fn an_answer_without_end_ends_the_command_and_not_the_machine() {
    let home = Home::new();
    directory(&home);
    let wasm = greet("1.0.0", "");
    for part in ["/manifests/", "/blobs/"] {
        let registry = StandInRegistry::of(&wasm, move |request| {
            request.path.contains(part).then(RegistryAnswer::endless)
        })
        .await;
        let arguments = ["plugins", "add", &registry.reference("greet:1")];
        let mut souk = Process::start(under(&home, "reads", &arguments).command());
        let (pid, mut most) = (souk.pid(), 0);
        let status = loop {
            tokio::select! {
                status = souk.ended() => break status,
                () = tokio::time::sleep(Duration::from_millis(5)) => most = most.max(peak(pid)),
            }
        };
        assert_eq!(status, Some(1), "{part}: {}", souk.log());
        assert!(most < 700 << 20, "{part}: it took {most} bytes");
    }
    assert_eq!(files(&home), [""; 0]);
}

/// The most memory that a process had until now, in bytes; none once it has ended.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() << 10
}

/// Docker's configuration with a password for a registry; the header that it becomes.
fn keep(home: &Home, registry: &StandInRegistry) -> String {
    let auth = STANDARD.encode("me:a-password");
    std::fs::create_dir_all(home.path(".docker")).unwrap();
    let config = json!({"auths": {registry.address(): {"auth": auth}}});
    home.write(".docker/config.json", config.to_string());
    format!("Basic {auth}")
}

#[tokio::test]
async fn a_password_is_the_registrys_and_goes_nowhere_that_it_leads_to() {
    let home = Home::new();
    directory(&home);
    let wasm = greet("1.0.0", "");
    // Where a registry keeps its files: others' machines, as a rule.
    let body = wasm.clone();
    let storage = StandInRegistry::start(move |_| RegistryAnswer::ok(body.clone())).await;
    let there = format!("http://{}/greet", storage.address());
    let registry = StandInRegistry::of(&wasm, move |request| {
        if request.authorization.is_none() {
            return Some(RegistryAnswer::unauthorized("Basic realm=\"a test\""));
        }
        let is_blob = request.path.contains("/blobs/");
        is_blob.then(|| RegistryAnswer::elsewhere("307 Temporary Redirect", &there))
    })
    .await;
    let basic = keep(&home, &registry);
    plugins(&home, &["add", &registry.reference("greet:1")]).await;
    assert_eq!(serving(&listed(&home, "reads").await, "greet"), Some(digest(&wasm)));
    let given = |one: &StandInRegistry| -> Vec<Option<String>> {
        one.requests().into_iter().map(|request| request.authorization).collect()
    };
    assert!(given(&registry).contains(&Some(basic.clone())));
    assert_eq!(given(&storage), [None], "the password went to another host");

    // The same where a file is to be uploaded to.
    let there = format!("http://{}/upload", storage.address());
    let registry = StandInRegistry::of(&wasm, move |request| {
        if request.path == "/v2/" {
            return Some(RegistryAnswer::unauthorized("Basic realm=\"a test\""));
        }
        let is_upload = request.path.contains("/blobs/uploads/");
        is_upload.then(|| RegistryAnswer::elsewhere("202 Accepted", &there))
    })
    .await;
    keep(&home, &registry);
    let file = home.path("plugins/greet.wasm").display().to_string();
    let pushed = attempt(&home, &["push", &file, &registry.reference("greet:1")]).await;
    assert_eq!(pushed.status, Some(1), "{}", pushed.out);
    assert!(given(&registry).contains(&Some(basic)));
    let uploads = storage.requests();
    assert!(uploads.len() > 1, "nothing was uploaded: {}", pushed.err);
    assert!(given(&storage).iter().all(Option::is_none), "{uploads:?}");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_alone_wherever_a_registry_leads() {
    let home = Home::new();
    directory(&home);
    let wasm = greet("1.0.0", "");
    let redirect = |part: &'static str| {
        let to = format!("{NOWHERE}/elsewhere?token=secret");
        move |path: &str| {
            path.contains(part).then(|| RegistryAnswer::elsewhere("302 Found", to.clone()))
        }
    };
    let says =
        format!("it leads to `{NOWHERE}/elsewhere`, and plain HTTP is for this machine's own");
    for part in ["/manifests/", "/blobs/"] {
        let redirect = redirect(part);
        let registry = StandInRegistry::of(&wasm, move |request| redirect(&request.path)).await;
        let refused = attempt(&home, &["add", &registry.reference("greet:1")]).await;
        assert!(refused.status == Some(1) && refused.err.contains(&says), "{}", refused.err);
        assert!(!refused.err.contains("secret"), "{}", refused.err);
    }
    // The service that hands out tokens gets a password: by plain HTTP it gets none.
    let registry = StandInRegistry::of(&wasm, |request| {
        let challenge = format!("Bearer realm=\"{NOWHERE}/elsewhere\",service=\"a test\"");
        request.authorization.is_none().then(|| RegistryAnswer::unauthorized(challenge))
    })
    .await;
    keep(&home, &registry);
    let refused = attempt(&home, &["add", &registry.reference("greet:1")]).await;
    assert!(refused.status == Some(1) && refused.err.contains(&says), "{}", refused.err);
    assert_eq!(files(&home), [""; 0]);

    // What is not this machine's by its name is spoken to in TLS, whatever it is.
    let registry = StandInRegistry::of(&wasm, |_| None).await;
    let by_another_name = registry.reference("greet:1").replace("127.0.0.1", "127.1");
    let refused = attempt(&home, &["add", &by_another_name]).await;
    assert!(
        refused.status == Some(1) && refused.err.contains("cannot be reached"),
        "{}",
        refused.err
    );
    let requests = registry.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(|one| one.path == "[16, 03]"),
        "{requests:?}"
    );
}

#[tokio::test]
async fn a_token_is_fetched_where_the_registry_says_and_is_for_the_registry_alone() {
    let home = Home::new();
    directory(&home);
    let wasm = greet("1.0.0", "");
    let tokens = StandInRegistry::start(|_| RegistryAnswer::ok(r#"{"token": "a-token"}"#)).await;
    let realm = format!("http://{}/token", tokens.address());
    let registry = StandInRegistry::of(&wasm, move |request| {
        let challenge = format!("Bearer realm=\"{realm}\",service=\"a test\"");
        let is_known = request.authorization.as_deref() == Some("Bearer a-token");
        (!is_known).then(|| RegistryAnswer::unauthorized(challenge))
    })
    .await;
    let basic = keep(&home, &registry);
    plugins(&home, &["add", &registry.reference("greet:1")]).await;
    let [asked] = &tokens.requests()[..] else { panic!("{:?}", tokens.requests()) };
    assert_eq!(asked.authorization, Some(basic.clone()));
    assert!(asked.path.contains("scope=repository%3Agreet%3Apull"), "{}", asked.path);
    assert!(registry.requests().iter().all(|one| one.authorization.as_ref() != Some(&basic)));
}
