//! Who is logged in.

use std::collections::HashMap;

use arc_swap::ArcSwap;
use souk_model::Principal;

use crate::session::Session;

/// Who is logged in. Reading takes no lock.
#[derive(Debug, Default)]
pub struct SessionRegistry(ArcSwap<HashMap<Principal, Session>>);

impl SessionRegistry {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The principal's session as it is now.
    #[must_use]
    pub fn get(&self, principal: &Principal) -> Option<Session> {
        self.0.load().get(principal).cloned()
    }

    /// Gives the principal a session, in place of one it may have.
    pub fn put(&self, principal: &Principal, session: &Session) {
        self.0.rcu(|sessions| {
            let mut sessions = HashMap::clone(sessions);
            sessions.insert(principal.clone(), session.clone());
            sessions
        });
    }

    /// Ends the principal's session; `false` where it had none.
    pub fn remove(&self, principal: &Principal) -> bool {
        let before = self.0.rcu(|sessions| {
            let mut sessions = HashMap::clone(sessions);
            sessions.remove(principal);
            sessions
        });
        before.contains_key(principal)
    }
}
