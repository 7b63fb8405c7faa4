//! The queue for the instance pool: a place for each running call, a share for each plugin.

use std::time::Duration;

use souk_model::{Code, Failure};
use tokio::sync::OwnedSemaphorePermit;

use crate::load::plugin::Plugin;
use crate::load::sandbox::Sandbox;

/// An instance of the pool and one of the plugin's share, given back when dropped.
pub(crate) struct InstancePermit {
    _share: OwnedSemaphorePermit,
    _instance: OwnedSemaphorePermit,
}

/// Waits for an instance of the pool, for as long as the operator allows.
///
/// # Errors
/// RATE_LIMITED where none came free.
pub(crate) async fn admit(plugin: &Plugin, sandbox: &Sandbox) -> Result<InstancePermit, Failure> {
    let wait = Duration::from_millis(sandbox.limits.admission_wait_ms);
    let permit = async {
        // Its own share first: a plugin that is busy must not hold instances while it queues.
        let share = plugin.share.clone().acquire_owned().await.ok()?;
        let instance = sandbox.instances.clone().acquire_owned().await.ok()?;
        Some(InstancePermit { _share: share, _instance: instance })
    };
    tokio::time::timeout(wait, permit).await.ok().flatten().ok_or_else(|| {
        Failure::new(
            Code::RateLimited,
            format!("the plugin `{}` is busy with other calls", plugin.group.name),
        )
        .rule("concurrent-calls")
        .remedy("try again in a moment, or raise `limits.concurrent_calls_per_plugin`")
    })
}
