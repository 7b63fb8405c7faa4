//! Taking an access token, or refusing it with the reason.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_model::{AccessGrant, AccessTokens, Principal, RefusalKind, TokenRefusal};
use url::Url;

use crate::issuer_address::{InvalidIssuer, check_address};
use crate::key_cache::{KeyCache, KeyTimes, NoKey};
use crate::key_set::{InvalidAlgorithm, algorithm};
use crate::key_source::{KeyFetchError, KeySource};
use crate::ring_provider;

/// The longest token that is looked at, in bytes; they have one or two thousand.
const LONGEST: usize = 16 << 10;
/// The longest subject, in characters, and the most scopes, which are names a caller is known by.
const LONGEST_SUBJECT: usize = 200;
const MOST_SCOPES: usize = 200;
/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 30;
/// What an access token may say that it is (RFC 9068, 2.1; before it, `JWT` or nothing).
const TYPES: [&str; 3] = ["at+jwt", "application/at+jwt", "jwt"];

/// What the operator says of the authorization server.
#[derive(Debug, Clone)]
pub struct OauthConfig {
    /// Who signs: as it stands in tokens, to the letter.
    pub issuer: String,
    /// What tokens are for. The first is what clients are told.
    pub audiences: Vec<String>,
    /// By what they may be signed: `RS256`, `ES256`, …
    pub algorithms: Vec<String>,
    /// Where the keys are; else the issuer's metadata says it.
    pub keys: Option<Url>,
    /// The claim that names the caller.
    pub subject_claim: String,
    /// The scopes that a client is told to ask for first.
    pub first_scopes: Vec<String>,
    /// How long at the least between two requests for keys.
    pub keys_pause: std::time::Duration,
}

/// Why there is no taking tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOauth {
    /// The issuer is no address.
    #[error("`{0}` is no address of an authorization server")]
    Issuer(String),
    /// The issuer, or its keys, may not be there.
    #[error(transparent)]
    Address(#[from] InvalidIssuer),
    /// An algorithm is none.
    #[error(transparent)]
    Algorithm(#[from] InvalidAlgorithm),
    /// Nothing is named that tokens are for, so that anybody's tokens would do.
    #[error("it is not said what tokens are for")]
    NoAudience,
    /// No algorithm is named.
    #[error("no algorithm is named that tokens may be signed with")]
    NoAlgorithm,
}

/// Takes the access tokens of one authorization server.
pub struct OauthVerifier {
    config: OauthConfig,
    algorithms: Vec<Algorithm>,
    keys: KeyCache,
}

/// What counts of a token's claims.
#[derive(Deserialize)]
struct AccessClaims {
    iss: String,
    exp: f64,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    scope: Option<String>,
    /// As some have it.
    #[serde(default)]
    scp: Option<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Whether that is enough to take tokens by.
///
/// # Errors
/// What is wrong with it.
pub fn check_config(config: &OauthConfig) -> Result<(), InvalidOauth> {
    checked(config).map(drop)
}

/// The algorithms of a configuration that is sound.
fn checked(config: &OauthConfig) -> Result<Vec<Algorithm>, InvalidOauth> {
    let issuer = Url::parse(&config.issuer)
        .map_err(|_| InvalidOauth::Issuer(souk_model::visible::sentence(&config.issuer, 120)))?;
    check_address(&issuer)?;
    if let Some(keys) = &config.keys {
        check_address(keys)?;
    }
    if config.audiences.is_empty() {
        return Err(InvalidOauth::NoAudience);
    }
    let algorithms: Result<Vec<_>, _> =
        config.algorithms.iter().map(|name| algorithm(name)).collect();
    let algorithms = algorithms?;
    if algorithms.is_empty() {
        return Err(InvalidOauth::NoAlgorithm);
    }
    Ok(algorithms)
}

impl OauthVerifier {
    /// By what the operator says; `client` follows no redirects and has a timeout.
    ///
    /// # Errors
    /// What is wrong with that.
    pub fn new(config: OauthConfig, client: reqwest::Client) -> Result<Self, InvalidOauth> {
        ring_provider::install();
        let algorithms = checked(&config)?;
        let source = KeySource::new(config.issuer.clone(), config.keys.clone(), client);
        let keys = KeyCache::new(Box::new(source), KeyTimes::new(config.keys_pause));
        Ok(Self { config, algorithms, keys })
    }

    /// Whether the keys can be had now: how many there are.
    ///
    /// # Errors
    /// They cannot.
    pub async fn try_keys(&self) -> Result<usize, KeyFetchError> {
        self.keys.try_fetch().await
    }

    /// The header, where it is one of a token that may be looked at further.
    fn header(&self, token: &str) -> Result<Header, TokenRefusal> {
        if token.len() > LONGEST {
            return Err(refused("size", format!("it has more than {LONGEST} bytes")));
        }
        let header = decode_header(token).map_err(|error| match error.kind() {
            // `none` is no algorithm that the library knows.
            ErrorKind::Json(_) => refused("algorithm", "its header names no algorithm that counts"),
            _ => refused("form", "it is no signed token"),
        })?;
        if !self.algorithms.contains(&header.alg) {
            return Err(refused("algorithm", "it is signed by an algorithm that is not taken"));
        }
        if header.crit.is_some() {
            return Err(refused("critical", "it wants something understood that is not"));
        }
        let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
        if kind.is_some_and(|kind| !TYPES.contains(&kind.as_str())) {
            return Err(refused("type", "it is another kind of token"));
        }
        Ok(header)
    }

    /// The claims of a token whose signature is right, and which is for here and now.
    async fn claims(&self, token: &str) -> Result<AccessClaims, TokenRefusal> {
        let header = self.header(token)?;
        let key = self.keys.key(header.kid.as_deref(), header.alg).await;
        let key = key.map_err(|error| match error {
            NoKey::Unknown => refused("key", error.to_string()),
            NoKey::NotNow { retry_after } => {
                // Rounded up, so that whoever comes then is not told the same again.
                let kind = RefusalKind::NotNow { retry_after_s: retry_after.as_secs() + 1 };
                TokenRefusal { reason: "keys", message: error.to_string(), kind }
            }
        })?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_audience(&self.config.audiences);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        let claims = decode::<AccessClaims>(token, &key, &validation)
            .map_err(|error| refusal_of(error.kind()))?
            .claims;
        // A list of issuers is none.
        if claims.iss != self.config.issuer {
            return Err(genuine("issuer", "it is another issuer's"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "half a minute")]
        let latest = now + LEEWAY as f64;
        if claims.iat.is_some_and(|issued| issued > latest) {
            return Err(genuine("not-yet", "it was issued in the future"));
        }
        Ok(claims)
    }

    /// Who brings the token.
    async fn principal(&self, token: &str) -> Result<Principal, TokenRefusal> {
        let claims = self.claims(token).await?;
        let claim = &self.config.subject_claim;
        let subject = claims.others.get(claim).and_then(Value::as_str).unwrap_or_default();
        if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT {
            return Err(genuine("subject", format!("its claim `{claim}` names nobody")));
        }
        // A name stands in lines of the log and the trail: none passes for another.
        if souk_model::visible::line(subject) != subject || subject.trim() != subject {
            return Err(genuine(
                "subject",
                format!("its claim `{claim}` cannot be shown as it is"),
            ));
        }
        let scopes = scopes(&claims);
        if scopes.len() > MOST_SCOPES {
            return Err(genuine("scope", format!("it has more than {MOST_SCOPES} scopes")));
        }
        let grant = Arc::new(AccessGrant::new(scopes, end(claims.exp)));
        Ok(Principal::by_access(subject, grant))
    }
}

/// Until when a token counts that expires then. Its `exp` may be any number that is not past.
fn end(exp: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range is the latest or the earliest"
    )]
    let exp = exp as u64;
    exp.saturating_add(LEEWAY)
}

/// A text of scopes with spaces between, or a list of them.
fn scopes(claims: &AccessClaims) -> Vec<String> {
    let texts = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut scopes = claims.scope.as_deref().map(texts).unwrap_or_default();
    match &claims.scp {
        Some(Value::String(text)) => scopes.extend(texts(text)),
        Some(Value::Array(list)) => {
            scopes.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        _ => {}
    }
    scopes
}

fn refused(reason: &'static str, message: impl Into<String>) -> TokenRefusal {
    TokenRefusal { reason, message: message.into(), kind: RefusalKind::Guess }
}

/// Of a token that the authorization server has signed.
fn genuine(reason: &'static str, message: impl Into<String>) -> TokenRefusal {
    TokenRefusal { kind: RefusalKind::Genuine, ..refused(reason, message) }
}

/// What the library found wrong once it had the key: the signature first, then the claims.
fn refusal_of(kind: &ErrorKind) -> TokenRefusal {
    match kind {
        ErrorKind::ExpiredSignature => TokenRefusal::expired(),
        ErrorKind::ImmatureSignature => genuine("not-yet", "it is not valid yet"),
        ErrorKind::InvalidIssuer => genuine("issuer", "it is another issuer's"),
        ErrorKind::InvalidAudience => genuine("audience", "it is for another server"),
        ErrorKind::MissingRequiredClaim(claim) => {
            genuine("claims", format!("it lacks the claim `{claim}`"))
        }
        ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
            genuine("claims", "its claims cannot be read")
        }
        ErrorKind::InvalidSignature => refused("signature", "its signature is wrong"),
        ErrorKind::InvalidAlgorithm => {
            refused("algorithm", "it is signed by an algorithm that is not its key's")
        }
        _ => refused("form", "it is no signed token"),
    }
}

#[async_trait]
impl AccessTokens for OauthVerifier {
    async fn verify(&self, token: &str) -> Result<Principal, TokenRefusal> {
        self.principal(token).await
    }

    fn issuer(&self) -> &str {
        &self.config.issuer
    }

    fn resource(&self) -> &str {
        self.config.audiences.first().map_or("", String::as_str)
    }

    fn first_scopes(&self) -> &[String] {
        &self.config.first_scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_without_a_sensible_end_ends_and_does_not_begin_anew() {
        assert_eq!(end(1_000.9), 1_000 + LEEWAY);
        assert_eq!(end(1.844_674_407_370_955_2e19), u64::MAX);
        assert_eq!((end(f64::MAX), end(-1.0), end(f64::NAN)), (u64::MAX, LEEWAY, LEEWAY));
    }
}
