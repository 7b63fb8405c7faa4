//! An admin's token, got with a password and renewed when it expires.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::HeaderValue;
use serde::Serialize;
use souk_model::{Code, ExposeSecret, Failure, Secret};
use tokio::sync::Mutex;

use super::bearer_token::bearer_header;
use crate::store::magento::Magento;
use crate::wire::address::ApiTarget;
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::failure_of;
use crate::wire::request::StoreRequest;
use crate::wire::transport_error::TransportError;
use crate::wire::upstream::{UPSTREAM, upstream_error};

/// A token that a renewal gave and the store still denies stands for a role that is too small, not
/// for an expired token: for this long it is not renewed again. Magento's tokens live an hour or
/// more.
const RENEWED_LATELY: Duration = Duration::from_secs(300);

/// An admin's token, and what is needed to get the next one.
pub(crate) struct AdminToken {
    username: String,
    password: Secret,
    current: ArcSwap<TokenHeader>,
    renewing: Mutex<()>,
}

struct TokenHeader {
    header: HeaderValue,
    /// When a renewal gave it; `None` for the one of the login.
    renewed: Option<Instant>,
}

#[derive(Serialize)]
struct TokenRequestBody<'a> {
    username: &'a str,
    password: &'a str,
}

impl AdminToken {
    /// Gets the first token.
    pub(super) async fn get(
        store: &Magento,
        username: String,
        password: Secret,
    ) -> Result<Self, Failure> {
        let header = request_token(store, &username, &password).await?;
        let current = ArcSwap::from_pointee(TokenHeader { header, renewed: None });
        Ok(Self { username, password, current, renewing: Mutex::new(()) })
    }

    pub(super) async fn send(
        &self,
        store: &Magento,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        let used = self.current.load_full();
        let reply = store.send(request, || Ok(Some(used.header.clone()))).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        // Whatever hinders the renewal, the request itself was refused and is not sent again.
        match self.renew(store, &used).await.map_err(TransportError::Unsendable)? {
            Some(token) => store.send(request, || Ok(Some(token.header.clone()))).await,
            None => Ok(reply),
        }
    }

    /// Another token than the one used, got from the store by one of those who ask at a time;
    /// `None` where a new one would be denied as well.
    async fn renew(
        &self,
        store: &Magento,
        used: &Arc<TokenHeader>,
    ) -> Result<Option<Arc<TokenHeader>>, Failure> {
        let _one_at_a_time = self.renewing.lock().await;
        let current = self.current.load_full();
        if !Arc::ptr_eq(&current, used) {
            return Ok(Some(current));
        }
        if current.renewed.is_some_and(|at| at.elapsed() < RENEWED_LATELY) {
            return Ok(None);
        }
        tracing::debug!(store = store.name(), "the admin token is renewed");
        let header = request_token(store, &self.username, &self.password).await?;
        let token = Arc::new(TokenHeader { header, renewed: Some(Instant::now()) });
        self.current.store(token.clone());
        Ok(Some(token))
    }
}

async fn request_token(
    store: &Magento,
    username: &str,
    password: &Secret,
) -> Result<HeaderValue, Failure> {
    let body =
        serde_json::to_vec(&TokenRequestBody { username, password: password.expose_secret() })
            .map_err(|error| Failure::internal(format!("the login cannot be written: {error}")))?;
    let target = ApiTarget::constant("/V1/integration/admin/token", "");
    let reply = store.send(&StoreRequest::post(target, body.into()), || Ok(None)).await?;
    if reply.status == 200 {
        let token: String = serde_json::from_slice(&reply.body).map_err(|_| {
            upstream_error("the store answered the login with something that is no token")
                .remedy("check the store's `base_url`: no REST API answers there")
        })?;
        let token = Secret::from(token);
        store.report_secret(&token);
        return bearer_header(&token);
    }
    let failure = failure_of(&reply);
    // Magento answers 400 where a second factor is demanded.
    if !matches!(reply.status, 400 | 401) {
        return Err(failure);
    }
    let remedy = if failure.message.to_ascii_lowercase().contains("2fa") {
        "the store demands a second factor from admins: use an integration's OAuth keys instead"
    } else {
        "check the admin's user name and password; after several failures Magento locks the \
         account for a while"
    };
    Err(Failure::new(Code::NotAuthenticated, failure.message)
        .from_upstream(UPSTREAM, failure.status)
        .remedy(remedy))
}
