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

mod check;
mod clock;
mod commit;
mod config;
mod digest;
mod draft;
mod execute;
mod guards;
mod ledger;
mod look;
mod money;
mod outcome;
mod pages;
mod purge;
mod repeat;
mod reverse;
mod review;
mod service;
mod trail;
mod undo;
mod values;
mod verdict;
mod verify;

pub use clock::{Clock, SystemClock};
pub use commit::{Commit, Terms};
pub use config::Config;
pub use digest::SealKey;
pub use draft::{Draft, Proposal, Proposer};
pub use guards::Guards;
pub use money::{Caps, InvalidCaps};
pub use outcome::{Outcome, TROUBLES, Trouble};
pub use purge::{Purged, Purging};
pub use repeat::asked_for;
pub use service::Plans;
