//! `souk actions`

use std::process::ExitCode;

use anyhow::bail;
use serde_json::{Value, json};
use souk_model::{Principal, visible};
use souk_policy::{Rules, ToolProfile};
use souk_runtime::{LoadedTool, ToolTable};

use crate::cli::ActionsArgs;
use crate::output::{print, print_json};
use crate::render::TextTable;
use crate::settings::nearest;
use crate::setup::Setup;
use crate::tools_markdown::{self, ToolArgument, ToolEntry};
use crate::wiring;

pub(crate) async fn run(setup: &Setup, actions: ActionsArgs) -> anyhow::Result<ExitCode> {
    let rules = setup.rules()?;
    let registry = wiring::load(setup).await?;
    let tools = ToolTable::of(&registry.loaded());
    let name = actions.name.as_deref();
    let is_one = name.is_some_and(|name| tools.tool(name).is_some());
    let is_meant = |entry: &&LoadedTool| match name {
        None => true,
        Some(name) if is_one => entry.tool().name == name,
        Some(group) => entry.profile().group == group,
    };
    let shown: Vec<&LoadedTool> = tools.tools().filter(is_meant).collect();
    if let (Some(name), true) = (name, shown.is_empty()) {
        bail!("{}", unknown(name, tools.tools()));
    }
    if actions.json {
        let rows: Vec<Value> = shown.iter().map(|entry| row(entry, &rules)).collect();
        match rows.as_slice() {
            [only] if is_one => print_json(only)?,
            all => print_json(&all)?,
        }
    } else if actions.markdown {
        let entries: Vec<_> = shown.into_iter().map(ToolEntry::of).collect();
        print(&tools_markdown::page(&entries))?;
    } else if let ([only], true) = (shown.as_slice(), is_one) {
        print(&one_action(only, &rules))?;
    } else {
        let mut table = TextTable::new(["ACTION", "TIER", "EFFECT", "ALLOWED", "TITLE"]);
        for entry in shown {
            let (tool, subject) = (entry.tool(), entry.profile());
            table.row([
                tool.name.clone(),
                tool.tier.to_string(),
                subject.effect.as_str().to_owned(),
                allowed(&rules, &subject),
                tool.title.clone(),
            ]);
        }
        print(&table.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(entry: &LoadedTool, rules: &Rules) -> Value {
    let (tool, subject) = (entry.tool(), entry.profile());
    json!({
        "action": tool.name,
        "tier": tool.tier,
        "effect": subject.effect.as_str(),
        "needs_session": entry.needs_session(),
        "refused_by": decide(rules, &subject),
        "masked": rules.mask_for(&Principal::local(), subject.group).is_on(),
        "title": tool.title,
        "description": tool.description,
        "grants": entry.grants(),
    })
}

/// One action as somebody needs it who wants to call it.
fn one_action(entry: &LoadedTool, rules: &Rules) -> String {
    let (tool, subject) = (entry.tool(), entry.profile());
    let mut text = format!(
        "{}: {}\n{}, {}; allowed: {}\n\n{}\n",
        tool.name,
        tool.title,
        tool.tier,
        subject.effect.as_str(),
        allowed(rules, &subject),
        tool.description,
    );
    for ToolArgument { path, is_required, kind, description } in tools_markdown::arguments(tool) {
        let required = if is_required { ", required" } else { "" };
        let description = visible::line(&description);
        text.push_str(&format!("\n  {path} ({kind}{required})\n      {description}\n"));
    }
    text
}

/// That there is no such action or group, and what may have been meant.
fn unknown<'t>(name: &str, tools: impl Iterator<Item = &'t LoadedTool>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for entry in tools {
        names.extend([entry.profile().group, entry.tool().name.as_str()]);
    }
    let near = nearest(name, names).map(|near| format!(": do you mean `{near}`?"));
    let near = near.unwrap_or_else(|| ": `souk actions` lists all".to_owned());
    format!("there is no action and no group `{name}`{near}")
}

fn allowed(rules: &Rules, subject: &ToolProfile<'_>) -> String {
    let masked = rules.mask_for(&Principal::local(), subject.group).is_on();
    match decide(rules, subject) {
        Some(rule) => format!("no: {rule}"),
        None if masked => "yes, masked".to_owned(),
        None => "yes".to_owned(),
    }
}

fn decide(rules: &Rules, subject: &ToolProfile<'_>) -> Option<&'static str> {
    rules.decide(&Principal::local(), subject).err().map(|refusal| refusal.rule)
}
