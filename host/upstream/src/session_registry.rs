//! Who is logged in.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use souk_model::Principal;

use crate::session::Session;

/// Logins that may wait for their clients to come back, of all principals.
const LOST: usize = 256;

/// With whose credentials somebody is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsOf {
    /// The operator's.
    Operator,
    /// The caller's own.
    Caller,
}

/// Whose a login is: a principal's, or that of one session of its client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LoginKey {
    principal: Principal,
    client_session: Option<Arc<str>>,
}

impl LoginKey {
    fn of(principal: &Principal) -> Self {
        Self {
            principal: principal.clone(),
            client_session: principal.client_session().map(Arc::from),
        }
    }
}

#[derive(Debug, Clone)]
struct Login {
    session: Session,
    credentials: CredentialsOf,
}

#[derive(Debug, Clone, Default)]
struct Logins {
    open: HashMap<LoginKey, Login>,
    /// With the operator's credentials, in sessions that were lost; the last is the newest.
    lost: Vec<(Principal, Login)>,
}

/// Who is logged in. Reading takes no lock.
///
/// A login belongs to the session of the client that logged in, where it has one, so that two clients
/// of one principal change nothing for each other; else to the principal. One with the operator's
/// credentials whose client session was lost is taken up again by the principal's next.
#[derive(Debug, Default)]
pub struct SessionRegistry(ArcSwap<Logins>);

impl SessionRegistry {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The caller's session as it is now.
    #[must_use]
    pub fn get(&self, principal: &Principal) -> Option<Session> {
        if let Some(login) = self.0.load().open.get(&LoginKey::of(principal)) {
            return Some(login.session.clone());
        }
        principal.client_session().and_then(|_| self.take_up(principal))
    }

    /// Moves a login that was lost to the caller's client session.
    fn take_up(&self, principal: &Principal) -> Option<Session> {
        let is_its = |(owner, _): &(Principal, Login)| {
            // A token that replaced another does not inherit.
            owner == principal && owner.token() == principal.token()
        };
        if !self.0.load().lost.iter().any(is_its) {
            return None;
        }
        let key = LoginKey::of(principal);
        self.0.rcu(|logins| {
            let mut logins = Logins::clone(logins);
            if !logins.open.contains_key(&key)
                && let Some(index) = logins.lost.iter().rposition(is_its)
            {
                let (_, login) = logins.lost.remove(index);
                logins.open.insert(key.clone(), login);
            }
            logins
        });
        self.0.load().open.get(&key).map(|login| login.session.clone())
    }

    /// Gives the caller a session, in place of one it may have.
    pub fn put(&self, principal: &Principal, session: &Session, credentials: CredentialsOf) {
        let login = Login { session: session.clone(), credentials };
        self.change(|logins| {
            logins.open.insert(LoginKey::of(principal), login.clone());
        });
    }

    /// Puts another state of the caller's session in its place; nothing where it has none any more.
    pub fn update(&self, principal: &Principal, session: &Session) {
        self.change(|logins| {
            if let Some(login) = logins.open.get_mut(&LoginKey::of(principal)) {
                login.session = session.clone();
            }
        });
    }

    /// Ends the caller's session; `false` where it had none.
    pub fn remove(&self, principal: &Principal) -> bool {
        let key = LoginKey::of(principal);
        let before = self.0.rcu(|logins| {
            let mut logins = Logins::clone(logins);
            logins.open.remove(&key);
            logins
        });
        before.open.contains_key(&key)
    }

    /// Ends all sessions of a principal, whatever clients it has.
    pub fn remove_all(&self, principal: &Principal) {
        self.change(|logins| {
            logins.open.retain(|key, _| key.principal != *principal);
            logins.lost.retain(|(owner, _)| owner != principal);
        });
    }

    /// The client session that the caller spoke in is over. A login with the operator's credentials
    /// waits for the client to come back where the session was `lost`.
    pub fn client_session_ended(&self, principal: &Principal, lost: bool) {
        if principal.client_session().is_none() {
            return;
        }
        self.change(|logins| {
            let Some(login) = logins.open.remove(&LoginKey::of(principal)) else { return };
            if lost && login.credentials == CredentialsOf::Operator {
                if logins.lost.len() >= LOST {
                    logins.lost.remove(0);
                }
                logins.lost.push((principal.clone(), login));
            }
        });
    }

    fn change(&self, change: impl Fn(&mut Logins)) {
        self.0.rcu(|logins| {
            let mut logins = Logins::clone(logins);
            change(&mut logins);
            logins
        });
    }
}
