//! `souk-hostile`: writes the attacks, or tries them on a host.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use souk_hostile::case::{Case, Expected};
use souk_hostile::trial::{TrialCall, TrialPlan, run, write_cases};
use tokio::process::Command;

/// Plugins that attack their host, and proposals that lie to it.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: KitCommand,
}

#[derive(Subcommand)]
enum KitCommand {
    /// Write each attack as NAME.wasm, and `expected.json` with what must come of it.
    Write {
        /// The directory, which is made where it is not there.
        directory: PathBuf,
    },
    /// Try them on a host that speaks MCP on its standard streams.
    Run(Box<RunArgs>),
}

/// `souk-hostile run`
#[derive(Args)]
struct RunArgs {
    /// Plugins that are put beside the attacks: honest ones, and `forger.wasm`, whose proposals
    /// are tried as well.
    #[arg(long = "with", value_name = "FILE")]
    with: Vec<PathBuf>,
    /// A tool of an honest plugin that must go on answering: `catalog_search_products
    /// {"page_size": 1}`.
    #[arg(long, value_name = "TOOL [JSON]")]
    honest: Option<TrialCall>,
    /// A tool to call before anything else: `auth_login`.
    #[arg(long, value_name = "TOOL [JSON]")]
    first: Option<TrialCall>,
    /// Hold the errors to Souk's words, too.
    #[arg(long)]
    words: bool,
    /// The host's command; `{plugins}` is the directory of plugins.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// An entry of `expected.json`.
#[derive(Serialize)]
struct ExpectedEntry<'c> {
    file: String,
    about: &'c str,
    tool: &'c str,
    expected: &'c Expected,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match CommandLine::parse().command {
        KitCommand::Write { directory } => {
            std::fs::create_dir_all(&directory)
                .with_context(|| format!("cannot make `{}`", directory.display()))?;
            let cases = write_cases(&directory)?;
            let entries: Vec<_> = cases.iter().map(entry).collect();
            let path = directory.join("expected.json");
            std::fs::write(&path, serde_json::to_vec_pretty(&entries)?)
                .with_context(|| format!("cannot write `{}`", path.display()))?;
            println!("{} attacks in {}", cases.len(), directory.display());
            Ok(ExitCode::SUCCESS)
        }
        KitCommand::Run(args) => {
            let RunArgs { with, honest, first, words, command } = *args;
            let directory = tempfile::tempdir()?;
            let cases = write_cases(directory.path())?;
            for file in &with {
                let name = file.file_name().with_context(|| file.display().to_string())?;
                std::fs::copy(file, directory.path().join(name))
                    .with_context(|| format!("cannot copy `{}`", file.display()))?;
            }
            let plugins = directory.path().display().to_string();
            let mut words_of = command.iter().map(|word| word.replace("{plugins}", &plugins));
            let mut command = Command::new(words_of.next().unwrap_or_default());
            command.args(words_of);
            let with_forger = with.iter().any(|file| file.ends_with("forger.wasm"));
            let plan = TrialPlan { in_souks_words: words, honest, first, with_forger };
            let report = run(command, &plan, &cases).await?;
            println!("{report}");
            let held = report.breaches() == 0;
            Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn entry(case: &Case) -> ExpectedEntry<'_> {
    let Case { name, about, tool, expected, .. } = case;
    ExpectedEntry { file: format!("{name}.wasm"), about, tool, expected }
}
