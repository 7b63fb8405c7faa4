//! What a change must be, before anything is read for it.

use std::collections::HashSet;

use souk_model::plan::{Change, Expectation, Intent, Retry, Undo};
use souk_model::{Failure, Grant, StoreView};

use crate::refusals::plugin_fault;

/// Checks a change's shape and that each of its requests is granted.
///
/// # Errors
/// INTERNAL_ERROR for a malformed change, FORBIDDEN for a request that is not granted.
pub(crate) fn change(grants: &[Grant], change: &Change) -> Result<(), Failure> {
    if change.subject.id.is_empty() || change.subject.kind.is_empty() {
        return Err(plugin_fault(change, "its subject has no name"));
    }
    if change.steps.is_empty() || change.steps.len() > Change::STEPS {
        return Err(plugin_fault(
            change,
            format!("it has {} steps, and must have 1 to {}", change.steps.len(), Change::STEPS),
        ));
    }
    if change.edits.is_empty() {
        return Err(plugin_fault(change, "it edits nothing"));
    }
    let mut fields = HashSet::new();
    for edit in &change.edits {
        if !fields.insert(edit.field.as_str()) {
            return Err(plugin_fault(change, format!("it edits `{}` twice", edit.field)));
        }
        match &edit.after {
            Expectation::AsSent(pointers) if pointers.is_empty() => {
                return Err(plugin_fault(change, format!("`{}` is sent nowhere", edit.field)));
            }
            // A pointer would promise that a read shows it.
            Expectation::Unverifiable(_) if !edit.at.as_str().is_empty() => {
                let why = format!("`{}` cannot be read, and yet has a place", edit.field);
                return Err(plugin_fault(change, why));
            }
            _ => {}
        }
    }
    if change.is_unverifiable() && change.retry == Retry::Idempotent {
        return Err(plugin_fault(
            change,
            "what no read can show may not be sent again, and it is declared idempotent",
        ));
    }
    let undo = match &change.undo {
        Undo::Steps(steps) if steps.is_empty() || steps.len() > Change::STEPS => {
            return Err(plugin_fault(change, "its undo has no steps, or too many"));
        }
        Undo::Steps(steps) => steps.as_slice(),
        Undo::Restore | Undo::None(_) => &[],
    };
    for step in change.steps.iter().chain(undo) {
        souk_policy::check_step(grants, step, &change.subject.id)?;
    }
    Ok(())
}

/// Checks what a draft is for.
///
/// # Errors
/// INTERNAL_ERROR where it does not say where it writes.
pub(crate) fn intent(intent: &Intent) -> Result<(), Failure> {
    if intent.view == StoreView::SessionDefault
        || intent.lookup.one.view == StoreView::SessionDefault
    {
        return Err(Failure::internal(
            "the plugin began a draft that does not say which view of the store it is for",
        )
        .rule("proposal"));
    }
    Ok(())
}
