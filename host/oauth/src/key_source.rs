//! Fetching the keys of an authorization server: from the address that its own metadata names, or that
//! the operator does.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use crate::issuer_address::{InvalidIssuer, check_address};
use crate::key_set::KeySet;

/// What an answer may have, in bytes.
const MOST_BYTES: usize = 256 << 10;
/// How long a request and its answer may take: a caller waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFetchError {
    /// It did not answer, or not with 200.
    #[error("`{address}` does not answer: {why}")]
    NoAnswer {
        /// Which address.
        address: String,
        /// What came instead.
        why: String,
    },
    /// It answered something else.
    #[error("what `{address}` answers is not {what}")]
    WrongAnswer {
        /// Which address.
        address: String,
        /// What it should be.
        what: &'static str,
    },
    /// The metadata is another server's.
    #[error("`{address}` says that it is `{says}`, and `{issuer}` is meant")]
    OtherIssuer {
        /// Which address.
        address: String,
        /// Who it says it is.
        says: String,
        /// Who is meant.
        issuer: String,
    },
    /// Keys may not be there.
    #[error(transparent)]
    Address(#[from] InvalidIssuer),
}

/// Fetches the keys of an authorization server.
#[async_trait]
pub(crate) trait FetchKeys: Send + Sync {
    /// The keys as they are published now.
    ///
    /// # Errors
    /// Why there are none.
    async fn fetch(&self) -> Result<KeySet, KeyFetchError>;
}

/// Where keys come from.
#[derive(Debug, Clone)]
pub struct KeySource {
    issuer: String,
    /// Named by the operator; else the metadata says it.
    keys: Option<Url>,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct IssuerMetadata {
    issuer: String,
    jwks_uri: String,
}

impl KeySource {
    /// Of this issuer. The client follows no redirects and has a timeout.
    #[must_use]
    pub const fn new(issuer: String, keys: Option<Url>, client: reqwest::Client) -> Self {
        Self { issuer, keys, client }
    }

    /// Where the metadata says that the keys are. OpenID's way is tried first, since nearly everybody
    /// has it.
    async fn discover(&self) -> Result<Url, KeyFetchError> {
        let mut last = None;
        for address in metadata_addresses(&self.issuer) {
            check_address(&address)?;
            match self.get(&address).await {
                Ok(text) => return self.keys_of(&address, &text),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| KeyFetchError::WrongAnswer {
            address: self.issuer.clone(),
            what: "an address of an issuer",
        }))
    }

    fn keys_of(&self, address: &Url, text: &[u8]) -> Result<Url, KeyFetchError> {
        let wrong = || KeyFetchError::WrongAnswer {
            address: address.to_string(),
            what: "an issuer's metadata",
        };
        let metadata: IssuerMetadata = serde_json::from_slice(text).map_err(|_| wrong())?;
        // Of another issuer they could be anybody's keys (RFC 8414, 3.3).
        if metadata.issuer != self.issuer {
            return Err(KeyFetchError::OtherIssuer {
                address: address.to_string(),
                says: souk_model::visible::sentence(&metadata.issuer, 200),
                issuer: self.issuer.clone(),
            });
        }
        Url::parse(&metadata.jwks_uri).map_err(|_| wrong())
    }

    async fn get(&self, address: &Url) -> Result<Vec<u8>, KeyFetchError> {
        let failed = |why: String| KeyFetchError::NoAnswer { address: address.to_string(), why };
        let answer = tokio::time::timeout(PATIENCE, self.answer(address)).await;
        answer.unwrap_or_else(|_| Err(failed(format!("no answer in {} s", PATIENCE.as_secs()))))
    }

    async fn answer(&self, address: &Url) -> Result<Vec<u8>, KeyFetchError> {
        let failed = |why: String| KeyFetchError::NoAnswer { address: address.to_string(), why };
        let asked = self.client.get(address.clone()).header("accept", "application/json").send();
        let mut answer = asked.await.map_err(|error| failed(error.without_url().to_string()))?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(failed(format!("status {}", answer.status().as_u16())));
        }
        let mut text = Vec::new();
        while let Some(part) =
            answer.chunk().await.map_err(|error| failed(error.without_url().to_string()))?
        {
            if text.len() + part.len() > MOST_BYTES {
                return Err(failed(format!("more than {MOST_BYTES} bytes")));
            }
            text.extend_from_slice(&part);
        }
        Ok(text)
    }
}

#[async_trait]
impl FetchKeys for KeySource {
    async fn fetch(&self) -> Result<KeySet, KeyFetchError> {
        let address = match &self.keys {
            Some(address) => address.clone(),
            None => self.discover().await?,
        };
        check_address(&address)?;
        let text = self.get(&address).await?;
        KeySet::parse(&text).map_err(|_| KeyFetchError::WrongAnswer {
            address: address.to_string(),
            what: "a set of keys",
        })
    }
}

/// Where an issuer's metadata may be: OpenID Connect Discovery puts its path behind the issuer's, RFC 8414
/// before it.
fn metadata_addresses(issuer: &str) -> Vec<Url> {
    let Ok(issuer) = Url::parse(issuer) else { return Vec::new() };
    let path = issuer.path().trim_end_matches('/').to_owned();
    let at = |path: String| {
        let mut address = issuer.clone();
        address.set_path(&path);
        address.set_query(None);
        address.set_fragment(None);
        address
    };
    vec![
        at(format!("{path}/.well-known/openid-configuration")),
        at(format!("/.well-known/oauth-authorization-server{path}")),
        at(format!("/.well-known/openid-configuration{path}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_where_both_standards_have_it() {
        let found = metadata_addresses("https://login.example.com/realms/shop");
        let found: Vec<&str> = found.iter().map(Url::as_str).collect();
        assert_eq!(
            found,
            [
                "https://login.example.com/realms/shop/.well-known/openid-configuration",
                "https://login.example.com/.well-known/oauth-authorization-server/realms/shop",
                "https://login.example.com/.well-known/openid-configuration/realms/shop",
            ]
        );
        let root = metadata_addresses("https://login.example.com");
        assert_eq!(root[0].as_str(), "https://login.example.com/.well-known/openid-configuration");
    }
}
