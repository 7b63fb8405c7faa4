//! What persons decide of plans: who has to, who did, and that nothing is carried out without it.

mod accept;
mod decide;
mod proof;
mod standing;
mod wait;

pub(crate) use accept::{accept_decisions, check_decisions};
pub(crate) use decide::{decide, decide_by_client};
pub(crate) use proof::{set_person, verify_person};
pub use standing::DecisionStanding;
pub(crate) use standing::{Permission, rejected, requirement, standing, waits_for_person};
pub(crate) use wait::check_or_wait;
