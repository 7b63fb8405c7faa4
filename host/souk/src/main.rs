//! `souk`: an MCP server for Magento 2 whose actions are sandboxed WebAssembly plugins.
//!
//! The binary owns the command line, the configuration and the wiring. It knows every other crate
//! and none knows it; no other crate reads the environment.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod allocator;
mod author_calls;
mod call_arguments;
mod caller_roles;
mod cdn;
mod cli;
mod commands;
mod compiler_process;
mod console_host;
mod decisions;
mod denial;
mod end_signals;
mod host_figures;
mod host_listeners;
mod logging;
mod notice_queue;
mod notify;
mod oauth;
mod open_files;
mod operate;
mod output;
mod own_settings;
mod person;
mod plugin_language;
mod plugin_limits;
mod plugin_template;
mod plugin_workspace;
mod refused_config;
mod reload;
mod render;
mod review_text;
mod rule_examples;
mod rules;
mod settings;
mod setup;
mod shared_codes;
mod shipped_plugins;
mod signing_keys;
mod state_settings;
mod stores;
mod tool_sets;
mod tools_markdown;
mod upkeep;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::share_heaps();
    if let Some(code) = compiler_process::run_if_asked() {
        return code;
    }
    open_files::raise_limit();
    let result =
        cli::parse().and_then(|(cli, flags)| runtime()?.block_on(commands::run(cli, flags)));
    match result {
        Ok(code) => code,
        Err(error) => {
            output::complain(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The stack of each thread that does the host's work: what lies below a call is deep, and deeper in a
/// build that nothing was optimised in. It is memory only as far as it is used.
const STACK_BYTES: usize = 8 << 20;

/// Busy guests yield every tick of theirs, and each yield lets the runtime look at its timers and
/// sockets: with the smallest event interval other clients hardly notice an endless loop.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .event_interval(1)
        .thread_stack_size(STACK_BYTES)
        .build()?)
}
