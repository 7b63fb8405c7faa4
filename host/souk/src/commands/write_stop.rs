//! `souk stop` and `souk go`

use std::process::ExitCode;

use souk_model::{Failure, visible};
use souk_plans::Plans;
use souk_state::rfc3339_to_the_second;

use crate::cli::{GoArgs, StopArgs};
use crate::output::print_result;
use crate::person;
use crate::setup::Setup;
use crate::wiring::PlansAlone;

/// Who stops writes in the terminal: anybody may, so nobody is asked.
const OPERATOR: &str = "the operator";
const MEANS: &str = "terminal";

pub(crate) async fn stop(setup: &Setup, args: StopArgs) -> anyhow::Result<ExitCode> {
    let plans = PlansAlone::open(setup).await?.plans;
    let stopped = plans.stop_writes(OPERATOR, MEANS, args.reason.as_deref()).await;
    print_result(stopped.map(|stop| {
        format!(
            "writes are stopped since {} by {}: nothing is written by any host of this state \
             directory, and what is under way ends within seconds. `souk go` lets them go on\n",
            rfc3339_to_the_second(stop.at_ms),
            visible::line(&stop.by)
        )
    }))
}

pub(crate) async fn go(setup: &Setup, args: GoArgs) -> anyhow::Result<ExitCode> {
    let plans = PlansAlone::open(setup).await?.plans;
    print_result(let_go_on(&plans, &args).await)
}

async fn let_go_on(plans: &Plans, args: &GoArgs) -> Result<String, Failure> {
    let by = match person::all(plans)?.is_empty() {
        true => OPERATOR.to_owned(),
        false => person::prove(plans, &args.person).await?.name,
    };
    let were_stopped = plans.resume_writes(&by, MEANS, args.reason.as_deref()).await?;
    Ok(match were_stopped {
        true => "writes go on; plans that were stopped can be resumed (`souk plans list`)\n",
        false => "writes were not stopped\n",
    }
    .to_owned())
}
