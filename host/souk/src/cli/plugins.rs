//! Arguments of `souk plugins`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use souk_oci::OciReference;

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
    /// Fetch a plugin from an OCI registry into the directory of plugins. It approves nothing.
    Add {
        /// `oci://REGISTRY/REPOSITORY`, with `:TAG` or `@sha256:DIGEST`; else the tag is `latest`.
        reference: OciReference,
        /// Call its file `NAME.wasm` [default: its group's name].
        #[arg(long)]
        name: Option<String>,
        /// Approve it at once, whatever it asks for.
        #[arg(long)]
        approve: bool,
    },
    /// Look again where a plugin came from, and fetch what lies there now; it waits as any new file does.
    Update {
        /// The plugin, by its file's name without `.wasm` [default: all that came from a registry].
        name: Option<String>,
    },
    /// Remove a plugin's file from the directory; its open plans wait.
    Remove {
        /// The plugin, by its file's name without `.wasm`.
        name: String,
    },
    /// Push a plugin's file to an OCI registry, with the signature beside it, and print the digest.
    Push {
        /// The `.wasm` file.
        file: PathBuf,
        /// `oci://REGISTRY/REPOSITORY:TAG`.
        reference: OciReference,
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
