//! `souk state`

use std::process::ExitCode;

use souk_model::counted;
use souk_state::audit::{self, VerifyError};
use souk_state::exports::Exports;
use souk_state::plans::SqlitePlanStore;
use souk_state::{StateDir, Timestamp, continuity};

use crate::cli::StateCommand;
use crate::output::print;
use crate::setup::Setup;
use crate::wiring::{self, PlansAlone};

pub(crate) async fn run(setup: Setup, command: StateCommand) -> anyhow::Result<ExitCode> {
    let state = StateDir::open(setup.state_dir()?)?;
    let trail = wiring::open_trail(&setup, &state)?;
    let plans = SqlitePlanStore::open(&state)?;
    wiring::reconcile(&setup, &state, &trail, &plans).await?;
    match command {
        StateCommand::Accept => {
            trail.notice()?;
            let key = wiring::trail_key(&setup, &state)?;
            let is_breached = matches!(
                audit::verify(trail.path(), None, Some(&key)),
                Err(VerifyError::Breach(breach)) if breach.kind.is_told()
            );
            let alone = PlansAlone::open(&setup).await?;
            let decisions = alone.plans.accept_decisions().await?;
            if let Some(what) = &decisions {
                print(&format!(
                    "accepted: {what}\nwhat persons decided before does not count any more\n"
                ))?;
            }
            match continuity::accept(&trail, &plans, is_breached, decisions).await? {
                Some(what) => print(&format!(
                    "accepted: {what}\nmoney moves again within the caps of today; what left before \
                     may not be counted in them\n"
                ))?,
                None => print("nothing is missing; there is nothing to accept\n")?,
            }
        }
        StateCommand::Forget { email } => {
            let exports =
                std::sync::Arc::new(Exports::open(&state, wiring::export_limits(&setup))?);
            let documents = exports.forget(&email)?;
            let now = Timestamp::now().as_millisecond();
            let forgotten = plans.forget_text(&email, now).await?;
            print(&format!(
                "{} and {} no longer hold values of that person\n",
                counted(forgotten.plans, "plan", "plans"),
                counted(documents, "document", "documents")
            ))?;
            if forgotten.running > 0 {
                print(&format!(
                    "{} being carried out and not changed: run this again when that has ended\n",
                    counted(forgotten.running, "plan is", "plans are")
                ))?;
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
