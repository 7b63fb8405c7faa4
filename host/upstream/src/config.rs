//! How a store is configured. Plain data: read by the binary, checked by `Magento::new`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use souk_model::{AuthMethod, Code, Failure, Secret};
use url::Url;

use crate::cdn::CdnSettings;

/// One store, as the operator configures it.
///
/// ```
/// let config: souk_upstream::StoreConfig = serde_json::from_str(r#"{
///     "name": "shop", "environment": "production", "base_url": "https://shop.example/",
///     "credentials": {"admin": {"username": "agent", "password": "correct horse"}},
///     "limits": {"total_timeout": 20, "concurrency": 8}
/// }"#).unwrap();
/// assert_eq!(config.limits.concurrency, 8);
/// assert!(!format!("{config:?}").contains("correct horse"));
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The operator's name for the store.
    pub name: String,
    /// `production`, `staging`, …
    #[serde(default = "staging")]
    pub environment: String,
    /// Where the store is, up to and without `/rest`. Nothing but the operator ever sets it.
    #[serde(deserialize_with = "url")]
    pub base_url: Url,
    /// What Magento takes its own address for, where a proxy before it changes scheme, host or
    /// port. Only OAuth signatures use it.
    #[serde(default, deserialize_with = "some_url")]
    pub signing_base_url: Option<Url>,
    /// How the host proves itself, if the operator gave it the means.
    #[serde(default)]
    pub credentials: Option<Credentials>,
    /// What requests may cost.
    #[serde(default)]
    pub limits: RequestLimits,
    /// The cache before the store, if there is one that may be purged.
    #[serde(default)]
    pub cdn: CdnSettings,
}

impl StoreConfig {
    /// A store without credentials or cache, and with the usual limits.
    pub fn new(name: impl Into<String>, base_url: Url) -> Self {
        Self {
            name: name.into(),
            environment: staging(),
            base_url,
            signing_base_url: None,
            credentials: None,
            limits: RequestLimits::default(),
            cdn: CdnSettings::default(),
        }
    }
}

fn staging() -> String {
    "staging".to_owned()
}

fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let text = String::deserialize(from)?;
    Url::parse(&text).map_err(|error| de::Error::custom(format!("`{text}` is no URL: {error}")))
}

fn some_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    url(from).map(Some)
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(de::Error::custom)
}

/// What requests to one store may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestLimits {
    /// Until a connection stands, TLS included. In seconds where configured; 5 by default.
    #[serde(deserialize_with = "seconds")]
    pub connect_timeout: Duration,
    /// For one read as a whole: waiting for a free connection, every attempt, the last byte of
    /// the answer. In seconds where configured; 30 by default.
    #[serde(deserialize_with = "seconds")]
    pub total_timeout: Duration,
    /// The same for a write. What takes longer may have happened or not, so it is more patient. In
    /// seconds where configured; 60 by default.
    #[serde(deserialize_with = "seconds")]
    pub write_timeout: Duration,
    /// The longest body that is read, in bytes; 16 MiB by default.
    pub max_answer_bytes: usize,
    /// How often a read is sent again after a lost connection, 429, 502, 503 or 504, and a write
    /// after a connection that did not come about or 429; 3 by default.
    pub max_retries: u32,
    /// How long a store's `Retry-After` may be to be waited for. In seconds where configured; 10
    /// by default. Longer ones are told to the caller.
    #[serde(deserialize_with = "seconds")]
    pub max_retry_after: Duration,
    /// Requests to the store at the same time, over all sessions; 16 by default.
    pub concurrency: usize,
    /// The longest address that is sent, in bytes; 8000 by default, since nginx answers 414 above
    /// 8 KiB of request line.
    pub max_url_bytes: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            max_answer_bytes: 16 * 1024 * 1024,
            max_retries: 3,
            max_retry_after: Duration::from_secs(10),
            concurrency: 16,
            max_url_bytes: 8000,
        }
    }
}

/// One way of proving who we are. Printing it shows no secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credentials {
    /// An integration's four keys, for OAuth 1.0a.
    Oauth {
        /// The consumer key, 32 characters.
        consumer_key: Secret,
        /// The consumer secret.
        consumer_secret: Secret,
        /// The access token, 32 characters.
        token: Secret,
        /// The access token's secret.
        token_secret: Secret,
    },
    /// An integration's access token as a bearer token. Stores refuse it since 2.4.4, unless told
    /// otherwise.
    IntegrationToken(Secret),
    /// An admin's name and password, for a token that is renewed when it expires.
    Admin {
        /// The admin's user name.
        username: String,
        /// The admin's password.
        password: Secret,
    },
}

impl Credentials {
    /// The way of proving it, as a session shows it.
    #[must_use]
    pub const fn method(&self) -> AuthMethod {
        match self {
            Self::Oauth { .. } => AuthMethod::Oauth,
            Self::IntegrationToken(_) => AuthMethod::IntegrationToken,
            Self::Admin { .. } => AuthMethod::AdminToken,
        }
    }
}

/// Credentials as a login's arguments or the environment offer them, perhaps in part.
#[derive(Debug, Clone, Default)]
pub struct PartialCredentials {
    /// `MAGENTO_OAUTH_CONSUMER_KEY`
    pub oauth_consumer_key: Option<Secret>,
    /// `MAGENTO_OAUTH_CONSUMER_SECRET`
    pub oauth_consumer_secret: Option<Secret>,
    /// `MAGENTO_OAUTH_TOKEN`
    pub oauth_token: Option<Secret>,
    /// `MAGENTO_OAUTH_TOKEN_SECRET`
    pub oauth_token_secret: Option<Secret>,
    /// `MAGENTO_INTEGRATION_TOKEN`
    pub integration_token: Option<Secret>,
    /// `MAGENTO_ADMIN_USERNAME`
    pub username: Option<String>,
    /// `MAGENTO_ADMIN_PASSWORD`
    pub password: Option<Secret>,
}

impl PartialCredentials {
    /// The first complete set, of OAuth, integration token, admin password; `None` where nothing
    /// is offered at all.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` where no set is complete: it names what is missing.
    pub fn complete(self) -> Result<Option<Credentials>, Failure> {
        let missing = self.missing();
        if let (Some(consumer_key), Some(consumer_secret), Some(token), Some(token_secret)) = (
            self.oauth_consumer_key,
            self.oauth_consumer_secret,
            self.oauth_token,
            self.oauth_token_secret,
        ) {
            let keys = Credentials::Oauth { consumer_key, consumer_secret, token, token_secret };
            return Ok(Some(keys));
        }
        if let Some(token) = self.integration_token {
            return Ok(Some(Credentials::IntegrationToken(token)));
        }
        if let (Some(username), Some(password)) = (self.username, self.password) {
            return Ok(Some(Credentials::Admin { username, password }));
        }
        if missing.is_empty() {
            return Ok(None);
        }
        let message = format!("the credentials are incomplete: {missing} missing");
        Err(Failure::new(Code::ValidationError, message).remedy(
            "give all four OAuth values, or an integration token, or a user name and a password",
        ))
    }

    /// The names that partly given sets lack, for a message; empty where no set is begun.
    fn missing(&self) -> String {
        let oauth = [
            ("oauth_consumer_key", self.oauth_consumer_key.is_some()),
            ("oauth_consumer_secret", self.oauth_consumer_secret.is_some()),
            ("oauth_token", self.oauth_token.is_some()),
            ("oauth_token_secret", self.oauth_token_secret.is_some()),
        ];
        let admin = [("username", self.username.is_some()), ("password", self.password.is_some())];
        let begun = |set: &[(_, bool)]| set.iter().any(|(_, given)| *given);
        let oauth = if begun(&oauth) { &oauth[..] } else { &[] };
        let admin = if begun(&admin) { &admin[..] } else { &[] };
        let names: Vec<_> = oauth.iter().chain(admin).filter(|(_, given)| !given).collect();
        let names: Vec<_> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
        match names.len() {
            0 => String::new(),
            1 => format!("{} is", names[0]),
            _ => format!("{} are", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Option<Secret> {
        Some("s".to_owned().into())
    }

    #[test]
    fn the_first_complete_set_wins() {
        let admin = PartialCredentials {
            username: Some("a".into()),
            password: some(),
            ..PartialCredentials::default()
        };
        let half = PartialCredentials { oauth_token: some(), ..admin.clone() };
        let method = |offered: PartialCredentials| offered.complete().unwrap().unwrap().method();
        assert_eq!(method(admin.clone()), AuthMethod::AdminToken);
        assert_eq!(method(half), AuthMethod::AdminToken);
        let token = PartialCredentials { integration_token: some(), ..admin };
        assert_eq!(method(token.clone()), AuthMethod::IntegrationToken);
        let all = PartialCredentials {
            oauth_consumer_key: some(),
            oauth_consumer_secret: some(),
            oauth_token: some(),
            oauth_token_secret: some(),
            ..token
        };
        assert_eq!(method(all), AuthMethod::Oauth);
    }

    #[test]
    fn an_incomplete_set_says_what_is_missing() {
        assert!(PartialCredentials::default().complete().unwrap().is_none());
        let half = PartialCredentials {
            oauth_token: some(),
            username: Some("a".into()),
            ..PartialCredentials::default()
        };
        assert_eq!(
            half.complete().unwrap_err().message,
            "the credentials are incomplete: `oauth_consumer_key`, `oauth_consumer_secret`, \
             `oauth_token_secret`, `password` are missing"
        );
    }

    #[test]
    fn unknown_settings_are_refused() {
        for wrong in [
            r#"{"name": "a", "base_url": "https://a/", "base": 1}"#,
            r#"{"name": "a", "base_url": "https://a/", "limits": {"timeout": 1}}"#,
            r#"{"name": "a", "base_url": "not a url"}"#,
            r#"{"name": "a", "base_url": "https://a/", "limits": {"total_timeout": -1}}"#,
        ] {
            assert!(serde_json::from_str::<StoreConfig>(wrong).is_err(), "{wrong}");
        }
    }
}
