//! The command line.

mod plans;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use souk_demo_store::InputLimits;

pub(crate) use self::plans::{
    ConsoleArgs, ConsoleCommand, GoArgs, PersonArgs, PlansArgs, PlansCommand, StopArgs,
};
use crate::settings::flags;
use crate::settings::source::SettingValue;

/// The commands as the help groups them.
const COMMAND_GROUPS: &[(&str, &[&str])] = &[
    ("Serve", &["serve", "demo-store"]),
    ("Use it from the terminal", &["call", "actions", "tools", "plans", "plugins"]),
    ("Make plugins", &["test"]),
    ("Look after it", &["console", "stop", "go", "doctor", "config", "policy", "audit", "state"]),
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
            groups.push_str(&format!("  {name:<11} {about}\n"));
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
    /// Try a plugin's cases on a demo store, under the host's real limits
    Test(TestArgs),
    /// List the actions, their tier and effect, and what forbids them
    Actions(ActionsArgs),
    /// Show which tools a caller is listed, and why a tool is listed or not
    Tools(ToolsArgs),
    /// List the plugins and what waits, inspect a file, approve, reject, go back
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
    /// Set up the persons who decide of plans
    Console(ConsoleArgs),
    /// Stop all writes of every host at once; reads go on
    Stop(StopArgs),
    /// Let writes go on that were stopped
    Go(GoArgs),
    /// Explain what the operator's rules allow
    Policy(PolicyArgs),
    /// Show and check the settings
    Config(ConfigArgs),
}

/// `souk call`
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The action: `catalog_get_product`.
    pub(crate) action: String,
    /// Its arguments: one JSON object, or `key=value` for each. `scope.store_view_code=de` reaches
    /// inside. The one that an action cannot do without needs no key.
    pub(crate) arguments: Vec<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

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

/// `souk actions`
#[derive(Debug, Args)]
pub(crate) struct ActionsArgs {
    /// One action, with its arguments, or those of one group: `orders_why`, `orders`.
    pub(crate) name: Option<String>,
    /// Print the reference of all tools as a page of Markdown.
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk tools`
#[derive(Debug, Args)]
pub(crate) struct ToolsArgs {
    /// Explain this tool alone: `catalog_get_product`.
    pub(crate) name: Option<String>,
    /// Whose list.
    #[arg(long, default_value = souk_model::Principal::LOCAL)]
    pub(crate) principal: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk plugins`
#[derive(Debug, Args)]
pub(crate) struct PluginsArgs {
    /// More than the list.
    #[command(subcommand)]
    pub(crate) command: Option<PluginsCommand>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk plugins …`
#[derive(Debug, Subcommand)]
pub(crate) enum PluginsCommand {
    /// Show what a file imports, offers and asks for, without a store and without installing it.
    Inspect {
        /// The `.wasm` file.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Approve what waits of a plugin, or let one serve that is parked: running hosts obey within
    /// seconds.
    Approve {
        /// The plugins, by their groups' names.
        #[arg(value_name = "NAME", required_unless_present = "all")]
        names: Vec<String>,
        /// Approve everything that waits.
        #[arg(long)]
        all: bool,
        /// Approve this file and no other: the digest that `souk plugins` shows, or its beginning.
        #[arg(long)]
        digest: Option<String>,
    },
    /// Reject what waits of a plugin: this file never serves, whatever the mode.
    Reject {
        /// The plugin, by its group's name.
        name: String,
        /// This file: its digest, or the beginning of it. An approved one is rejected only so.
        #[arg(long)]
        digest: Option<String>,
    },
    /// Go back to the version that was approved before, and reject the one that serves now.
    Rollback {
        /// The plugin, by its group's name.
        name: String,
    },
    /// Show what plugins use in the hosts that run now: calls, errors, processor time, memory, requests,
    /// and which are parked.
    Top {
        /// Look once, and not each second.
        #[arg(long)]
        once: bool,
        /// Print JSON, a line each time.
        #[arg(long)]
        json: bool,
    },
    /// Write `souk.lock` beside the plugins, which says what each is and may do.
    Lock {
        /// Approve what `souk.lock` says, where the files are what it says.
        #[arg(long)]
        accept: bool,
    },
}

/// `souk demo-store`
#[derive(Debug, Args)]
pub(crate) struct DemoStoreArgs {
    /// Where to listen; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Start from this state instead of the sample shop.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Keep the store in this directory, over restarts; otherwise it begins anew each time.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Answer some requests as a store in trouble does: late, 429, 503, not at all. JSON; while it
    /// serves, `PUT /__demo/faults` takes the same.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Serve a cache beside it, to be purged as Varnish and as Fastly; loopback only. Its log is at
    /// `/__cdn/requests`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) cdn: Option<SocketAddr>,
    /// Have that cache refuse purges by URL, as a Varnish with Magento's stock VCL does.
    #[arg(long, requires = "cdn")]
    pub(crate) cdn_stock_vcl: bool,
    /// Leave these modules out: names, or beginnings that end in `*`, separated by commas. Without
    /// `Magento_InventoryApi` there is no multi-source inventory.
    #[arg(long, value_name = "MODULES", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Have its database keep characters of four bytes, such as emoji; without it they become `????`,
    /// as in most stores.
    #[arg(long)]
    pub(crate) four_byte: bool,
    /// How to log in: `password`; `2fa`, where admins have Google Authenticator, or
    /// `2fa:duo_security,u2fkey`, where they have these; `ims`, for Adobe Commerce as a Cloud Service,
    /// with its identity service beside it.
    #[arg(long, value_name = "WAY", default_value = "password")]
    pub(crate) login: String,
    /// Have its tokens live so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) token_life: Option<i64>,
    /// Take its own address for one without the port, as behind an nginx that passes on `$host`:
    /// signatures are judged over that.
    #[arg(long)]
    pub(crate) without_port: bool,
    /// What it says of itself at `/magento_version`, as `Mage-OS/1.0 (Community)`.
    #[arg(long, value_name = "TEXT")]
    pub(crate) version_page: Option<String>,
    /// Limit what one request may hold, as a store does that has input limits switched on: so many
    /// items of a kind, so many on a page, and the page of whoever asks for none.
    #[arg(
        long,
        value_name = "ITEMS,PAGE,DEFAULT",
        num_args = 0..=1,
        default_missing_value = "20,300,20",
        value_parser = input_limits
    )]
    pub(crate) input_limits: Option<InputLimits>,
    /// Have its clock ahead by so many seconds, or behind.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_ahead: i64,
    /// Keep prices per website, and not one for the whole store.
    #[arg(long)]
    pub(crate) website_prices: bool,
}

fn input_limits(text: &str) -> Result<InputLimits, String> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([items, page, default_page]) => Ok(InputLimits {
            items: *items as usize,
            page: u64::from(*page),
            default_page: u64::from(*default_page),
        }),
        _ => Err("three numbers, as in `20,300,20`".to_owned()),
    }
}

/// `souk audit`
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// `souk audit …`
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the last calls.
    Tail {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 20)]
        lines: usize,
        /// Go on printing calls as they come.
        #[arg(short, long)]
        follow: bool,
        /// Print the lines as they are in the file.
        #[arg(long)]
        json: bool,
        /// The trail [default: the configured one].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Check the whole chain, and name the first broken line.
    Verify {
        /// A place noted earlier (`SEQ:HASH`, as this command prints it), which must still be there.
        #[arg(long, value_name = "PLACE")]
        since: Option<String>,
        /// A file of places noted by `audit.anchor`; the last of them must still be there [default:
        /// the configured one].
        #[arg(long, value_name = "FILE", conflicts_with = "since")]
        anchors: Option<PathBuf>,
        /// The key that seals the lines [default: the configured one].
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Check without the key: what anybody can who has the trail alone.
        #[arg(long, conflicts_with = "key")]
        without_key: bool,
        /// The trail [default: the configured one].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// `souk state`
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

/// `souk state …`
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Take things as they are where plans or the trail are missing: money moves again.
    Accept,
    /// Remove a person's values from plans and documents; digests stay.
    Forget {
        /// The person's e-mail address.
        email: String,
    },
}

/// `souk policy`
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// What about them.
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// `souk policy …`
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say whether an action may be called, and if not, by which rule and what would allow it.
    Explain {
        /// The action: `catalog_get_product`.
        action: String,
        /// For whom.
        #[arg(long, default_value = souk_model::Principal::LOCAL)]
        principal: String,
    },
}

/// `souk config`
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// `souk config …`
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting, its value and where it came from; secrets are not printed.
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with the configuration, and where.
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a file in which every key stands, commented out, with its default.
    Example,
    /// Print `docs/configuration.md`.
    #[command(hide = true)]
    Docs,
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
        assert!(help.lines().count() < 58, "{help}");
        for said in ["Look after it:", "doctor", "Settings:", "--max-tier <TIER>", "SOUK_MAX_TIER"]
        {
            assert!(help.contains(said), "`{said}` is not in:\n{help}");
        }
    }
}
