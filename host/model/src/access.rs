//! What a caller brings that another service vouches for.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use crate::Principal;

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

/// Why an access token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenRefusal {
    /// The reason's stable id, for the audit trail: `expired`, `audience`, `signature`, …
    pub reason: &'static str,
    /// For people: what is wrong with it. It repeats nothing of the token.
    pub message: String,
    /// Whether the token is the authorization server's own, so that nobody guesses by it.
    pub is_genuine: bool,
}

/// Tells whose an access token is that another service signed.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    /// Who brings the token.
    ///
    /// # Errors
    /// Why it is not taken.
    async fn verify(&self, token: &str) -> Result<Principal, TokenRefusal>;

    /// The authorization server that clients get tokens from.
    fn issuer(&self) -> &str;

    /// What tokens are for (RFC 8707): this server, as clients know it.
    fn resource(&self) -> &str;

    /// The scopes that a client is told to ask for first; others when a call needs them.
    fn first_scopes(&self) -> &[String];
}
