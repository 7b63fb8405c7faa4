//! Why nothing of a file serves.

use std::fmt;

/// Why nothing of a file serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The operator rejected it.
    Rejected,
    /// Only what is approved serves.
    NotApproved,
    /// Another file than the one that `souk.lock` has.
    NotPinned,
    /// It would serve a group that it is not named after.
    NotNamedAfterGroup,
    /// The group has an approved version, and this one asks for more.
    AsksForMore,
    /// The group has an approved version, and this one asks for no more, but is other code.
    OtherCode,
    /// Nothing of it only reads.
    NothingReads,
    /// A listed key signed it, and another one, or none, the version that was approved.
    OtherSigner,
    /// A listed key signed it, and it is older than the version that was approved.
    Downgrade,
    /// A listed key signed it, and it would offer less than the approved version, or nothing at all,
    /// for what lies beyond the key's ceiling.
    BeyondKey,
    /// A listed key signed it, and the operator rejected another version of a group of which nothing is
    /// approved any more: which one is older nobody knows.
    RejectedBefore,
    /// It was approved by the signature of a key that is not listed any more.
    SignerNotListed,
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "it was rejected",
            Self::NotApproved => "nobody has approved it, and only what is approved serves",
            Self::NotPinned => {
                "it is not the file that `souk.lock` names, and nobody has approved it"
            }
            Self::NotNamedAfterGroup => {
                "its file is not named after its group, and nobody has approved it"
            }
            Self::AsksForMore => "it asks for more than was approved",
            Self::OtherCode => "it asks for no more than was approved, but is other code",
            Self::NothingReads => "it does not only read, and nobody has approved it",
            Self::OtherSigner => {
                "the approved version is not signed by the same key, so its signature approves nothing"
            }
            Self::Downgrade => {
                "it is older than the approved version, and no signature approves a step back"
            }
            Self::BeyondKey => "it asks for more than its key may approve",
            Self::RejectedBefore => {
                "another version was rejected and none is approved, so its signature approves nothing"
            }
            Self::SignerNotListed => {
                "it was approved by the signature of a key that `plugins.keys` no longer lists"
            }
        })
    }
}
