//! A file of cases: calls of a plugin's tools, and what is expected of each.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use rustix::fs::OFlags;
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_model::visible;

use crate::output::path_line;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;
/// The longest message about one, in characters.
const MAX_MESSAGE: usize = 200;

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<WrittenCase>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: Option<String>,
    call: Option<String>,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(default)]
    commit: bool,
    #[serde(default)]
    undo: bool,
    answer: Option<Value>,
    review: Option<Value>,
    fails: Option<String>,
    says: Option<String>,
    requests: Option<Vec<String>>,
}

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    /// For people.
    pub(super) name: String,
    pub(super) step: Step,
    pub(super) expected: Expected,
}

/// What is done.
#[derive(Debug)]
pub(super) enum Step {
    /// This tool is called, with the group's name before it or without.
    Call { tool: String, arguments: Map<String, Value> },
    /// The plan that was proposed last is committed.
    Commit,
    /// The plan that was committed last is taken back.
    Undo,
}

/// What is expected. What is not named may be anything.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) outcome: Outcome,
    /// A text in what people read: of an answer its first line, of a failure all of it.
    pub(super) says: Option<String>,
    /// The requests to back ends, in order, as `GET /V1/products/{sku}`.
    pub(super) requests: Option<Vec<String>>,
    /// What the plan's review shows: the same as `plans_get` answers.
    pub(super) review: Option<Value>,
}

/// How it ends.
#[derive(Debug)]
pub(super) enum Outcome {
    /// With an answer that holds this.
    Answers(Option<Value>),
    /// With a failure of this code.
    Fails(String),
}

/// The cases of a file.
///
/// # Errors
/// Where and why it is none.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Case>> {
    let named = path_line(file);
    let text = text_of(file).with_context(|| format!("cannot read `{named}`"))?;
    parse(&text).with_context(|| format!("`{named}` is no file of cases"))
}

/// The text of a file. It lies in a plugin's directory, which may be anybody's: a link could lead to what
/// is not theirs to show, and a pipe or a device has no end.
fn text_of(file: &Path) -> anyhow::Result<String> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = OpenOptions::new();
    let opened = options.read(true).custom_flags(flags.bits().try_into()?).open(file);
    let opened = match opened {
        Err(_) if std::fs::symlink_metadata(file).is_ok_and(|found| found.is_symlink()) => {
            bail!("it is a link; name the file that it leads to");
        }
        opened => opened?,
    };
    if !opened.metadata()?.is_file() {
        bail!("it is not a regular file");
    }
    let mut text = String::new();
    opened.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        bail!("it has more than {MAX_FILE} bytes");
    }
    Ok(text)
}

fn parse(text: &str) -> anyhow::Result<Vec<Case>> {
    let CaseFile { case } = toml::from_str(text).map_err(|error| {
        // Where, and not what stands there.
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        anyhow!("line {line}: {}", visible::sentence(error.message(), MAX_MESSAGE))
    })?;
    case.into_iter().enumerate().map(|(number, case)| read_case(number + 1, case)).collect()
}

fn read_case(number: usize, case: WrittenCase) -> anyhow::Result<Case> {
    let WrittenCase { name, call, arguments, commit, undo, .. } = case;
    let step = match (call, commit, undo) {
        (Some(tool), false, false) => Step::Call { tool, arguments },
        (None, true, false) => Step::Commit,
        (None, false, true) => Step::Undo,
        _ => bail!("case {number} has to have one of `call`, `commit` and `undo`"),
    };
    let name = name.unwrap_or_else(|| match &step {
        Step::Call { tool, .. } => format!("case {number}: {tool}"),
        Step::Commit => format!("case {number}: commit"),
        Step::Undo => format!("case {number}: undo"),
    });
    let outcome = match (case.answer, case.fails) {
        (answer, None) => Outcome::Answers(answer),
        (None, Some(code)) => Outcome::Fails(code),
        (Some(_), Some(_)) => bail!("case {number} has both `answer` and `fails`"),
    };
    let expected =
        Expected { outcome, says: case.says, requests: case.requests, review: case.review };
    Ok(Case { name, step, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_does_one_thing_and_expects_one_end() {
        let cases = parse(
            "[[case]]\ncall = 'search'\narguments = {n = 1}\nanswer = {total = 2}\n\
             [[case]]\ncommit = true\nrequests = ['PUT /V1/x']\n[[case]]\nundo = true\nfails = 'DRIFTED'",
        )
        .unwrap();
        assert!(matches!(&cases[0].step, Step::Call { tool, .. } if tool == "search"));
        assert!(matches!(cases[1].step, Step::Commit) && cases[1].expected.requests.is_some());
        assert!(matches!(&cases[2].expected.outcome, Outcome::Fails(code) if code == "DRIFTED"));
        for wrong in [
            "[[case]]\nanswer = {}",
            "[[case]]\ncall = 'a'\ncommit = true",
            "[[case]]\ncall = 'a'\nanswer = {}\nfails = 'X'",
            "[[case]]\ncall = 'a'\nexpects = {}",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
