//! Sessions as tools answer them.

use super::{SessionInfo, result};

/// What may be known of a session, as a part of a result: flatten it in.
#[result]
#[derive(Debug, Clone)]
pub struct SessionResult {
    /// Whom the store takes us for, as far as it tells.
    pub username: String,
    /// Where the store is.
    pub base_url: String,
    /// `oauth`, `integration_token`, `admin_token` or `ims`.
    pub auth_method: String,
    /// The operator's name for the store.
    pub store: String,
    /// The store's environment, as the operator named it.
    pub environment: String,
    /// The store view that reads use when they name none.
    pub default_scope: Option<String>,
}

impl From<SessionInfo> for SessionResult {
    fn from(info: SessionInfo) -> Self {
        Self {
            username: info.username,
            base_url: info.base_url,
            auth_method: info.method.as_str().to_owned(),
            store: info.store,
            environment: info.environment,
            default_scope: info.default_scope,
        }
    }
}
