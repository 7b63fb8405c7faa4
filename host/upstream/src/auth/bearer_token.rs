//! An integration's access token, sent as a bearer token.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use souk_model::{ExposeSecret, Failure, Secret};

use crate::store::magento::Magento;
use crate::wire::address::ApiTarget;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::secret_header::secret_header;
use crate::wire::transport_error::TransportError;

/// A bearer token that the store knew so lately is not tried again at each denial.
const KNOWN_LATELY: Duration = Duration::from_secs(30);

/// The token, and the read by which it is known to be one.
pub(crate) struct BearerToken {
    header: HeaderValue,
    /// What the store let it read at the login, and would not let a guest.
    proof: OnceLock<ApiTarget<'static>>,
    /// When that was last seen to be so.
    known_at: ArcSwapOption<Instant>,
}

impl BearerToken {
    pub(super) fn new(token: &Secret) -> Result<Self, Failure> {
        let header = bearer_header(token)?;
        Ok(Self { header, proof: OnceLock::new(), known_at: ArcSwapOption::empty() })
    }

    /// Notes the read that proved it.
    pub(super) fn set_proof(&self, proof: ApiTarget<'static>) {
        // A second proof is as good as the first.
        let _ = self.proof.set(proof);
    }

    pub(super) async fn send(
        &self,
        store: &Magento,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        store.send(request, || Ok(Some(self.header.clone()))).await
    }

    /// Whether the store knows it still: it is tried on the read that proved it.
    pub(super) async fn is_known(&self, store: &Magento) -> bool {
        if self.known_at.load().as_ref().is_some_and(|at| at.elapsed() < KNOWN_LATELY) {
            return true;
        }
        let Some(proof) = self.proof.get() else { return false };
        let read = self.send(store, &StoreRequest::once(*proof)).await;
        let known = read.is_ok_and(|reply| reply.status == 200);
        if known {
            self.known_at.store(Some(Arc::new(Instant::now())));
        }
        known
    }
}

/// The header that carries a token.
pub(super) fn bearer_header(token: &Secret) -> Result<HeaderValue, Failure> {
    secret_header(&format!("Bearer {}", token.expose_secret()))
}
