//! What the system says of this process, under the names that every client library of Prometheus
//! gives it. What it does not say is left out.

use std::fmt::Write as _;
use std::fs;
use std::sync::LazyLock;
use std::time::SystemTime;

/// Ticks in a second, as Linux counts times for programs.
const TICKS: f64 = 100.0;
/// Bytes in a page, on every machine that is built for.
const PAGE: u64 = 4_096;

static STARTED: LazyLock<SystemTime> = LazyLock::new(SystemTime::now);

/// Notes that the process has begun.
pub(crate) fn begin() {
    LazyLock::force(&STARTED);
}

pub(crate) fn write(out: &mut String) {
    let started = STARTED.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    metric(out, "process_start_time_seconds", "gauge", "Since 1970.", started.as_secs_f64());
    // After the name, which may hold anything, fields are divided by blanks: the 12th and 13th are
    // the processor's times, the 22nd the pages in memory.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    if let (Some(user), Some(system)) = (number(11), number(12)) {
        #[expect(clippy::cast_precision_loss, reason = "a time, not a count")]
        let seconds = (user + system) as f64 / TICKS;
        metric(out, "process_cpu_seconds_total", "counter", "Processor time.", seconds);
    }
    if let Some(pages) = number(21) {
        #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 bytes")]
        let bytes = (pages * PAGE) as f64;
        metric(out, "process_resident_memory_bytes", "gauge", "Memory in use.", bytes);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let open = u32::try_from(open.count()).unwrap_or(u32::MAX);
        metric(out, "process_open_fds", "gauge", "Open file descriptors.", open.into());
    }
}

fn metric(out: &mut String, name: &str, kind: &str, help: &str, value: f64) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
}
