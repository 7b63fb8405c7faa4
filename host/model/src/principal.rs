//! Who is asking.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{AccessGrant, TokenDigest};

/// Who a call is made for. Sessions, plans and audit lines are keyed by it.
///
/// Cheap to clone. Built by the transport, from what it authenticated; never from a message. It
/// carries the digest of the token that it came by, so that whoever decides about it can ask whether
/// the token is still its own, and the session of its client that it speaks in, where the client has
/// one: logins and their scopes belong to that. Two that have the same name are the same principal all
/// the same.
#[derive(Clone)]
pub struct Principal {
    name: Arc<str>,
    token: Option<TokenDigest>,
    access: Option<Arc<AccessGrant>>,
    client_session: Option<Arc<str>>,
}

impl Principal {
    /// The local user: on stdio, in the terminal, and on loopback without tokens.
    pub const LOCAL: &'static str = "local";

    /// The local user.
    #[must_use]
    pub fn local() -> Self {
        Self::named(Self::LOCAL)
    }

    /// A principal by the operator's name for it, as the host itself speaks of one.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), token: None, access: None, client_session: None }
    }

    /// A principal that came by a token.
    #[must_use]
    pub fn by_token(name: &str, token: TokenDigest) -> Self {
        Self { name: name.into(), token: Some(token), access: None, client_session: None }
    }

    /// What the names begin with of those whom another service vouches for, so that none of them passes
    /// for a caller of the operator's own.
    pub const VOUCHED: &'static str = "oauth:";

    /// A principal that another service vouches for, by its name there.
    #[must_use]
    pub fn by_access(subject: &str, access: Arc<AccessGrant>) -> Self {
        let name = format!("{}{subject}", Self::VOUCHED);
        Self { name: name.into(), token: None, access: Some(access), client_session: None }
    }

    /// Whether its name is of those that another service vouches for.
    #[must_use]
    pub fn is_vouched_for(&self) -> bool {
        Self::is_vouched_name(&self.name)
    }

    /// Whether a name, or the beginning of one, is of those that another service vouches for.
    #[must_use]
    pub fn is_vouched_name(name: &str) -> bool {
        name.starts_with(Self::VOUCHED)
    }

    /// What another service lets it ask for.
    #[must_use]
    pub fn access(&self) -> Option<&AccessGrant> {
        self.access.as_deref()
    }

    /// The same principal with another grant; of somebody without one, nothing changes.
    #[must_use]
    pub fn with_access(mut self, access: AccessGrant) -> Self {
        if self.access.is_some() {
            self.access = Some(Arc::new(access));
        }
        self
    }

    /// As it speaks in a session of its client's, by the transport's id for it.
    #[must_use]
    pub fn in_session(mut self, id: &str) -> Self {
        self.client_session = Some(id.into());
        self
    }

    /// The session of its client that it speaks in; none where the transport or the protocol has none.
    #[must_use]
    pub fn client_session(&self) -> Option<&str> {
        self.client_session.as_deref()
    }

    /// The operator's name for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether it is whoever sits at this machine, and needs no token.
    #[must_use]
    pub fn is_local_user(&self) -> bool {
        self.as_str() == Self::LOCAL && self.token().is_none() && self.access.is_none()
    }

    /// What it came by.
    #[must_use]
    pub const fn token(&self) -> Option<&TokenDigest> {
        self.token.as_ref()
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Principal {}

impl Hash for Principal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl PartialOrd for Principal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Principal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Principal").field(&self.name).finish()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
