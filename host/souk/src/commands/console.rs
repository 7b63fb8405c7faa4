//! `souk console`: a link to sign in with, and who can.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use souk_console::{AddressProof, LINK_LIFETIME, LoginLinks};
use souk_model::plan::DecisionMeans;
use souk_model::{Code, ExposeSecret, Failure};
use souk_plans::Plans;
use souk_state::people::People;
use souk_state::{StateDir, Timestamp};
use url::Url;

use crate::cli::ConsoleCommand;
use crate::host_figures::{self, ConsoleNote, HostFigures};
use crate::output::{print, print_result};
use crate::person::{self, passphrase};
use crate::setup::Setup;
use crate::wiring::PlansAlone;

pub(crate) async fn run(
    setup: &Setup,
    command: Option<ConsoleCommand>,
) -> anyhow::Result<ExitCode> {
    let Some(command) = command else { return open(setup) };
    let plans = PlansAlone::open(setup).await?.plans;
    let ConsoleCommand::Setup { name, principals, passphrase_file, old_passphrase_file } = command;
    let principals = (!principals.is_empty()).then_some(principals);
    let (new, old) = (passphrase_file.as_deref(), old_passphrase_file.as_deref());
    print_result(set_up(&plans, &name, principals, new, old).await)
}

/// Prints a link that opens the sign-in of a running host once.
fn open(setup: &Setup) -> anyhow::Result<ExitCode> {
    let state = StateDir::open(setup.state_dir()?)?;
    if People::new(state.path()).list()?.is_empty() {
        bail!("nobody can decide yet: `souk console setup` sets a passphrase first");
    }
    let (consoles, doubts) = proved_consoles(&state)?;
    let Some((console, others)) = consoles.split_first() else {
        if !doubts.is_empty() {
            bail!(
                "no link is made, since the sign-in could be somebody else's page:\n  {}\nStart the host \
                 again, at another port if need be",
                doubts.join("\n  ")
            );
        }
        bail!(
            "no host of `{}` serves a console: start one with `souk serve --http 127.0.0.1:8808`, or \
             set `console.stdio`",
            state.path().display()
        );
    };
    let link = LoginLinks::of(&state)?.make(Timestamp::now().as_millisecond())?;
    let minutes = LINK_LIFETIME.as_secs() / 60;
    let mut text = format!(
        "{console}/login/{link}\ngood once, for {minutes} minutes; your passphrase is asked for there\n"
    );
    for other in others {
        text.push_str(&format!("or, of another host of yours: {other}/login/{link}\n"));
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The consoles of running hosts, and why others are left out. One on this machine has to prove, at every
/// address that its name means, that it is a host of this state directory; behind a public name TLS does.
fn proved_consoles(state: &StateDir) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let (mut consoles, mut doubts) = (Vec::new(), Vec::new());
    let proof = AddressProof::of(state)?;
    for HostFigures { pid, console, .. } in host_figures::of_running(state.path()) {
        let doubt = |why: String| format!("the host with process {pid}: {why}");
        match console {
            ConsoleNote { url: Some(url), .. } => {
                match local_port(&url).map(|at| proof.check(at)) {
                    None | Some(Ok(())) => consoles.push(url),
                    Some(Err(why)) => doubts.push(doubt(why)),
                }
            }
            ConsoleNote { url: None, why_not: Some(why) } => doubts.push(doubt(why)),
            ConsoleNote { url: None, why_not: None } => {}
        }
    }
    Ok((consoles, doubts))
}

/// The port of an address without TLS, which is one on this machine.
fn local_port(url: &str) -> Option<u16> {
    let url = Url::parse(url).ok()?;
    url.port_or_known_default().filter(|_| url.scheme() != "https")
}

async fn set_up(
    plans: &Plans,
    name: &str,
    principals: Option<Vec<String>>,
    new_file: Option<&Path>,
    old_file: Option<&Path>,
) -> Result<String, Failure> {
    let people = person::all(plans)?;
    let is_known = people.iter().any(|person| person.name == name);
    let old = match people.is_empty() {
        true => None,
        false if is_known => Some(passphrase(old_file, &format!("passphrase of {name} now: "))?),
        false => Some(passphrase(old_file, "passphrase of somebody who is set up: ")?),
    };
    let new = passphrase(new_file, &format!("new passphrase of {name}: "))?;
    if new_file.is_none() {
        let again = passphrase(None, "the same again: ")?;
        if again.expose_secret() != new.expose_secret() {
            return Err(Failure::new(Code::ValidationError, "the two are not the same"));
        }
    }
    let person = plans.set_person(name, old, new, principals, DecisionMeans::Terminal).await?;
    let behind = match person.principals.as_slice() {
        [] => "behind no caller".to_owned(),
        some => format!("behind {}", some.join(", ")),
    };
    let what = if is_known { "has another passphrase" } else { "can decide of plans" };
    Ok(format!("{} {what}, and is {behind}\n", person.name))
}
