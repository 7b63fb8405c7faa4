//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use souk_model::Tier;
use souk_model::plan::PlanId;
use souk_policy::ToolPattern;

/// An MCP server for Magento 2 / Adobe Commerce whose actions are sandboxed WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve MCP: on standard input and output, or with --http over HTTP.
    Serve(Serve),
    /// Call one action, logged in with the operator's credentials, and print its answer.
    Call(Call),
    /// List the actions, their tier and effect, and what forbids them.
    Actions(Actions),
    /// List the plugins, or look into one file.
    Plugins(Plugins),
    /// Look whether everything is as it must be: configuration, store, login, plugins, state.
    Doctor(Doctor),
    /// Serve the demo store alone, and print its credentials.
    DemoStore(DemoStore),
    /// Read and check the audit trail.
    Audit(Audit),
    /// Look into plans, carry them out, take them back: anyone's, since this is the operator.
    Plans(Plans),
    /// Explain what the operator's rules allow.
    Policy(Policy),
}

/// What every command that loads plugins takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Use the embedded demo store; no credentials are needed.
    #[arg(long)]
    pub(crate) demo: bool,
    /// The directory of plugins [env: SOUK_PLUGINS] [default: `../plugins` beside the executable].
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// The configuration [env: SOUK_CONFIG] [default: ./souk.toml, where there is one].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Offer nothing above this tier: safe, risk, critical [env: SOUK_MAX_TIER] [default: risk].
    #[arg(long, value_name = "TIER")]
    pub(crate) max_tier: Option<Tier>,
    /// Offer nothing that changes the store [env: SOUK_READ_ONLY].
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Offer only these tools: names, or `group_*`, separated by commas [env: SOUK_ALLOW].
    #[arg(long, value_name = "TOOLS", value_delimiter = ',')]
    pub(crate) allow: Vec<ToolPattern>,
    /// Never offer these tools [env: SOUK_DENY].
    #[arg(long, value_name = "TOOLS", value_delimiter = ',')]
    pub(crate) deny: Vec<ToolPattern>,
    /// Mask personal data in everything that callers are answered [env: SOUK_MASK_PII].
    #[arg(long)]
    pub(crate) mask_pii: bool,
    /// Let callers log in with credentials of their own [env: SOUK_ACCEPT_CREDENTIALS].
    #[arg(long)]
    pub(crate) accept_credentials: bool,
}

/// `souk serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Serve over HTTP at this address instead of stdio, for example 127.0.0.1:8808 [env:
    /// SOUK_HTTP].
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `souk call`
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The action: `catalog_get_product`.
    pub(crate) action: String,
    /// Its arguments: one JSON object, or `key=value` for each. `scope.store_view_code=de` reaches
    /// inside.
    pub(crate) arguments: Vec<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `souk actions`
#[derive(Debug, Args)]
pub(crate) struct Actions {
    /// Print the reference of all tools as a page of Markdown.
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
    #[command(flatten)]
    pub(crate) list: List,
}

/// What commands take that print a list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `souk doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `souk plugins`
#[derive(Debug, Args)]
pub(crate) struct Plugins {
    /// More than the list.
    #[command(subcommand)]
    pub(crate) command: Option<PluginsCommand>,
    #[command(flatten)]
    pub(crate) list: List,
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
}

/// `souk demo-store`
#[derive(Debug, Args)]
pub(crate) struct DemoStore {
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
    /// Have its clock ahead by so many seconds, or behind.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_ahead: i64,
}

/// `souk audit`
#[derive(Debug, Args)]
pub(crate) struct Audit {
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
        /// The configuration [env: SOUK_CONFIG].
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Check the whole chain, and name the first broken line.
    Verify {
        /// A place noted earlier (`SEQ:HASH`, as this command prints it), which must still be there.
        #[arg(long, value_name = "PLACE")]
        since: Option<String>,
        /// The trail [default: the configured one].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// The configuration [env: SOUK_CONFIG].
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// `souk policy`
#[derive(Debug, Args)]
pub(crate) struct Policy {
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
        #[command(flatten)]
        common: Common,
    },
}

/// `souk plans`
#[derive(Debug, Args)]
pub(crate) struct Plans {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: PlansCommand,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `souk plans …`
#[derive(Debug, Subcommand)]
pub(crate) enum PlansCommand {
    /// List plans, newest first.
    List {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 20)]
        limit: u32,
    },
    /// Show what a plan changes, item by item, and how each ended.
    Show {
        /// The plan's id.
        plan: PlanId,
        /// How many items.
        #[arg(short = 'n', long, default_value_t = 50)]
        items: u32,
    },
    /// Carry a proposed plan out.
    Commit {
        /// The plan's id.
        plan: PlanId,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
    /// Propose the plan that takes this one back, and show it.
    Undo {
        /// The plan's id.
        plan: PlanId,
    },
    /// Go on with a plan that was interrupted.
    Resume {
        /// The plan's id.
        plan: PlanId,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
}
