//! The languages that there is an SDK for.

use std::path::Path;

use clap::ValueEnum;

/// A language that there is an SDK for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PluginLanguage {
    /// Rust.
    Rust,
    /// TypeScript or JavaScript.
    #[value(name = "ts", alias = "js")]
    TypeScript,
    /// Python.
    #[value(name = "py")]
    Python,
}

impl PluginLanguage {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Rust, Self::TypeScript, Self::Python];

    /// Its name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
        }
    }

    /// What a plugin in this directory is written in; none where that cannot be told.
    pub(crate) fn of_directory(directory: &Path) -> Option<Self> {
        let has = |file: &str| directory.join(file).is_file();
        if has("Cargo.toml") {
            Some(Self::Rust)
        } else if has("package.json") {
            Some(Self::TypeScript)
        } else if has("pyproject.toml") || has("main.py") {
            Some(Self::Python)
        } else {
            None
        }
    }
}
