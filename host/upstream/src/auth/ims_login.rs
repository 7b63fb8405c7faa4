//! The login of Adobe Commerce as a Cloud Service: a token of Adobe's identity service (IMS), got with
//! client credentials.
//!
//! The service has a connection of its own. Whatever belongs to the store's, its proxy, its
//! authorities, its gateway's headers, is not sent there.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Request};
use serde::Deserialize;
use souk_model::{Code, ExposeSecret, Failure};

use crate::config::credentials::ImsCredentials;
use crate::store::magento::Magento;
use crate::wire::address::is_loopback;
use crate::wire::http_client::HttpClient;
use crate::wire::php_trace::before_trace;
use crate::wire::reply::StoreReply;
use crate::wire::retry;
use crate::wire::secret_header::secret_header;
use crate::wire::text::{page_text, sanitize};
use crate::wire::transport_error::TransportError;
use crate::wire::upstream::{UPSTREAM, upstream_error};

/// The longest text of the service that a failure repeats, in characters.
const MAX_TEXT_CHARS: usize = 300;

/// What tokens are asked for with.
pub(super) struct ImsLogin {
    credentials: ImsCredentials,
    client: HttpClient,
    /// What goes with each request beside the token.
    pub(super) headers: HeaderMap,
}

/// What the service answers.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ImsAnswer {
    access_token: String,
    error: String,
    error_description: String,
}

impl ImsLogin {
    /// # Errors
    /// An address to which no secret may be sent, or values that HTTP cannot carry.
    pub(super) fn new(store: &Magento, credentials: ImsCredentials) -> Result<Self, Failure> {
        let encrypted = credentials.url.scheme() == "https";
        let stays_here = credentials.url.scheme() == "http" && is_loopback(&credentials.url);
        if !encrypted && !stays_here {
            return Err(Failure::new(
                Code::ValidationError,
                "the client secret would go unencrypted: the address of the identity service must \
                 begin with `https://`",
            ));
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", secret_header(&credentials.client_id)?);
        headers.insert("x-gw-ims-org-id", secret_header(&credentials.org_id)?);
        let client = HttpClient::new(encrypted, *store.limits());
        Ok(Self { credentials, client, headers })
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// `NOT_AUTHENTICATED` where the service refuses the credentials; that it cannot be reached, or
    /// does not answer as it should, else.
    pub(super) async fn token(&self, store: &Magento) -> Result<String, Failure> {
        let mut attempts = 0;
        loop {
            let outcome = self.ask(store).await;
            attempts += 1;
            let again = match &outcome {
                Ok(reply) if retry::is_transient(reply.status) => Some(reply.retry_after),
                Err(TransportError::NoConnection(_) | TransportError::NoReply(_)) => Some(None),
                _ => None,
            };
            match again.and_then(|asked| retry::wait(store.limits(), attempts, asked)) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return token_in(&outcome.map_err(Failure::from)?),
            }
        }
    }

    async fn ask(&self, store: &Magento) -> Result<StoreReply, TransportError> {
        let client = self.client.get().await.map_err(TransportError::Unsendable)?;
        let mut request = Request::new(Method::POST, self.credentials.url.clone());
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        *request.body_mut() = Some(self.form().into());
        let limits = store.limits();
        match client.execute(request).await {
            Ok(response) => {
                let echoes = store.echoes();
                // A token that is given out again is known already, and meant for us.
                let is_token = response.status().is_success();
                let echoes = if is_token { std::sync::Arc::default() } else { echoes };
                StoreReply::read(response, limits.max_answer_bytes, &echoes).await
            }
            Err(error) => {
                let service = self.credentials.url.as_str();
                Err(TransportError::from_client(error, service, limits.connect_timeout))
            }
        }
    }

    fn form(&self) -> String {
        let ImsCredentials { client_id, client_secret, scopes, .. } = &self.credentials;
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret.expose_secret()),
            ("scope", scopes),
        ];
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encoded(value)));
        pairs.join("&")
    }
}

fn token_in(reply: &StoreReply) -> Result<String, Failure> {
    let answer: Option<ImsAnswer> = serde_json::from_slice(&reply.body).ok();
    if reply.is_success() {
        let token = answer.map(|answer| answer.access_token);
        return token.filter(|token| !token.trim().is_empty()).ok_or_else(|| {
            upstream_error(
                "Adobe's identity service answered the login with something that is no token",
            )
            .from_upstream(UPSTREAM, Some(reply.status))
            .remedy("check the address of the identity service, `credentials.ims.url`")
        });
    }
    let said = match answer {
        Some(ImsAnswer { error, error_description, .. }) if !error.is_empty() => {
            let said = [error.as_str(), error_description.as_str()].join(": ");
            sanitize(before_trace(said.trim_end_matches(": ")), MAX_TEXT_CHARS)
        }
        _ => page_text(&reply.body),
    };
    let failure = |code, why: &str| {
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        Failure::new(code, format!("Adobe's identity service {why}{said}"))
            .from_upstream(UPSTREAM, Some(reply.status))
    };
    Err(match reply.status {
        429 => failure(Code::RateLimited, "asks to be called less often")
            .remedy("try again in a minute"),
        400..=499 => failure(Code::NotAuthenticated, "refuses the credentials").remedy(
            "check client id, client secret and scopes against the OAuth server-to-server credentials \
             in Adobe's developer console",
        ),
        _ => failure(Code::UpstreamError, "failed").remedy("try again later"),
    })
}
