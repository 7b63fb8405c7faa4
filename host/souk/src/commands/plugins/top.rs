//! `souk plugins top`: what plugins use in the hosts that run now.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use souk_model::counted;
use souk_runtime::PluginFigures;

use crate::host_figures::{HostFigures, of_running, summed};
use crate::output::{print_anew_or_end, print_json_line, print_or_end};
use crate::render::TextTable;
use crate::setup::Setup;

/// How often it is looked; hosts write their figures as often.
const LOOK: Duration = Duration::from_secs(1);
/// Prints the figures, and again each second unless `once`.
pub(super) async fn run(setup: &Setup, once: bool, json: bool) -> anyhow::Result<ExitCode> {
    let state = setup.state_dir()?;
    let clears = !once && !json && std::io::stdout().is_terminal();
    loop {
        let table = || as_table(&of_running(&state));
        let goes_on = match (json, clears) {
            (true, _) => print_json_line(&as_json(&state))?,
            (false, true) => print_anew_or_end(&table())?,
            (false, false) => print_or_end(&table())?,
        };
        if once || !goes_on {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn as_table(hosts: &[HostFigures]) -> String {
    let mut table = TextTable::new([
        "PLUGIN",
        "CALLS",
        "IN FLIGHT",
        "ERRORS",
        "BROKE OFF",
        "CPU MS",
        "MOST",
        "MEMORY KB",
        "HOST CALLS",
        "REQUESTS",
        "KB FETCHED",
        "PARKED",
    ]);
    for figures in summed(hosts) {
        table.row(row(&figures));
    }
    format!("{} running\n{table}", counted(hosts.len(), "host", "hosts"))
}

fn row(figures: &PluginFigures) -> [String; 12] {
    let whole = |number: u64| number.to_string();
    let ms = |us: u64| format!("{}.{}", us / 1_000, us % 1_000 / 100);
    [
        figures.plugin.clone(),
        whole(figures.calls),
        whole(figures.in_flight),
        whole(figures.errors),
        whole(figures.breaches),
        ms(figures.cpu_us),
        ms(figures.cpu_us_most),
        whole(figures.memory_bytes_most / 1_000),
        whole(figures.host_calls),
        whole(figures.requests),
        whole(figures.fetched_bytes / 1_000),
        match figures.parked.as_slice() {
            [] => String::new(),
            [one] => one.describe(),
            [one, more @ ..] => format!("{} and {} more", one.describe(), more.len()),
        },
    ]
}

/// One line, for programs that follow it.
fn as_json(state: &Path) -> Value {
    let hosts = of_running(state);
    let of_host = |host: &HostFigures| json!({"pid": host.pid, "at": host.at});
    json!({
        "hosts": hosts.iter().map(of_host).collect::<Vec<_>>(),
        "plugins": summed(&hosts),
    })
}
