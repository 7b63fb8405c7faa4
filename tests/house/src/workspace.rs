//! Where the crates are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The repository this crate was built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_default()
}

/// The root file of every crate whose files are held to run one way: the host's, the plugins',
/// the support of the whole-system tests and this one's.
///
/// # Errors
/// When a folder cannot be read, or one that ought to hold crates holds none.
pub fn crate_roots(root: &Path) -> Result<Vec<PathBuf>> {
    let mut roots = vec![root.join("tests/support/lib.rs"), root.join("tests/house/src/lib.rs")];
    for group in ["host", "plugins"] {
        let before = roots.len();
        for folder in folders(&root.join(group))? {
            for file in ["src/lib.rs", "src/main.rs"] {
                roots.extend(Some(folder.join(file)).filter(|path| path.is_file()));
            }
        }
        ensure!(roots.len() > before, "`{group}/` holds no crate");
    }
    roots.sort();
    Ok(roots)
}

/// Every Rust file below the folder of `crate_root`.
///
/// # Errors
/// When a folder cannot be read.
pub fn rust_files(crate_root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![crate_root.parent().context("a file has a folder")?.to_owned()];
    while let Some(folder) = open.pop() {
        open.extend(folders(&folder)?);
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
