//! Plans: what is proposed, reviewed and carried out.

mod change;
mod decision;
mod header;
mod id;
mod item;
mod item_state;
mod money;
mod pointer;
mod pointer_pattern;
mod store_set;

pub use change::{
    Batch, BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse,
    Intent, Lookup, Retry, Step, Subject, Undo,
};
pub use decision::{
    DecisionMeans, DecisionNeed, DecisionVerdict, InvalidDecisionNeed, PlanDecision, WriteStop,
};
pub use header::{PlanHeader, PlanOrigin, PlanState};
pub use id::{InvalidPlanId, PlanId};
pub use item::{
    Constant, FieldAfter, FieldBefore, FieldMismatch, FieldReview, ItemProgress, PlanItem,
    StoredFailure, WriteSummary,
};
pub use item_state::{ItemState, ItemTransition};
pub use money::{PlanMoney, SpendKind};
pub use pointer::{InvalidPointer, Pointer, escape_token};
pub use pointer_pattern::PointerPattern;
pub use store_set::{InvalidTolerance, StoreSet, Tolerance};
