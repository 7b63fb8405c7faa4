//! The commands, one a file.

mod actions;
mod audit;
mod call;
mod demo_store;
mod doctor;
mod plans;
mod plugins;
mod policy;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::logging;

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    logging::start(matches!(cli.command, Command::Serve(_) | Command::DemoStore(_)))?;
    match cli.command {
        Command::Serve(serve) => serve::run(serve).await,
        Command::Call(call) => call::run(call).await,
        Command::Actions(list) => actions::run(list).await,
        Command::Plugins(plugins) => plugins::run(plugins).await,
        Command::Doctor(doctor) => doctor::run(doctor).await,
        Command::DemoStore(store) => demo_store::run(store).await,
        Command::Audit(audit) => audit::run(audit.command),
        Command::Plans(plans) => plans::run(plans).await,
        Command::Policy(policy) => policy::run(policy.command).await,
    }
}

/// Writes to stdout; a reader that left (`| head`) is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
