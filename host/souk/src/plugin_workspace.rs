//! What plugins share that are made beside each other.

/// The directory beside them: their SDKs, what they are built into, and what `souk dev` keeps.
pub(crate) const SHARED: &str = ".souk";
