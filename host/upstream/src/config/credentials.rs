//! How the host proves itself to a store.

use serde::Deserialize;
use souk_model::{AuthMethod, Code, Failure, Secret};
use url::Url;

use super::url::url;

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
        /// What the admin's one-time codes are made of, where the store demands a second factor:
        /// the secret of its Google Authenticator.
        #[serde(default)]
        otp_secret: Option<Secret>,
    },
    /// Adobe Commerce as a Cloud Service: credentials of Adobe's identity service, for a token that
    /// is renewed when it expires.
    Ims(ImsCredentials),
}

/// OAuth server-to-server credentials, as Adobe's developer console shows them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImsCredentials {
    /// Whose they are; goes with each request as `x-api-key`, too.
    pub client_id: String,
    /// The secret that belongs to it.
    pub client_secret: Secret,
    /// The organisation, `…@AdobeOrg`; goes with each request as `x-gw-ims-org-id`.
    pub org_id: String,
    /// What the token is to be good for.
    #[serde(default = "commerce_scopes")]
    pub scopes: String,
    /// Where tokens are given out.
    #[serde(default = "adobe_tokens", deserialize_with = "url")]
    pub url: Url,
}

impl ImsCredentials {
    /// Where Adobe gives out tokens.
    pub const TOKEN_URL: &str = "https://ims-na1.adobelogin.com/ims/token/v3";
    /// What Adobe says that a token for Commerce needs.
    pub const SCOPES: &str = "openid,AdobeID,email,profile,additional_info.roles,\
                              additional_info.projectedProductContext,commerce.accs";
}

fn commerce_scopes() -> String {
    ImsCredentials::SCOPES.to_owned()
}

#[allow(clippy::expect_used, reason = "a constant, which a test parses")]
fn adobe_tokens() -> Url {
    Url::parse(ImsCredentials::TOKEN_URL).expect("a URL")
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
            Self::Admin { password, otp_secret, .. } => {
                std::iter::once(password).chain(otp_secret).collect()
            }
            Self::Ims(ims) => vec![&ims.client_secret],
        }
    }

    /// The way of proving it, as a session shows it.
    #[must_use]
    pub const fn method(&self) -> AuthMethod {
        match self {
            Self::Oauth { .. } => AuthMethod::Oauth,
            Self::IntegrationToken(_) => AuthMethod::IntegrationToken,
            Self::Admin { .. } => AuthMethod::AdminToken,
            Self::Ims(_) => AuthMethod::Ims,
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
    /// `MAGENTO_ADMIN_OTP_SECRET`
    pub otp_secret: Option<Secret>,
    /// `MAGENTO_IMS_CLIENT_ID`
    pub ims_client_id: Option<String>,
    /// `MAGENTO_IMS_CLIENT_SECRET`
    pub ims_client_secret: Option<Secret>,
    /// `MAGENTO_IMS_ORG_ID`
    pub ims_org_id: Option<String>,
    /// `MAGENTO_IMS_SCOPES`
    pub ims_scopes: Option<String>,
    /// `MAGENTO_IMS_URL`
    pub ims_url: Option<Url>,
}

impl PartialCredentials {
    /// The first complete set, of OAuth, integration token, Adobe's identity service, admin password;
    /// `None` where nothing is offered at all.
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
        if let (Some(client_id), Some(client_secret), Some(org_id)) =
            (self.ims_client_id, self.ims_client_secret, self.ims_org_id)
        {
            let scopes = self.ims_scopes.unwrap_or_else(commerce_scopes);
            let url = self.ims_url.unwrap_or_else(adobe_tokens);
            let ims = ImsCredentials { client_id, client_secret, org_id, scopes, url };
            return Ok(Some(Credentials::Ims(ims)));
        }
        if let (Some(username), Some(password)) = (self.username, self.password) {
            let otp_secret = self.otp_secret;
            return Ok(Some(Credentials::Admin { username, password, otp_secret }));
        }
        if missing.is_empty() {
            return Ok(None);
        }
        let message = format!("the credentials are incomplete: {missing} missing");
        Err(Failure::new(Code::ValidationError, message).remedy(
            "give all four OAuth values, or an integration token, or client id, client secret and \
             organisation of Adobe's identity service, or a user name and a password",
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
        let ims = [
            ("ims_client_id", self.ims_client_id.is_some()),
            ("ims_client_secret", self.ims_client_secret.is_some()),
            ("ims_org_id", self.ims_org_id.is_some()),
        ];
        let admin = [("username", self.username.is_some()), ("password", self.password.is_some())];
        let begun = |set: &[(_, bool)]| set.iter().any(|(_, given)| *given);
        let oauth = if begun(&oauth) { &oauth[..] } else { &[] };
        let ims = if begun(&ims) { &ims[..] } else { &[] };
        let admin = if begun(&admin) || self.otp_secret.is_some() { &admin[..] } else { &[] };
        let sets = oauth.iter().chain(ims).chain(admin);
        let names: Vec<_> = sets.filter(|(_, given)| !given).collect();
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
    fn adobes_own_addresses_are_the_default() {
        let given = r#"{"client_id": "a", "client_secret": "b", "org_id": "c"}"#;
        let ims: ImsCredentials = serde_json::from_str(given).unwrap();
        assert_eq!(ims.url.as_str(), ImsCredentials::TOKEN_URL);
        assert!(ims.scopes.ends_with(",commerce.accs") && !ims.scopes.contains(' '));
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
