//! `souk policy`

use std::process::ExitCode;

use souk_model::{Failure, Principal};

use crate::cli::PolicyCommand;
use crate::commands::print;
use crate::setup::Setup;
use crate::wiring;

pub(crate) async fn run(command: PolicyCommand) -> anyhow::Result<ExitCode> {
    let PolicyCommand::Explain { action, principal, common } = command;
    let setup = Setup::read(common)?;
    let rules = setup.rules()?;
    let registry = wiring::load(&setup).await?;
    let loaded = registry.loaded();
    let found = loaded.plugins.values().find_map(|plugin| {
        let action = plugin.group.actions.iter().find(|known| known.tool == action)?;
        Some((&plugin.group, action))
    });
    let Some((group, action)) = found else {
        eprintln!("souk: no plugin has the action `{action}`; `souk actions` lists them");
        return Ok(ExitCode::FAILURE);
    };
    match rules.decide(&Principal::named(&principal), &(group, &**action).into()) {
        Ok(()) => {
            print(&format!(
                "`{principal}` may call `{}` ({}, {})\n",
                action.tool,
                action.tier,
                action.effect.as_str()
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            let rule = refusal.rule;
            print(&format!("{}\nrule: {rule}\n", Failure::from(refusal).render()))?;
            Ok(ExitCode::FAILURE)
        }
    }
}
