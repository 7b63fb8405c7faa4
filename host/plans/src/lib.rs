//! Proposes, reviews, commits, resumes and undoes changes to a store.
//!
//! This crate owns a plan's whole life: it reads what stands in the store, shows what a change would
//! do, holds it to the operator's guards, keeps it, carries it out step by step with a journal, and
//! takes it back. It is the only holder of upstream's writer. It must not know wasm or MCP, nor how
//! plans are stored.
//!
//! What is reviewed is what is sent: a change's bodies are fixed when it is proposed, its edits only
//! point into them, and the host reads every value that stands there before. What is called done is
//! what a read showed afterwards.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod body;
mod check;
mod clock;
mod commit;
mod config;
mod context;
mod decision_log;
mod decisions;
mod deps;
mod draft;
mod execute;
#[doc(hidden)]
pub mod fuzz;
mod guards;
mod idempotency;
mod judgement;
mod ledger;
mod magento;
mod mismatch;
mod money;
mod notices;
mod observed;
mod outcome;
mod plan_watch;
mod price_share;
mod progress_meter;
mod purge;
mod refusals;
mod request;
mod response;
mod reverse;
pub mod review;
mod run;
mod run_control;
mod seal;
mod serial;
mod service;
mod stop;
mod store_reader;
mod subjects;
mod trail_lines;
mod transient;
mod undo;
mod undo_refusal;
mod verdict;
mod write_stop;

pub use clock::{PlanClock, SystemClock};
pub use config::PlansConfig;
pub use decisions::DecisionStanding;
pub use deps::PlansDeps;
pub use draft::{PlanDraft, Proposal, Proposer};
pub use guards::Guards;
pub use idempotency::{EarlierApply, request_digest};
pub use ledger::DayMoney;
pub use notices::{PlanEvent, PlanNotice};
pub use outcome::{ItemFailure, MAX_ITEM_FAILURES, OutcomeTotals, PlanCompletion, PlanOutcome};
pub use purge::{PurgeRequest, PurgeResult};
pub use request::{ApplyOptions, CommitRequest, DecideRequest, PlanRoles, WriteFacts, WriteGate};
pub use review::{ItemReview, PlanReview, mask_review, sample_rows};
pub use run_control::EndUrgency;
pub use seal::SealKey;
pub use service::Plans;
pub use stop::StopOutcome;
pub use undo::UndoAsker;
