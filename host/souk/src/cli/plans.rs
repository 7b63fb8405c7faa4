//! What is said on the command line of plans, and of the persons who decide of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use souk_model::plan::PlanId;

/// `souk plans`
#[derive(Debug, Args)]
pub(crate) struct PlansArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: PlansCommand,
}

/// Who decides. The passphrase is asked for on the terminal, and is never an argument.
#[derive(Debug, Args)]
pub(crate) struct PersonArgs {
    /// Your name, as it was set up; asked for where several persons are.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The file that holds your passphrase, which only its owner can read.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// `souk console`
#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<ConsoleCommand>,
}

/// `souk console …`
#[derive(Debug, Subcommand)]
pub(crate) enum ConsoleCommand {
    /// Set up a person who decides, or give them another passphrase. Once there is one, a passphrase
    /// that is there is asked for: your own to change it, anybody's to add somebody.
    Setup {
        /// The person's name.
        #[arg(long, value_name = "NAME", default_value = "operator")]
        name: String,
        /// A caller that this person is behind, by its name; several times for several. The first
        /// person is behind `local`, unless something else is said.
        #[arg(long = "principal", value_name = "NAME")]
        principals: Vec<String>,
        /// The file that holds the new passphrase, which only its owner can read.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// The file that holds the passphrase that is there.
        #[arg(long, value_name = "FILE")]
        old_passphrase_file: Option<PathBuf>,
    },
}

/// `souk stop`
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// Why; every caller is told.
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

/// `souk go`
#[derive(Debug, Args)]
pub(crate) struct GoArgs {
    /// Why, for the audit trail.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Who lets writes go on, where persons were set up.
    #[command(flatten)]
    pub(crate) person: PersonArgs,
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
        /// Why, for the audit trail; needed unless the plan was proposed with a reason.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show a plan and approve it, as a person who was set up: what wants one can be committed then.
    Approve {
        /// The plan's id.
        plan: PlanId,
        /// All but these items, by the numbers that are shown: `3,17`.
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
        but: Vec<u32>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// How many items are shown.
        #[arg(short = 'n', long, default_value_t = 50)]
        items: u32,
        /// Who approves.
        #[command(flatten)]
        person: PersonArgs,
    },
    /// Reject a plan, as a person who was set up: whoever asked for it is told why.
    Reject {
        /// The plan's id.
        plan: PlanId,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Who rejects.
        #[command(flatten)]
        person: PersonArgs,
    },
    /// Propose the plan that takes this one back, and show it.
    Undo {
        /// The plan's id.
        plan: PlanId,
        /// Why, for the audit trail: kept with the plan that is proposed, for its commit.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Stop a plan that is being carried out, by whichever process: what is left can be resumed.
    Stop {
        /// The plan's id.
        plan: PlanId,
    },
    /// Go on with a plan that was stopped or interrupted.
    Resume {
        /// The plan's id.
        plan: PlanId,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
}
