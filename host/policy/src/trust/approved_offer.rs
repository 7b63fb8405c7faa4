//! What is approved of a group already.

use souk_model::PluginManifest;

/// The approved version of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovedOffer<'a> {
    /// What it is and may do.
    pub manifest: &'a PluginManifest,
    /// Whether a signature approved it, up to its key's ceiling, and not the operator as a whole.
    pub is_by_signature: bool,
}
