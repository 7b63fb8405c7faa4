//! From starting the process to the first answer of `tools/list`, and the memory it then has.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Bench;
use crate::pipes::{Pipes, serve};
use crate::store::Store;
use crate::table::{Table, median, millis};

/// A start takes tens of milliseconds: many are needed for a steady median.
const STARTS_PER_ROUND: usize = 3;

pub(crate) fn measure(bench: &Bench, store: &Store) -> anyhow::Result<[Table; 1]> {
    let home = tempfile::tempdir()?;
    let plain = format!("http://{}/", store.address);
    // Nothing is sent at start, so no store need be there.
    let encrypted = "https://127.0.0.1:9/";
    let (mut cold, mut warm, mut tls) = (Vec::new(), Vec::new(), Vec::new());
    let mut idle = Vec::new();
    for _ in 0..bench.rounds {
        forget_compiled(home.path())?;
        cold.push(started(&mut bench.serve(home.path(), &plain, store))?.0);
        for _ in 0..STARTS_PER_ROUND {
            let (took, resident) = started(&mut bench.serve(home.path(), &plain, store))?;
            warm.push(took);
            idle.push(resident);
            tls.push(started(&mut bench.serve(home.path(), encrypted, store))?.0);
        }
    }
    let mut table = Table::new(
        "start: process to first tools/list answer, stdio, all plugins",
        &["", "median", "fastest"],
    );
    for (name, times) in
        [("cold: nothing compiled yet", cold), ("warm", warm), ("warm, store on https", tls)]
    {
        let fastest = times.iter().min().copied().unwrap_or_default();
        table.row([name.to_owned(), millis(median(times).unwrap_or_default()), millis(fastest)]);
    }
    let idle = median(idle).unwrap_or_default();
    table.note(format!("resident then: {}", mebibytes(idle)));
    Ok([table])
}

/// How long it took, and the resident memory then.
fn started(souk: &mut Command) -> anyhow::Result<(Duration, u64)> {
    let since = Instant::now();
    let pipes = Pipes::souk(souk)?;
    Ok((since.elapsed(), pipes.process.resident()?))
}

fn forget_compiled(home: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(home.join(".cache")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn mebibytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    format!("{mebibytes:.1} MiB")
}

impl Bench {
    /// The `souk` under test on stdio, with this store.
    pub(crate) fn serve(&self, home: &Path, base_url: &str, store: &Store) -> Command {
        serve(&self.souk, &self.plugins, home, base_url, &store.credentials)
    }
}
