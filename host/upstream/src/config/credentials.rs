//! How the host proves itself to a store.

use serde::Deserialize;
use souk_model::{AuthMethod, Code, Failure, Secret};

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
    /// Everything of them that nobody else may know.
    #[must_use]
    pub fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::Oauth { consumer_key, consumer_secret, token, token_secret } => {
                vec![consumer_key, consumer_secret, token, token_secret]
            }
            Self::IntegrationToken(token) => vec![token],
            Self::Admin { password, .. } => vec![password],
        }
    }

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
}
