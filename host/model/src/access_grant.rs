//! What somebody may ask for whom another service vouches for.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// What an access token lets its bearer ask for, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGrant {
    scopes: BTreeSet<String>,
    /// Seconds since 1970, UTC.
    until: u64,
}

impl AccessGrant {
    /// These scopes, until that second since 1970, UTC.
    #[must_use]
    pub fn new<N: Into<String>>(scopes: impl IntoIterator<Item = N>, until: u64) -> Self {
        Self { scopes: scopes.into_iter().map(Into::into).collect(), until }
    }

    /// The scopes, in the order of their names.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Whether a scope is among them.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// The same with one scope more.
    #[must_use]
    pub fn with(&self, scope: &str) -> Self {
        let mut more = self.clone();
        more.scopes.insert(scope.to_owned());
        more
    }

    /// Seconds until it is over; zero once it is.
    #[must_use]
    pub fn seconds_left(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.until.saturating_sub(now)
    }
}
