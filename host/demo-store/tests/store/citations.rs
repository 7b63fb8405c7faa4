//! Recordings that comments rest on are in the repository, so that whoever doubts a comment can look.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of the running program that comments name too; they are no recordings.
const NO_RECORDINGS: [&str; 1] = ["audit.jsonl"];

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

/// The comments of a source, each block in one line.
fn comments(source: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in source.lines() {
        match line.trim_start().strip_prefix("//") {
            Some(comment) => {
                let block = blocks.last_mut().unwrap();
                block.push_str(comment.trim_start_matches(['/', '!']).trim());
                block.push(' ');
            }
            None => blocks.push(String::new()),
        }
    }
    blocks
}

/// The recordings that a comment cites, each with the exchanges that it names right after it.
fn citations(comment: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut follows = false;
    for (at, part) in comment.split('`').enumerate() {
        if at % 2 == 0 {
            follows = follows && matches!(part.trim(), "," | ", and" | "and" | "");
        } else if part.ends_with(".jsonl") && !part.contains('/') {
            found.push((part.to_owned(), Vec::new()));
            follows = true;
        } else if follows && let Some((_, named)) = found.last_mut() {
            named.push(part.to_owned());
        }
    }
    found
}

#[test]
fn a_cited_recording_is_in_the_repository_with_the_exchanges_that_are_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut recordings, mut sources) = (Vec::new(), Vec::new());
    files(&root, "jsonl", &mut recordings);
    files(&root, "rs", &mut sources);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for path in recordings {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        known.entry(name).or_default().push_str(&fs::read_to_string(path).unwrap());
    }
    let (mut cited, mut missing) = (0, Vec::new());
    for path in sources {
        for comment in comments(&fs::read_to_string(&path).unwrap()) {
            for (name, exchanges) in citations(&comment) {
                if NO_RECORDINGS.contains(&name.as_str()) {
                    continue;
                }
                cited += 1;
                let Some(recording) = known.get(&name) else {
                    missing.push(format!("{}: `{name}`", path.display()));
                    continue;
                };
                for tag in exchanges {
                    let is_there = [r#""tag":""#, r#""tag": ""#]
                        .iter()
                        .any(|field| recording.contains(&format!("{field}{tag}\"")));
                    if !is_there {
                        missing.push(format!("{}: `{tag}` of `{name}`", path.display()));
                    }
                }
            }
        }
    }
    assert!(cited > 30, "{cited} citations");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
