//! What a caller brings that another service vouches for.

use async_trait::async_trait;

use crate::Principal;

/// What a refusal says of the token, and of whoever brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The authorization server has signed it, so that nobody guesses by it.
    Genuine,
    /// Anybody could have made it.
    Guess,
    /// Whether it is right cannot be told now, for no fault of its bearer's.
    NotNow {
        /// In how many seconds it is worth another try.
        retry_after_s: u64,
    },
}

/// Why an access token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenRefusal {
    /// The reason's stable id, for the audit trail: `expired`, `audience`, `signature`, …
    pub reason: &'static str,
    /// For people: what is wrong with it. It repeats nothing of the token.
    pub message: String,
    /// What that says of the token.
    pub kind: RefusalKind,
}

impl TokenRefusal {
    /// Of a token that was right, and is so no longer.
    #[must_use]
    pub fn expired() -> Self {
        let message = "it has expired".to_owned();
        Self { reason: "expired", message, kind: RefusalKind::Genuine }
    }
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
