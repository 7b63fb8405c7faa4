//! What stands behind the handles that a guest holds.

use souk_model::Failure;
use souk_model::plan::Intent;
use souk_plans::PlanDraft;
use souk_state::exports::ExportWriter;

/// A draft as a guest holds it. It is begun with the first changes, so that what is wrong with the
/// intent is answered where a failure can be.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub enum GuestDraft {
    /// Nothing was added yet.
    Intended(Box<Result<Intent, Failure>>),
    /// Begun.
    Begun(Box<PlanDraft>),
    /// It was proposed or applied.
    Closed,
}

/// A document as a guest holds it. It is begun with the first text, so that what is wrong with it is
/// answered where a failure can be.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub enum GuestDocument {
    /// Nothing was written yet.
    Named {
        /// What the plugin calls it.
        name: String,
        /// What the plugin says it is.
        media_type: String,
    },
    /// Begun.
    Begun(Box<ExportWriter>),
    /// It was kept.
    Closed,
    /// A write was cut off, because the call was: nothing more becomes of it.
    Lost,
}
