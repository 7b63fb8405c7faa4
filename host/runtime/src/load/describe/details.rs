//! What actions and groups may say beside what each of them says.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use souk_model::{
    Action, ActionDetails, Completion, CompletionQuery, CompletionSource, Effect, Extension,
    GroupDetails, Prompt, PromptArgument, ResourceTemplate, visible,
};

use super::text::{at_most, full_name, name, no_twins, text};
use crate::CONTRACT_VERSION;
use crate::guest::bindings::exports::souk::plugin::actions as wit;
use crate::guest::limits::Limits;
use crate::json;
use crate::load::prompt_text::{PromptPart, prompt_parts};
use crate::load::schema::SettingsSchema;
use crate::text::printable;

/// Prompts of one group, arguments of one prompt, and characters of its text.
const PROMPTS: usize = 32;
const PROMPT_ARGUMENTS: usize = 16;
const PROMPT_CHARS: usize = 16_000;
/// Resource templates of one group, and bytes of one's URI.
const TEMPLATES: usize = 32;
const URI_BYTES: usize = 200;
/// Values that may be suggested for one argument, and characters of one of them.
const VALUES: usize = 200;
const VALUE_CHARS: usize = 200;
/// Places of one result that hold what strangers wrote.
const UNTRUSTED: usize = 100;
/// Words of one action, and characters of one of them.
const KEYWORDS: usize = 20;
const KEYWORD_CHARS: usize = 40;
/// Characters of a sentence: why an action is deprecated, what an argument of a prompt is.
const SENTENCE_CHARS: usize = 500;
/// Extensions of one group or action, and bytes of one of them.
const EXTENSIONS: usize = 16;
const EXTENSION_BYTES: usize = 16 << 10;
/// Bytes of an address.
const HOMEPAGE_BYTES: usize = 300;

/// Checks what an action says beside the rest, but for the other actions that it names.
pub(super) fn of_action(
    details: Option<wit::ActionDetails>,
    input: &Map<String, Value>,
) -> Result<ActionDetails, String> {
    let Some(details) = details else { return Ok(ActionDetails::default()) };
    no_twins(
        details.completions.iter().map(|completion| completion.argument.as_str()),
        "completions",
    )?;
    let completions = details
        .completions
        .into_iter()
        .map(|completion| {
            let argument = completion.argument;
            if !has_argument(input, &argument) {
                return Err(format!(
                    "it completes `{}`, which is no argument of it",
                    printable(&argument, 80)
                ));
            }
            let source = source(completion.source, &argument)?;
            Ok(Completion { argument, source })
        })
        .collect::<Result<Vec<_>, String>>()?;
    at_most(&details.untrusted, UNTRUSTED, "untrusted texts")?;
    let untrusted = details
        .untrusted
        .iter()
        .map(|at| at.parse().map_err(|error| format!("an untrusted text: {error}")))
        .collect::<Result<Vec<_>, String>>()?;
    at_most(&details.keywords, KEYWORDS, "keywords")?;
    for keyword in &details.keywords {
        text(keyword, KEYWORD_CHARS, "a keyword")?;
    }
    if let Some(why) = &details.deprecated {
        text(why, SENTENCE_CHARS, "why it is deprecated")?;
    }
    Ok(ActionDetails {
        completions,
        untrusted,
        keywords: details.keywords,
        deprecated: details.deprecated,
        extensions: extensions(details.extensions)?,
    })
}

/// Checks what a group says beside the rest, and the actions that it and its actions name. Its
/// settings' schema is answered ready to apply.
pub(super) fn of_group(
    group: &str,
    details: Option<wit::GroupDetails>,
    actions: &[Arc<Action>],
    limits: &Limits,
) -> Result<(GroupDetails, Option<SettingsSchema>), String> {
    for action in actions {
        for completion in &action.details.completions {
            known(&completion.source, actions).map_err(|why| {
                format!("its action `{}` completes `{}`: {why}", action.name, completion.argument)
            })?;
        }
    }
    let Some(details) = details else { return Ok((GroupDetails::default(), None)) };
    if let Some(least) = &details.least_contract {
        contract(least)?;
    }
    if let Some(homepage) = &details.homepage {
        address(homepage)?;
    }
    at_most(&details.prompts, PROMPTS, "prompts")?;
    no_twins(details.prompts.iter().map(|prompt| prompt.name.as_str()), "prompts")?;
    let prompts = details
        .prompts
        .into_iter()
        .map(|prompt| {
            let label = printable(&prompt.name, 80);
            self::prompt(group, prompt, actions, limits)
                .map_err(|why| format!("its prompt `{label}`: {why}"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    at_most(&details.resource_templates, TEMPLATES, "resource templates")?;
    let resource_templates = details
        .resource_templates
        .into_iter()
        .map(|template| {
            let label = printable(&template.uri, 120);
            self::template(group, template, actions, limits)
                .map_err(|why| format!("its resource template `{label}`: {why}"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    no_twins(
        resource_templates.iter().map(|template| template.uri.as_str()),
        "resource templates",
    )?;
    let settings = details
        .settings_schema
        .map(|schema| SettingsSchema::parse(&schema, limits.schema_bytes))
        .transpose()
        .map_err(|why| format!("the schema of its settings: {why}"))?;
    let details = GroupDetails {
        prompts,
        resource_templates,
        settings_schema: settings.as_ref().map(|settings| settings.schema.clone()),
        least_contract: details.least_contract,
        homepage: details.homepage,
        extensions: extensions(details.extensions)?,
    };
    Ok((details, settings))
}

/// Refuses a plugin that needs more than this host serves.
fn contract(least: &str) -> Result<(), String> {
    let served = semver::Version::parse(CONTRACT_VERSION).map_err(|error| error.to_string())?;
    let needed = semver::Version::parse(least).map_err(|error| {
        format!("the contract that it needs, `{}`, is no version: {error}", printable(least, 40))
    })?;
    let same_line = (needed.major, needed.minor) == (served.major, served.minor);
    if !same_line || needed > served {
        return Err(format!(
            "it needs the contract {needed}, and this host serves {served}; a newer souk may load it"
        ));
    }
    Ok(())
}

fn address(homepage: &str) -> Result<(), String> {
    let rest = homepage.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty()
        || host.contains('@')
        || homepage.len() > HOMEPAGE_BYTES
        || !homepage.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(format!(
            "its homepage `{}` is not an https address of at most {HOMEPAGE_BYTES} characters",
            printable(homepage, 80)
        ));
    }
    Ok(())
}

fn prompt(
    group: &str,
    prompt: wit::Prompt,
    actions: &[Arc<Action>],
    limits: &Limits,
) -> Result<Prompt, String> {
    full_name(group, &prompt.name, "its name")?;
    text(&prompt.title, 120, "its title")?;
    text(&prompt.description, limits.description_chars, "its description")?;
    at_most(&prompt.arguments, PROMPT_ARGUMENTS, "arguments")?;
    no_twins(prompt.arguments.iter().map(|argument| argument.name.as_str()), "arguments")?;
    text(&prompt.text, PROMPT_CHARS, "its text")?;
    let named = placeholders(&prompt.text)?;
    if let Some(unknown) =
        named.iter().find(|name| prompt.arguments.iter().all(|argument| argument.name != **name))
    {
        return Err(format!("its text has `{{{unknown}}}`, which is no argument of it"));
    }
    let arguments = prompt
        .arguments
        .into_iter()
        .map(|argument| {
            name(&argument.name, 64, "an argument", true)?;
            text(&argument.description, SENTENCE_CHARS, "an argument's description")?;
            if !named.contains(argument.name.as_str()) {
                return Err(format!("its text has no place for `{}`", argument.name));
            }
            let completion = argument
                .completion
                .map(|completion| source(completion, &argument.name))
                .transpose()?;
            if let Some(completion) = &completion {
                known(completion, actions)?;
            }
            Ok(PromptArgument {
                name: argument.name,
                description: argument.description,
                required: argument.required,
                completion,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Prompt {
        name: prompt.name,
        title: prompt.title,
        description: prompt.description,
        arguments,
        text: prompt.text,
    })
}

/// The names that stand as `{name}` in a prompt's text.
fn placeholders(text: &str) -> Result<BTreeSet<&str>, String> {
    let parts = prompt_parts(text)?.into_iter();
    let named = parts.filter_map(|part| match part {
        PromptPart::Argument(name) => Some(name),
        PromptPart::Own(_) => None,
    });
    Ok(named.collect())
}

fn template(
    group: &str,
    template: wit::ResourceTemplate,
    actions: &[Arc<Action>],
    limits: &Limits,
) -> Result<ResourceTemplate, String> {
    let argument = argument_of(group, &template.uri)?;
    text(&template.title, 120, "its title")?;
    text(&template.description, limits.description_chars, "its description")?;
    let action = query(&template.action, &argument, actions)?;
    let required = action.input.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(other) = required.filter_map(Value::as_str).find(|name| *name != argument) {
        return Err(format!("`{}` also needs `{other}`", action.name));
    }
    Ok(ResourceTemplate {
        uri: template.uri,
        title: template.title,
        description: template.description,
        action: template.action,
        argument,
    })
}

/// The argument that a URI of this group holds: its one segment in braces.
fn argument_of(group: &str, uri: &str) -> Result<String, String> {
    let path = uri
        .strip_prefix("souk://")
        .and_then(|rest| rest.strip_prefix(group))
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|_| uri.len() <= URI_BYTES)
        .ok_or_else(|| {
            format!("its URI does not begin with `souk://{group}/`, or is longer than {URI_BYTES}")
        })?;
    let mut arguments = Vec::new();
    for segment in path.split('/') {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(argument) => arguments.push(argument),
            None => {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if segment.is_empty() || !segment.chars().all(plain) {
                    return Err("a segment of its URI is neither a word nor `{argument}`".into());
                }
            }
        }
    }
    match arguments[..] {
        [argument] => Ok(argument.to_owned()),
        _ => Err("its URI has not exactly one `{argument}`".into()),
    }
}

fn source(source: wit::CompletionSource, argument: &str) -> Result<CompletionSource, String> {
    Ok(match source {
        wit::CompletionSource::Values(values) => {
            at_most(&values, VALUES, &format!("suggestions for `{argument}`"))?;
            for value in &values {
                text(value, VALUE_CHARS, &format!("a suggestion for `{argument}`"))?;
            }
            CompletionSource::Values(values)
        }
        wit::CompletionSource::StoreViews => CompletionSource::StoreViews,
        wit::CompletionSource::Query(query) => {
            let pointer = |text: &str| {
                text.parse().map_err(|error| format!("the suggestions for `{argument}`: {error}"))
            };
            CompletionSource::Query(CompletionQuery {
                items: pointer(&query.items)?,
                value: pointer(&query.value)?,
                action: query.action,
                argument: query.argument,
            })
        }
        wit::CompletionSource::Other(name) => {
            extension_name(&name)?;
            CompletionSource::Other(name)
        }
    })
}

/// Whether the action that a completion asks is there and takes what it is asked with.
fn known(source: &CompletionSource, actions: &[Arc<Action>]) -> Result<(), String> {
    match source {
        CompletionSource::Query(asked) => query(&asked.action, &asked.argument, actions).map(drop),
        CompletionSource::Values(_) | CompletionSource::StoreViews | CompletionSource::Other(_) => {
            Ok(())
        }
    }
}

/// The group's query of this name, which takes this argument.
fn query<'a>(name: &str, argument: &str, actions: &'a [Arc<Action>]) -> Result<&'a Action, String> {
    let action = actions
        .iter()
        .find(|action| action.name == name && action.effect == Effect::Query)
        .ok_or_else(|| format!("the group has no query `{}`", printable(name, 80)))?;
    if !has_argument(&action.input, argument) {
        return Err(format!("`{name}` has no argument `{}`", printable(argument, 80)));
    }
    Ok(action)
}

fn has_argument(input: &Map<String, Value>, argument: &str) -> bool {
    let properties = input.get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| properties.contains_key(argument))
}

fn extensions(extensions: Vec<wit::Extension>) -> Result<Vec<Extension>, String> {
    at_most(&extensions, EXTENSIONS, "extensions")?;
    no_twins(extensions.iter().map(|extension| extension.name.as_str()), "extensions")?;
    extensions
        .into_iter()
        .map(|extension| {
            extension_name(&extension.name)?;
            if extension.value.len() > EXTENSION_BYTES {
                return Err(format!(
                    "the extension `{}` is larger than {EXTENSION_BYTES} bytes",
                    extension.name
                ));
            }
            let mut value = json::parse(&extension.value, extension.value.len())
                .map_err(|error| format!("the extension `{}`: {error}", extension.name))?;
            visible::json(&mut value);
            Ok(Extension { name: extension.name, value })
        })
        .collect()
}

fn extension_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(format!(
            "`{}` is not 1 to 64 lower-case letters, digits and `-`",
            printable(name, 80)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_has_its_arguments_in_braces_and_its_own_braces_twice() {
        let named = placeholders("Look at {sku} in {{braces}}, then {sku} and {view}").unwrap();
        assert_eq!(named.into_iter().collect::<Vec<_>>(), ["sku", "view"]);
        for wrong in ["{sku", "sku}", "{{{sku", "a } b"] {
            assert!(placeholders(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_template_is_of_its_group_and_has_one_argument() {
        assert_eq!(argument_of("orders", "souk://orders/{id}").unwrap(), "id");
        assert_eq!(argument_of("orders", "souk://orders/by-number/{id}").unwrap(), "id");
        for wrong in [
            "souk://catalog/{id}",
            "souk://ordersx/{id}",
            "souk://orders",
            "souk://orders/",
            "souk://orders/all",
            "souk://orders/{id}/{line}",
            "souk://orders//{id}",
            "souk://orders/x{id}",
            "https://orders/{id}",
            "souk://orders/../{id}",
        ] {
            assert!(argument_of("orders", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_contract_of_this_line_that_is_served_is_enough() {
        assert_eq!(contract(CONTRACT_VERSION), Ok(()));
        for more in ["0.1.99", "0.2.0", "1.0.0", "0.0.9"] {
            let refused = contract(more).unwrap_err();
            assert!(refused.contains(&format!("needs the contract {more}")), "{refused}");
        }
        assert!(contract("latest").unwrap_err().contains("no version"));
    }

    #[test]
    fn a_homepage_is_plain_https() {
        assert_eq!(address("https://example.com/souk?x=1"), Ok(()));
        for wrong in ["http://a.b", "https://", "https:///x", "https://u@h/", "https://a b", "x"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
