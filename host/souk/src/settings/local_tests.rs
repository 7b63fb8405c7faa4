//! A file of the working directory makes nothing laxer: every setting of the table, with every kind of
//! value, beside every kind of value of the operator's.

use std::path::Path;

use serde_json::{Value, json};
use souk_model::Caps;
use souk_policy::ToolPattern;

use super::file::{FileAuthority, parse};
use super::kind::ValueKind;
use super::resolved::ResolvedSettings;
use super::setting::{LocalFileRule, MergeRule, Setting};
use super::source::{FilePlace, SettingSource, SettingValue};
use super::{defaults, table};

/// What counts without a value, where the host works it out elsewhere: what it allows at most.
const ELSEWHERE: &[(&str, &str)] = &[
    ("approvals.critical", "\"person\""),
    ("approvals.elicitation", "\"never\""),
    ("policy.operators", "[]"),
];

/// Those that limit nothing where they have no value, each looked at where it is used.
const LIMIT_NOTHING: &[&str] = &[
    "approvals.production",
    "policy.allow",
    "policy.deny",
    "principals.NAME.max_tier",
    "principals.NAME.allow",
    "principals.NAME.deny",
    "plugins.NAME.max_tier",
];

/// Values of a kind from one end to the other, the widest among them.
fn values(setting: &Setting) -> Vec<Value> {
    match setting.kind {
        ValueKind::Switch => vec![json!(true), json!(false)],
        ValueKind::Whole => vec![json!(0), json!(1), json!(7), json!(u64::MAX)],
        ValueKind::Number => vec![json!(0.0), json!(0.5), json!(100.0), json!(1e300)],
        ValueKind::Choice(choices) => choices.iter().map(|choice| json!(choice)).collect(),
        ValueKind::Tools => {
            [json!([]), json!(["a_*"]), json!(["a_x", "b_y"]), json!(["b_*", "a_*"])].to_vec()
        }
        ValueKind::Names => {
            [json!([]), json!(["a"]), json!(["a", "auth", "name"]), json!(["*"])].to_vec()
        }
        ValueKind::Caps => {
            let caps = [json!({}), json!({"*": "3"}), json!({"*": "9000000"})];
            caps.into_iter().chain([json!({"EUR": "5", "*": "0"}), json!({"JPY": "2"})]).collect()
        }
        ValueKind::MaskRules => vec![json!([]), json!([{}]), json!([{"plugins": ["orders"]}])],
        ValueKind::DecisionRules => {
            vec![json!([]), json!([{"need": "none"}]), json!([{"need": "two"}])]
        }
        kind => panic!("{}: no values of {kind:?}", setting.key),
    }
}

fn given(setting: &'static Setting, value: &Value, source: SettingSource) -> SettingValue {
    let (key, value) = (setting.key.to_owned(), value.clone());
    SettingValue { setting, key, name: None, value, source }
}

fn place() -> FilePlace {
    FilePlace { path: "souk.toml".into(), line: 1 }
}

/// What counts of a setting. Of those that depend on the machine, its widest.
fn counts(setting: &'static Setting, values: Vec<SettingValue>) -> Option<Value> {
    let computed = vec![("plugins.trust", json!("open"))];
    ResolvedSettings::new(values, computed).effective(setting, setting.key).value
}

/// Whether one allows something that the other does not. Said here once more, in other words than those
/// that merge.
fn is_laxer(setting: &Setting, one: &Value, other: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (ones, others) = (list(one), list(other));
    match (setting.merge, setting.kind) {
        (MergeRule::On, _) => one == false && other == true,
        (MergeRule::Off, _) => one == true && other == false,
        (MergeRule::Lowest, ValueKind::Choice(choices)) => {
            let rank = |value| choices.iter().position(|choice| value == *choice).unwrap();
            rank(one) > rank(other)
        }
        (MergeRule::Lowest, ValueKind::Caps) => {
            let caps = |value: &Value| serde_json::from_value::<Caps>(value.clone()).unwrap();
            let (one, other) = (caps(one), caps(other));
            ["EUR", "JPY", "USD"].iter().any(|currency| one.of(currency) > other.of(currency))
        }
        (MergeRule::Lowest, _) => one.as_f64().unwrap() > other.as_f64().unwrap(),
        // What is denied, masked or wants somebody.
        (MergeRule::Union, _) => others.iter().any(|item| !ones.contains(item)),
        (MergeRule::Intersection, ValueKind::Tools) => {
            let read = |value: &Value| value.as_str().unwrap().parse::<ToolPattern>().unwrap();
            let covered = |item: &Value| others.iter().any(|wider| read(wider).covers(&read(item)));
            ones.iter().any(|item| !covered(item))
        }
        (MergeRule::Intersection, _) => ones.iter().any(|item| !others.contains(item)),
        (rule, kind) => panic!("{}: {rule:?} of {kind:?} has no order", setting.key),
    }
}

/// What counts without a file of the working directory; none where the setting limits nothing then.
fn without(setting: &'static Setting, operators: &[SettingValue]) -> Option<Value> {
    counts(setting, operators.to_vec()).or_else(|| {
        let elsewhere = ELSEWHERE.iter().find(|(key, _)| *key == setting.key);
        elsewhere.map(|(_, widest)| defaults::literal(setting, widest).unwrap())
    })
}

#[test]
fn no_value_of_a_file_of_the_working_directory_makes_any_setting_laxer() {
    let mut compared = 0;
    // A key of a rule is kept with its rule.
    let single = |setting: &&Setting| !setting.key.contains("[].");
    for setting in table::all().filter(single) {
        if setting.local == LocalFileRule::Refused {
            continue;
        }
        let mut operators = vec![Vec::new()];
        for value in values(setting) {
            for source in [SettingSource::File(place()), SettingSource::Flag("--flag")] {
                operators.push(vec![given(setting, &value, source)]);
            }
        }
        for operators in operators {
            let before = without(setting, &operators);
            for value in values(setting) {
                let local = given(setting, &value, SettingSource::LocalFile(place()));
                let all = operators.iter().cloned().chain([local]).collect();
                let after = counts(setting, all).unwrap();
                match &before {
                    Some(before) => {
                        let laxer = is_laxer(setting, &after, before);
                        assert!(!laxer, "{}: {value} makes {after} of {before}", setting.key);
                    }
                    None => assert!(LIMIT_NOTHING.contains(&setting.key), "{}", setting.key),
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 2_000, "{compared}");
}

#[test]
fn an_entry_says_what_a_file_of_the_working_directory_may_do_or_it_is_refused() {
    for setting in table::all() {
        match setting.local {
            LocalFileRule::Refused => {}
            LocalFileRule::NarrowsValue => {
                assert!(setting.merge.narrows(), "{}", setting.key);
                // Against what it is held there has to be, whatever else is set.
                let base = setting.key == "plugins.trust" || counts(setting, Vec::new()).is_some();
                assert!(base, "{} has no value to be held against", setting.key);
            }
            LocalFileRule::NarrowsFrom(widest) => {
                assert!(setting.merge.narrows(), "{}", setting.key);
                assert!(ELSEWHERE.contains(&(setting.key, widest)), "{}", setting.key);
            }
            LocalFileRule::Adds => {
                let listed = LIMIT_NOTHING.contains(&setting.key);
                assert!(listed || setting.key.contains("[]."), "{}", setting.key);
                assert!(setting.merge.narrows() && counts(setting, Vec::new()).is_none());
            }
        }
    }
}

#[test]
fn what_is_the_operators_alone_is_refused_with_a_sentence() {
    let mut refused = 0;
    for setting in table::all().filter(|setting| setting.in_file) {
        if setting.local != LocalFileRule::Refused {
            continue;
        }
        let key = setting.key.replace("NAME", "x");
        let (table, last) = key.rsplit_once('.').unwrap_or(("", &key));
        let table = match table.split_once("[]") {
            Some((list, rest)) => format!("[[{list}]]\nname = 'x'\n[{list}{rest}]"),
            None if table.is_empty() => String::new(),
            None => format!("[{table}]"),
        };
        let table = if key.starts_with("stores[].") && key.matches('.').count() == 1 {
            "[[stores]]".to_owned()
        } else {
            table
        };
        let text = format!("{table}\n{last} = 1\n");
        let (values, problems) = parse(&text, Path::new("souk.toml"), FileAuthority::Local);
        let said = |problem: &super::source::SettingProblem| {
            problem.message.contains("may not stand in a file of the working directory")
        };
        assert!(values.is_empty() && problems.iter().all(said), "{text}: {problems:?}");
        assert!(!problems.is_empty(), "{text}");
        refused += 1;
    }
    assert!(refused > 60, "{refused}");
}
