//! Shell blocks that are not run parse, and name only commands and flags that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use souk_tests::Home;

use super::markdown::{blocks, pages, root};
use super::shell;

/// Programs of others that the pages name.
const OTHERS: &[&str] = &[
    "cargo",
    "cd",
    "claude",
    "codex",
    "cp",
    "curl",
    "export",
    "git",
    "kill",
    "minisign",
    "mkdir",
    "npm",
    "npx",
    "openssl",
    "python3",
    "rustup",
    "./build.sh",
    ".venv/bin/pip",
    ".venv/bin/souk-py",
];

#[tokio::test]
async fn shell_blocks_name_what_exists() {
    let home = Home::new();
    let mut help = Help { home: &home, known: BTreeMap::new() };
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, page) in pages() {
        for block in blocks(&name, &page) {
            if block.info.split(' ').next() != Some("sh") {
                continue;
            }
            count += 1;
            if let Some(error) = parse(&block.text) {
                wrong.push(format!("{}: {error}", block.at));
            }
            for words in shell::commands(&block.text) {
                let error = match words[0].as_str() {
                    command if command == "souk" || command.ends_with("/souk") => {
                        help.check(&words[1..]).await
                    }
                    "make" => words[1..]
                        .iter()
                        .find(|target| !makefile.contains(&format!("\n{target}:")))
                        .map(|target| format!("the Makefile has no `{target}`")),
                    file if file.contains('/') && root().join(file).is_file() => None,
                    command if OTHERS.contains(&command) => None,
                    command => Some(format!("nobody knows `{command}`")),
                };
                wrong.extend(error.map(|error| format!("{}: {error}", block.at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 20, "only {count} shell blocks are looked at");
}

/// What bash says of a script that it cannot parse.
fn parse(script: &str) -> Option<String> {
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8(output.stderr).unwrap())
}

/// What `--help` says of each command, asked once.
struct Help<'h> {
    home: &'h Home,
    known: BTreeMap<Vec<String>, (BTreeSet<String>, BTreeSet<String>)>,
}

impl Help<'_> {
    /// What is wrong with a command line of `souk`, its name left out.
    async fn check(&mut self, words: &[String]) -> Option<String> {
        let mut command: Vec<String> = Vec::new();
        for word in words.iter().filter(|word| !word.starts_with('-')) {
            if self.of(&command).await.0.contains(word) {
                command.push(word.clone());
            }
        }
        let (commands, flags) = self.of(&command).await;
        if command.is_empty()
            && !commands.is_empty()
            && words.iter().all(|word| !word.starts_with('-'))
        {
            return Some(format!("souk has no command `{}`", words.join(" ")));
        }
        let mut given = words.iter().filter(|word| word.starts_with('-'));
        let unknown =
            given.find(|flag| !flags.contains(flag.split('=').next().unwrap_or_default()))?;
        Some(format!("`souk {}` takes no `{unknown}`", command.join(" ")))
    }

    /// The commands below a command, and its flags.
    async fn of(&mut self, command: &[String]) -> &(BTreeSet<String>, BTreeSet<String>) {
        if !self.known.contains_key(command) {
            let arguments = command.iter().map(String::as_str).chain(["--help"]);
            let text = self.home.souk(arguments).run().await.ok();
            self.known.insert(command.to_vec(), (commands_in(&text), flags_in(&text)));
        }
        &self.known[command]
    }
}

fn commands_in(help: &str) -> BTreeSet<String> {
    // A text that goes on in the next line is indented further; the first help has commands in
    // groups, so their headings do not tell.
    let listed = help.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = listed.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect()
}

fn flags_in(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split([' ', ',', '=']).take(3));
    words.filter(|word| word.starts_with('-')).map(str::to_owned).collect()
}
