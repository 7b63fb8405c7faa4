//! Checks, compiles, limits and calls plugins, and serves them as [`Actions`](souk_model::Actions).
//!
//! This crate owns the [`Sandbox`] (wasmtime, its pool, its clock and every budget), the
//! [`Registry`] (a directory of `.wasm` files, followed as it changes), the host's side of
//! `wit/souk.wit`, and the [`Dispatcher`], which takes one call through policy, arguments, plugin,
//! answer and audit trail. It must not know MCP, how rules were configured, or what a store's
//! routes mean.
//!
//! The stages of a plugin are types, so that none can be left out: a file's bytes are checked and
//! compiled into a [`Plugin`]; a plugin and an admitted call make a prepared run; running eats it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod caller_rates;
mod guest;
mod json;
mod load;
mod rates;
mod serve;
mod text;
mod tool_search;
mod tool_sets;

pub use caller_rates::CallerRates;
pub use guest::engine::EngineError;
pub use guest::limit_overrides::{LimitOverrides, PluginLimits};
pub use guest::limits::Limits;
pub use guest::sessions::SessionHost;
pub use load::compiler::{Compiler, compile_child};
pub use load::describe::check_group_name;
pub use load::files::read_if_there;
pub use load::plugin::Plugin;
pub use load::plugin_record::{note_approved, note_fetched, note_rejected, note_removed};
pub use load::plugin_set::{FileRefusal, PluginSet};
pub use load::plugin_signature::PluginSignature;
pub use load::plugin_trust::{LOCK_FILE, PluginTrust, read_lock};
pub use load::registry::Registry;
pub use load::sandbox::{PluginRejection, Sandbox};
pub use load::signing_keys::{SigningKey, SigningKeys};
pub use load::waiting::{WaitingPart, WaitingVersion};
pub use load::watch::follow;
pub use rates::{RateLimits, RateOverrides};
pub use serve::admission::AdmissionLimits;
pub use serve::circuit_breaker::ParkingLimits;
pub use serve::dispatch::Dispatcher;
pub use serve::dispatcher_deps::DispatcherDeps;
pub use serve::held_back::{check_frozen_for_operator, why_frozen};
pub use serve::listing::{Attention, ListedTool, Listing};
pub use serve::operator_config::{OperatorConfig, PluginSettings};
pub use serve::plugin_figures::{PluginFigures, PluginParking};
pub use serve::run_cost::RunCost;
pub use serve::tool::LoadedTool;
pub use serve::tool_table::ToolTable;
pub use tool_sets::{InvalidToolSet, ListBudget, ToolSelection, ToolSet, ToolSets};

/// The version of the contract that this host serves: of `souk:plugin` in `wit/souk.wit`.
pub const CONTRACT_VERSION: &str = "0.1.0";
