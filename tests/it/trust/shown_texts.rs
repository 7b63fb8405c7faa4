//! What commands print of plugins and registries steers no terminal, turns no order of reading around and
//! forges no line, whoever wrote it: names of files, `souk.lock`, a registry.

use souk_model::visible::is_hidden;
use souk_tests::{CommandOutput, Home};

use super::registry::stand_in::{RegistryAnswer, StandInRegistry};
use super::{directory, greet, plugins, under};

/// A line that would pass for one of souk's.
const FORGED: &str = "souk: all is well";
/// Colours, another order of reading, nothing that is seen, and another line.
const ODD: &str = "\u{1b}[31m\u{202e}\u{200b}\nsouk: all is well";

fn is_clean(ran: &CommandOutput, what: &str) {
    for text in [&ran.out, &ran.err] {
        let hidden = text.chars().find(|&c| is_hidden(c) && c != '\n');
        assert_eq!(hidden, None, "{what}: {text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with(FORGED)), "{what}: {text}");
    }
}

/// Every command that prints of the plugins that lie there.
async fn all_are_clean(home: &Home, what: &str) {
    for arguments in [
        &["plugins"][..],
        &["plugins", "--json"],
        &["plugins", "lock"],
        &["plugins", "lock", "--accept"],
        &["plugins", "approve", "greet"],
        &["plugins", "reject", "greet"],
        &["plugins", "rollback", "greet"],
        &["plugins", "update"],
        &["plugins", "update", "greet"],
        &["plugins", "top", "--once"],
        &["actions"],
        &["tools"],
        &["doctor"],
        &["call", "auth_whoami"],
        &["plugins", "remove", "greet"],
    ] {
        let ran = under(home, "reads", arguments).env("SOUK_LOG", "debug").run().await;
        is_clean(&ran, &format!("{what}: {arguments:?}"));
    }
}

#[tokio::test]
async fn names_of_files_are_written_out_and_such_a_file_is_refused() {
    let home = Home::new();
    directory(&home);
    home.write(&format!("plugins/ev{ODD}.wasm"), greet("1.0.0", ""));
    home.write("plugins/no\u{1b}[31m.wasm", "x");
    let shown = plugins(&home, &[]).await;
    assert!(shown.contains(r"ev\u{1b}[31m\u{202e}\u{200b}\nsouk: all is well.wasm"), "{shown}");
    assert!(shown.contains("its name has characters that cannot be seen"), "{shown}");
    all_are_clean(&home, "names").await;
    let odd = home.path(format!("plugins/ev{ODD}.wasm")).display().to_string();
    let none = home.path(format!("no{ODD}.wasm")).display().to_string();
    let cases = home.write("cases.toml", "case = []").display().to_string();
    for file in [&odd, &none] {
        for arguments in [
            vec!["plugins", "inspect", file],
            vec!["plugins", "push", file, "oci://127.0.0.1:1/x:1"],
            vec!["test", file, &cases],
            vec!["test", &cases, file],
        ] {
            let ran = under(&home, "reads", &arguments).run().await;
            is_clean(&ran, &format!("{arguments:?}"));
        }
    }
}

#[tokio::test]
async fn texts_of_the_lock_are_refused_where_they_are_not_what_they_look_like() {
    let home = Home::new();
    directory(&home);
    home.write("plugins/greet.wasm", greet("1.0.0", ""));
    plugins(&home, &["lock"]).await;
    let lock = std::fs::read_to_string(home.path("plugins/souk.lock")).unwrap();
    let odd = ODD.replace('\u{1b}', "\\u001b").replace('\n', "\\n");
    let source = |reference: &str, manifest: &str, digest: &str| {
        format!(
            "{lock}\n[sources.greet]\nreference = \"{reference}\"\nmanifest = \"{manifest}\"\n\
             digest = \"{digest}\"\n"
        )
    };
    let plain = "oci://127.0.0.1:1/greet:1";
    for (what, text) in [
        ("a reference", source(&format!("{plain}{odd}"), "sha256:1", "1")),
        ("a manifest", source(plain, &odd, "1")),
        ("a digest", source(plain, "sha256:1", &odd)),
        ("a reference with spaces", source(&format!("{plain}   {FORGED}"), "sha256:1", "1")),
        (
            "a name",
            format!(
                "{lock}\n[sources.\"a{odd}\"]\nreference = \"x\"\nmanifest = \"y\"\ndigest = \"z\""
            ),
        ),
        ("a key that there is not", format!("{lock}\n\"{odd}\" = 1\n")),
        ("a version", lock.replace("version = \"1.0.0\"", &format!("version = \"1.0.0{odd}\""))),
        ("what is no TOML", format!("{lock}\n{ODD} = \n")),
    ] {
        home.write("plugins/greet.wasm", greet("1.0.0", ""));
        home.write("plugins/souk.lock", &text);
        let shown = plugins(&home, &[]).await;
        assert!(shown.contains("`souk.lock` cannot be read"), "{what}: {shown}");
        all_are_clean(&home, what).await;
    }
}

#[tokio::test]
async fn what_a_registry_says_is_its_own_words_in_one_line() {
    let home = Home::new();
    directory(&home);
    let message = ODD.replace('\u{1b}', "\\u001b").replace('\n', "\\n");
    let error = format!(
        "{{\"errors\": [{{\"code\": \"TOOMANYREQUESTS\", \"message\": \"{message}\", \"detail\": null}}]}}"
    );
    let manifest = format!(
        "{{\"schemaVersion\": 2, \"mediaType\": \"{message}\", \"layers\": [{{\"digest\": \"{message}\"}}]}}"
    );
    for (what, body) in [("an error", error), ("a manifest", manifest), ("bytes", ODD.to_owned())] {
        for status in [200, 500] {
            let body = body.clone();
            let registry = StandInRegistry::start(move |_| match status {
                200 => RegistryAnswer::ok(body.clone()),
                _ => RegistryAnswer::failing(body.clone()),
            })
            .await;
            let reference = registry.reference("greet:1");
            let file = home.write("greet.wasm", greet("1.0.0", "")).display().to_string();
            for arguments in
                [vec!["plugins", "add", &reference], vec!["plugins", "push", &file, &reference]]
            {
                let ran = under(&home, "reads", &arguments).run().await;
                assert_ne!(ran.status, Some(0), "{what} {arguments:?}");
                is_clean(&ran, &format!("{what} {status} {arguments:?}"));
            }
        }
    }
}
