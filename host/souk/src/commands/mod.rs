//! The commands, one a file.

mod actions;
mod audit;
mod call;
mod config;
mod demo_store;
mod doctor;
mod plans;
mod plugins;
mod policy;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::logging;
use crate::settings::source::SettingValue;
use crate::setup::Setup;

/// Runs the command, under what its flags set.
///
/// # Errors
/// What went wrong, for people.
pub(crate) async fn run(cli: Cli, flags: Vec<SettingValue>) -> anyhow::Result<ExitCode> {
    logging::start(matches!(cli.command, Command::Serve | Command::DemoStore(_)))?;
    match cli.command {
        Command::Serve => serve::run(Setup::read(flags)?).await,
        Command::Call(call) => call::run(Setup::read(flags)?, call).await,
        Command::Actions(list) => actions::run(&Setup::read(flags)?, list).await,
        Command::Plugins(plugins) => plugins::run(&Setup::read(flags)?, plugins).await,
        Command::Doctor(doctor) => doctor::run(Setup::read(flags), doctor).await,
        Command::DemoStore(store) => demo_store::run(store).await,
        Command::Audit(audit) => audit::run(audit.command, flags),
        Command::Plans(plans) => plans::run(&Setup::read(flags)?, plans).await,
        Command::Policy(policy) => policy::run(&Setup::read(flags)?, policy.command).await,
        Command::Config(config) => config::run(config.command, flags),
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
