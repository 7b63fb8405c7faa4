//! What stands behind the handles that a guest holds.

use souk_model::Failure;
use souk_model::plan::Intent;
use souk_plans::PlanDraft;
use souk_state::exports::ExportWriter;
use tokio::sync::OwnedSemaphorePermit;

/// A draft as a guest holds it. It is begun with the first changes, so that what is wrong with the
/// intent is answered where a failure can be.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub enum GuestDraft {
    /// Nothing was added yet.
    Intended(Box<Result<Intent, Failure>>),
    /// Begun.
    Begun(Box<PlanDraft>),
    /// It was proposed or applied; what the store answered to an applied one, as text.
    Closed(Option<String>),
}

/// A document that is being written: its file, and its place among all that may be open.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenDocument {
    pub(crate) writer: ExportWriter,
    #[expect(dead_code, reason = "held for as long as the file is open")]
    pub(crate) place: OwnedSemaphorePermit,
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
    Begun(Box<OpenDocument>),
    /// It was kept.
    Closed,
    /// A write was cut off, because the call was: nothing more becomes of it.
    Lost,
}
