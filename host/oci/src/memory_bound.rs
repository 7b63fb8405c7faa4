//! Bounds what a registry's answers take of memory.
//!
//! The library reads a manifest, a token and an error to their ends before it hands them out, however
//! much comes. So it is watched from outside: what takes more than it may is dropped, and its memory with
//! it.

use std::time::Duration;

/// How often it is looked: within that time a fast network brings some ten megabytes.
const LOOK: Duration = Duration::from_millis(20);

/// Does this, unless the process grows meanwhile by more than `most` bytes; then nothing came of it.
/// Where the system does not tell how large a process is, nothing is bounded.
pub(crate) async fn within<T>(most: u64, work: impl Future<Output = T>) -> Option<T> {
    let before = resident_bytes().unwrap_or_default();
    tokio::select! {
        done = work => Some(done),
        () = grown_past(before.saturating_add(most)) => None,
    }
}

/// Ready once the process is larger than that.
async fn grown_past(bytes: u64) {
    loop {
        tokio::time::sleep(LOOK).await;
        if resident_bytes().is_some_and(|now| now > bytes) {
            return;
        }
    }
}

/// What the process has in memory, in bytes.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
