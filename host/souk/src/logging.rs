//! The log: to stderr, because stdout is the protocol.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::variables;

/// Read before any other setting: whatever happens may have to be logged.
const LOG_VARIABLE: &str = "SOUK_LOG";

/// Starts logging. `SOUK_LOG` is a filter: `debug`, `souk_runtime=debug,info`, …; by default a server
/// tells what it does, and a command only what is wrong.
///
/// # Errors
/// `SOUK_LOG` is no filter.
pub(crate) fn start(server: bool) -> anyhow::Result<()> {
    let wanted = variables::of_process(LOG_VARIABLE)?
        .unwrap_or_else(|| if server { "info" } else { "warn" }.to_owned());
    // rmcp and the HTTP crates log whole messages, arguments and all, at debug.
    let filter =
        EnvFilter::try_new(format!("{wanted},{},hyper=warn,reqwest=warn", souk_mcp::LOG_DIRECTIVE))
            .map_err(|error| anyhow::anyhow!("`SOUK_LOG` is `{wanted}`: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .init();
    Ok(())
}
