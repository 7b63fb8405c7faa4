//! Standard output, for people and for pipes.

use std::process::ExitCode;

use serde::Serialize;
use souk_model::Failure;

/// Writes a value to stdout as JSON, for programs and for people who read it.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Writes to stdout; a reader that left (`| head`) is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_or_end(text).map(drop)
}

/// Writes what came of a command: a text to stdout, or a failure to stderr; the exit code.
pub(crate) fn print_result(result: Result<String, Failure>) -> anyhow::Result<ExitCode> {
    match result {
        Ok(text) => {
            print(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            eprintln!("{}", failure.render());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Writes to stdout, and says whether its reader is still there: else there is nothing to go on for.
pub(crate) fn print_or_end(text: &str) -> anyhow::Result<bool> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}
