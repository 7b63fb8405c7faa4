//! Packs what `souk new` writes into the program: the SDK of each language, and the templates.

#![allow(clippy::expect_used, reason = "a build that cannot read its own sources fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A table of the program, by its name: what is in it, below which directory of the repository. A
/// directory stands for everything in it.
const TABLES: &[(&str, &str, &[&str])] = &[
    (
        "RUST_SDK",
        "",
        &[
            "Cargo.toml",
            "wit/souk.wit",
            "plugins/sdk/Cargo.toml",
            "plugins/sdk/README.md",
            "plugins/sdk/src",
            "plugins/sdk-macros/Cargo.toml",
            "plugins/sdk-macros/src",
        ],
    ),
    (
        "TYPESCRIPT_SDK",
        "plugins/sdk-js",
        &["package.json", "README.md", "tsconfig.json", "bin", "src", "types", "wit"],
    ),
    ("PYTHON_SDK", "plugins/sdk-py", &["pyproject.toml", "README.md", "souk_py", "souk_sdk"]),
    ("TEMPLATES", "host/souk/templates", &[""]),
    ("TYPESCRIPT_LOCK", "plugins/examples/js", &["package-lock.json"]),
];
/// What tools leave beside sources.
const LEFT_BEHIND: &[&str] = &["__pycache__", "node_modules"];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the crate is in its repository");
    let mut code = String::new();
    for (name, base, entries) in TABLES {
        let base = root.join(base);
        let mut files = BTreeMap::new();
        for entry in *entries {
            let path = if entry.is_empty() { base.clone() } else { base.join(entry) };
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&base, &path, &mut files);
        }
        let _ = writeln!(code, "pub(super) const {name}: &[PackedFile] = &[");
        for (path, source) in files {
            let _ = writeln!(
                code,
                "    PackedFile {{ path: {path:?}, text: include_str!({source:?}) }},"
            );
        }
        code.push_str("];\n");
    }
    #[expect(clippy::disallowed_methods, reason = "cargo tells it so")]
    let out = std::env::var_os("OUT_DIR").expect("cargo says where");
    fs::write(Path::new(&out).join("packed_files.rs"), code).expect("the table can be written");
}

/// The files at a path, by their paths below `base`; links are followed.
fn collect(base: &Path, path: &Path, files: &mut BTreeMap<String, PathBuf>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a directory can be read");
        for entry in entries {
            let entry = entry.expect("a directory can be read");
            let is_left_behind = LEFT_BEHIND.iter().any(|name| entry.file_name() == *name);
            if !is_left_behind {
                collect(base, &entry.path(), files);
            }
        }
        return;
    }
    let name = path.strip_prefix(base).expect("it is below").to_str().expect("names are UTF-8");
    files.insert(name.to_owned(), path.to_owned());
}
