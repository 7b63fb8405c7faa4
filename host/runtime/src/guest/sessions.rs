//! Who is logged in where: the operator's stores, and a session for each caller.

use std::sync::Arc;

use souk_model::{Code, ExposeSecret, Failure, LoginWay, Principal, Secret, visible};
use souk_upstream::{CredentialsOf, Magento, PartialCredentials, Session, SessionRegistry};

use crate::rates::{RateLimits, Rates};

/// Whether a call may log in with credentials of its caller's own, and how often.
#[derive(Clone, Default)]
pub(crate) struct OwnCredentials {
    pub(crate) accepted: bool,
    pub(crate) limits: RateLimits,
    pub(crate) rates: Arc<Rates>,
}

/// A login as it is asked for.
pub(crate) struct LoginRequest<'l> {
    /// Which store, by its address; the first where none is named.
    pub(crate) base_url: Option<&'l str>,
    /// The caller's own credentials; without any the operator's are used.
    pub(crate) given: Vec<(String, Secret)>,
    /// Whether those may be used.
    pub(crate) own: &'l OwnCredentials,
    /// Whether the caller may go to a store, by its name.
    pub(crate) may_go_to: &'l (dyn Fn(&str) -> Result<(), Failure> + Send + Sync),
}

/// The sessions of all principals, and what they may be opened with.
///
/// The model can name a store, but only one that the operator configured; and it can hand over
/// credentials, but only where the operator accepts that. Where they are sent is never its choice.
pub struct SessionHost {
    sessions: SessionRegistry,
    stores: Vec<Magento>,
    probe_at_login: bool,
}

impl SessionHost {
    /// Sessions with these stores; the first is the default.
    #[must_use]
    pub fn new(stores: Vec<Magento>) -> Self {
        Self { sessions: SessionRegistry::default(), stores, probe_at_login: false }
    }

    /// Whether each login begins to find out, in the background, what the store can do. A host that
    /// ends after one call has no use for it.
    #[must_use]
    pub const fn probe_at_login(mut self, probe: bool) -> Self {
        self.probe_at_login = probe;
        self
    }

    /// The caller's session, if there is one: that of its client's session, where it speaks in one.
    #[must_use]
    pub fn get(&self, principal: &Principal) -> Option<Session> {
        self.sessions.get(principal)
    }

    /// How callers come to a session, where no rule keeps them from it.
    pub(crate) fn login_way(&self, accepts_own: bool) -> LoginWay {
        match self.stores.first() {
            Some(store) if store.credentials().is_some() => LoginWay::Configured,
            Some(_) if accepts_own => LoginWay::OwnCredentials,
            _ => LoginWay::NoCredentials,
        }
    }

    /// Puts a session in the place of the caller's own.
    pub(crate) fn replace(&self, principal: &Principal, session: &Session) {
        self.sessions.update(principal, session);
    }

    /// Forgets the caller's session. False where there was none.
    pub(crate) fn destroy(&self, principal: &Principal) -> bool {
        self.sessions.remove(principal)
    }

    /// Forgets all sessions of a principal, whatever clients it has.
    pub(crate) fn destroy_all(&self, principal: &Principal) {
        self.sessions.remove_all(principal);
    }

    /// Forgets all sessions of those whom another service vouches for.
    pub(crate) fn destroy_vouched_for(&self) {
        self.sessions.remove_vouched_for();
    }

    /// The session of its client that the caller spoke in is over.
    pub(crate) fn client_session_ended(&self, principal: &Principal, lost: bool) {
        self.sessions.client_session_ended(principal, lost);
    }

    /// Logs in with the operator's own credentials, and keeps the session for the principal.
    ///
    /// # Errors
    /// NOT_AUTHENTICATED where there are none, or the store refuses them.
    pub async fn login_configured(&self, principal: &Principal) -> Result<Session, Failure> {
        let own = OwnCredentials::default();
        let login =
            LoginRequest { base_url: None, given: Vec::new(), own: &own, may_go_to: &|_| Ok(()) };
        self.login(principal, login).await
    }

    /// A session of the operator's own with the store of this name, with the configured credentials. It
    /// is nobody's who calls tools, and takes no caller's place.
    ///
    /// # Errors
    /// CONFLICT where no store has that name any more, NOT_AUTHENTICATED where there are no credentials
    /// for it, or it refuses them.
    pub async fn log_in_operator(&self, store: &str) -> Result<Session, Failure> {
        let Some(found) = self.stores.iter().find(|one| one.name() == store) else {
            let message =
                format!("no store of this server is named `{}` now", visible::line(store));
            let remedy =
                "put its `[[stores]]` entry back under that name, or propose the change anew";
            return Err(Failure::new(Code::Conflict, message).rule("plan-store").remedy(remedy));
        };
        let credentials = found.credentials().cloned().ok_or_else(no_credentials)?;
        Session::login(found, credentials).await
    }

    /// Logs in, and keeps the session for the principal.
    ///
    /// # Errors
    /// FORBIDDEN for a store or credentials that the operator does not allow, VALIDATION_ERROR for
    /// incomplete ones, NOT_AUTHENTICATED where the store refuses them.
    pub(crate) async fn login(
        &self,
        principal: &Principal,
        login: LoginRequest<'_>,
    ) -> Result<Session, Failure> {
        let LoginRequest { base_url, given, own, may_go_to } = login;
        let store = self.store(base_url)?;
        may_go_to(store.name())?;
        let whose = if given.is_empty() { CredentialsOf::Operator } else { CredentialsOf::Caller };
        let credentials = if given.is_empty() {
            store.credentials().cloned().ok_or_else(no_credentials)?
        } else if own.accepted {
            own.rates.login(principal, &own.limits)?;
            partial_credentials(given)?.complete()?.ok_or_else(no_credentials)?
        } else {
            return Err(Failure::new(
                Code::Forbidden,
                "logging in with credentials from a tool call is not allowed here",
            )
            .rule("login-arguments")
            .remedy(
                "call `auth_login` without arguments to use the operator's credentials; an operator \
                 allows others with `--accept-credentials`",
            ));
        };
        let session = Session::login(store, credentials).await?;
        self.sessions.put(principal, &session, whose);
        if self.probe_at_login {
            session.start_probe();
        }
        Ok(session)
    }

    fn store(&self, base_url: Option<&str>) -> Result<&Magento, Failure> {
        let Some(first) = self.stores.first() else {
            return Err(Failure::new(Code::Unavailable, "no store is configured").remedy(
                "set MAGENTO_BASE_URL and credentials, write a `[[stores]]` entry in souk.toml, \
                 or start with --demo",
            ));
        };
        let Some(wanted) = base_url else { return Ok(first) };
        self.stores.iter().find(|store| store.is_at(wanted)).ok_or_else(|| {
            let known: Vec<_> =
                self.stores.iter().map(|store| format!("`{}`", store.base_url())).collect();
            let mut failure =
                Failure::new(Code::Forbidden, "`base_url` is not a store of this server")
                    .rule("login-base-url")
                    .remedy(format!("leave it out, or give one of {}", known.join(", ")));
            failure.argument = Some("base_url".into());
            failure
        })
    }
}

fn no_credentials() -> Failure {
    Failure::new(Code::NotAuthenticated, "the operator has configured no credentials for the store")
        .remedy(
            "set MAGENTO_OAUTH_*, MAGENTO_INTEGRATION_TOKEN, MAGENTO_IMS_*, or MAGENTO_ADMIN_USERNAME \
             and MAGENTO_ADMIN_PASSWORD where souk is started",
        )
}

/// What a call handed over, by the names of its sealed arguments.
fn partial_credentials(given: Vec<(String, Secret)>) -> Result<PartialCredentials, Failure> {
    let mut offered = PartialCredentials::default();
    for (name, value) in given {
        match name.as_str() {
            "oauth_consumer_key" => offered.oauth_consumer_key = Some(value),
            "oauth_consumer_secret" => offered.oauth_consumer_secret = Some(value),
            "oauth_token" => offered.oauth_token = Some(value),
            "oauth_token_secret" => offered.oauth_token_secret = Some(value),
            "integration_token" => offered.integration_token = Some(value),
            "username" => offered.username = Some(value.expose_secret().to_owned()),
            "password" => offered.password = Some(value),
            "otp_secret" => offered.otp_secret = Some(value),
            _ => {
                return Err(Failure::internal(format!(
                    "the plugin logs in with `{name}`, which is no kind of credential"
                )));
            }
        }
    }
    Ok(offered)
}
