//! A rule of `approvals.rules`, as it is read from a file.

use serde_json::{Map, Value};
use souk_model::plan::DecisionNeed;
use souk_policy::decisions::DecisionRule;
use souk_policy::{EffectKind, RuleExample};

/// The ways of carrying a plan out that a rule can name.
const EFFECTS: [EffectKind; 2] = [EffectKind::Commit, EffectKind::Apply];

/// The rule that a table says.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn decision_rule(table: &Map<String, Value>) -> Result<DecisionRule, String> {
    let need = table.get("need").and_then(Value::as_str);
    let need: DecisionNeed = need
        .ok_or("a rule says who decides: `need = \"person\"`")?
        .parse()
        .map_err(|error| format!("{error}"))?;
    let mut rule = DecisionRule::new(need);
    for (key, value) in table {
        rule = match key.as_str() {
            "need" | "allow_example" | "deny_example" => rule,
            "tiers" => rule.tiers(parsed(value)?),
            "effects" => rule.effects(effects(value)?),
            "groups" => rule.groups(texts(value)?),
            "tools" => rule.tools(parsed(value)?),
            "stores" => rule.stores(texts(value)?),
            "environments" => rule.environments(texts(value)?),
            "principals" => rule.principals(parsed(value)?),
            "money_above" => {
                let text = value.as_str().ok_or("`money_above` is a text, like \"100 EUR\"")?;
                rule.money_above(text.parse().map_err(|error| format!("{error}"))?)
            }
            "subjects_above" => {
                rule.subjects_above(value.as_u64().ok_or("`subjects_above` is a whole number")?)
            }
            other => return Err(format!("`{other}` is nothing that a rule can say")),
        };
    }
    for (name, is_about) in [("allow_example", false), ("deny_example", true)] {
        for example in examples(table.get(name))? {
            if rule.covers(&example.1.decision_facts()) != is_about {
                let what = if is_about { "not about" } else { "about" };
                return Err(format!("the rule is {what} its `{name}` `{}`", example.0));
            }
        }
    }
    Ok(rule)
}

/// Calls that a rule is tried on, each as it is written and as it is read.
///
/// # Errors
/// One that is none, for people.
pub(crate) fn examples(list: Option<&Value>) -> Result<Vec<(String, RuleExample)>, String> {
    let read = |item: &Value| {
        let text = item.as_str().ok_or("an example is a text")?;
        let example = text.parse().map_err(|error| format!("{error}"))?;
        Ok((text.to_owned(), example))
    };
    list.and_then(Value::as_array).into_iter().flatten().map(read).collect()
}

/// The rules that a list of tables says.
///
/// # Errors
/// What is wrong with one, for people.
pub(crate) fn decision_rules(list: &Value) -> Result<Vec<DecisionRule>, String> {
    let tables = list.as_array().into_iter().flatten();
    tables.map(|table| decision_rule(table.as_object().ok_or("a rule is a table")?)).collect()
}

fn effects(value: &Value) -> Result<Vec<EffectKind>, String> {
    let find = |text: String| {
        let found = EFFECTS.into_iter().find(|effect| effect.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is not one of commit, apply"))
    };
    texts(value)?.into_iter().map(find).collect()
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(value: &Value) -> Result<Vec<T>, String> {
    let read = |text: String| text.parse().map_err(|error| format!("{error}"));
    texts(value)?.into_iter().map(read).collect()
}

/// At least one text: a rule that names an empty list would be about nothing.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let texts: Option<Vec<String>> = value
        .as_array()
        .filter(|list| !list.is_empty())
        .and_then(|list| list.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    texts.ok_or_else(|| format!("`{value}` is not a list of texts"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_cannot_be_read_is_refused_and_says_why() {
        let rule = |value: Value| decision_rule(value.as_object().unwrap());
        rule(json!({"need": "two", "tiers": ["risk"], "effects": ["commit", "apply"],
            "groups": ["orders"], "tools": ["orders_*"], "stores": ["main"],
            "environments": ["production"], "principals": ["agent-*"],
            "money_above": "100 EUR", "subjects_above": 50,
            "allow_example": ["orders_refund risk"],
            "deny_example": ["orders_refund risk apply store=main environment=production \
                principal=agent-1 refund=101EUR subjects=51"]}))
        .unwrap();
        for (wrong, says) in [
            (json!({"tiers": ["risk"]}), "who decides"),
            (json!({"need": "everybody"}), "`everybody` is not one of"),
            (json!({"need": "two", "tiers": ["sky"]}), "`sky` is not one of safe"),
            (json!({"need": "two", "tiers": []}), "not a list"),
            (json!({"need": "two", "effects": ["query"]}), "commit, apply"),
            (json!({"need": "two", "money_above": "much"}), "no amount"),
            (json!({"need": "two", "money_above": 100}), "like \"100 EUR\""),
            (json!({"need": "two", "subjects_above": "many"}), "whole number"),
            (
                json!({"need": "two", "groups": ["orders"], "deny_example": ["catalog_x"]}),
                "the rule is not about its `deny_example` `catalog_x`",
            ),
            (
                json!({"need": "two", "money_above": "10 EUR",
                    "allow_example": ["orders_refund refund=11EUR"]}),
                "the rule is about its `allow_example`",
            ),
            (json!({"need": "two", "stors": ["main"]}), "`stors`"),
        ] {
            let why = rule(wrong).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }
}
