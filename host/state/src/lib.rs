//! What outlives a process: plans and the audit trail, in a directory that only its user can write.
//!
//! This crate owns the state directory ([`StateDir`]), the format of what lies in it, and the
//! promises that several hosts may share it at once and that a host killed at any instant leaves
//! it usable. It must not know MCP, wasm or HTTP, decides nothing (that is `souk-policy`'s), and
//! reads no environment: the binary says where the directory is.
//!
//! ```
//! use serde_json::json;
//! use souk_state::audit::{self, AuditTrail, CallEntry, CallOutcome, Durability, Transport};
//! use souk_state::StateDir;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temporary = tempfile::tempdir()?;
//! # let path = temporary.path().join("state");
//! let state = StateDir::open(&path)?;
//! let trail = AuditTrail::open(state.audit_trail(), state.trail_key()?)?;
//!
//! let arguments = json!({ "sku": "24-MB01" });
//! trail.append(
//!     CallEntry {
//!         at: souk_state::Timestamp::now(),
//!         transport: Transport::Stdio,
//!         principal: "local".into(),
//!         request_id: None,
//!         action: "catalog_get_product".into(),
//!         plugin: None,
//!         arguments: trail.digest(&arguments),
//!         outcome: CallOutcome::Ok,
//!         duration_us: 412,
//!         resources: Default::default(),
//!     },
//!     Durability::Written,
//! )?;
//!
//! assert_eq!(audit::verify(state.audit_trail(), None, Some(&state.trail_key()?))?.lines, 1);
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod approvals;
pub mod audit;
pub mod continuity;
mod cpu_account;
mod dir;
mod error;
pub mod exports;
mod files;
mod instant;
pub mod people;
pub mod plans;
mod process;
mod turns;

pub use cpu_account::{CpuAccount, thread_time};
pub use dir::StateDir;
pub use error::{StateError, error_chain};
pub use files::{write_note, write_replacing};
pub use instant::{rfc3339, rfc3339_to_the_second};
pub use process::{InvalidProcessIdentity, ProcessIdentity};
pub use turns::ProcessTurn;

/// An instant, in UTC; the audit trail keeps milliseconds of it.
pub use jiff::Timestamp;
