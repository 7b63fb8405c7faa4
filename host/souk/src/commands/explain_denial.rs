//! `souk explain-denial`

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::Value;
use souk_model::visible;
use souk_policy::MissingGrant;
use souk_state::StateDir;
use souk_state::audit::{self, CallEntry, CallOutcome, TrailRecord, TrailRow};

use crate::cli::ExplainDenialArgs;
use crate::denial::Denial;
use crate::output::{complain, print};
use crate::plugin_language::PluginLanguage;
use crate::settings::source::SettingValue;
use crate::setup::Setup;
use crate::wiring;

/// Lines of the trail in which a refusal is looked for: what is explained has just been seen.
const LINES: usize = 1_000;
/// What a text is read up to, in bytes.
const MOST_TEXT: u64 = 1 << 20;
/// The codes of refusals.
const REFUSED: [&str; 2] = ["FORBIDDEN", "HELD_BACK"];

pub(crate) fn run(flags: Vec<SettingValue>, args: &ExplainDenialArgs) -> anyhow::Result<ExitCode> {
    let given = given_text(&args.text)?;
    let noted = noted_denials(flags);
    let denial = match given {
        None => noted?.into_iter().next_back().context(
            "no refused call is on the audit trail; give this command the text of the refusal",
        )?,
        Some(text) => {
            let noted = noted.unwrap_or_default();
            match of_text(&text, &noted) {
                Some(denial) => denial,
                None => {
                    complain(format_args!(
                        "this is no refusal: it has none of the codes {REFUSED:?}"
                    ));
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
    };
    let languages = match args.lang.or_else(|| PluginLanguage::of_directory(Path::new("."))) {
        Some(language) => vec![language],
        None => PluginLanguage::ALL.to_vec(),
    };
    let tool = denial.tool.as_deref().map(|tool| format!("{}: ", visible::line(tool)));
    let said = visible::line(denial.message.trim()).into_owned();
    print(&format!("{}{said}\n\n{}", tool.unwrap_or_default(), denial.explain(&languages)))?;
    Ok(ExitCode::SUCCESS)
}

/// The text on the command line, else what is piped in; none where there is neither.
fn given_text(words: &[String]) -> anyhow::Result<Option<String>> {
    let text = if words.is_empty() {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Ok(None);
        }
        let mut text = String::new();
        stdin.lock().take(MOST_TEXT).read_to_string(&mut text).context("standard input")?;
        text
    } else {
        words.join(" ")
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// Every refusal that the trail still shows, oldest first.
fn noted_denials(flags: Vec<SettingValue>) -> anyhow::Result<Vec<Denial>> {
    let setup = Setup::read(flags)?;
    let trail = wiring::trail_path(&setup, &StateDir::open(setup.state_dir()?)?);
    if !trail.exists() {
        return Ok(Vec::new());
    }
    let mut denials = Vec::new();
    for row in audit::follow(&trail, LINES)? {
        if let TrailRow::Line(line) = row?
            && let TrailRecord::Call(call) = line.record
        {
            denials.extend(of_entry(*call));
        }
    }
    Ok(denials)
}

fn of_entry(call: CallEntry) -> Option<Denial> {
    let CallOutcome::Failed { code, rule, message } = call.outcome else { return None };
    let is_refused = REFUSED.contains(&code.as_str()) || MissingGrant::find(&message).is_some();
    is_refused.then_some(Denial { tool: Some(call.action), message, rule })
}

/// The refusal that a text is of: a failure as people read it, or JSON with one in it. What the text does
/// not say of it the trail may know.
fn of_text(text: &str, noted: &[Denial]) -> Option<Denial> {
    let (text, rule) = match serde_json::from_str::<Value>(text) {
        Ok(value) => (strings(&value).join("\n"), value_of(&value, "rule")),
        Err(_) => (text.to_owned(), None),
    };
    let is_refused = REFUSED.iter().any(|code| text.contains(code));
    if !is_refused && MissingGrant::find(&text).is_none() {
        return None;
    }
    let known =
        noted.iter().rev().find(|denial| text.contains(visible::line(&denial.message).as_ref()));
    if let Some(known) = known {
        return Some(known.clone());
    }
    let rule = rule.or_else(|| line_after(&text, "rule: "));
    let begins = REFUSED.iter().find_map(|code| text.find(&format!("{code}: ")));
    let said = &text[begins.unwrap_or(0)..];
    let message = said.split("\n\n").next().unwrap_or(said).to_owned();
    Some(Denial { tool: None, message, rule })
}

/// The rest of the line that begins so.
fn line_after(text: &str, start: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(start)).map(|rest| rest.trim().to_owned())
}

/// Every text in a value.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// The text of this member, wherever it is.
fn value_of(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| value_of(item, name)),
        Value::Object(members) => members
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| members.values().find_map(|member| value_of(member, name))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSAL: &str = "the action has no grant for `GET /V1/orders` on `magento`";

    #[test]
    fn a_refusal_is_found_in_what_people_and_in_what_programs_read() {
        let text = format!("FORBIDDEN: {REFUSAL}\n\nhint: its author must declare this one");
        let json =
            serde_json::json!({"isError": true, "content": [{"type": "text", "text": text}]});
        for given in [text.clone(), json.to_string(), format!("it said: {REFUSAL}")] {
            let denial = of_text(&given, &[]).unwrap();
            assert!(denial.missing_grant().is_some() && denial.tool.is_none(), "{denial:?}");
        }
        let explained = "FORBIDDEN: `x` is denied\n\nhint: remove it\nrule: deny-list\n";
        assert_eq!(of_text(explained, &[]).unwrap().rule.as_deref(), Some("deny-list"));
        assert_eq!(of_text("NOT_FOUND: no block has the id `1`", &[]), None);
    }

    #[test]
    fn what_a_text_does_not_say_the_trail_knows() {
        let of = |tool: &str, message: &str| Denial {
            tool: Some(tool.to_owned()),
            message: message.to_owned(),
            rule: Some("grant".to_owned()),
        };
        let noted = [of("a_b", "other"), of("greet_hello", REFUSAL)];
        let denial = of_text(&format!("FORBIDDEN: {REFUSAL}"), &noted).unwrap();
        assert_eq!(denial, noted[1]);
    }
}
