//! `souk plugins inspect`: what one file imports, offers and asks for.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use souk_model::{
    Action, ActionDetails, CommitTool, CompletionSource, Effect, Extension, GroupDetails, Tier,
    TierRaise,
};
use souk_runtime::{Plugin, PluginSignature};

use crate::output::{complain, path_line, print, print_json};
use crate::setup::Setup;
use crate::wiring;

pub(super) async fn run(setup: &Setup, file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let sandbox = wiring::sandbox(setup)?;
    let plugin = match sandbox.inspect(file, &setup.signing_keys()?).await {
        Ok(plugin) => plugin,
        Err(why) => {
            complain(format_args!("`{}` is refused: {why}", path_line(file)));
            return Ok(ExitCode::FAILURE);
        }
    };
    if json {
        print_json(&describe(&plugin))?;
    } else {
        print(&explain(&plugin))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the imports of a file let it do, whatever it says of itself.
pub(super) fn powers(imports: &[String]) -> String {
    let has = |interface: &str| {
        imports.iter().any(|import| import.starts_with(&format!("souk:plugin/{interface}@")))
    };
    let known = [
        ("upstream", "read"),
        ("plans", "propose"),
        ("cache", "purge"),
        ("documents", "export"),
        ("session-control", "session"),
    ];
    let powers: Vec<&str> =
        known.into_iter().filter(|(interface, _)| has(interface)).map(|(_, power)| power).collect();
    if powers.is_empty() { "nothing outside".to_owned() } else { powers.join(", ") }
}

pub(super) fn kilobytes(bytes: usize) -> String {
    format!("{} KB", bytes.div_ceil(1_000))
}

pub(super) fn describe(plugin: &Plugin) -> Value {
    let group = &plugin.group;
    json!({
        "group": group.name,
        "version": group.version,
        "title": group.title,
        "description": group.description,
        "file": plugin.file,
        "size": plugin.size,
        "digest": plugin.digest,
        "signature": signature_json(&plugin.signature),
        "imports": plugin.imports,
        "details": group.details,
        "actions": group.actions.iter().map(|action| json!({
            "tool": action.tool,
            "title": action.title,
            "description": action.description,
            "tier": action.tier,
            "tier_raise": action.tier_raise.as_deref().map(raise_json),
            "commit": commit(action).map(|commit| json!({
                "tool": commit.tool(&group.name),
                "tier": commit.tier,
                "tier_raise": commit.tier_raise.as_deref().map(raise_json),
            })),
            "effect": action.effect.as_str(),
            "needs_session": action.needs_session,
            "grants": action.grants.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "input": *action.input,
            "output": *action.output,
            "details": action.details,
        })).collect::<Vec<_>>(),
    })
}

/// By whom a file is signed; null where it is not.
pub(super) fn signature_json(signature: &PluginSignature) -> Value {
    match signature {
        PluginSignature::None => Value::Null,
        PluginSignature::Unlisted { id } => json!({"key_id": id, "listed": false}),
        PluginSignature::Listed { signer, comment } => json!({
            "key_id": signer.id,
            "listed": true,
            "name": signer.name,
            "trusted_comment": comment,
        }),
    }
}

fn explain(plugin: &Plugin) -> String {
    let group = &plugin.group;
    let mut text = format!(
        "{} {}: {}\n{}\n\nfile     {}\nsize     {}\nsha-256  {}\n{}may      {}\nimports\n",
        group.name,
        group.version,
        group.title,
        group.description,
        plugin.file,
        kilobytes(plugin.size),
        plugin.digest,
        explain_signature(&plugin.signature),
        powers(&plugin.imports),
    );
    for import in &plugin.imports {
        let _ = writeln!(text, "  {import}");
    }
    for action in &group.actions {
        let _ = write!(
            text,
            "\n{}  [{}, {}{}]\n  {}\n",
            action.tool,
            action.tier,
            action.effect.as_str(),
            if action.needs_session { "" } else { ", no session needed" },
            action.description.replace('\n', "\n  "),
        );
        explain_tier(&mut text, "", action.tier, action.tier_raise.as_deref());
        if let Some(commit) = commit(action) {
            let _ =
                writeln!(text, "  committed by {}  [{}]", commit.tool(&group.name), commit.tier);
            explain_tier(&mut text, "its commit tool ", commit.tier, commit.tier_raise.as_deref());
        }
        for grant in &action.grants {
            let _ = writeln!(text, "  may ask {grant}");
        }
        explain_action(&mut text, &action.details);
    }
    explain_group(&mut text, &group.details);
    text.push_str(
        "\nImports are read from the file and bound what it can do. Effects and grants are what it declares,\n\
         in an instance that can reach nothing; the host holds it to them at every call. A tier is never\n\
         below what the host knows of the writes that are granted, and each call is judged by what it writes.\n\
         Neither proves that what it answers is right.\n",
    );
    text
}

/// A line on the signature, where there is one.
fn explain_signature(signature: &PluginSignature) -> String {
    match signature {
        PluginSignature::None => String::new(),
        PluginSignature::Unlisted { id } => {
            format!("signed   by key {id}, which `plugins.keys` does not list\n")
        }
        PluginSignature::Listed { signer, comment } => {
            let comment = comment.as_deref().unwrap_or_default();
            format!("signed   by {signer}, with the comment \"{comment}\"\n")
        }
    }
}

/// The tool that commits what an action proposes.
fn commit(action: &Action) -> Option<&CommitTool> {
    match &action.effect {
        Effect::Prepare(commit) => Some(commit),
        Effect::Query | Effect::Apply(_) | Effect::Session => None,
    }
}

fn raise_json(raise: &TierRaise) -> Value {
    json!({"declared": raise.declared, "grant": raise.grant.to_string(), "does": raise.does})
}

/// Why a tool is listed as more dangerous than its plugin says.
fn explain_tier(text: &mut String, whose: &str, tier: Tier, raise: Option<&TierRaise>) {
    let Some(TierRaise { declared, grant, does }) = raise else { return };
    let why = match does {
        Some(does) => format!("which can {does}"),
        None => "which the host does not know".to_owned(),
    };
    let _ = writeln!(text, "  {whose}declares {declared}; it is {tier} by `{grant}`, {why}");
}

/// What an action says beside the rest, where it says something.
fn explain_action(text: &mut String, details: &ActionDetails) {
    if let Some(why) = &details.deprecated {
        let _ = writeln!(text, "  deprecated: {why}");
    }
    if !details.keywords.is_empty() {
        let _ = writeln!(text, "  also found by {}", details.keywords.join(", "));
    }
    for completion in &details.completions {
        let from = origin(&completion.source);
        let _ = writeln!(text, "  suggests values for `{}`: {from}", completion.argument);
    }
    for pointer in &details.untrusted {
        let _ = writeln!(text, "  texts of strangers at `{pointer}`");
    }
    explain_extensions(text, "  ", &details.extensions);
}

/// The same of a group.
fn explain_group(text: &mut String, details: &GroupDetails) {
    let mut lines = String::new();
    if let Some(least) = &details.least_contract {
        let _ = writeln!(lines, "needs the contract {least} or newer");
    }
    if let Some(homepage) = &details.homepage {
        let _ = writeln!(lines, "more at {homepage}");
    }
    if let Some(schema) = &details.settings_schema {
        let settings = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let names: Vec<String> = settings.map(|(name, _)| format!("`{name}`")).collect();
        let _ = writeln!(lines, "settings {}", names.join(", "));
    }
    for prompt in &details.prompts {
        let _ = writeln!(lines, "prompt {}: {}", prompt.name, prompt.title);
    }
    for template in &details.resource_templates {
        let _ = writeln!(
            lines,
            "resource {}: {}, as `{}` answers it",
            template.uri, template.title, template.action
        );
    }
    explain_extensions(&mut lines, "", &details.extensions);
    if !lines.is_empty() {
        let _ = write!(text, "\n{lines}");
    }
}

fn explain_extensions(text: &mut String, indent: &str, extensions: &[Extension]) {
    for extension in extensions {
        let _ = writeln!(text, "{indent}extension {}: {}", extension.name, extension.value);
    }
}

/// Where suggestions come from.
fn origin(source: &CompletionSource) -> String {
    match source {
        CompletionSource::Values(values) => values.join(", "),
        CompletionSource::StoreViews => "the store's views".to_owned(),
        CompletionSource::Query(query) => format!("what `{}` answers", query.action),
        CompletionSource::Other(name) => format!("`{name}`, which this host does not know"),
    }
}
