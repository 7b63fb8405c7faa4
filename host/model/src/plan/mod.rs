//! Plans: what is proposed, reviewed and carried out.

mod change;
mod pointer;
mod record;

pub use change::{
    Batch, BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse,
    Intent, Lookup, Retry, Step, Subject, Undo,
};
pub use pointer::{InvalidPointer, Pointer};
pub use record::{
    Constant, FieldAfter, FieldBefore, Header, InvalidPlanId, Item, ItemState, ItemTransition,
    Kept, Origin, PlanId, PlanState, Progressed, Reviewed,
};
