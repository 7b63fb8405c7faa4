//! What a line costs: `cargo run --release -p souk-state --example append`.
//!
//! Prints the median and the 99th percentile of an append, alone and with a second process's trail
//! on the same file, of one that waits for the disk, of a check beforehand, and the time to verify.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use souk_model::Method;
use souk_state::audit::{
    AuditTrail, CallEntry, CallOutcome, Durability, PluginIdentity, RequestEntry, Transport, verify,
};
use souk_state::{StateDir, Timestamp};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir_in(".")?;
    let state = StateDir::open(directory.path().join("state"))?;
    let trail = AuditTrail::open(state.audit_trail(), state.trail_key()?)?;
    let other = AuditTrail::open(state.audit_trail(), state.trail_key()?)?;
    let arguments = json!({ "sku": "24-MB01", "scope": { "store_view_code": "default" } });
    let call = || {
        let mut entry = CallEntry {
            at: Timestamp::now(),
            transport: Transport::Stdio,
            principal: "local".into(),
            request_id: None,
            action: "catalog_get_product".into(),
            plugin: Some(PluginIdentity {
                group: "catalog".into(),
                version: "0.1.0".into(),
                digest: "5b".repeat(32),
            }),
            arguments: trail.digest(&arguments),
            outcome: CallOutcome::Ok,
            duration_us: 412,
            resources: Default::default(),
        };
        entry.resources.push(RequestEntry::new(Method::Get, "/V1/products/{sku}", Some(200), 3));
        entry
    };

    measure("digest and build an entry", 20_000, || {
        std::hint::black_box(call());
        Ok(())
    })?;
    measure("append, alone", 50_000, || {
        trail.append(call(), Durability::Written)?;
        Ok(())
    })?;
    measure("append, in turns with another (two lines)", 20_000, || {
        trail.append(call(), Durability::Written)?;
        other.append(call(), Durability::Written)?;
        Ok(())
    })?;
    measure("append, on the disk", 2_000, || {
        trail.append(call(), Durability::Synced)?;
        Ok(())
    })?;
    measure("ask whether it is writable", 5_000, || Ok(trail.writable()?))?;
    let begun = Instant::now();
    let lines = verify(trail.path(), None, None)?.lines;
    say(&format!("verify {lines} lines: {:?}", begun.elapsed()))
}

fn measure(
    what: &str,
    times: usize,
    mut work: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let begun = Instant::now();
        work()?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let at = |part: f64| -> Duration {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        took.get((times as f64 * part) as usize).copied().unwrap_or_default()
    };
    say(&format!("{what}: p50 {:?}, p99 {:?}", at(0.5), at(0.99)))
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
