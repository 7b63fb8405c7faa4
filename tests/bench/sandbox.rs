//! The sandbox's own cost, without protocol, policy, store or trail around it.

use anyhow::anyhow;
use souk_runtime::{Compiler, Limits, Sandbox, SigningKeys};

use crate::Bench;
use crate::table::{Table, fine_micros, median};

pub(crate) fn measure(bench: &Bench) -> anyhow::Result<Table> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let costs = runtime.block_on(async {
        let cache = tempfile::tempdir()?;
        let sandbox = Sandbox::new(Limits::default(), Some(cache.path()), Compiler::InProcess)?;
        let plugin =
            sandbox.inspect(&bench.plugins.join("auth.wasm"), &SigningKeys::default()).await?;
        let mut costs = Vec::new();
        for _ in 0..bench.rounds * bench.calls {
            let cost = plugin.cost(&sandbox, "whoami", "{}").await;
            costs.push(cost.map_err(|failure| anyhow!("{failure}"))?);
        }
        anyhow::Ok(costs)
    })?;
    let mut table = Table::new("the sandbox alone: auth's whoami, one after another", &["", "p50"]);
    for (name, times) in [
        ("instantiate", costs.iter().map(|cost| cost.instantiate).collect::<Vec<_>>()),
        ("call", costs.iter().map(|cost| cost.call).collect()),
        ("drop", costs.iter().map(|cost| cost.drop).collect()),
        ("together", costs.iter().map(|cost| cost.instantiate + cost.call + cost.drop).collect()),
    ] {
        table.row([name.to_owned(), fine_micros(median(times).unwrap_or_default())]);
    }
    Ok(table)
}
