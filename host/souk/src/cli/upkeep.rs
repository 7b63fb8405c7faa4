//! Arguments of the commands that look after a host.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `souk doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
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
    /// Say whether a caller may call an action, by which line, and what would change that
    Explain(ExplainArgs),
}

/// `souk policy explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The caller, by the operator's name: `local` is whoever sits at this machine.
    pub(crate) principal: String,
    /// The action: `catalog_get_product`.
    pub(crate) action: String,
    /// Its arguments, as `souk call` takes them: whether they fit, and whether the call is confirmed.
    pub(crate) arguments: Vec<String>,
    /// The store, by its name.
    #[arg(long, value_name = "NAME")]
    pub(crate) store: Option<String>,
    /// The store view that is written or read; `all` for what holds in all of them [default: the
    /// argument `store_view_code`, where there is one].
    #[arg(long, value_name = "CODE")]
    pub(crate) view: Option<String>,
    /// A scope that a caller of the authorization server (`oauth:NAME`) comes with, as often as it has
    /// some.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// What it gives back: `10.50EUR`.
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) refund: Option<String>,
}

/// `souk token`
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

/// `souk token …`
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a bearer token for a caller and print it, once; the configuration gets its digest
    New {
        /// The caller, by the name that rules and the audit trail are to call it.
        name: String,
        /// A role of the caller's, as often as it has some.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Print what the configuration needs instead of writing it.
        #[arg(long)]
        print: bool,
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
