//! What of a plugin serves before somebody has approved it: the operator's mode, the difference between
//! what was approved and what is offered, what a signature is worth, and the one decision over all of
//! that.
//!
//! Nothing here knows a file's bytes: an approval is about a digest, and whoever loads a file has
//! hashed the very bytes that run, and verified the signature over them.

mod approved_offer;
mod change;
mod difference;
mod grant_pattern;
mod key_ceiling;
mod lock_file;
mod mode;
mod signed_offer;
mod verdict;
mod wait_reason;

pub use approved_offer::ApprovedOffer;
pub use change::{ChangeKind, PluginChange, indented};
pub use difference::diff;
pub use grant_pattern::{GrantPattern, InvalidGrantPattern};
pub use key_ceiling::{BeyondCeiling, KeyCeiling};
pub use lock_file::{InvalidLockFile, LockFile, PluginSource};
pub use mode::{InvalidTrustMode, TrustMode};
pub use signed_offer::{SignedOffer, continues_lineage};
pub use verdict::{OfferedPlugin, PluginStanding, PluginVerdict, judge};
pub use wait_reason::WaitReason;

#[cfg(test)]
mod signature_tests;
#[cfg(test)]
mod tests;
