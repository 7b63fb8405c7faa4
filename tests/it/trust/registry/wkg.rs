//! `wkg` itself, in both directions: what one pushes, the other takes.

use std::path::Path;

use souk_tests::{Home, OciRegistry, PATIENCE, interop};
use tokio::process::Command;

use super::push;
use crate::trust::{digest, directory, greet, listed, plugins, serving};

/// `wkg oci` with these arguments; what it printed.
async fn wkg(home: &Home, program: &Path, registry: &OciRegistry, arguments: &[&str]) -> String {
    let (direction, rest) = arguments.split_first().unwrap();
    let mut command = Command::new(program);
    command.args(["oci", direction, "--insecure", registry.address()]).args(rest);
    command.env("HOME", home.path("")).env_remove("DOCKER_CONFIG").kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

#[tokio::test]
#[ignore = "`make interop` installs wkg and runs it"]
async fn what_wkg_pushes_is_added_and_what_is_pushed_wkg_pulls() {
    let program = interop().expect("`make interop` says where wkg is").join("tools/bin/wkg");
    let (registry, home) = (OciRegistry::start().await, Home::new());
    directory(&home);
    let (one, two) = (greet("1.0.0", ""), greet("1.1.0", ""));
    let file = home.write("one.wasm", &one).display().to_string();
    let name = |tag: &str| format!("{}/shop/greet:{tag}", registry.address());

    let pushed = wkg(&home, &program, &registry, &["push", &name("1"), &file]).await;
    let manifest = pushed.split_once("digest: ").unwrap().1.trim();
    let added = plugins(&home, &["add", &registry.reference("shop/greet:1")]).await;
    assert!(added.contains(&format!("/shop/greet@{manifest}")), "{pushed}\n{added}");
    assert_eq!(serving(&listed(&home, "reads").await, "greet"), Some(digest(&one)));

    let manifest = push(&home, &registry, &two, "shop/greet:2").await;
    let pulled = home.path("pulled.wasm").display().to_string();
    wkg(&home, &program, &registry, &["pull", &name("2"), "-o", &pulled]).await;
    assert_eq!(std::fs::read(&pulled).unwrap(), two);
    let pinned = format!("{}/shop/greet@{manifest}", registry.address());
    wkg(&home, &program, &registry, &["pull", &pinned, "-o", &pulled]).await;
    assert_eq!(std::fs::read(&pulled).unwrap(), two);
    // A tag that wkg moves has moved.
    wkg(&home, &program, &registry, &["push", &name("1"), &pulled]).await;
    let moved = plugins(&home, &["update", "greet"]).await;
    assert!(moved.contains("has moved, from sha256:"), "{moved}");
}
