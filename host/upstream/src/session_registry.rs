//! Who is logged in.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use souk_model::Principal;
use tokio::runtime::Handle;

use crate::session::Session;

/// Logins that may wait for their clients to come back, of all principals.
const LOST: usize = 256;

/// How long the login of somebody whom another service vouches for is kept unused: as long as a session
/// of a client is. Nobody tells when such a caller is no longer one.
const IDLE: Duration = Duration::from_secs(4 * 60 * 60);

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
    /// When it was used last, in milliseconds of the registry's own.
    used: Arc<AtomicU64>,
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
/// credentials whose client session was lost is taken up again by the principal's next. The logins of
/// those whom another service vouches for are as many as have accounts there: they end once they are
/// unused for a while.
#[derive(Debug)]
pub struct SessionRegistry(Arc<SharedLogins>);

#[derive(Debug)]
struct SharedLogins {
    now: ArcSwap<Logins>,
    begun: Instant,
    idle: Duration,
    /// Whether a task ends those that are unused.
    is_swept: AtomicBool,
}

impl SharedLogins {
    fn elapsed(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn use_login(&self, login: &Login) -> Session {
        login.used.store(self.elapsed(), Ordering::Relaxed);
        login.session.clone()
    }

    fn change(&self, change: impl Fn(&mut Logins)) {
        self.now.rcu(|logins| {
            let mut logins = Logins::clone(logins);
            change(&mut logins);
            logins
        });
    }

    /// Ends the logins of those who are vouched for, where nobody has used them for a while.
    fn end_idle(&self) {
        let (now, idle) = (self.elapsed(), self.idle.as_millis());
        let stays = |principal: &Principal, login: &Login| {
            let unused = now.saturating_sub(login.used.load(Ordering::Relaxed));
            !principal.is_vouched_for() || u128::from(unused) < idle
        };
        self.change(|logins| {
            logins.open.retain(|key, login| stays(&key.principal, login));
            logins.lost.retain(|(owner, login)| stays(owner, login));
        });
    }
}

impl Default for SessionRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionRegistry {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::with_idle(IDLE)
    }

    /// Nobody; logins of those whom another service vouches for end once they are unused for so long.
    #[must_use]
    pub fn with_idle(idle: Duration) -> Self {
        Self(Arc::new(SharedLogins {
            now: ArcSwap::default(),
            begun: Instant::now(),
            idle,
            is_swept: AtomicBool::new(false),
        }))
    }

    /// The caller's session as it is now.
    #[must_use]
    pub fn get(&self, principal: &Principal) -> Option<Session> {
        if let Some(login) = self.0.now.load().open.get(&LoginKey::of(principal)) {
            return Some(self.0.use_login(login));
        }
        principal.client_session().and_then(|_| self.take_up(principal))
    }

    /// From the first login of somebody who is vouched for on, those that are unused end by themselves,
    /// whether or not anybody comes.
    fn sweep(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.0.is_swept.swap(true, Ordering::Relaxed) {
            return;
        }
        let (logins, every) = (Arc::downgrade(&self.0), self.0.idle / 8);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(logins) = logins.upgrade() else { return };
                logins.end_idle();
            }
        });
    }

    /// Moves a login that was lost to the caller's client session.
    fn take_up(&self, principal: &Principal) -> Option<Session> {
        let is_its = |(owner, _): &(Principal, Login)| {
            // A token that replaced another does not inherit.
            owner == principal && owner.token() == principal.token()
        };
        if !self.0.now.load().lost.iter().any(is_its) {
            return None;
        }
        let key = LoginKey::of(principal);
        self.0.now.rcu(|logins| {
            let mut logins = Logins::clone(logins);
            if !logins.open.contains_key(&key)
                && let Some(index) = logins.lost.iter().rposition(is_its)
            {
                let (_, login) = logins.lost.remove(index);
                logins.open.insert(key.clone(), login);
            }
            logins
        });
        self.0.now.load().open.get(&key).map(|login| self.0.use_login(login))
    }

    /// Gives the caller a session, in place of one it may have.
    pub fn put(&self, principal: &Principal, session: &Session, credentials: CredentialsOf) {
        let used = Arc::new(AtomicU64::new(self.0.elapsed()));
        let login = Login { session: session.clone(), credentials, used };
        self.0.change(|logins| {
            logins.open.insert(LoginKey::of(principal), login.clone());
        });
        if principal.is_vouched_for() {
            self.sweep();
        }
    }

    /// Puts another state of the caller's session in its place; nothing where it has none any more.
    pub fn update(&self, principal: &Principal, session: &Session) {
        self.0.change(|logins| {
            if let Some(login) = logins.open.get_mut(&LoginKey::of(principal)) {
                login.session = session.clone();
            }
        });
    }

    /// Ends the caller's session; `false` where it had none.
    pub fn remove(&self, principal: &Principal) -> bool {
        let key = LoginKey::of(principal);
        let before = self.0.now.rcu(|logins| {
            let mut logins = Logins::clone(logins);
            logins.open.remove(&key);
            logins
        });
        before.open.contains_key(&key)
    }

    /// Ends all sessions of a principal, whatever clients it has.
    pub fn remove_all(&self, principal: &Principal) {
        self.0.change(|logins| {
            logins.open.retain(|key, _| key.principal != *principal);
            logins.lost.retain(|(owner, _)| owner != principal);
        });
    }

    /// Ends all sessions of those whom another service vouches for.
    pub fn remove_vouched_for(&self) {
        self.0.change(|logins| {
            logins.open.retain(|key, _| !key.principal.is_vouched_for());
            logins.lost.retain(|(owner, _)| !owner.is_vouched_for());
        });
    }

    /// The client session that the caller spoke in is over. A login with the operator's credentials
    /// waits for the client to come back where the session was `lost`.
    pub fn client_session_ended(&self, principal: &Principal, lost: bool) {
        if principal.client_session().is_none() {
            return;
        }
        self.0.change(|logins| {
            let Some(login) = logins.open.remove(&LoginKey::of(principal)) else { return };
            if lost && login.credentials == CredentialsOf::Operator {
                if logins.lost.len() >= LOST {
                    logins.lost.remove(0);
                }
                logins.lost.push((principal.clone(), login));
            }
        });
    }
}
