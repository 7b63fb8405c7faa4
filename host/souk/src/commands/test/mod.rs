//! `souk test`

mod cases;
mod matching;
mod report;
mod runner;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;
use souk_state::audit::Transport;

use crate::cli::TestArgs;
use crate::output::{path_line, print, print_json};
use crate::own_settings::with_own;
use crate::plugin_language::PluginLanguage;
use crate::settings::source::SettingValue;
use crate::setup::Setup;
use crate::wiring::RunningHost;

/// Runs the cases against a host of their own, which serves the file alone, on a demo store of its own;
/// limits and rules are those of the configuration.
pub(crate) async fn run(flags: Vec<SettingValue>, args: TestArgs) -> anyhow::Result<ExitCode> {
    let cases = cases::read(&args.cases)?;
    let home = tempfile::tempdir().context("there is no room for temporary files")?;
    let plugins = home.path().join("plugins");
    std::fs::create_dir(&plugins)?;
    let file = args.file.file_name().context("the file has no name")?;
    std::fs::copy(&args.file, plugins.join(file))
        .with_context(|| format!("cannot read `{}`", path_line(&args.file)))?;
    let path = |name: &str| Value::from(home.path().join(name).to_string_lossy().into_owned());
    let own = [
        ("demo", Value::Bool(true)),
        ("state_dir", path("state")),
        ("plugins_dir", path("plugins")),
    ];
    let setup = Setup::read(with_own("souk test", flags, own)?)?;
    let host = RunningHost::start(&setup, Transport::Terminal).await?;
    let loaded = host.registry.loaded();
    if let Some(refused) = loaded.refused.first() {
        bail!("`{}` is refused: {}", path_line(&args.file), refused.why);
    }
    let Some(plugin) = loaded.plugins.values().next() else {
        bail!("`{}` is held back: `--trust open` serves all of it", path_line(&args.file));
    };
    host.log_in().await.map_err(|failure| anyhow::anyhow!("{}", failure.render()))?;
    let results = runner::Runner::new(&host, &plugin.group)?.run(cases).await?;
    let report = report::Report::of(&plugin.group, results);
    if args.json {
        print_json(&report)?;
    } else {
        let directory = args.cases.parent().unwrap_or(Path::new("."));
        let language = PluginLanguage::of_directory(directory);
        let languages = language.map_or(PluginLanguage::ALL.to_vec(), |language| vec![language]);
        print(&report.text(&languages))?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
