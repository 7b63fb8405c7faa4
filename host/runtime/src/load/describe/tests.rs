//! What a plugin may say beside what each says: what is taken, and each thing that is not.

use serde_json::json;

use super::*;
use crate::guest::bindings::souk::plugin::types::{RiskTier, Route, WriteMethod};
use souk_model::{Action, CompletionSource, Effect};

fn action(name: &str) -> wit::Action {
    let properties = json!({"sku": {"type": "string"}, "status": {"type": "string"}});
    wit::Action {
        name: name.into(),
        title: "Look".into(),
        description: "Looks.".into(),
        tier: RiskTier::Safe,
        effect: wit::Effect::Query,
        needs_session: true,
        input: json!({"type": "object", "properties": properties}).to_string(),
        output: json!({"type": "object"}).to_string(),
        grants: Vec::new(),
        details: Some(wit::ActionDetails {
            completions: vec![
                wit::Completion { argument: "status".into(), source: values(&["new", "old"]) },
                wit::Completion { argument: "sku".into(), source: query("look", "sku") },
            ],
            untrusted: vec!["/comments/*/text".into()],
            keywords: vec!["find".into()],
            deprecated: Some("use `other_look`".into()),
            extensions: vec![extension("icon", r#"{"name": "eye"}"#)],
        }),
    }
}

fn values(values: &[&str]) -> wit::CompletionSource {
    wit::CompletionSource::Values(values.iter().map(|&value| value.into()).collect())
}

fn query(action: &str, argument: &str) -> wit::CompletionSource {
    wit::CompletionSource::Query(wit::CompletionQuery {
        action: action.into(),
        argument: argument.into(),
        items: "/items".into(),
        value: "/sku".into(),
    })
}

fn extension(name: &str, value: &str) -> wit::Extension {
    wit::Extension { name: name.into(), value: value.into() }
}

fn prompt() -> wit::Prompt {
    wit::Prompt {
        name: "check".into(),
        title: "Check a product".into(),
        description: "Looks at one.".into(),
        arguments: vec![wit::PromptArgument {
            name: "sku".into(),
            description: "Which.".into(),
            required: true,
            completion: Some(query("look", "sku")),
        }],
        text: "Look at {sku}, and answer as {{\"ok\": true}}.".into(),
    }
}

fn template() -> wit::ResourceTemplate {
    wit::ResourceTemplate {
        uri: "souk://demo/{sku}".into(),
        title: "A product".into(),
        description: "As it is.".into(),
        action: "look".into(),
    }
}

/// A group that says all that can be said.
fn group() -> wit::Group {
    wit::Group {
        name: "demo".into(),
        version: "1.2.3".into(),
        title: "Demo".into(),
        description: "For tests.".into(),
        actions: vec![action("look")],
        details: Some(wit::GroupDetails {
            prompts: vec![prompt()],
            resource_templates: vec![template()],
            settings_schema: Some(
                json!({"type": "object", "properties": {"colour": {"type": "string"}},
                    "additionalProperties": false})
                .to_string(),
            ),
            least_contract: Some(crate::CONTRACT_VERSION.into()),
            homepage: Some("https://example.com/demo".into()),
            extensions: vec![extension("publisher", "\"us\"")],
        }),
    }
}

/// Why the group is refused, once this was done to it.
fn refused(change: impl FnOnce(&mut wit::Group)) -> String {
    let mut group = group();
    change(&mut group);
    check(group, &Limits::default(), WriteCatalogue::shipped())
        .err()
        .unwrap_or_else(|| "it is taken".to_owned())
}

fn first(group: &mut wit::Group) -> &mut wit::ActionDetails {
    group.actions[0].details.as_mut().unwrap()
}

fn details(group: &mut wit::Group) -> &mut wit::GroupDetails {
    group.details.as_mut().unwrap()
}

#[test]
fn all_that_can_be_said_is_kept() {
    let description = check(group(), &Limits::default(), WriteCatalogue::shipped()).unwrap();
    let action: &Action = &description.group.actions[0];
    assert_eq!(action.effect, Effect::Query);
    assert_eq!(action.details.completions.len(), 2);
    assert!(matches!(&action.details.completions[1].source, CompletionSource::Query(query)
        if query.action == "look" && query.items.as_str() == "/items"));
    assert_eq!(action.details.untrusted[0].as_str(), "/comments/*/text");
    assert_eq!(action.details.deprecated.as_deref(), Some("use `other_look`"));
    assert_eq!(action.details.extensions[0].value, json!({"name": "eye"}));
    let details = &description.group.details;
    assert_eq!(details.prompts[0].arguments[0].name, "sku");
    assert_eq!(details.resource_templates[0].argument, "sku");
    assert_eq!(details.least_contract.as_deref(), Some(crate::CONTRACT_VERSION));
    let settings = description.settings.unwrap();
    let set = |value| settings.check(json!({"colour": value}).as_object().unwrap());
    assert_eq!(set(json!("red")), Ok(()));
    let wrong = set(json!(7)).unwrap_err();
    assert!(wrong.contains("`colour`") && !wrong.contains('7'), "{wrong}");
    assert!(settings.check(json!({"color": "red"}).as_object().unwrap()).is_err());
}

#[test]
fn what_an_action_says_wrongly_is_refused() {
    let long = "x".repeat(600);
    let many = |count| vec!["/a".to_owned(); count];
    type Change = Box<dyn FnOnce(&mut wit::Group)>;
    let cases: Vec<(&str, Change)> = vec![
        ("no argument of it", Box::new(|g| first(g).completions[0].argument = "skus".into())),
        ("are named `sku`", Box::new(|g| first(g).completions[0].argument = "sku".into())),
        ("has no query", Box::new(|g| first(g).completions[1].source = query("gone", "sku"))),
        ("has no argument", Box::new(|g| first(g).completions[1].source = query("look", "x"))),
        ("control", Box::new(|g| first(g).completions[0].source = values(&["\u{202e}"]))),
        ("more than 200", Box::new(|g| first(g).completions[0].source = values(&["a"; 201]))),
        ("an untrusted text", Box::new(|g| first(g).untrusted = vec!["comments".into()])),
        ("more than 100", Box::new(move |g| first(g).untrusted = many(101))),
        ("a keyword is empty", Box::new(|g| first(g).keywords = vec![" ".into()])),
        ("longer than 500", Box::new(move |g| first(g).deprecated = Some(long))),
        ("`Icon`", Box::new(|g| first(g).extensions = vec![extension("Icon", "1")])),
        ("`icon`", Box::new(|g| first(g).extensions = vec![extension("icon", "{")])),
        ("are named `a`", Box::new(|g| first(g).extensions = vec![extension("a", "1"); 2])),
    ];
    for (why, change) in cases {
        let refused = refused(change);
        assert!(refused.contains(why) && refused.contains("look"), "{why}: {refused}");
    }
}

#[test]
fn what_a_group_says_wrongly_is_refused() {
    type Change = Box<dyn FnOnce(&mut wit::GroupDetails)>;
    let cases: Vec<(&str, Change)> = vec![
        ("needs the contract 0.1.9", Box::new(|d| d.least_contract = Some("0.1.9".into()))),
        ("not an https address", Box::new(|d| d.homepage = Some("http://a.b".into()))),
        ("schema of its settings", Box::new(|d| d.settings_schema = Some("{}".into()))),
        ("two of its prompts", Box::new(|d| d.prompts.push(prompt()))),
        ("no argument of it", Box::new(|d| d.prompts[0].text = "{sku} {view}".into())),
        ("has no place for `sku`", Box::new(|d| d.prompts[0].text = "all".into())),
        ("never closed", Box::new(|d| d.prompts[0].text = "{sku".into())),
        ("longer than 45", Box::new(|d| d.prompts[0].name = "x".repeat(44))),
        (
            "has no query `gone`",
            Box::new(|d| d.prompts[0].arguments[0].completion = Some(query("gone", "sku"))),
        ),
        ("two of its resource", Box::new(|d| d.resource_templates.push(template()))),
        (
            "does not begin with",
            Box::new(|d| d.resource_templates[0].uri = "souk://plans/{sku}".into()),
        ),
        ("no query `gone`", Box::new(|d| d.resource_templates[0].action = "gone".into())),
        ("no argument `id`", Box::new(|d| d.resource_templates[0].uri = "souk://demo/{id}".into())),
    ];
    for (why, change) in cases {
        let refused = refused(|group| change(details(group)));
        assert!(refused.contains(why), "{why}: {refused}");
    }
    let needs_more = refused(|group| {
        let input = json!({"type": "object", "required": ["sku", "status"],
            "properties": {"sku": {"type": "string"}, "status": {"type": "string"}}});
        group.actions[0].input = input.to_string();
    });
    assert!(needs_more.contains("also needs `status`"), "{needs_more}");
}

#[test]
fn the_fields_of_a_write_are_patterns_of_pointers() {
    let grant = |fields: Option<Vec<&str>>| {
        let mut group = group();
        group.actions[0].effect = wit::Effect::Apply(wit::Bound::AtMost(1));
        group.actions[0].grants = vec![wit::Grant::Write(wit::WriteGrant {
            method: WriteMethod::Put,
            route: Route { upstream: None, template: "/V1/products/{sku}".into() },
            fields: fields.map(|fields| fields.into_iter().map(str::to_owned).collect()),
        })];
        // No query is left to answer these.
        group.details = None;
        group.actions[0].details = None;
        check(group, &Limits::default(), WriteCatalogue::shipped())
            .map(|description| description.group.actions[0].grants[0].to_string())
    };
    assert_eq!(grant(None).unwrap(), "PUT /V1/products/{sku} on magento");
    assert_eq!(
        grant(Some(vec!["/product/name", "/product/media/*/label"])).unwrap(),
        "PUT /V1/products/{sku} on magento, only `/product/name`, `/product/media/*/label`"
    );
    assert_eq!(grant(Some(vec![])).unwrap(), "PUT /V1/products/{sku} on magento, without a body");
    assert!(grant(Some(vec!["name"])).unwrap_err().contains("a field of the grant"));
    assert!(grant(Some(vec!["/a"; 501])).unwrap_err().contains("more than 500"));
}

#[test]
fn the_contract_that_is_served_is_that_of_the_file() {
    let package = include_str!("../../../../../wit/souk.wit")
        .lines()
        .find_map(|line| line.strip_prefix("package souk:plugin@"));
    assert_eq!(package, Some(format!("{};", crate::CONTRACT_VERSION).as_str()));
}
