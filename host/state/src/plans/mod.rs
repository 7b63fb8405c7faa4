//! Plans, how far each item of theirs came, and which request made which plan.
//!
//! [`PlanStore`] is what the rest of the host knows; [`SqlitePlanStore`] keeps it all in one file
//! that every host of this user opens. It promises that what it answered is still there after any
//! host was killed, that an item only takes the ways [`ItemState::may_become`] names, and that only
//! the owner of a plan's lease writes its journal. It does not judge what it keeps: whether a plan
//! is expired, or whom it belongs to, is for its caller to ask.
//!
//! ```
//! use souk_model::plan::PlanId;
//! use souk_state::StateDir;
//! use souk_state::plans::{IdempotencyHit, PlanStore, SqlitePlanStore};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temporary = tempfile::tempdir()?;
//! let store = SqlitePlanStore::open(&StateDir::open(temporary.path().join("state"))?)?;
//! let [first, second] = [1, 2].map(|byte| PlanId::from_random([byte; 22]));
//! let ask = |plan| store.remember("local", "a key", "cms_update_page", "digest", plan, 0, 600_000);
//! assert_eq!(ask(&first).await?, IdempotencyHit::New);
//! assert_eq!(ask(&second).await?, IdempotencyHit::Same(first.clone()));
//! # Ok(())
//! # }
//! ```

mod error;
mod plan_page;
mod spend;
mod sqlite;
mod store;
mod types;

pub use error::StoreError;
pub use plan_page::{PlanOrder, PlanPage, PlanPageFilter};
pub use souk_model::plan::SpendKind;
pub use spend::{Reservation, SpendAccount};
pub use sqlite::{
    CommitCounts, PlansIdentity, SqlitePlanStore, read_altered_spends, read_identity,
};
pub use store::PlanStore;
pub use types::{
    DecisionEffect, DecisionEntry, DecisionWrite, ForgottenPlans, IdempotencyHit, IdempotencyKey,
    IdempotencyRecord, ItemCounts, JournalEntry, Lease, LeaseClaim, LeaseRenewal, PlanFilter,
    PlanLimits, RunRecord, RunStart, StopRequest, StoredPlan,
};

#[cfg(doc)]
use souk_model::plan::ItemState;
