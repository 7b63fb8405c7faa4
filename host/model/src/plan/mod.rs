//! Plans: what is proposed, reviewed and carried out.

mod change;
mod place;
mod record;

pub use change::{
    After, Batch, Change, Edit, Fill, Filling, Intent, Lookup, RefusedWhen, Repetition, Spot, Step,
    Subject, Undoing,
};
pub use place::{InvalidPlace, Place};
pub use record::{
    Becomes, Before, Constant, Header, InvalidPlanId, Item, ItemState, Kept, Origin, PlanId,
    PlanState, Progressed, Reviewed,
};
