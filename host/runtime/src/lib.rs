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

mod bindings;
mod call;
mod convert;
mod convert_plans;
mod describe;
mod dispatch;
mod documents;
mod engine;
mod entry;
mod exports;
mod files;
mod form;
mod guest_log;
mod host_arguments;
mod imports;
mod json;
mod limits;
mod line;
mod masked_news;
mod plans_tools;
mod plugin;
mod proposals;
mod purges;
mod references;
mod registry;
mod sandbox;
mod schema;
mod sessions;
mod state;
mod usage;
mod wall;
mod watch;

pub use dispatch::{Dispatcher, OperatorConfig, Parts, Settings};
pub use engine::EngineError;
pub use entry::Entry;
pub use limits::Limits;
pub use plugin::{Cost, Plugin};
pub use registry::{Loaded, Refused, Registry};
pub use sandbox::{Rejected, Sandbox};
pub use sessions::SessionHost;
pub use watch::follow;

/// The version of the contract that this host serves: of `souk:plugin` in `wit/souk.wit`.
pub const CONTRACT_VERSION: &str = "0.1.0";
