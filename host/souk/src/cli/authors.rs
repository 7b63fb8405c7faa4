//! Arguments of the commands that plugins are made with.

use std::path::PathBuf;

use clap::Args;

use crate::plugin_language::PluginLanguage;
use crate::plugin_template::PluginTemplate;

/// `souk test`
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The `.wasm` file.
    pub(crate) file: PathBuf,
    /// The cases: TOML, a `[[case]]` for each call, commit or undo, and what is expected of it.
    pub(crate) cases: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk new`
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The plugin's name, which is that of its directory: lower-case letters and digits. `plugins/greet`
    /// makes it in `plugins`.
    pub(crate) name: PathBuf,
    /// What it is written in.
    #[arg(long)]
    pub(crate) lang: PluginLanguage,
    /// What it does at first.
    #[arg(long, default_value = "read")]
    pub(crate) template: PluginTemplate,
}

/// `souk explain-denial`
#[derive(Debug, Args)]
pub(crate) struct ExplainDenialArgs {
    /// What was said: the failure's text, or JSON with it in. Without it what is piped in, else the last
    /// refusal on the audit trail.
    pub(crate) text: Vec<String>,
    /// The language to answer in: by default that of the current directory, else all of them.
    #[arg(long)]
    pub(crate) lang: Option<PluginLanguage>,
}

/// `souk dev`
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// The plugin's directory.
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// How it is built, in the shell: leaves a `.wasm` file in that directory [default: its `build.sh`,
    /// npm's script `build`, or cargo].
    #[arg(long, value_name = "COMMAND")]
    pub(crate) build: Option<String>,
}
