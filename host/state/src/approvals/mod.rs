//! What the operator has approved of plugins: the record, sealed, and the bytes that were approved.
//!
//! The record is a file of the state directory, or the one that the operator names: nobody who can only
//! drop files into the plugin directory can write it. Its seal (HMAC under `approvals.key`) shows an edit
//! by somebody who has not got that key; such a record approves nothing. The files that were approved,
//! and the ones before them, are kept beside it by their digests, so that an approved version goes on
//! serving while another waits, and one step back is possible. What is read of them is hashed again.

mod record;
mod store;

pub use record::{
    ApprovalSource, Approvals, ApprovedVersion, DirectoryRecord, GroupApproval, RejectedVersion,
};
pub use store::{ApprovalError, ApprovalStore, RecordStamp};
