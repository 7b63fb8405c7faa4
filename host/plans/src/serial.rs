//! Writes that may not run side by side in one store: each waits for its turn, over all plans of this
//! host and of every other that shares its state.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use souk_model::Failure;
use souk_model::plan::{PlanHeader, PlanItem};
use souk_state::ProcessTurn;
use souk_state::plans::PlanStore;
use tokio::sync::OwnedMutexGuard;

use crate::guards::Guards;

/// One turn for each kind of write and store, over all plans of this host: its own plans queue in
/// memory, and one of them at a time before other hosts.
#[derive(Debug, Default)]
pub(crate) struct SerialTurns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

/// The turn of one kind of write, until it is dropped: first before other hosts, then before other
/// plans of this one.
#[derive(Debug)]
pub(crate) struct SerialTurn {
    _among_hosts: ProcessTurn,
    _here: OwnedMutexGuard<()>,
}

impl SerialTurns {
    /// Waits for the turn of everything in this item that may not run beside another of its kind.
    ///
    /// # Errors
    /// The turns of other hosts cannot be seen: the item may not be sent.
    pub(crate) async fn take(
        &self,
        store: &dyn PlanStore,
        guards: &Guards,
        header: &PlanHeader,
        item: &PlanItem,
    ) -> Result<Vec<SerialTurn>, Failure> {
        // In one order for all, so that no two wait for each other. A store is known by where it is:
        // its name may be another in another host's configuration.
        let kinds: BTreeSet<String> = item
            .change
            .steps
            .iter()
            .filter_map(|step| guards.serial_kind(step, &item.change.subject.id))
            .map(|kind| format!("{}\n{kind}", header.base_url.trim_end_matches('/')))
            .collect();
        let mut turns = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let here = self.turn(&kind).lock_owned().await;
            let among_hosts = store.take_turn(&kind).await?;
            turns.push(SerialTurn { _among_hosts: among_hosts, _here: here });
        }
        Ok(turns)
    }

    fn turn(&self, kind: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(kind.to_owned()).or_default().clone()
    }
}
