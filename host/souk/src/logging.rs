//! The log: to stderr, because stdout is the protocol.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::variables;

/// Read before any other setting: whatever happens may have to be logged.
const LOG_VARIABLE: &str = "SOUK_LOG";

/// How much is logged where `SOUK_LOG` does not say.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LogDefault {
    /// What it does.
    Server,
    /// What is wrong.
    Command,
    /// What is wrong, and what plugins write.
    PluginsCommand,
    /// The same, and where in its code a plugin broke off.
    PluginAuthor,
}

impl LogDefault {
    const fn filter(self) -> &'static str {
        match self {
            Self::Server => "info",
            Self::Command => "warn",
            Self::PluginsCommand => "warn,souk::plugin=info",
            Self::PluginAuthor => "warn,souk::plugin=debug",
        }
    }
}

/// Starts logging. `SOUK_LOG` is a filter: `debug`, `souk_runtime=debug,info`, …
///
/// # Errors
/// `SOUK_LOG` is no filter.
pub(crate) fn start(default: LogDefault) -> anyhow::Result<()> {
    let wanted =
        variables::of_process(LOG_VARIABLE)?.unwrap_or_else(|| default.filter().to_owned());
    // rmcp and the HTTP crates log whole messages, arguments and all, at debug.
    let filter = EnvFilter::try_new(format!(
        "{wanted},{},hyper=warn,reqwest=warn,oci_client=warn",
        souk_mcp::LOG_DIRECTIVE
    ))
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
