//! The log: to stderr, because stdout is the protocol.

use std::io::{self, IsTerminal, Write};

use souk_model::visible;
use tracing_subscriber::EnvFilter;

use crate::settings::variables;

/// What begins a colour of the formatter's.
const COLOUR: &str = "\u{1b}[";

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

/// Standard error, on which nothing that was logged is hidden or turns the order of reading around. One
/// event is written at once. What begins a colour is the formatter's own: it writes out an escape that
/// comes from elsewhere.
#[derive(Default)]
struct VisibleStderr;

impl Write for VisibleStderr {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let pieces: Vec<_> = text.split(COLOUR).map(visible::text).collect();
        io::stderr().lock().write_all(pieces.join(COLOUR).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
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
        .with_writer(VisibleStderr::default)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .init();
    Ok(())
}
