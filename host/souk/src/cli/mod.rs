//! The command line.

mod authors;
mod demo_store;
mod plans;
mod plugins;
mod terminal;
mod upkeep;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::settings::flags;
use crate::settings::source::SettingValue;

pub(crate) use authors::{DevArgs, ExplainDenialArgs, NewArgs, TestArgs};
pub(crate) use demo_store::DemoStoreArgs;
pub(crate) use plans::{
    ConsoleArgs, ConsoleCommand, GoArgs, PersonArgs, PlansArgs, PlansCommand, StopArgs,
};
pub(crate) use plugins::{PluginsArgs, PluginsCommand};
pub(crate) use terminal::{ActionsArgs, CallArgs, ToolsArgs};
pub(crate) use upkeep::{
    AuditArgs, AuditCommand, ConfigArgs, ConfigCommand, DoctorArgs, ExplainArgs, PolicyArgs,
    PolicyCommand, StateArgs, StateCommand, TokenArgs, TokenCommand,
};

/// The commands as the help groups them.
const COMMAND_GROUPS: &[(&str, &[&str])] = &[
    ("Serve", &["serve", "demo-store"]),
    ("Use it from the terminal", &["call", "actions", "tools", "plans", "plugins"]),
    ("Make plugins", &["new", "dev", "test", "explain-denial"]),
    (
        "Look after it",
        &["console", "stop", "go", "doctor", "config", "token", "policy", "audit", "state"],
    ),
];

/// Reads the command line: the command, and the settings that its flags set.
///
/// # Errors
/// A flag is given twice. Whatever clap refuses ends the process with its own message.
pub(crate) fn parse() -> anyhow::Result<(CommandLine, Vec<SettingValue>)> {
    read(&command().get_matches())
}

fn read(matches: &clap::ArgMatches) -> anyhow::Result<(CommandLine, Vec<SettingValue>)> {
    let cli = CommandLine::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
    Ok((cli, flags::read(matches)?))
}

/// The whole command line. The help of the first level is short: commands in groups, then settings.
fn command() -> clap::Command {
    let command = CommandLine::command();
    let mut groups = String::new();
    for (title, names) in COMMAND_GROUPS {
        groups.push_str(&format!("{title}:\n"));
        for name in *names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            groups.push_str(&format!("  {name:<15} {about}\n"));
        }
        groups.push('\n');
    }
    // They stand in their groups, not in a list of clap's.
    let command = command.mut_subcommands(|below| below.hide(true));
    flags::add_to(command)
        .override_usage("souk [SETTINGS] COMMAND")
        .help_template(format!(
            "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}{{all-args}}{{after-help}}"
        ))
        .after_help(
            "Settings stand before or after any command. `souk config show` prints all there are, \
             and `souk COMMAND --help` explains a command.",
        )
}

/// An MCP server for Magento 2 / Adobe Commerce whose actions are sandboxed WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: SoukCommand,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum SoukCommand {
    /// Serve MCP on standard input and output, or with --http over HTTP
    Serve,
    /// Call one action with the operator's credentials, and print its answer
    Call(CallArgs),
    /// Begin a plugin of your own, in Rust, TypeScript or Python
    New(NewArgs),
    /// Build a plugin with each change, and call it at once on a demo store that is kept
    Dev(DevArgs),
    /// Try a plugin's cases on a demo store, under the host's real limits
    Test(TestArgs),
    /// Say what would allow what was refused, as the plugin's author writes it
    ExplainDenial(ExplainDenialArgs),
    /// List the actions, their tier and effect, and what forbids them
    Actions(ActionsArgs),
    /// Show which tools a caller is listed, and why a tool is listed or not
    Tools(ToolsArgs),
    /// List the plugins and what waits, fetch, inspect, approve, reject, go back
    Plugins(PluginsArgs),
    /// Check configuration, store, login, plugins and state, and say what to do
    Doctor(DoctorArgs),
    /// Serve the demo store alone, and print its credentials
    DemoStore(DemoStoreArgs),
    /// Read and check the audit trail
    Audit(AuditArgs),
    /// Accept what is missing of the state, and forget a person's values
    State(StateArgs),
    /// Show, approve, commit, stop, resume and undo anyone's plans
    Plans(PlansArgs),
    /// Print a link that signs a person in at the console, or set up who decides
    Console(ConsoleArgs),
    /// Stop all writes of every host at once; reads go on
    Stop(StopArgs),
    /// Let writes go on that were stopped
    Go(GoArgs),
    /// Explain what the operator's rules allow
    Policy(PolicyArgs),
    /// Make tokens for callers
    Token(TokenArgs),
    /// Show and check the settings
    Config(ConfigArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &str) -> (CommandLine, Vec<SettingValue>) {
        let arguments = ["souk"].into_iter().chain(arguments.split_whitespace());
        read(&command().try_get_matches_from(arguments).unwrap()).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent_and_every_command_is_in_a_group() {
        command().debug_assert();
        let command = CommandLine::command();
        let mut grouped: Vec<_> = COMMAND_GROUPS.iter().flat_map(|(_, names)| *names).collect();
        let mut all: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped.into_iter().copied().collect::<Vec<_>>(), all);
    }

    #[test]
    fn settings_stand_before_and_after_a_command_and_lists_add_up() {
        for line in [
            "--config a.toml --demo audit tail",
            "audit --config a.toml tail --demo",
            "--demo audit tail --config a.toml",
        ] {
            let (_, values) = parsed(line);
            let keys: Vec<&str> = values.iter().map(|value| value.key.as_str()).collect();
            assert_eq!(keys, ["config", "demo"], "{line}");
        }
        let (_, values) = parsed("--deny cache_*,seo_* call --deny cms_* x_y --deny pricing_*");
        assert_eq!(values[0].value, serde_json::json!(["cache_*", "seo_*", "cms_*", "pricing_*"]));
        let twice = ["souk", "--config", "a", "serve", "--config", "b"];
        let twice = read(&command().try_get_matches_from(twice).unwrap());
        assert!(twice.err().unwrap().to_string().contains("`--config` is given twice"));
    }

    #[test]
    fn the_help_is_short_and_names_every_command_and_setting() {
        let help = command().render_help().to_string();
        assert!(help.lines().count() < 60, "{help}");
        for said in ["Look after it:", "doctor", "Settings:", "--max-tier <TIER>", "SOUK_MAX_TIER"]
        {
            assert!(help.contains(said), "`{said}` is not in:\n{help}");
        }
    }
}
