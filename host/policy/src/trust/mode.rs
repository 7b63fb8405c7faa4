//! How much of a plugin serves that nobody has approved.

use std::fmt;
use std::str::FromStr;

/// How much of a plugin serves that nobody has approved. Ordered, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustMode {
    /// Nothing.
    Locked,
    /// What only reads, of a group of which nothing was approved.
    Reads,
    /// Everything that loads.
    Open,
}

impl TrustMode {
    /// Every mode, the strictest first.
    pub const ALL: [Self; 3] = [Self::Locked, Self::Reads, Self::Open];

    /// The mode's name, as in flags and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Reads => "reads",
            Self::Open => "open",
        }
    }
}

impl fmt::Display for TrustMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no mode's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of locked, reads, open")]
pub struct InvalidTrustMode(String);

impl FromStr for TrustMode {
    type Err = InvalidTrustMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        found.ok_or_else(|| InvalidTrustMode(text.to_owned()))
    }
}
