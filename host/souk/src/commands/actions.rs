//! `souk actions`

use std::process::ExitCode;

use serde_json::json;
use souk_model::Principal;
use souk_policy::{Rules, ToolProfile};
use souk_runtime::ToolTable;

use crate::cli::ActionsArgs;
use crate::output::print;
use crate::render::TextTable;
use crate::setup::Setup;
use crate::tools_markdown::{self, ToolEntry};
use crate::wiring;

pub(crate) async fn run(setup: &Setup, actions: ActionsArgs) -> anyhow::Result<ExitCode> {
    let rules = setup.rules()?;
    let registry = wiring::load(setup).await?;
    let tools = ToolTable::of(&registry.loaded());
    if actions.markdown {
        let entries: Vec<_> = tools.tools().map(ToolEntry::of).collect();
        print(&tools_markdown::page(&entries))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = TextTable::new(["ACTION", "TIER", "EFFECT", "ALLOWED", "TITLE"]);
    let mut rows = Vec::new();
    for entry in tools.tools() {
        let (tool, subject) = (entry.tool(), entry.profile());
        let refused = decide(&rules, &subject);
        let masked = rules.mask_for(&Principal::local(), subject.group).is_on();
        table.row([
            tool.name.clone(),
            tool.tier.to_string(),
            subject.effect.as_str().to_owned(),
            match refused {
                Some(rule) => format!("no: {rule}"),
                None if masked => "yes, masked".to_owned(),
                None => "yes".to_owned(),
            },
            tool.title.clone(),
        ]);
        rows.push(json!({
            "action": tool.name,
            "tier": tool.tier,
            "effect": subject.effect.as_str(),
            "needs_session": entry.needs_session(),
            "refused_by": refused,
            "masked": masked,
            "title": tool.title,
            "description": tool.description,
            "grants": entry.grants(),
        }));
    }
    if actions.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
    } else {
        print(&table.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn decide(rules: &Rules, subject: &ToolProfile<'_>) -> Option<&'static str> {
    rules.decide(&Principal::local(), subject).err().map(|refusal| refusal.rule)
}
