//! Who signed a plugin's file: a key that the operator lists.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::visible;

/// Whose signature over a plugin's file was verified. Two signers are the same where their keys are,
/// whatever the operator calls them; an id is no more than a hint, since whoever makes a key chooses it.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginSigner {
    /// What the operator calls the key.
    pub name: String,
    /// The key's id as minisign shows it: sixteen hex digits.
    pub id: String,
    /// The whole public key, in Base64, as `minisign.pub` has it.
    pub key: String,
}

impl PartialEq for PluginSigner {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// For people: the name and the id.
impl fmt::Display for PluginSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (key {})", visible::line(&self.name), visible::line(&self.id))
    }
}
