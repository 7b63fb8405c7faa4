//! Who is asking.

use std::fmt;
use std::sync::Arc;

/// Who a call is made for. Sessions, plans and audit lines are keyed by it.
///
/// Cheap to clone. Built by the transport, from what it authenticated; never from a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The local user: on stdio, in the terminal, and on loopback without tokens.
    pub const LOCAL: &'static str = "local";

    /// The local user.
    #[must_use]
    pub fn local() -> Self {
        Self(Self::LOCAL.into())
    }

    /// A principal that a transport authenticated, by the operator's name for it.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// The operator's name for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
