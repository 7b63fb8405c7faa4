//! `souk policy`

use std::process::ExitCode;

use souk_model::{Failure, Principal};
use souk_runtime::ToolTable;

use crate::cli::PolicyCommand;
use crate::output::{complain, print};
use crate::setup::Setup;
use crate::wiring;

pub(crate) async fn run(setup: &Setup, command: PolicyCommand) -> anyhow::Result<ExitCode> {
    let PolicyCommand::Explain { action, principal } = command;
    let rules = setup.rules()?;
    let registry = wiring::load(setup).await?;
    let tools = ToolTable::of(&registry.loaded());
    let whose = Principal::named(&principal);
    let Some(entry) = tools.tool(&action) else {
        if let Some(failure) = tools.held_back(&action, &rules, &whose) {
            let rule = failure.rule.clone().unwrap_or_default();
            print(&format!("{}\nrule: {rule}\n", failure.render()))?;
            return Ok(ExitCode::FAILURE);
        }
        complain(format_args!("there is no action `{action}`; `souk actions` lists them"));
        return Ok(ExitCode::FAILURE);
    };
    match rules.decide(&whose, &entry.profile()) {
        Ok(()) => {
            let mask = rules.mask_for(&whose, entry.profile().group);
            let mask =
                if mask.is_on() { format!("personal data is {mask}\n") } else { String::new() };
            print(&format!(
                "`{principal}` may call `{action}` ({}, {})\n{mask}",
                entry.tool().tier,
                entry.profile().effect.as_str()
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
