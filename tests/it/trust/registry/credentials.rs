//! As whom a registry is asked: by what docker keeps, and nothing shows it.

use std::os::unix::fs::PermissionsExt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use souk_tests::{Home, OciRegistry, REGISTRY_LOGIN, Souk};

use crate::trust::{directory, greet, under};

/// Docker's configuration with this password for a registry, in a directory of that name.
fn keep(home: &Home, name: &str, registry: &OciRegistry, password: &str) {
    let auth = STANDARD.encode(format!("{}:{password}", REGISTRY_LOGIN.0));
    let config = json!({"auths": {registry.address(): {"auth": auth}}});
    std::fs::create_dir_all(home.path(name)).unwrap();
    home.write(&format!("{name}/config.json"), config.to_string());
}

/// Everything that a command shows or leaves behind, with all that it logs.
async fn everything(home: &Home, souk: Souk<'_>) -> (Option<i32>, String) {
    let ended = souk.env("SOUK_LOG", "trace").run().await;
    let mut said = format!("{}{}", ended.out, ended.err);
    for left in ["state/audit.jsonl", "plugins/souk.lock"] {
        said.push_str(&std::fs::read_to_string(home.path(left)).unwrap_or_default());
    }
    (ended.status, said)
}

#[tokio::test]
async fn what_docker_keeps_is_honoured_and_no_password_is_shown_anywhere() {
    let (registry, home) = (OciRegistry::with_login().await, Home::new());
    directory(&home);
    let (name, password) = REGISTRY_LOGIN;
    let file = home.write("greet.wasm", greet("1.0.0", "")).display().to_string();
    let reference = registry.reference("greet:1");
    let push = ["plugins", "push", &file, &reference];
    let add = ["plugins", "add", &reference];

    // None, a wrong one, and one for another registry.
    for command in [&push[..], &add] {
        let (status, said) = everything(&home, under(&home, "reads", command)).await;
        assert_eq!(status, Some(1), "{said}");
        let says = format!("`{}` wants a login, and there is none", registry.address());
        assert!(said.contains(&says), "{said}");
        keep(&home, ".docker", &registry, "a-wrong-password");
        let (status, said) = everything(&home, under(&home, "reads", command)).await;
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("refuses the credentials that docker's configuration has"), "{said}");
        assert!(!said.contains("a-wrong-password"), "{said}");
        assert!(!said.contains(&STANDARD.encode(format!("{name}:a-wrong-password"))), "{said}");
        std::fs::remove_file(home.path(".docker/config.json")).unwrap();
    }

    // In the home directory, and where `DOCKER_CONFIG` says, which counts before it.
    keep(&home, ".docker", &registry, password);
    let (status, said) = everything(&home, under(&home, "reads", &push)).await;
    assert!(status == Some(0) && said.contains("pushed greet 1.0.0"), "{said}");
    keep(&home, ".docker", &registry, "a-wrong-password");
    keep(&home, "elsewhere", &registry, password);
    let souk = under(&home, "reads", &add).env("DOCKER_CONFIG", home.path("elsewhere"));
    let (status, said) = everything(&home, souk).await;
    assert!(status == Some(0) && said.contains("added greet.wasm"), "{said}");
    assert!(!said.contains(password), "{said}");
    assert!(!said.contains(&STANDARD.encode(format!("{name}:{password}"))), "{said}");
    assert!(!registry.log().contains(password));

    home.write(".docker/config.json", "no JSON: a-password");
    let (status, said) = everything(&home, under(&home, "reads", &add)).await;
    assert!(status == Some(1) && said.contains("it is no configuration of docker's"), "{said}");
    assert!(!said.contains("a-password"), "{said}");
}

#[tokio::test]
async fn a_program_that_keeps_credentials_is_asked_for_them() {
    let (registry, home) = (OciRegistry::with_login().await, Home::new());
    directory(&home);
    let (name, password) = REGISTRY_LOGIN;
    let file = home.write("greet.wasm", greet("1.0.0", "")).display().to_string();
    let config = json!({"credHelpers": {registry.address(): "of-a-test"}});
    std::fs::create_dir_all(home.path(".docker")).unwrap();
    home.write(".docker/config.json", config.to_string());
    let search = format!("{}:/usr/bin:/bin", home.path("").display());
    let reference = registry.reference("greet:1");
    let push = under(&home, "reads", &["plugins", "push", &file, &reference]).env("PATH", search);
    let helper = |script: String| {
        let path = home.write("docker-credential-of-a-test", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let (status, said) = everything(&home, push.clone()).await;
    assert!(status == Some(1) && said.contains("is it on the PATH?"), "{said}");
    helper(format!("read registry; echo '{password}'; echo '{password}' >&2; exit 1"));
    let (status, said) = everything(&home, push.clone()).await;
    assert!(status == Some(1) && said.contains("`docker-credential-of-a-test` failed"), "{said}");
    assert!(!said.contains(password), "{said}");
    helper("read registry; echo 'credentials not found in native keychain'; exit 1".to_owned());
    let (status, said) = everything(&home, push.clone()).await;
    assert!(status == Some(1) && said.contains("wants a login, and there is none"), "{said}");
    let answer = json!({"ServerURL": "", "Username": name, "Secret": password});
    helper(format!(
        "read registry; test \"$registry\" = '{}' && echo '{answer}'",
        registry.address()
    ));
    let (status, said) = everything(&home, push).await;
    assert!(status == Some(0) && said.contains("pushed greet 1.0.0"), "{said}");
    assert!(!said.contains(password), "{said}");
}
