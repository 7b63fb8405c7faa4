//! `souk new`: a plugin that builds and passes its cases as it comes.

mod packed;
mod sdk;
mod template;
mod written_file;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::cli::NewArgs;
use crate::output::print;
use crate::plugin_language::PluginLanguage;
use crate::plugin_workspace::SHARED;
use sdk::Sdk;
use template::NewPlugin;

/// What of it is no source.
const IGNORED: &str = "# The SDKs belong to the plugins beside this directory; the rest is made anew.\n\
                       /target/\n/dev/\n.venv/\nbuild/\n*.egg-info/\n";
/// Words of Rust, of which none can name the function that a group is.
const RUST_KEYWORDS: [&str; 50] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while",
];

/// Writes a plugin into a directory of its own, with the SDK beside it.
///
/// # Errors
/// A name that no plugin can have, a directory that is there already, or what cannot be written.
pub(crate) fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let NewArgs { name: directory, lang: language, template } = args;
    let name = directory.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("`{}` ends in no name", directory.display()))?;
    check_name(name, *language)?;
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let shared = parent.join(SHARED);
    let sdk = Sdk::of(*language)?;
    let plugin = NewPlugin {
        name,
        language: *language,
        template: *template,
        sdk: format!("../{SHARED}/{}", sdk.directory),
    };
    let files = plugin.files()?;
    make_shared(directory, &shared)?;
    sdk.write_below(&shared)?;
    make(directory)?;
    for file in files {
        file.write_below(directory)?;
    }
    print(&what_next(directory, &plugin))?;
    Ok(ExitCode::SUCCESS)
}

/// A name that a group can have, in this language.
fn check_name(name: &str, language: PluginLanguage) -> anyhow::Result<()> {
    if let Err(why) = souk_runtime::check_group_name(name) {
        bail!("{why}; the directory is named after the group");
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        bail!("`{name}` does not begin with a letter");
    }
    if language == PluginLanguage::Rust && RUST_KEYWORDS.contains(&name) {
        bail!("`{name}` is a word of Rust: a group's name is that of a function there");
    }
    Ok(())
}

fn make(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))
}

/// Makes the directory that a plugin, whose own must not be there, shares with those beside.
fn make_shared(directory: &Path, shared: &Path) -> anyhow::Result<()> {
    if directory.symlink_metadata().is_ok() {
        bail!("`{}` is there already, and nothing is written over", directory.display());
    }
    if shared.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        bail!(
            "`{}` is a link, or no directory: what plugins share stands beside them",
            shared.display()
        );
    }
    make(shared)?;
    let ignored = shared.join(".gitignore");
    let made = OpenOptions::new().write(true).create_new(true).open(&ignored);
    match made.and_then(|mut file| file.write_all(IGNORED.as_bytes())) {
        // Whatever is there stays, also a link that leads somewhere.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.with_context(|| format!("cannot write `{}`", ignored.display())),
    }
}

/// What an author types next, to the letter.
fn what_next(directory: &Path, plugin: &NewPlugin<'_>) -> String {
    let souk = std::env::args_os().next().map(PathBuf::from);
    let souk = souk.unwrap_or_else(|| PathBuf::from("souk"));
    // A path to the program has to lead there from inside the new directory, too.
    let souk = if souk.components().count() > 1 {
        std::path::absolute(&souk).unwrap_or(souk)
    } else {
        souk
    };
    let NewPlugin { name, language, template, .. } = plugin;
    let needs = match language {
        PluginLanguage::Rust => "rustup's Rust",
        PluginLanguage::TypeScript => "Node 20 or newer with npm",
        PluginLanguage::Python => "Python 3.11 or newer",
    };
    format!(
        "`{}` is a plugin in {}, with the tool `{}`. Building it needs {needs}.\n\n\
         Type next:\n\
         \x20 cd {}\n\
         \x20 ./build.sh\n\
         \x20 {souk} test {name}.wasm cases.toml\n\
         \x20 {souk} call {name}_{} --plugins . --demo\n\
         \x20 {souk} dev .\n",
        directory.display(),
        language.name(),
        plugin.tool(),
        directory.display(),
        template.example(),
        souk = souk.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_named_as_a_group_can_be() {
        for (name, language, is_taken) in [
            ("greet", PluginLanguage::Rust, true),
            ("greet2", PluginLanguage::Python, true),
            ("match", PluginLanguage::Python, true),
            ("match", PluginLanguage::Rust, false),
            ("2greet", PluginLanguage::Python, false),
            ("Greet", PluginLanguage::Python, false),
            ("gr_eet", PluginLanguage::TypeScript, false),
            ("gr-eet", PluginLanguage::TypeScript, false),
            ("plans", PluginLanguage::TypeScript, false),
            ("", PluginLanguage::Rust, false),
            ("averylongnameofaplugin", PluginLanguage::Rust, false),
        ] {
            assert_eq!(check_name(name, language).is_ok(), is_taken, "{name} in {language:?}");
        }
    }
}
