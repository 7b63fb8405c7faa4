//! The log: to stderr, because stdout is the protocol.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};
use souk_model::visible;
use souk_telemetry::metrics;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Compact, DefaultFields, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::settings::variables;

/// What begins a colour of the formatter's.
const COLOUR: &str = "\u{1b}[";

/// Read before any other setting: whatever happens may have to be logged.
const LOG_VARIABLE: &str = "SOUK_LOG";
/// The same, of `log_format`: what is wrong with the other settings is logged as well.
const FORMAT_VARIABLE: &str = "SOUK_LOG_FORMAT";

/// Whether lines are written as JSON.
static IS_JSON: AtomicBool = AtomicBool::new(false);

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
    let is_server = matches!(default, LogDefault::Server);
    let format = variables::of_process(FORMAT_VARIABLE)?;
    write_json(is_server && format.is_some_and(|format| format == "json"));
    let text = Format::default().with_target(false).compact();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(VisibleStderr::default)
        .with_ansi(io::stderr().is_terminal())
        .event_format(LineFormat { text: text.with_ansi(io::stderr().is_terminal()) })
        .init();
    Ok(())
}

/// Has lines be written as JSON from now on, or as text.
pub(crate) fn write_json(is_json: bool) {
    IS_JSON.store(is_json, Ordering::Relaxed);
}

/// A line of the log, with the id of the request that it is about.
struct LineFormat {
    text: Format<Compact>,
}

impl<S> FormatEvent<S, DefaultFields> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    DefaultFields: for<'a> FormatFields<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, DefaultFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match *event.metadata().level() {
            Level::ERROR => metrics::LOG_EVENTS.of(&["error"]).add(1),
            Level::WARN => metrics::LOG_EVENTS.of(&["warn"]).add(1),
            _ => {}
        }
        let request_id = souk_telemetry::request_id();
        if IS_JSON.load(Ordering::Relaxed) {
            let mut line = JsonLine::of(event);
            if let Some(id) = request_id {
                line.0.insert("request_id".to_owned(), id.as_str().into());
            }
            // Before it is JSON, so that what is written out stays within its string.
            visible::object(&mut line.0);
            return writeln!(writer, "{}", Value::Object(line.0));
        }
        let Some(id) = request_id else {
            return self.text.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.text.format_event(context, Writer::new(&mut line), event)?;
        writeln!(writer, "{} request_id={id}", line.trim_end_matches('\n'))
    }
}

/// What an event says, by the names of its fields.
struct JsonLine(Map<String, Value>);

impl JsonLine {
    fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let now = souk_state::rfc3339(souk_state::Timestamp::now().as_millisecond());
        let mut line = Self(Map::from_iter([
            ("timestamp".to_owned(), now.into()),
            ("level".to_owned(), metadata.level().as_str().to_ascii_lowercase().into()),
            ("target".to_owned(), metadata.target().into()),
        ]));
        event.record(&mut line);
        line
    }

    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for JsonLine {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }
}
