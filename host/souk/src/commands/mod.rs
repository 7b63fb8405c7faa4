//! The commands, one a file.

mod actions;
mod audit;
mod call;
mod config;
mod console;
mod demo_store;
mod dev;
pub(crate) mod doctor;
mod explain_denial;
mod new;
mod plans;
mod plans_decide;
pub(crate) mod plugins;
mod policy;
mod serve;
mod state;
mod test;
mod token;
mod tools;
mod write_stop;

use std::process::ExitCode;

use crate::cli::{CommandLine, SoukCommand};
use crate::logging::{self, LogDefault};
use crate::settings::source::SettingValue;
use crate::setup::Setup;

/// Runs the command, under what its flags set.
///
/// # Errors
/// What went wrong, for people.
pub(crate) async fn run(cli: CommandLine, flags: Vec<SettingValue>) -> anyhow::Result<ExitCode> {
    logging::start(match cli.command {
        SoukCommand::Serve | SoukCommand::DemoStore(_) => LogDefault::Server,
        SoukCommand::Call(_) | SoukCommand::Test(_) => LogDefault::PluginsCommand,
        SoukCommand::Dev(_) => LogDefault::PluginAuthor,
        _ => LogDefault::Command,
    })?;
    match cli.command {
        SoukCommand::Serve => serve::run(Setup::read(flags)?).await,
        SoukCommand::Call(call) => call::run(Setup::read(flags)?, call).await,
        SoukCommand::New(new) => new::run(&new),
        SoukCommand::Dev(args) => dev::run(flags, args).await,
        SoukCommand::Test(test) => test::run(flags, test).await,
        SoukCommand::ExplainDenial(args) => explain_denial::run(flags, &args),
        SoukCommand::Actions(list) => actions::run(&Setup::read(flags)?, list).await,
        SoukCommand::Tools(list) => tools::run(&Setup::read(flags)?, list).await,
        SoukCommand::Plugins(plugins) => plugins::run(&Setup::read(flags)?, plugins).await,
        SoukCommand::Doctor(doctor) => doctor::run(Setup::read(flags), doctor).await,
        SoukCommand::DemoStore(store) => demo_store::run(store).await,
        SoukCommand::Audit(audit) => audit::run(audit.command, flags),
        SoukCommand::State(state) => state::run(Setup::read(flags)?, state.command).await,
        SoukCommand::Console(console) => console::run(&Setup::read(flags)?, console.command).await,
        SoukCommand::Stop(stop) => write_stop::stop(&Setup::read(flags)?, stop).await,
        SoukCommand::Go(go) => write_stop::go(&Setup::read(flags)?, go).await,
        SoukCommand::Plans(plans) => plans::run(&Setup::read(flags)?, plans).await,
        SoukCommand::Policy(policy) => policy::run(&Setup::read(flags)?, policy.command).await,
        SoukCommand::Token(token) => token::run(&Setup::read(flags)?, token.command),
        SoukCommand::Config(config) => config::run(config.command, flags).await,
    }
}
