//! `souk actions`

use std::process::ExitCode;

use serde_json::json;
use souk_model::Principal;
use souk_policy::{Rules, Subject};

use crate::cli::List;
use crate::commands::print;
use crate::render::Table;
use crate::setup::Setup;
use crate::wiring;

pub(crate) async fn run(list: List) -> anyhow::Result<ExitCode> {
    let setup = Setup::read(list.common)?;
    let rules = setup.rules()?;
    let registry = wiring::load(&setup).await?;
    let loaded = registry.loaded();
    let mut table = Table::new(["ACTION", "TIER", "EFFECT", "ALLOWED", "TITLE"]);
    let mut rows = Vec::new();
    for plugin in loaded.plugins.values() {
        for action in &plugin.group.actions {
            let refused = decide(&rules, &(&plugin.group, &**action).into());
            table.row([
                action.tool.clone(),
                action.tier.to_string(),
                action.effect.as_str().to_owned(),
                refused.as_ref().map_or_else(|| "yes".to_owned(), |rule| format!("no: {rule}")),
                action.title.clone(),
            ]);
            rows.push(json!({
                "action": action.tool,
                "tier": action.tier,
                "effect": action.effect.as_str(),
                "needs_session": action.needs_session,
                "refused_by": refused,
                "title": action.title,
                "description": action.description,
                "grants": action.grants.iter().map(ToString::to_string).collect::<Vec<_>>(),
            }));
        }
    }
    if list.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
    } else {
        print(&table.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn decide(rules: &Rules, subject: &Subject<'_>) -> Option<&'static str> {
    rules.decide(&Principal::local(), subject).err().map(|refusal| refusal.rule)
}
