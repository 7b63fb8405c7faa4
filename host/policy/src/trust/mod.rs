//! What of a plugin serves before somebody has approved it: the operator's mode, the difference between
//! what was approved and what is offered, and the one decision over both.
//!
//! Nothing here knows a file's bytes: an approval is about a digest, and whoever loads a file has
//! hashed the very bytes that run.

mod change;
mod difference;
mod lock_file;
mod mode;
mod verdict;

pub use change::{ChangeKind, PluginChange, indented};
pub use difference::diff;
pub use lock_file::{InvalidLockFile, LockFile};
pub use mode::{InvalidTrustMode, TrustMode};
pub use verdict::{OfferedPlugin, PluginStanding, PluginVerdict, WaitReason, judge};

#[cfg(test)]
mod tests;
