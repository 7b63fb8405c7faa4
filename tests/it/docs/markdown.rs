//! The fenced blocks of a page.

use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Debug)]
pub(super) struct Block {
    /// The page it stands in, and the line of its first fence.
    pub(super) at: String,
    /// What stands behind the opening fence: `sh`, `sh run`, `toml`.
    pub(super) info: String,
    /// Its lines.
    pub(super) text: String,
    /// The `text` block right below it, if there is one: what a run prints.
    pub(super) output: Option<String>,
}

/// The repository.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Every page that people read, with its name from the root.
pub(super) fn pages() -> Vec<(String, String)> {
    let root = root();
    let mut paths = vec![root.join("plugins/sdk/README.md")];
    for folder in [root.clone(), root.join("docs")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The blocks of a page, in order.
pub(super) fn blocks(name: &str, page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    // Whether nothing but empty lines stands since the last block.
    let mut adjoins = false;
    for (at, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((at + 1, info.trim().to_owned(), String::new())),
            (Some(_), Some("")) => {
                let (at, info, text) = open.take().unwrap();
                match blocks.last_mut() {
                    Some(above) if adjoins && info == "text" && above.info.starts_with("sh") => {
                        above.output = Some(text);
                    }
                    _ => {
                        let at = format!("{name}:{at}");
                        blocks.push(Block { at, info, text, output: None });
                    }
                }
                adjoins = true;
            }
            (Some((_, _, text)), _) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => adjoins &= line.trim().is_empty(),
        }
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    blocks
}

/// Whether `printed` is what `expected` shows. A line `…` stands for any number of lines, `…` in a
/// line for any characters of that line.
pub(super) fn shows(expected: &str, printed: &str) -> bool {
    let expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    lines_match(&expected, &printed)
}

fn lines_match(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..]))
        }
        Some((first, rest)) => printed
            .split_first()
            .is_some_and(|(line, below)| line_matches(first, line) && lines_match(rest, below)),
    }
}

fn line_matches(expected: &str, line: &str) -> bool {
    let mut pieces = expected.split('…');
    let Some(mut left) = line.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else {
        return left.is_empty();
    };
    for piece in between {
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last)
}

#[test]
fn dots_stand_for_what_differs() {
    assert!(shows("a\n…\nd\n", "a\nb\nc\nd\n"));
    assert!(shows("a\n…\nd\n", "a\nd\n"));
    assert!(shows("plan_…: … done\n", "plan_x1: 3 of 3 done\n"));
    assert!(!shows("a\nd\n", "a\nb\nd\n"));
    assert!(!shows("plan_…\n", "plan\n"));
    assert!(!shows("a\n…\nd\n", "a\nb\n"));
    assert!(!shows("…b\n", "ab c\n"));
}

#[test]
fn blocks_are_read_with_what_they_print() {
    let page =
        "x\n\n```sh run\na\n```\n\n```text\nb\n```\n\n```sh\nc\n```\n\ny\n\n```text\nd\n```\n";
    let blocks = blocks("p", page);
    let seen: Vec<_> = blocks
        .iter()
        .map(|block| (block.info.as_str(), block.text.as_str(), block.output.as_deref()))
        .collect();
    assert_eq!(seen, [("sh run", "a\n", Some("b\n")), ("sh", "c\n", None), ("text", "d\n", None)]);
}
