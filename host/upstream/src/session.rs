//! Logged in to a store.

use std::sync::Arc;
use std::time::Duration;

use souk_model::{Code, ExposeSecret, Failure, SessionInfo, visible};
use tokio::sync::OnceCell;

use crate::auth::login;
use crate::auth::store_auth::StoreAuth;
use crate::capability_cache::CapabilityCache;
use crate::config::credentials::Credentials;
use crate::store::base_urls::StoreBaseUrls;
use crate::store::magento::Magento;
use crate::store::shorter_base::shorter_base;
use crate::store::views::STORE_VIEWS;
use crate::wire::error_body::denies_resource;
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::{RequestLine, failure_of_request, json_body};
use crate::wire::request::StoreRequest;
use crate::wire::transport_error::TransportError;

/// How much longer a login may take whose one-time code may have to be waited for.
const CODE_PATIENCE: Duration = Duration::from_secs(31);

/// A store, the proof of who we are, and the view that reads use when they name none.
///
/// Cheap to clone: a call takes a snapshot, and what happens to the principal's session meanwhile
/// does not touch it.
#[derive(Debug, Clone)]
pub struct Session(Arc<SessionInner>);

#[derive(Debug)]
struct SessionInner {
    store: Magento,
    auth: Arc<StoreAuth>,
    info: SessionInfo,
    /// By which addresses the store is reached, once it was asked.
    base_urls: Arc<OnceCell<StoreBaseUrls>>,
    capabilities: Arc<CapabilityCache>,
}

impl Session {
    /// Logs in, and proves it by reading something that needs the credentials.
    ///
    /// # Errors
    /// `NOT_AUTHENTICATED` where the store does not accept them; what went wrong on the way else.
    pub async fn login(store: &Magento, credentials: Credentials) -> Result<Self, Failure> {
        let mut limit = store.limits().total_timeout;
        if matches!(credentials, Credentials::Admin { otp_secret: Some(_), .. }) {
            limit += CODE_PATIENCE;
        }
        let login = store.within(limit, Self::login_now(store, credentials)).await;
        match login {
            Err(failure) => Err(found_elsewhere(store, failure).await),
            login => login,
        }
    }

    async fn login_now(store: &Magento, credentials: Credentials) -> Result<Self, Failure> {
        let info = SessionInfo {
            store: store.name().to_owned(),
            environment: store.environment().to_owned(),
            base_url: store.base_url().to_owned(),
            username: account_label(&credentials),
            method: credentials.method(),
            default_scope: None,
        };
        let auth = StoreAuth::new(store, credentials).await?;
        login::verify(store, &auth).await?;
        let (store, auth) = (store.clone(), Arc::new(auth));
        let (base_urls, capabilities) = (Arc::default(), Arc::default());
        Ok(Self(Arc::new(SessionInner { store, auth, info, base_urls, capabilities })))
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

    /// The same session with a default scope, once the store confirms that it has such a view.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` with the codes that exist; what went wrong in asking for them else.
    pub async fn with_scope(&self, code: &str) -> Result<Self, Failure> {
        let proper = code.starts_with(|c: char| c.is_ascii_alphabetic())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // `all` is how Magento spells "no view" in a path, not the code of one.
        if !proper || code.eq_ignore_ascii_case("all") {
            let shown = visible::sentence(code, 64);
            let message = format!("`{shown}` cannot be the code of a store view");
            return Err(Failure::new(Code::ValidationError, message)
                .remedy("`scope_list_websites_stores` lists the store's views"));
        }
        self.0.store.in_time(self.check_view(code)).await?;
        let info = SessionInfo { default_scope: Some(code.to_owned()), ..self.info() };
        let SessionInner { store, auth, base_urls, capabilities, .. } = &*self.0;
        let (store, auth) = (store.clone(), auth.clone());
        let (base_urls, capabilities) = (base_urls.clone(), capabilities.clone());
        Ok(Self(Arc::new(SessionInner { store, auth, info, base_urls, capabilities })))
    }

    /// The codes of the store's views; none where this login may not read them.
    ///
    /// # Errors
    /// What went wrong in asking.
    pub async fn view_codes(&self) -> Result<Vec<String>, Failure> {
        let read = async || self.read_views().await;
        self.0.store.in_time(self.0.store.views().codes(read)).await
    }

    /// Whether it is the very same snapshot: the same login, asking in the same view.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What proves this session.
    pub(crate) fn auth(&self) -> &Arc<StoreAuth> {
        &self.0.auth
    }

    /// The view that reads use when they name none.
    pub(crate) fn default_scope(&self) -> Option<&str> {
        self.0.info.default_scope.as_deref()
    }

    /// By which addresses the store is reached, once it was asked; shared by the snapshots of one
    /// login.
    pub(crate) fn base_urls(&self) -> &OnceCell<StoreBaseUrls> {
        &self.0.base_urls
    }

    /// What is known of the store's capabilities; shared by the snapshots of one login.
    pub(crate) fn capability_cache(&self) -> &Arc<CapabilityCache> {
        &self.0.capabilities
    }

    /// A request in this session's name.
    pub(crate) async fn send(
        &self,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        self.0.auth.send(&self.0.store, request).await
    }

    /// The failure that an answer other than 2xx to a permitted request is.
    pub(crate) async fn failure_of(&self, reply: &StoreReply, line: &RequestLine<'_>) -> Failure {
        let denied = denies_resource(reply);
        let known = denied && self.0.auth.is_known(&self.0.store).await;
        failure_of_request(reply, line, known.then_some(self.0.info.method))
    }

    /// Refuses the code of a view that the store does not have, as far as can be known.
    pub(crate) async fn check_view(&self, code: &str) -> Result<(), Failure> {
        let read = async || self.read_views().await;
        self.0.store.views().check(code, read).await
    }

    /// The store's own list of views, where it may be read.
    async fn read_views(&self) -> Result<Option<bytes::Bytes>, Failure> {
        let reply = self.send(&StoreRequest::get(STORE_VIEWS)).await?;
        if denies_resource(&reply) { Ok(None) } else { json_body(reply).map(Some) }
    }
}

/// Where a login met something that is no REST API, names the address at which one answers, if the
/// configured one goes on beyond it.
async fn found_elsewhere(store: &Magento, failure: Failure) -> Failure {
    let is_page = failure.code == Code::UpstreamError && matches!(failure.status, Some(200 | 404));
    if !is_page {
        return failure;
    }
    match store.in_time(async { Ok(shorter_base(store).await) }).await {
        Ok(Some(base)) => {
            let message =
                format!("no REST API answers at `{}`, and one does at `{base}/`", store.base_url());
            Failure { message, ..failure }
                .remedy(format!("set the store's `base_url` to `{base}/`"))
        }
        _ => failure,
    }
}

/// Whom a session shows. Magento tells nobody who they are, so it is what the credentials say
/// without giving them away.
fn account_label(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Oauth { consumer_key, .. } => {
            let shown: String = consumer_key.expose_secret().chars().take(4).collect();
            format!("oauth:{shown}…")
        }
        Credentials::IntegrationToken(_) => "integration".to_owned(),
        Credentials::Admin { username, .. } => username.clone(),
        Credentials::Ims(ims) => {
            let shown: String = ims.client_id.chars().take(4).collect();
            format!("ims:{shown}…")
        }
    }
}
