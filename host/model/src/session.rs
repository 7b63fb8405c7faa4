//! What may be known of a session.

use serde::Serialize;

/// How the host proves itself to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// OAuth 1.0a, HMAC-SHA256.
    Oauth,
    /// An integration's access token as a bearer token.
    IntegrationToken,
    /// An admin token, got with a user name and a password.
    AdminToken,
    /// A token of Adobe's identity service, got with client credentials.
    Ims,
}

/// What may be known of a session. Never a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionInfo {
    /// The store, by the operator's name for it.
    pub store: String,
    /// The store's environment: `production`, `staging`, …
    pub environment: String,
    /// Where the store is.
    pub base_url: String,
    /// Whom the store takes us for, as far as it tells.
    pub username: String,
    /// How we prove it.
    pub method: AuthMethod,
    /// The store view that reads use when they name none.
    pub default_scope: Option<String>,
}
