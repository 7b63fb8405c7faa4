//! A directory in which somebody makes a plugin: what it is built from, how, and into what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::process::Command;

use crate::plugin_language::PluginLanguage;
use crate::settings::variables;

/// Files of a directory that are looked at: whoever names their home directory is told so.
const MOST_FILES: usize = 20_000;
/// Directories of what was built or installed. Hidden ones are not looked at either.
const NO_SOURCES: [&str; 4] = ["target", "node_modules", "__pycache__", "build"];
/// Files that builds write themselves, and those that change nothing of what is built.
const NO_SOURCE_FILES: [&str; 3] = ["Cargo.lock", "package-lock.json", "cases.toml"];
/// Endings of files that are not built from.
const NO_SOURCE_ENDINGS: [&str; 3] = ["wasm", "md", "log"];

/// How a plugin is built.
#[derive(Debug, Clone, PartialEq, Eq)]
enum BuildCommand {
    /// As whoever calls it says.
    Shell(String),
    /// `./build.sh`.
    Script,
    /// `npm run build`.
    Npm,
    /// cargo, for wasm32-wasip2.
    Cargo,
}

/// When each source was written, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceState(BTreeMap<PathBuf, (SystemTime, u64)>);

/// A directory in which somebody makes a plugin.
pub(super) struct PluginProject {
    pub(super) directory: PathBuf,
    command: BuildCommand,
}

impl PluginProject {
    /// Of this directory, built by this command where one is given.
    ///
    /// # Errors
    /// There is no such directory, or nothing says how it is built.
    pub(super) fn open(directory: &Path, command: Option<&str>) -> anyhow::Result<Self> {
        let directory = directory
            .canonicalize()
            .with_context(|| format!("there is no directory `{}`", directory.display()))?;
        let has = |file: &str| directory.join(file).is_file();
        let command = match command {
            Some(command) => BuildCommand::Shell(command.to_owned()),
            None if has("build.sh") => BuildCommand::Script,
            None if has("package.json") => BuildCommand::Npm,
            None if has("Cargo.toml") => BuildCommand::Cargo,
            None => bail!(
                "nothing in `{}` says how it is built: write a `build.sh` there that leaves a \
                 `.wasm` file, or say it with --build; `souk new` makes a whole plugin",
                directory.display()
            ),
        };
        Ok(Self { directory, command })
    }

    /// What a person calls it: its directory.
    pub(super) fn name(&self) -> String {
        let name = self.directory.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// What it is written in, where that can be told.
    pub(super) fn language(&self) -> Option<PluginLanguage> {
        PluginLanguage::of_directory(&self.directory)
    }

    /// What its sources are like now.
    ///
    /// # Errors
    /// There are more files than a plugin is made of, or they cannot be looked at.
    pub(super) fn sources(&self) -> anyhow::Result<SourceState> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.directory.clone()];
        while let Some(directory) = open.pop() {
            let listed = fs::read_dir(&directory)
                .with_context(|| format!("cannot look at `{}`", directory.display()))?;
            for entry in listed {
                let entry = entry?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                // What is gone before it was looked at has changed, and is not there any more.
                let Ok(about) = entry.metadata() else { continue };
                if about.is_dir() {
                    if !name.starts_with('.') && !NO_SOURCES.contains(&&*name) {
                        open.push(entry.path());
                    }
                } else if is_source(&name) {
                    let written = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.insert(entry.path(), (written, about.len()));
                }
            }
            if found.len() > MOST_FILES {
                bail!(
                    "`{}` holds more than {MOST_FILES} files: name the directory of one plugin",
                    self.directory.display()
                );
            }
        }
        Ok(SourceState(found))
    }

    /// Builds it, with what its tools say on this process's own output, and says where the component is.
    ///
    /// # Errors
    /// A tool is missing or fails, or leaves no component.
    pub(super) async fn build(&self) -> anyhow::Result<PathBuf> {
        let (program, arguments): (&str, Vec<&str>) = match &self.command {
            BuildCommand::Shell(text) => ("bash", vec!["-c", text]),
            BuildCommand::Script => ("bash", vec!["build.sh"]),
            BuildCommand::Npm => ("npm", vec!["run", "--silent", "build"]),
            BuildCommand::Cargo => return self.build_with_cargo().await,
        };
        let status = self.tool(program).args(arguments).status().await;
        let status = status.with_context(|| format!("cannot run `{program}`"))?;
        if !status.success() {
            bail!("the build failed ({status})");
        }
        self.newest_component()
    }

    fn tool(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // What a plugin's author types belongs to this program.
        command.current_dir(&self.directory).stdin(Stdio::null()).kill_on_drop(true);
        // What the store is asked with is for this program, and not for what a directory wants built.
        for name in variables::own_names() {
            command.env_remove(name);
        }
        command.env("SOUK_DEV", "1");
        command
    }

    async fn build_with_cargo(&self) -> anyhow::Result<PathBuf> {
        let mut command = self.tool("cargo");
        command.args(["build", "--release", "--target", "wasm32-wasip2"]);
        command.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
        let output = command.output().await.context("cannot run `cargo`")?;
        if !output.status.success() {
            bail!("the build failed ({})", output.status);
        }
        built_by_cargo(&String::from_utf8_lossy(&output.stdout))
            .context("cargo built no component: has the crate `crate-type = [\"cdylib\"]`?")
    }

    /// The component that was written last, here at the top.
    fn newest_component(&self) -> anyhow::Result<PathBuf> {
        let mut newest: Option<(SystemTime, PathBuf)> = None;
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let is_component = path.extension().is_some_and(|ending| ending == "wasm")
                && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if is_component {
                let found = (fs::metadata(&path)?.modified()?, path);
                newest = newest.max(Some(found));
            }
        }
        let (_, path) = newest.with_context(|| {
            format!("the build left no `.wasm` file in `{}`", self.directory.display())
        })?;
        Ok(path)
    }
}

fn is_source(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    !name.starts_with('.')
        && !NO_SOURCE_FILES.contains(&name)
        && !NO_SOURCE_ENDINGS.contains(&ending)
}

/// The last component that cargo says it made.
fn built_by_cargo(messages: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct CargoMessage {
        #[serde(default)]
        filenames: Vec<PathBuf>,
    }
    let made = |line: &str| serde_json::from_str::<CargoMessage>(line).ok();
    let mut files = messages.lines().filter_map(made).flat_map(|message| message.filenames);
    files.rfind(|file| file.extension().is_some_and(|ending| ending == "wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_and_what_is_written_beside_it_is_no_source() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("src")).unwrap();
        fs::create_dir_all(home.path().join("node_modules/x")).unwrap();
        fs::write(home.path().join("build.sh"), "true").unwrap();
        fs::write(home.path().join("src/main.ts"), "1").unwrap();
        let project = PluginProject::open(home.path(), None).unwrap();
        let before = project.sources().unwrap();
        for file in ["greet.wasm", "README.md", "Cargo.lock", "node_modules/x/y.js", ".hidden"] {
            fs::write(home.path().join(file), "x").unwrap();
        }
        assert_eq!(project.sources().unwrap(), before);
        fs::write(home.path().join("src/main.ts"), "12").unwrap();
        assert_ne!(project.sources().unwrap(), before);
        assert!(project.newest_component().unwrap().ends_with("greet.wasm"));
    }

    #[test]
    fn cargo_says_what_it_made() {
        let said = "{\"reason\":\"compiler-artifact\",\"filenames\":[\"/t/a.rlib\"]}\n\
                    {\"reason\":\"compiler-artifact\",\"filenames\":[\"/t/greet.wasm\"]}\n\
                    {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(built_by_cargo(said), Some(PathBuf::from("/t/greet.wasm")));
        assert_eq!(built_by_cargo("nothing"), None);
    }

    #[test]
    fn a_directory_that_says_nothing_of_how_it_is_built_is_refused() {
        let home = tempfile::tempdir().unwrap();
        assert!(PluginProject::open(home.path(), None).is_err());
        assert!(PluginProject::open(home.path(), Some("make")).is_ok());
        assert!(PluginProject::open(&home.path().join("none"), None).is_err());
    }
}
