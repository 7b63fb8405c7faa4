//! `make bench`: start, memory, latency and throughput of the built binary, measured from outside,
//! and the sandbox's own cost from inside.
//!
//! Everything is measured several times and the median is told. What is compared is measured in
//! turns within one run, so that a machine that is busy for a while is busy for all of them.
//!
//! ```sh
//! souk-bench [--quick] [--only-plans] [--souk FILE] [--plugins DIR]
//! ```

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

mod http;
mod load;
mod nothing;
mod pipes;
mod plans;
mod process;
mod sandbox;
mod start;
mod store;
mod table;
mod traffic;

use std::path::PathBuf;

use anyhow::{Context, bail};
use table::Table;

/// What is measured, and how thoroughly.
pub(crate) struct Bench {
    /// The `souk` under test.
    souk: PathBuf,
    plugins: PathBuf,
    /// Repetitions of each measurement.
    rounds: usize,
    /// Calls in one repetition.
    calls: usize,
}

/// More than enough for a median.
const ROUNDS: usize = 7;
const CALLS: usize = 4_000;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let beside = std::env::current_exe()?;
    let beside = beside.parent().context("no directory holds this program")?.to_owned();
    let mut bench = Bench {
        souk: beside.join("souk"),
        plugins: beside.join("../plugins"),
        rounds: ROUNDS,
        calls: CALLS,
    };
    let mut only_plans = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().map(PathBuf::from).context("a value is missing");
        match argument.to_str() {
            Some(nothing::ARGUMENT) => return nothing::serve(),
            Some("--only-plans") => only_plans = true,
            Some("--quick") => (bench.rounds, bench.calls) = (3, 1_000),
            Some("--souk") => bench.souk = value()?,
            Some("--plugins") => bench.plugins = value()?,
            _ => {
                bail!(
                    "unknown argument; usage: souk-bench [--quick] [--only-plans] [--souk FILE] \
                     [--plugins DIR]"
                )
            }
        }
    }
    if only_plans {
        Table::print(plans::measure(&bench)?);
        return Ok(());
    }
    bench.run()
}

impl Bench {
    fn run(&self) -> anyhow::Result<()> {
        println!(
            "{} rounds of {} calls each; medians. Timings vary with what else the machine does:\n\
             compare within one run, and trust no single one.\n",
            self.rounds, self.calls
        );
        let store = store::Store::start(&self.souk)?;
        Table::print(start::measure(self, &store)?);
        let sandbox = sandbox::measure(self)?;
        Table::print(traffic::measure(self, &store)?);
        Table::print([sandbox]);
        Table::print(plans::measure(self)?);
        Ok(())
    }

    /// Whether what takes long is left out.
    const fn quick(&self) -> bool {
        self.rounds < ROUNDS
    }
}
