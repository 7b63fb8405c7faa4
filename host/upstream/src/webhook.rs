//! Telling an address of the operator's that something happened.

use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use souk_model::{ExposeSecret, Secret};
use url::Url;

use crate::config::limits::RequestLimits;
use crate::wire::address::is_loopback;
use crate::wire::hmac_key::keyed;
use crate::wire::http_client::HttpClient;
use crate::wire::transport_error::innermost_cause;

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An address that messages are posted to, each signed.
#[derive(Debug)]
pub struct Webhook {
    url: Url,
    secret: Secret,
    client: HttpClient,
}

impl Webhook {
    /// Signs with this secret: `X-Souk-Signature: sha256=` and the HMAC-SHA256 of the body, in hex.
    ///
    /// # Errors
    /// The address is none, or would send messages in the clear to another machine. For people.
    pub fn new(url: &str, secret: Secret) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|error| format!("`{url}` is no URL: {error}"))?;
        let stays_here = url.scheme() == "http" && is_loopback(&url);
        if url.scheme() != "https" && !stays_here {
            return Err(format!("`{url}` must begin with https, or be on this machine"));
        }
        let client = HttpClient::new(!stays_here, RequestLimits::default());
        Ok(Self { url, secret, client })
    }

    /// Posts a message of JSON once. Redirects are not followed, and what is answered is not read.
    ///
    /// # Errors
    /// It was not taken. For the log.
    pub async fn post(&self, body: Vec<u8>) -> Result<(), String> {
        let mac: Hmac<Sha256> = keyed::<_, Sha256>(self.secret.expose_secret().as_bytes());
        let signature = mac.chain_update(&body).finalize().into_bytes();
        let signature = format!("sha256={}", data_encoding::HEXLOWER.encode(&signature));
        let client = self.client.get().await.map_err(|failure| failure.message)?;
        let request = client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("x-souk-signature", signature)
            .body(body);
        match tokio::time::timeout(PATIENCE, request.send()).await {
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            Ok(Err(error)) => Err(innermost_cause(error)),
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(format!("status {}", response.status().as_u16())),
        }
    }
}
