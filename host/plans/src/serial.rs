//! Writes that may not run side by side in one store: each waits for its turn.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use souk_model::plan::PlanItem;
use tokio::sync::OwnedMutexGuard;

use crate::guards::Guards;

/// One turn for each kind of write and store, over all plans of this host.
#[derive(Debug, Default)]
pub(crate) struct SerialTurns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl SerialTurns {
    /// Waits for the turn of everything in this item that may not run beside another of its kind. It
    /// is kept until the answer is dropped.
    pub(crate) async fn turns(
        &self,
        store: &str,
        guards: &Guards,
        item: &PlanItem,
    ) -> Vec<OwnedMutexGuard<()>> {
        // In one order for all, so that no two wait for each other.
        let kinds: BTreeSet<String> = item
            .change
            .steps
            .iter()
            .filter_map(|step| guards.serial_kind(step, &item.change.subject.id))
            .map(|kind| format!("{store}\n{kind}"))
            .collect();
        let mut turns = Vec::with_capacity(kinds.len());
        for kind in kinds {
            turns.push(self.turn(kind).lock_owned().await);
        }
        turns
    }

    fn turn(&self, kind: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(kind).or_default().clone()
    }
}
