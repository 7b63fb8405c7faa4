//! The house as it stands: no circle but the natural ones, no file that no module names, no type
//! name with many meanings and none in words that nobody would search for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use souk_house::circles::{self, Natural};
use souk_house::modules::Crate;
use souk_house::names::{self, Types};
use souk_house::{arrows, workspace};

/// Circles that cannot be opened, at most five, each with its reason.
const NATURAL: &[Natural] = &[];

/// How many type names may be defined in more than three files: `Error`, `Config` and their like.
const COMMON_NAMES: usize = 6;

fn crates() -> Vec<(PathBuf, Crate)> {
    let roots = workspace::crate_roots(&workspace::root()).unwrap();
    roots.into_iter().map(|root| (root.clone(), Crate::read(&root).unwrap())).collect()
}

/// What a command prints holds texts from outside; `output` keeps them from steering the terminal.
#[test]
fn commands_print_by_one_file_alone() {
    let root = workspace::root().join("host/souk/src");
    let mut files = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path == root.join("output.rs") || path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, text) in text.lines().enumerate() {
            let prints =
                ["println!(", "print!(", "dbg!(", "io::stdout().write", "io::stderr().write"];
            if prints.iter().any(|one| text.contains(one)) {
                found.push(format!("{}:{}: {text}", path.display(), line + 1));
            }
        }
    }
    assert!(found.is_empty(), "print by `output`:\n{}", found.join("\n"));
}

#[test]
fn arrows_between_files_run_one_way() {
    let root = workspace::root();
    let mut found = String::new();
    let mut needed = BTreeSet::new();
    for (at, read) in crates() {
        let all = arrows::of(&read);
        let (left, idle) = circles::without_natural(&all, NATURAL, &root);
        needed.extend(NATURAL.iter().map(|entry| entry.from).filter(|from| !idle.contains(from)));
        let circles = circles::of(&left);
        if !circles.is_empty() {
            let name = at.strip_prefix(&root).unwrap().display();
            let _ = writeln!(
                found,
                "\n{name}: {} files in circles",
                circles::files_in_circles(&circles)
            );
        }
        for circle in circles {
            let _ = writeln!(found, "  {}", circles::line(&circle, &left, &root));
        }
    }
    for entry in NATURAL {
        assert!(
            needed.contains(entry.from),
            "{} → {} closes no circle: take it off the list",
            entry.from,
            entry.to
        );
        assert!(!entry.reason.is_empty(), "{} → {} needs its reason", entry.from, entry.to);
    }
    assert!(NATURAL.len() <= 5, "at most five circles are natural");
    assert!(found.is_empty(), "files that import each other in circles:\n{found}");
}

#[test]
fn every_file_belongs_to_a_module() {
    let mut known = BTreeSet::new();
    let mut files = BTreeSet::new();
    for (root, read) in crates() {
        known.extend(read.files().into_keys().map(PathBuf::from));
        files.extend(workspace::rust_files(&root).unwrap());
    }
    let orphans: Vec<_> = files.difference(&known).collect();
    assert!(orphans.is_empty(), "no `mod` line names {orphans:?}");
    assert!(known.len() > 300, "only {} files were read", known.len());
}

#[test]
fn a_type_name_means_one_thing() {
    let root = workspace::root();
    let mut types = Types::new();
    for (_, read) in crates().iter().filter(|(at, _)| !at.starts_with(root.join("host/demo-store")))
    {
        names::collect(read, &mut types);
    }
    let mut found = String::new();
    for (name, at) in names::private_words(&types, &root) {
        let _ = writeln!(found, "  {name} says nothing of what it is: {}", at.join(", "));
    }
    let common = names::in_more_than(3, &types);
    if common.len() > COMMON_NAMES {
        let _ = writeln!(found, "  defined in more than three files: {}", common.join(", "));
    }
    assert!(found.is_empty(), "names that are not of the field:\n{found}");
}
