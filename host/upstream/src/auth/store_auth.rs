//! How a session proves itself, request by request.

use std::fmt;

use souk_model::{Code, Failure};

use super::admin_login::AdminLogin;
use super::bearer_token::BearerToken;
use super::ims_login::ImsLogin;
use super::oauth;
use super::renewable_token::{RenewableToken, TokenSource};
use crate::config::credentials::Credentials;
use crate::store::magento::Magento;
use crate::wire::address::ApiTarget;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::signing::OauthSigner;
use crate::wire::transport_error::TransportError;

/// What proves a session, once logged in.
pub(crate) enum StoreAuth {
    Oauth(OauthSigner),
    Bearer(BearerToken),
    Renewable(RenewableToken),
}

impl fmt::Debug for StoreAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreAuth([REDACTED])")
    }
}

impl StoreAuth {
    /// Makes the credentials ready for use; for an admin and for Adobe's identity service, gets the
    /// first token.
    pub(crate) async fn new(store: &Magento, credentials: Credentials) -> Result<Self, Failure> {
        store.note_credentials(&credentials);
        if store.is_cloud_service() && !matches!(credentials, Credentials::Ims(_)) {
            return Err(Failure::new(
                Code::NotAuthenticated,
                "Adobe Commerce as a Cloud Service knows neither integrations nor admin tokens",
            )
            .remedy(
                "log in with MAGENTO_IMS_CLIENT_ID, MAGENTO_IMS_CLIENT_SECRET and MAGENTO_IMS_ORG_ID: \
                 OAuth server-to-server credentials of Adobe's developer console",
            ));
        }
        let source = match credentials {
            Credentials::Oauth { consumer_key, consumer_secret, token, token_secret } => {
                let signer =
                    OauthSigner::new(&consumer_key, &consumer_secret, &token, &token_secret);
                return Ok(Self::Oauth(signer));
            }
            Credentials::IntegrationToken(token) => {
                return Ok(Self::Bearer(BearerToken::new(&token)?));
            }
            Credentials::Admin { username, password, otp_secret } => {
                TokenSource::Admin(AdminLogin::new(username, password, otp_secret.as_ref())?)
            }
            Credentials::Ims(ims) => TokenSource::Ims(Box::new(ImsLogin::new(store, ims)?)),
        };
        Ok(Self::Renewable(RenewableToken::get(store, source).await?))
    }

    /// A read in this session's name.
    pub(crate) async fn read(
        &self,
        store: &Magento,
        target: &ApiTarget<'_>,
    ) -> Result<StoreReply, Failure> {
        Ok(self.send(store, &StoreRequest::get(*target)).await?)
    }

    /// A request in this session's name. A token that the store no longer knows is renewed once; a
    /// signature refused for its path is made once in the other form. Both answer 401 before anything
    /// is done, so that a write may be sent again too.
    pub(crate) async fn send(
        &self,
        store: &Magento,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        match self {
            Self::Oauth(signer) => oauth::send(store, signer, request).await,
            Self::Bearer(token) => token.send(store, request).await,
            Self::Renewable(token) => token.send(store, request).await,
        }
    }

    /// Whether the store still knows us, once it has denied a resource: it says so in the same words
    /// to whom it does not know and to whose role is too small.
    ///
    /// A signature is judged before resources are, and a token that can be renewed was shown to be
    /// known, or is new, before the denial was believed. A bearer token is tried on the read that
    /// proved it at the login.
    pub(crate) async fn is_known(&self, store: &Magento) -> bool {
        match self {
            Self::Oauth(_) | Self::Renewable(_) => true,
            Self::Bearer(token) => token.is_known(store).await,
        }
    }
}
