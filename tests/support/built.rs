//! What the build left: the binary, the plugins, the Python of the reference client.

use std::path::{Path, PathBuf};

/// The groups that tests look at most closely.
pub(crate) const GROUPS: [&str; 3] = ["auth", "scope", "catalog"];

/// What the probe plugin answers, and where a build mark stands in its file.
const MARK: &str = "probe build 0000";

/// Cargo's target directory: tests and benches run from below it.
///
/// # Panics
/// When they do not.
#[must_use]
pub fn target() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable
        .ancestors()
        .find(|above| above.ends_with("release") || above.ends_with("debug"))
        .and_then(Path::parent)
        .expect("tests run from a target directory")
        .to_owned()
}

pub(crate) fn existing(path: PathBuf, command: &str) -> PathBuf {
    assert!(path.exists(), "`{}` is missing: run `{command}` first", path.display());
    path
}

/// The `souk` binary.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn souk() -> PathBuf {
    existing(target().join("release/souk"), "make build")
}

/// The directory of the shipped plugins.
///
/// # Panics
/// When one of them has not been built.
#[must_use]
pub fn plugins() -> PathBuf {
    let directory = target().join("plugins");
    for name in GROUPS {
        existing(directory.join(format!("{name}.wasm")), "make plugins");
    }
    directory
}

/// The interpreter that has the reference client: `SOUK_TEST_PYTHON`, else the one `make test`
/// installs.
///
/// # Panics
/// When there is none.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the product's own environment is not concerned")]
pub fn python() -> PathBuf {
    let named = std::env::var_os("SOUK_TEST_PYTHON").map(PathBuf::from);
    existing(named.unwrap_or_else(|| target().join("python/bin/python")), "make test")
}

/// The file of a plugin that only tests load.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn test_plugin(name: &str) -> PathBuf {
    existing(target().join(format!("test-plugins/{name}.wasm")), "make test-plugins")
}

/// Where `make interop` leaves what it builds, a directory a group, while it runs the tests.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the product's own environment is not concerned")]
pub fn interop() -> Option<PathBuf> {
    std::env::var_os("SOUK_INTEROP").map(PathBuf::from)
}

/// Versions of the probe plugin, as many as a test likes.
#[derive(Debug, Clone)]
pub struct Versions(Vec<u8>);

impl Versions {
    /// Reads the built plugin.
    ///
    /// # Panics
    /// When it has not been built.
    #[must_use]
    pub fn new() -> Self {
        Self(std::fs::read(test_plugin("probe")).unwrap())
    }

    /// What a version answers as its `build`, and is described as.
    #[must_use]
    pub fn mark(version: u16) -> String {
        format!("{}{version:04}", &MARK[..MARK.len() - 4])
    }

    /// The plugin's file with this version's mark in it.
    ///
    /// # Panics
    /// When the built file has no mark.
    #[must_use]
    pub fn file(&self, version: u16) -> Vec<u8> {
        let mut file = self.0.clone();
        let place = file
            .windows(MARK.len())
            .position(|bytes| bytes == MARK.as_bytes())
            .expect("the probe plugin holds its build mark");
        file[place..place + MARK.len()].copy_from_slice(Self::mark(version).as_bytes());
        file
    }
}

impl Default for Versions {
    fn default() -> Self {
        Self::new()
    }
}
