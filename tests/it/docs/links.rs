//! Links between pages lead somewhere, and the README stays short.

use super::markdown::{pages, root};

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let root = root();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, page) in pages() {
        let folder = root.join(&name).parent().unwrap().to_owned();
        for link in links(&page).filter(|link| !link.contains("://")) {
            count += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { root.join(&name) } else { folder.join(file) };
            if !path.exists() {
                wrong.push(format!("{name}: there is no `{file}`"));
            } else if !heading.is_empty() {
                let page = std::fs::read_to_string(&path).unwrap();
                if !anchors(&page).any(|anchor| anchor == heading) {
                    wrong.push(format!("{name}: `{link}` leads to no heading"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 20, "only {count} links are looked at");
}

#[test]
fn source_files_that_are_named_exist() {
    let root = root();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, page) in pages() {
        for named in page.split('`').skip(1).step_by(2).filter(|named| is_source(named)) {
            count += 1;
            let (place, file) = named.split_once('/').unwrap();
            // `plans/execute.rs` is short for the crate's own folder.
            let within = root.join("host").join(place).join("src").join(file);
            if !within.exists() && !root.join(named).exists() {
                wrong.push(format!("{name}: there is no `{named}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 20, "only {count} files are named");
}

fn is_source(named: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_lowercase() || "_-/.".contains(letter);
    // `src/lib.rs` is the reader's own.
    let elsewhere = named.contains('/') && !named.starts_with("src/");
    elsewhere && named.ends_with(".rs") && named.chars().all(letters)
}

#[test]
fn the_readme_is_short() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 150, "README.md has {lines} lines: the rest has a home in docs/");
}

/// What stands between `](` and `)`, outside of blocks.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let mut in_block = false;
    let lines = page.lines().filter(move |line| {
        in_block ^= line.starts_with("```");
        !in_block
    });
    lines.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next()))
}

/// The anchors of headings, as GitHub and docs.rs make them.
fn anchors(page: &str) -> impl Iterator<Item = String> {
    page.lines().filter(|line| line.starts_with('#')).map(|line| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept =
            text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    })
}
