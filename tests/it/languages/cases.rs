//! Cases as a file has them: a call, and what must come of it.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use souk_tests::Mcp;

/// A call and what must come of it: `answer`, `review` or both; or `failure`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// What it shows.
    claim: String,
    /// The tool.
    call: String,
    #[serde(default)]
    arguments: toml::Table,
    /// Members of the answer.
    answer: Option<toml::Table>,
    /// Members of the edits that are reviewed, in order.
    review: Option<Vec<toml::Table>>,
    failure: Option<ExpectedFailure>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFailure {
    code: String,
    /// Each of these stands in its text.
    says: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// The cases of a file, in order.
pub(super) fn cases(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap();
    let cases: Cases = toml::from_str(&text).unwrap();
    for case in &cases.case {
        let expects = case.answer.is_some() || case.review.is_some();
        assert!(
            expects != case.failure.is_some(),
            "`{}` expects nothing, or two things",
            case.claim
        );
    }
    cases.case
}

impl Case {
    /// Makes the call; what is not as it should be. `$plan` is the plan that was named last.
    pub(super) async fn run(&self, client: &Mcp, plan: &mut Option<String>) -> Option<String> {
        let mut arguments = json!(self.arguments);
        if arguments["plan_id"] == "$plan" {
            arguments["plan_id"] = json!(plan);
        }
        let came = client.refused_or_answered(&self.call, arguments).await;
        if let Err(answer) = &came {
            *plan = answer["plan_id"].as_str().map(str::to_owned).or(plan.take());
        }
        let wrong = self.differs(&came)?;
        Some(format!("{} (`{}`): {wrong}", self.claim, self.call))
    }

    fn differs(&self, came: &Result<String, Value>) -> Option<String> {
        match (&self.failure, came) {
            (None, Err(answer)) => {
                let members = self.answer.as_ref().map(|members| json!(members));
                let review = self.review.as_ref().map(|edits| json!(edits));
                members
                    .and_then(|members| lacks(answer, &members, ""))
                    .or_else(|| lacks(&answer["sample_diffs"], &review?, "/sample_diffs"))
            }
            (Some(failure), Ok(text)) => {
                let code = text.strip_prefix(&failure.code);
                let is_it = code.is_some_and(|rest| rest.starts_with(':'))
                    && failure.says.iter().all(|said| text.contains(said));
                (!is_it).then(|| format!("expected {failure:?}, and it said {text}"))
            }
            (None, Ok(text)) => Some(format!("it failed: {text}")),
            (Some(failure), Err(answer)) => {
                Some(format!("expected {failure:?}, and it is {answer}"))
            }
        }
    }
}

/// Where a value is not what is expected. Objects may have more members, lists not more elements.
fn lacks(value: &Value, expected: &Value, at: &str) -> Option<String> {
    let within = |name: &str, expected: &Value| {
        lacks(
            value.pointer(&format!("/{name}")).unwrap_or(&Value::Null),
            expected,
            &format!("{at}/{name}"),
        )
    };
    match (value, expected) {
        (Value::Object(_), Value::Object(members)) => {
            members.iter().find_map(|(name, member)| within(name, member))
        }
        (Value::Array(items), Value::Array(elements)) if items.len() == elements.len() => (0..)
            .zip(elements)
            .find_map(|(index, element): (usize, _)| within(&index.to_string(), element)),
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
