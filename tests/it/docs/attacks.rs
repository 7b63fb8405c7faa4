//! Every attack that `docs/security.md` tells of names the tests that hold it, and they exist.

use super::markdown::root;

/// The tests that a page links, each with its file: `[`name`](../tests/it/policy.rs)`.
fn named_tests(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.split("[`").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("`](")?;
        let (file, _) = rest.split_once(')')?;
        file.ends_with(".rs").then_some((name, file))
    })
}

#[test]
fn each_attack_names_a_test_that_exists() {
    let docs = root().join("docs");
    let page = std::fs::read_to_string(docs.join("security.md")).unwrap();
    let mut wrong = Vec::new();
    for (name, file) in named_tests(&page) {
        let source = std::fs::read_to_string(docs.join(file)).unwrap_or_default();
        let place = source.find(&format!("fn {name}()"));
        // A function alone is no test: its attribute stands right before it.
        let is_test = place.is_some_and(|at| {
            let before: Vec<&str> = source[..at].lines().rev().take(4).collect();
            before.iter().any(|line| line.contains("test]") || line.contains("test("))
        });
        if !is_test {
            wrong.push(format!("`{file}` has no test `{name}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("](../"));
    assert!(rows.count() >= 40, "attacks have been left out");
    let attacks = page.split("## Attacks").nth(1).unwrap().split("\n## ").next().unwrap();
    for line in
        attacks.lines().filter(|line| line.starts_with("| ") && *line != "| attack | held by |")
    {
        assert!(line.contains("](../"), "nothing holds this: {line}");
    }
}
