//! Small crates, and the arrows that must be seen in them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use souk_house::circles::{self, Natural};
use souk_house::modules::Crate;
use souk_house::{arrows, names};
use tempfile::TempDir;

fn written(files: &[(&str, &str)]) -> (TempDir, Crate) {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let read = Crate::read(&folder.path().join("lib.rs")).unwrap();
    (folder, read)
}

/// `from > to: names`, one a line.
fn seen(files: &[(&str, &str)]) -> Vec<String> {
    let (folder, read) = written(files);
    let short =
        |path: &std::path::Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
    arrows::of(&read)
        .iter()
        .map(|((from, to), names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{} > {}: {}", short(from), short(to), names.join(" "))
        })
        .collect()
}

const B: (&str, &str) = (
    "b.rs",
    "pub struct Item; pub fn f() {} pub const N: u8 = 1; pub mod deep { pub struct Low; }",
);

#[test]
fn every_way_to_name_a_thing_is_an_arrow() {
    let expected = |name: &str| vec![format!("a.rs > b.rs: {name}")];
    let lib = ("lib.rs", "mod a; mod b; pub use b::Item as Passed; use b as other;");
    for (code, name) in [
        ("use crate::b::Item;", "Item"),
        ("use super::b::Item;", "Item"),
        ("use crate::{b::{deep::Low, self}};", "Low"),
        ("use crate::Passed;", "Item"),
        ("use crate::Passed as P; fn g(_: P) {}", "Item"),
        ("use crate::b; fn g() { b::f() }", "f"),
        ("use crate::other; fn g() { other::f() }", "f"),
        ("fn g() { crate::b::f() }", "f"),
        ("fn g(_: &[super::b::Item; 2]) {}", "Item"),
        ("fn g() { use super::b::N; }", "N"),
        ("use super::*; fn g(_: Passed) {}", "Item"),
        ("use crate::b::*; fn g(_: Item) {}", "Item"),
        ("fn g() { println!(\"{}\", crate::b::f()) }", "f"),
        ("use crate::b::*; fn g() { vec![f(), f()]; }", "f"),
        ("#[derive(x::Y)] struct S { #[serde(with = \"crate::b::deep\")] at: u8 }", "deep"),
        ("mod inner { use super::super::b::Item; }", "Item"),
        ("mod inner { fn g() { crate::b::f() } }", "f"),
        ("trait T { type X; } impl T for u8 { type X = crate::b::Item; }", "Item"),
    ] {
        assert_eq!(seen(&[lib, ("a.rs", code), B]), expected(name), "{code}");
    }
}

#[test]
fn what_is_no_use_is_no_arrow() {
    let lib = ("lib.rs", "pub mod a; pub mod b; pub use a::A; pub(crate) use b::{deep::Low, f};");
    for code in [
        "pub struct A; use crate::b;",
        "pub struct A; #[cfg(test)] mod tests { use crate::b::Item; }",
        "pub struct A; #[cfg(all(test, unix))] use crate::b::Item;",
        "pub struct A; impl A { #[cfg(test)] fn g() { crate::b::f() } }",
        "pub struct A; /// See [`crate::b::Item`].\nfn g() {}",
        "pub struct A; use std::fmt; fn g(x: A) { x.f(); ::b::f(); }",
        "pub struct A; fn f() {} fn g() { f() }",
    ] {
        assert!(seen(&[lib, ("a.rs", code), B]).is_empty(), "{code}");
    }
}

#[test]
fn a_parent_and_its_child_make_a_circle() {
    let (folder, read) = written(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod child; pub use child::C; pub struct P; fn g() { C::new() }"),
        ("a/child.rs", "pub struct C; fn g(_: super::P) {}"),
    ]);
    let arrows = arrows::of(&read);
    let found = circles::of(&arrows);
    assert_eq!(found.len(), 1);
    let line = circles::line(&found[0], &arrows, folder.path());
    assert_eq!(line, "a/child.rs → a/mod.rs (P) → a/child.rs (C)");
}

#[test]
fn passing_on_alone_makes_no_circle() {
    assert_eq!(
        seen(&[
            ("lib.rs", "mod a; pub use a::C;"),
            ("a/mod.rs", "mod child; pub use child::C; pub struct P;"),
            ("a/child.rs", "use super::P; pub struct C;"),
        ]),
        ["a/child.rs > a/mod.rs: P"]
    );
}

#[test]
fn macros_are_found_by_scope_and_at_the_root() {
    let m = ("m.rs", "#[macro_export] macro_rules! out { () => { $crate::b::f() } }");
    assert_eq!(
        seen(&[("lib.rs", "mod m; mod a; mod b;"), m, ("a.rs", "fn g() { crate::out!() }"), B]),
        ["a.rs > m.rs: out", "m.rs > b.rs: f"]
    );
    assert_eq!(
        seen(&[
            ("lib.rs", "macro_rules! here { () => {} } mod a;"),
            ("a.rs", "fn g() { here!() }")
        ]),
        ["a.rs > lib.rs: here"]
    );
}

#[test]
fn names_made_by_a_macro_belong_to_its_file() {
    assert_eq!(
        seen(&[
            ("lib.rs", "mod a; mod made;"),
            ("made.rs", "gen::bindgen!({});"),
            ("a.rs", "use crate::made::x::Y;")
        ]),
        ["a.rs > made.rs: x"]
    );
}

#[test]
fn a_natural_arrow_is_left_out_only_while_it_closes_a_circle() {
    let (folder, read) = written(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B;"),
        ("c.rs", "use crate::a::A;"),
    ]);
    let arrows = arrows::of(&read);
    let entry = |from, to| Natural { from, to, reason: "as a test" };
    let (left, idle) = circles::without_natural(&arrows, &[entry("a.rs", "b.rs")], folder.path());
    assert!(idle.is_empty() && circles::of(&left).is_empty());
    let (left, idle) = circles::without_natural(&arrows, &[entry("c.rs", "a.rs")], folder.path());
    assert_eq!((idle, circles::of(&left).len()), (vec!["c.rs"], 1));
}

#[test]
fn types_are_collected_by_the_files_that_define_them() {
    let (_folder, read) = written(&[
        (
            "lib.rs",
            "mod a; pub struct Told; #[cfg(test)] mod tests { struct Asked; } fn f() { struct Inner; }",
        ),
        ("a.rs", "enum Told {} type Alias = u8; pub use crate::Told as Other;"),
    ]);
    let mut types = names::Types::new();
    names::collect(&read, &mut types);
    assert_eq!(types.keys().collect::<Vec<_>>(), ["Alias", "Told"]);
    assert_eq!(names::in_more_than(1, &types), ["Told"]);
}
