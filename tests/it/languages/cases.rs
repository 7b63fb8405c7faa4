//! Cases as `souk test` takes them, here over MCP: a call, and what must come of it.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use souk_tests::{Mcp, confirmed};

/// What is done, and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// What it shows.
    name: String,
    /// The tool, without the group's name; or else `commit` or `undo`, of the plan before.
    call: Option<String>,
    #[serde(default)]
    arguments: toml::Table,
    #[serde(default)]
    commit: bool,
    #[serde(default)]
    undo: bool,
    /// What the answer has to hold.
    answer: Option<toml::Table>,
    /// What `plans_get` shows of the plan.
    review: Option<toml::Table>,
    /// The code of a failure.
    fails: Option<String>,
    /// What stands in its text.
    says: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Case>,
}

/// The cases of a file, in order.
pub(super) fn cases(path: &Path) -> Vec<Case> {
    let CaseFile { case } = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    case
}

impl Case {
    /// Does what it says, to a tool of this group; what is not as it should be.
    pub(super) async fn run(
        &self,
        client: &Mcp,
        group: &str,
        plan: &mut Option<String>,
    ) -> Option<String> {
        let of_plan = || json!({"plan_id": plan});
        let came = match &self.call {
            Some(tool) => {
                client.refused_or_answered(&format!("{group}_{tool}"), json!(self.arguments)).await
            }
            None if self.commit => {
                client.refused_or_answered("plans_commit", confirmed(of_plan())).await
            }
            None => {
                assert!(self.undo, "`{}` does nothing", self.name);
                let undo = client.answer("plans_undo", of_plan()).await;
                let undo = json!({"plan_id": undo["plan_id"]});
                client.refused_or_answered("plans_commit", confirmed(undo)).await
            }
        };
        if let Err(answer) = &came
            && let Some(named) = answer["plan_id"].as_str()
        {
            *plan = Some(named.to_owned());
        }
        let mut wrong = self.differs(&came);
        if let (None, Some(review)) = (&wrong, &self.review) {
            let shown = client.answer("plans_get", json!({"plan_id": plan})).await;
            wrong = lacks(&shown, &json!(review), "");
        }
        wrong.map(|wrong| format!("{}: {wrong}", self.name))
    }

    fn differs(&self, came: &Result<String, Value>) -> Option<String> {
        match (&self.fails, came) {
            (None, Err(answer)) => lacks(answer, &json!(self.answer.as_ref()?), ""),
            (None, Ok(text)) => Some(format!("it failed: {text}")),
            (Some(code), Err(answer)) => Some(format!("expected {code}, and it is {answer}")),
            (Some(code), Ok(text)) => {
                let says = self.says.as_deref().unwrap_or_default();
                let is_it = text.starts_with(&format!("{code}: ")) && text.contains(says);
                (!is_it).then(|| format!("expected {code} and `{says}`, and it said {text}"))
            }
        }
    }
}

/// Where a value is not what is expected. Objects may have more members, lists not more elements.
fn lacks(value: &Value, expected: &Value, at: &str) -> Option<String> {
    match (value, expected) {
        (Value::Object(found), Value::Object(members)) => {
            members.iter().find_map(|(name, member)| {
                let found = found.get(name).unwrap_or(&Value::Null);
                lacks(found, member, &format!("{at}/{name}"))
            })
        }
        (Value::Array(found), Value::Array(items)) if found.len() == items.len() => {
            let mut pairs = found.iter().zip(items).enumerate();
            pairs.find_map(|(index, (found, item))| lacks(found, item, &format!("{at}/{index}")))
        }
        _ => (value != expected).then(|| format!("`{at}` is {value}, and not {expected}")),
    }
}

#[test]
fn what_is_not_expected_is_named_by_its_place() {
    let answer = json!({"items": [{"id": 1, "title": "a"}], "more": true});
    assert_eq!(lacks(&answer, &json!({"items": [{"id": 1}]}), ""), None);
    for (expected, place) in [
        (json!({"items": [{"id": 2}]}), "`/items/0/id` is 1"),
        (json!({"items": []}), "`/items` is"),
        (json!({"less": 1}), "`/less` is null"),
    ] {
        assert!(lacks(&answer, &expected, "").unwrap().contains(place), "{expected}");
    }
}
