//! An integration's access token, sent as a bearer token.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use souk_model::{ExposeSecret, Failure, Secret};

use super::token_proof::TokenProof;
use crate::store::magento::Magento;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::secret_header::secret_header;
use crate::wire::transport_error::TransportError;

/// The token, and the read by which it is known to be one.
pub(crate) struct BearerToken {
    headers: HeaderMap,
    proof: TokenProof,
}

impl BearerToken {
    pub(super) fn new(token: &Secret) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer_header(token)?);
        Ok(Self { headers, proof: TokenProof::default() })
    }

    pub(super) const fn proof(&self) -> &TokenProof {
        &self.proof
    }

    pub(super) async fn send(
        &self,
        store: &Magento,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        store.send(request, || Ok(self.headers.clone())).await
    }

    /// Whether the store knows it still: it is tried on the read that proved it.
    pub(super) async fn is_known(&self, store: &Magento) -> bool {
        self.proof.holds(store, &self.headers).await == Some(true)
    }
}

/// The header that carries a token.
pub(super) fn bearer_header(token: &Secret) -> Result<HeaderValue, Failure> {
    secret_header(&format!("Bearer {}", token.expose_secret()))
}
