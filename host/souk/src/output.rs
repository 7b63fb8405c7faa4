//! Standard output and standard error, for people and for pipes.
//!
//! What commands print holds texts of plugins, registries, stores and files. Whoever puts one of them
//! where it does not belong as one line goes through [`visible::line`]; but whatever is printed goes
//! through here, so that none steers the terminal or turns the order of reading around.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use souk_model::{Failure, visible};

/// To the top of a terminal, and nothing below it.
const CLEARED: &str = "\u{1b}[H\u{1b}[2J";

/// Writes a value to stdout as JSON, for programs and for people who read it.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    write(&format!("{}\n", json_document(serde_json::to_string_pretty(value)?))).map(drop)
}

/// Writes a value to stdout as one line of JSON, and says whether its reader is still there.
pub(crate) fn print_json_line(value: &impl Serialize) -> anyhow::Result<bool> {
    write(&format!("{}\n", json_document(serde_json::to_string(value)?)))
}

fn json_document(json: String) -> String {
    visible::document("application/json", json)
}

/// Writes a complaint to stderr, as one that ends the process is written.
pub(crate) fn complain(message: impl Display) {
    complain_plainly(format_args!("souk: {message}"));
}

/// Writes a line, or some, to stderr.
pub(crate) fn complain_plainly(message: impl Display) {
    eprintln!("{}", shown(&message.to_string()));
}

/// Writes to stderr without ending the line.
pub(crate) fn prompt(text: &str) {
    eprint!("{}", shown(text));
    let _ = std::io::stderr().flush();
}

/// Writes a line of stderr anew.
pub(crate) fn rewrite_line(text: &str, end: &str) {
    eprint!("\r{}{end}", visible::line(text));
}

/// What stands on a line of its own, without what would begin another or steer the terminal: a path.
pub(crate) fn path_line(path: &Path) -> String {
    visible::line(&path.to_string_lossy()).into_owned()
}

/// A text with its lines; a carriage return alone would write over one.
fn shown(text: &str) -> Cow<'_, str> {
    match visible::text(text) {
        shown if shown.contains('\r') => {
            Cow::Owned(shown.replace("\r\n", "\n").replace('\r', "\\r"))
        }
        shown => shown,
    }
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
            complain_plainly(failure.render());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Writes to stdout, and says whether its reader is still there: else there is nothing to go on for.
pub(crate) fn print_or_end(text: &str) -> anyhow::Result<bool> {
    write(&shown(text))
}

/// The same in place of what the terminal shows.
pub(crate) fn print_anew_or_end(text: &str) -> anyhow::Result<bool> {
    write(&format!("{CLEARED}{}", shown(text)))
}

fn write(text: &str) -> anyhow::Result<bool> {
    use std::io::ErrorKind;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_printed_steers_a_terminal_and_json_stays_json() {
        assert_eq!(shown("a\u{1b}[2J\r\nb\rc\u{202e}\n"), "a\\u{1b}[2J\nb\\rc\\u{202e}\n");
        let json = json_document(serde_json::to_string("a\u{202e}\u{1b}\n").unwrap());
        assert!(!json.contains('\u{202e}'), "{json}");
        let read: String = serde_json::from_str(&json).unwrap();
        assert_eq!(read, "a\\u{202e}\u{1b}\n");
    }
}
