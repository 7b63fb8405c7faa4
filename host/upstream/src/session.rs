//! Logged in to a store.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use souk_model::{Code, Failure, Principal, SessionInfo, StoreView};
use souk_policy::PermittedRead;
use tokio::sync::OnceCell;

use crate::address::{Api, Target, segment};
use crate::auth::{Auth, denies_resource};
use crate::capabilities::{CapabilityReport, Kept};
use crate::cdn::{Addresses, Page};
use crate::complaint::Asked;
use crate::exchange::{Lost, Outgoing, Reply};
use crate::login::{self, STORE_VIEWS};
use crate::transport::{Magento, upstream_error};
use crate::{Credentials, Purger, StoreWriter, UPSTREAM};
use crate::{cdn, complaint, graphql};

use souk_model::ExposeSecret;

/// A store, the proof of who we are, and the view that reads use when they name none.
///
/// Cheap to clone: a call takes a snapshot, and what happens to the principal's session meanwhile
/// does not touch it.
#[derive(Debug, Clone)]
pub struct Session(Arc<Inner>);

/// Every view's settings, its base URLs among them.
const STORE_CONFIGS: Target<'static> = Target::own("/V1/store/storeConfigs", "");

#[derive(Debug)]
struct Inner {
    store: Magento,
    auth: Arc<Auth>,
    info: SessionInfo,
    /// By which addresses the store is reached, once it was asked.
    addresses: Arc<OnceCell<Addresses>>,
    kept: Arc<Kept>,
}

impl Session {
    /// Logs in, and proves it by reading something that needs the credentials.
    ///
    /// # Errors
    /// `NOT_AUTHENTICATED` where the store does not accept them; what went wrong on the way else.
    pub async fn login(store: &Magento, credentials: Credentials) -> Result<Self, Failure> {
        store.in_time(Self::login_inner(store, credentials)).await
    }

    async fn login_inner(store: &Magento, credentials: Credentials) -> Result<Self, Failure> {
        let info = SessionInfo {
            store: store.name().to_owned(),
            environment: store.environment().to_owned(),
            base_url: store.base_url().to_owned(),
            username: label(&credentials),
            method: credentials.method(),
            default_scope: None,
        };
        let auth = Auth::open(store, credentials).await?;
        login::verify(store, &auth).await?;
        let (store, auth) = (store.clone(), Arc::new(auth));
        let (addresses, kept) = (Arc::default(), Arc::default());
        Ok(Self(Arc::new(Inner { store, auth, info, addresses, kept })))
    }

    /// What may be known of the session. Never a credential.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        self.0.info.clone()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Magento {
        &self.0.store
    }

    /// What writes to the store in this session's name. For `souk-plans` only: see [`StoreWriter`].
    #[must_use]
    pub fn writer(&self) -> StoreWriter {
        StoreWriter::new(self.clone())
    }

    /// What purges the cache before the store, in this session's name. For `souk-plans` only: see
    /// [`Purger`].
    ///
    /// # Errors
    /// `UNAVAILABLE` where no cache is configured: it says what to set.
    pub fn purger(&self) -> Result<Purger, Failure> {
        Purger::new(self.clone()).ok_or_else(cdn::not_configured)
    }

    /// What the store, with this session's credentials, can do: what is known of it now. Asks
    /// nothing, unless that is older than a quarter of an hour: then the store is asked again in the
    /// background. `None` where it was never asked, or has not answered yet.
    #[must_use]
    pub fn capabilities(&self) -> Option<Arc<CapabilityReport>> {
        let kept = &self.0.kept;
        if kept.is_stale() {
            self.start_probe();
        }
        kept.latest()
    }

    /// Begins to find that out in the background, by at most twenty small reads, unless that is
    /// already under way. It ends with the last snapshot of this login.
    pub fn start_probe(&self) {
        drop(self.0.kept.begin(&self.0.store, &self.0.auth));
    }

    /// Whether that is under way.
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.0.kept.is_asking()
    }

    /// Finds that out now, or waits for the answer that somebody else asked for. What is younger
    /// than ten seconds is not asked again. Takes twenty seconds at most.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` where the asking itself broke; whatever the store does is an answer.
    pub async fn fresh_capabilities(&self) -> Result<Arc<CapabilityReport>, Failure> {
        self.0.kept.refreshed(&self.0.store, &self.0.auth).await
    }

    /// The same session with a default scope, once the store confirms that it has such a view.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` with the codes that exist; what went wrong in asking for them else.
    pub async fn with_scope(&self, code: &str) -> Result<Self, Failure> {
        let proper = code.starts_with(|c: char| c.is_ascii_alphabetic())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // `all` is how Magento spells "no view" in a path, not the code of one.
        if !proper || code.eq_ignore_ascii_case("all") {
            let shown: String = code.chars().filter(|c| !c.is_control()).take(64).collect();
            let message = format!("`{shown}` cannot be the code of a store view");
            return Err(Failure::new(Code::ValidationError, message)
                .remedy("`scope_list_websites_stores` lists the store's views"));
        }
        self.0.store.in_time(self.check_view(code)).await?;
        let info = SessionInfo { default_scope: Some(code.to_owned()), ..self.info() };
        let Inner { store, auth, addresses, kept, .. } = &*self.0;
        let (store, auth) = (store.clone(), auth.clone());
        let (addresses, kept) = (addresses.clone(), kept.clone());
        Ok(Self(Arc::new(Inner { store, auth, info, addresses, kept })))
    }

    /// Makes a permitted read and gives the body of a 2xx answer: JSON, by the store's word, and
    /// not yet parsed.
    ///
    /// # Errors
    /// Anything but 2xx, an answer that is not JSON, too long or too late, a store view that the
    /// store does not have.
    pub async fn get(&self, what: &PermittedRead) -> Result<Bytes, Failure> {
        self.0.store.in_time(self.get_inner(what)).await
    }

    async fn get_inner(&self, what: &PermittedRead) -> Result<Bytes, Failure> {
        check_upstream(what.upstream())?;
        if let StoreView::View(code) = what.at() {
            self.check_view(code).await?;
        }
        if graphql::is_asked(what) {
            return graphql::query(&self.0.store, what, self.0.info.default_scope.as_deref()).await;
        }
        let target = Target {
            api: Api::Rest,
            store: segment(what.at(), self.0.info.default_scope.as_deref()),
            path: what.path(),
            query: what.query(),
        };
        let answer = self.send(&Outgoing::get(target)).await?;
        if answer.is_success() {
            return body(answer);
        }
        let (method, route, path) = (what.method(), what.route().as_str(), what.path());
        Err(self.complaint(&answer, &Asked { method, route, path }).await)
    }

    /// The failure that an answer other than 2xx to a permitted request is.
    pub(crate) async fn complaint(&self, answer: &Reply, asked: &Asked<'_>) -> Failure {
        let denied = denies_resource(answer);
        let known = denied && self.0.auth.is_known(&self.0.store).await;
        complaint::of_request(answer, asked, known.then_some(self.0.info.method))
    }

    /// Refuses a page that is at none of the store's addresses. The store is asked for them once a
    /// session, and only where the operator's own word does not settle it.
    pub(crate) async fn owns(&self, page: &Page) -> Result<(), Failure> {
        let configured = Addresses::of(self.0.store.base_url());
        if configured.have(page) {
            return Ok(());
        }
        let read = self.0.addresses.get_or_try_init(async || {
            let answer = self.send(&Outgoing::get(STORE_CONFIGS)).await?;
            let mut all = configured.clone();
            // Whoever may not read them is left with the operator's word.
            if !denies_resource(&answer) {
                all.learn(&body(answer)?).map_err(|error| {
                    upstream_error(format!("the store's configuration cannot be read: {error}"))
                })?;
            }
            Ok(all)
        });
        let known = self.0.store.in_time(read).await?;
        if known.have(page) { Ok(()) } else { Err(known.refuse(page)) }
    }

    pub(crate) async fn send(&self, what: &Outgoing<'_>) -> Result<Reply, Lost> {
        self.0.auth.send(&self.0.store, what).await
    }

    pub(crate) async fn check_view(&self, code: &str) -> Result<(), Failure> {
        let read = async || {
            let answer = self.send(&Outgoing::get(STORE_VIEWS)).await?;
            if denies_resource(&answer) { Ok(None) } else { body(answer).map(Some) }
        };
        self.0.store.views().check(code, read).await
    }
}

/// Whether a request is for this back end at all.
pub(crate) fn check_upstream(name: &str) -> Result<(), Failure> {
    if name == UPSTREAM {
        return Ok(());
    }
    Err(Failure::new(Code::Unavailable, format!("`{name}` is not a store"))
        .remedy("no back end of this name is configured"))
}

fn body(answer: Reply) -> Result<Bytes, Failure> {
    if !answer.is_success() {
        return Err(complaint::failure(&answer));
    }
    if !answer.json {
        return Err(upstream_error("the store answered with something that is not JSON")
            .from_upstream(UPSTREAM, Some(answer.status))
            .remedy("check the store's `base_url`: no REST API answers there"));
    }
    Ok(answer.body)
}

/// Whom a session shows. Magento tells nobody who they are, so it is what the credentials say
/// without giving them away.
fn label(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Oauth { consumer_key, .. } => {
            let shown: String = consumer_key.expose_secret().chars().take(4).collect();
            format!("oauth:{shown}…")
        }
        Credentials::IntegrationToken(_) => "integration".to_owned(),
        Credentials::Admin { username, .. } => username.clone(),
    }
}

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
