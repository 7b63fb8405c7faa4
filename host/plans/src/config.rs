//! How plans are carried out, from the operator.

use std::time::Duration;

use serde::Deserialize;

/// `[plans]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlansConfig {
    /// Minutes after which a plan can no longer be started. `MCP_PLAN_EXPIRY_MIN`, 30.
    pub expiry_min: u32,
    /// Items that are read, written and read back together. 200: four reads at once, and enough that
    /// the reads before and after cost little beside the writes; larger ones let more time pass
    /// between the check for drift and the last write.
    pub chunk: u32,
    /// Items of a chunk that are written at once; the store's own limit counts too. 16.
    pub concurrency: usize,
    /// How often a harmless step of unknown outcome is sent again. 3.
    pub repeats: u32,
    /// Seconds after which a host that does not renew its lease is taken for dead. 30.
    pub lease_s: u32,
    /// Minutes in which an identical `apply` without a key answers the first outcome. 10.
    pub repeat_window_min: u32,
    /// Days that ended plans are kept, for looking up and undoing. 90.
    pub keep_days: u32,
    /// Seconds that one run of a plan may take; what is left then stays pending. 3,600: a store that
    /// takes longer is in trouble, and a lease that is renewed for ever hides it.
    pub commit_max_s: u32,
    /// Whether a commit stops when the call that waits for it is cancelled or its client leaves. No:
    /// what was confirmed is carried out.
    pub cancel_stops: bool,
}

impl PlansConfig {
    /// How long after it was sent a request may still be at work in the store, in milliseconds: two
    /// leases, which is as long as a write is waited for.
    pub(crate) fn quiet_ms(&self) -> i64 {
        i64::from(self.lease_s) * 2_000
    }

    /// How long a run may take.
    pub(crate) const fn commit_max(&self) -> Duration {
        Duration::from_secs(self.commit_max_s as u64)
    }
}

impl Default for PlansConfig {
    fn default() -> Self {
        Self {
            expiry_min: 30,
            chunk: 200,
            concurrency: 16,
            repeats: 3,
            lease_s: 30,
            repeat_window_min: 10,
            keep_days: 90,
            commit_max_s: 3_600,
            cancel_stops: false,
        }
    }
}
