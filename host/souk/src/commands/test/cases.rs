//! A file of cases: calls of a plugin's tools, and what is expected of each.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

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
    let named = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{named}`"))?;
    parse(&text).with_context(|| format!("`{named}` is no file of cases"))
}

fn parse(text: &str) -> anyhow::Result<Vec<Case>> {
    let CaseFile { case } = toml::from_str(text)?;
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
