//! A token that is got with a login and renewed whenever the store no longer knows it, however long
//! it lived.
//!
//! Magento answers alike to a token that it does not know and to one whose role is too small. So
//! before a denial is believed, the token is tried on a read that it is known to be good for; where
//! there is none, it is renewed, and what the store denies a token that it gave out just now is the
//! role's. One request never renews twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use souk_model::{Code, Failure, Secret};
use tokio::sync::Mutex;

use super::admin_login::AdminLogin;
use super::bearer_token::bearer_header;
use super::ims_login::ImsLogin;
use super::token_proof::TokenProof;
use crate::store::magento::Magento;
use crate::wire::error_body::denies_resource;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::transport_error::TransportError;

/// Where nothing can show whether a token is known, one that is younger than this and was got because
/// another was denied is taken for known: what it is denied is the role's.
const RENEWED_LATELY: Duration = Duration::from_secs(5);

/// By which login a token is got.
pub(super) enum TokenSource {
    Admin(AdminLogin),
    Ims(Box<ImsLogin>),
}

impl TokenSource {
    /// A new token, and what goes with it in each request.
    async fn headers(&self, store: &Magento) -> Result<HeaderMap, Failure> {
        let (token, mut headers) = match self {
            Self::Admin(login) => (login.token(store).await?, HeaderMap::new()),
            Self::Ims(login) => (login.token(store).await?, login.headers.clone()),
        };
        let token = Secret::from(token);
        store.report_secret(&token);
        headers.insert(AUTHORIZATION, bearer_header(&token)?);
        Ok(headers)
    }
}

/// A token that was given out.
struct IssuedToken {
    /// What carries it.
    headers: HeaderMap,
    /// When a renewal gave it; `None` for the one of the login.
    renewed: Option<Instant>,
}

/// A token, and what is needed to get the next one.
pub(crate) struct RenewableToken {
    source: TokenSource,
    current: ArcSwap<IssuedToken>,
    renewing: Mutex<()>,
    proof: TokenProof,
    /// What the store said where it refused to renew: asked again and again it would lock the account.
    refused: ArcSwapOption<Failure>,
}

impl RenewableToken {
    /// Gets the first token.
    pub(super) async fn get(store: &Magento, source: TokenSource) -> Result<Self, Failure> {
        let headers = source.headers(store).await?;
        Ok(Self {
            source,
            current: ArcSwap::from_pointee(IssuedToken { headers, renewed: None }),
            renewing: Mutex::new(()),
            proof: TokenProof::default(),
            refused: ArcSwapOption::empty(),
        })
    }

    pub(super) const fn proof(&self) -> &TokenProof {
        &self.proof
    }

    pub(super) async fn send(
        &self,
        store: &Magento,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        let used = self.current.load_full();
        let reply = store.send(request, || Ok(used.headers.clone())).await?;
        if reply.status != 401 || self.is_roles_denial(store, &reply, &used).await {
            return Ok(reply);
        }
        // Whatever hinders the renewal, the request itself was refused and is not sent again.
        let token = self.renew(store, &used).await.map_err(TransportError::Unsendable)?;
        store.send(request, || Ok(token.headers.clone())).await
    }

    /// Sends with the token as it is: at the login, which has just got it.
    pub(super) async fn send_once(
        &self,
        store: &Magento,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        let used = self.current.load_full();
        store.send(request, || Ok(used.headers.clone())).await
    }

    /// Whether the token that was denied a resource is known to the store all the same.
    async fn is_roles_denial(
        &self,
        store: &Magento,
        reply: &StoreReply,
        used: &Arc<IssuedToken>,
    ) -> bool {
        if !(denies_resource(reply) && Arc::ptr_eq(&self.current.load_full(), used)) {
            return false;
        }
        let is_new = || used.renewed.is_some_and(|at| at.elapsed() < RENEWED_LATELY);
        self.proof.holds(store, &used.headers).await.unwrap_or_else(is_new)
    }

    /// Another token than the one used, got from the store by one of those who ask at a time.
    async fn renew(
        &self,
        store: &Magento,
        used: &Arc<IssuedToken>,
    ) -> Result<Arc<IssuedToken>, Failure> {
        let _one_at_a_time = self.renewing.lock().await;
        let current = self.current.load_full();
        if !Arc::ptr_eq(&current, used) {
            return Ok(current);
        }
        if let Some(refused) = self.refused.load_full() {
            return Err(Failure::clone(&refused));
        }
        tracing::debug!(store = store.name(), "the token is renewed");
        let headers = self.source.headers(store).await.inspect_err(|failure| {
            if failure.code == Code::NotAuthenticated {
                self.refused.store(Some(Arc::new(failure.clone())));
            }
        })?;
        let token = Arc::new(IssuedToken { headers, renewed: Some(Instant::now()) });
        self.current.store(token.clone());
        Ok(token)
    }
}
