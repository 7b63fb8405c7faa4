//! Who is asking: admin and customer tokens, integrations, nobody.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::credentials::{Access, Credential};
use crate::oauth::{self, Nonces, Signed};
use crate::refusal::Refusal;

/// How long a token lives unless it is told otherwise, in seconds.
const TOKEN_LIFE: i64 = 3600;

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Nobody, or somebody with a bad token, which is the same.
    Nobody,
    /// The admin user, or an integration with all rights.
    All,
    /// An integration that may only read some modules.
    ReadOnly(Vec<String>),
    /// A customer, by e-mail.
    Customer(String),
}

impl Principal {
    /// Whether they may use a route that needs `resource`.
    pub(crate) fn may(&self, method: &str, resource: &str) -> bool {
        match (resource, self) {
            (ANONYMOUS, _) | (_, Self::All) => true,
            (SELF, principal) => matches!(principal, Self::Customer(_)),
            (resource, Self::ReadOnly(allowed)) => {
                method == "GET"
                    && allowed.iter().any(|prefix| resource.starts_with(prefix.as_str()))
            }
            _ => false,
        }
    }
}

/// The resource of routes open to all.
pub(crate) const ANONYMOUS: &str = "anonymous";
/// The resource of routes about the customer who asks.
pub(crate) const SELF: &str = "self";

/// Issues and checks tokens. They live as long as the key, which belongs to the shop.
#[derive(Debug)]
pub(crate) struct Guard {
    key: [u8; 32],
    nonces: Mutex<Nonces>,
    token_life: i64,
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenOwner {
    Admin = 2,
    Customer = 3,
}

impl Guard {
    /// A guard that signs tokens with this key.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key, nonces: Mutex::default(), token_life: TOKEN_LIFE }
    }

    /// From now on tokens live so many seconds.
    pub(crate) fn set_token_life(&mut self, seconds: i64) {
        self.token_life = seconds;
    }

    /// A token of the first admin's, for whoever another service has let in.
    pub(crate) fn token_by_service(&self, now: i64) -> String {
        self.issue(TokenOwner::Admin, 1, now)
    }

    /// Logs an admin user in; the token.
    ///
    /// # Errors
    /// 401 for a wrong name or password, 400 for empty ones.
    pub(crate) fn admin_token(
        &self,
        credentials: &[Credential],
        username: &str,
        password: &str,
        now: i64,
    ) -> Result<Value, Refusal> {
        self.log_in(
            TokenOwner::Admin,
            (username, password),
            now,
            |credential| match credential {
                Credential::Admin { username, password } => Some((username, password)),
                _ => None,
            },
            credentials,
        )
    }

    /// Logs a customer in; the token.
    ///
    /// # Errors
    /// As [`Guard::admin_token`].
    pub(crate) fn customer_token(
        &self,
        credentials: &[Credential],
        email: &str,
        password: &str,
        now: i64,
    ) -> Result<Value, Refusal> {
        self.log_in(
            TokenOwner::Customer,
            (email, password),
            now,
            |credential| match credential {
                Credential::Customer { email, password } => Some((email, password)),
                _ => None,
            },
            credentials,
        )
    }

    fn log_in(
        &self,
        holder: TokenOwner,
        (name, password): (&str, &str),
        now: i64,
        pair: impl Fn(&Credential) -> Option<(&String, &String)>,
        credentials: &[Credential],
    ) -> Result<Value, Refusal> {
        let empty: Vec<Refusal> = [("username", name), ("password", password)]
            .into_iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(field, _)| Refusal::required(field))
            .collect();
        if !empty.is_empty() {
            return Err(Refusal::several(empty));
        }
        let place = credentials
            .iter()
            .filter_map(pair)
            .position(|(known, secret)| known.eq_ignore_ascii_case(name) && secret == password)
            .ok_or_else(|| {
                Refusal::new(
                    401,
                    "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later.",
                )
            })?;
        Ok(Value::String(self.issue(holder, place + 1, now)))
    }

    fn issue(&self, holder: TokenOwner, user: usize, now: i64) -> String {
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "kid": "1", "alg": "HS256" }));
        let payload = part(
            json!({ "uid": user, "utypid": holder as u8, "iat": now, "exp": now + self.token_life }),
        );
        let signature = BASE64_URL_SAFE_NO_PAD
            .encode(oauth::hmac_sha256(&self.key, format!("{header}.{payload}").as_bytes()));
        format!("{header}.{payload}.{signature}")
    }

    /// Who a bearer token is; what is no valid token is nobody.
    fn bearer(&self, token: &str, credentials: &[Credential], now: i64) -> Principal {
        let integration = credentials.iter().any(
            |known| matches!(known, Credential::Bearer { token: known, .. } if known == token),
        );
        if integration {
            return Principal::All;
        }
        let claims =
            self.claims(token).filter(|claims| claims["exp"].as_i64().is_some_and(|end| end > now));
        let Some(claims) = claims else {
            return Principal::Nobody;
        };
        if claims["utypid"].as_u64() == Some(TokenOwner::Admin as u64) {
            return Principal::All;
        }
        let place = claims["uid"].as_u64().and_then(|user| usize::try_from(user).ok()).unwrap_or(0);
        let customers = credentials.iter().filter_map(|known| match known {
            Credential::Customer { email, .. } => Some(email),
            _ => None,
        });
        customers
            .clone()
            .nth(place.wrapping_sub(1))
            .map_or(Principal::Nobody, |email| Principal::Customer(email.clone()))
    }

    fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let expected = oauth::hmac_sha256(&self.key, signed.as_bytes());
        let given = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !oauth::constant_time_equal(&expected, &given) {
            return None;
        }
        let payload = BASE64_URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Who sent this `Authorization` header.
    ///
    /// # Errors
    /// A defective OAuth header is told what is wrong; a bad bearer token is nobody.
    pub(crate) fn identify(
        &self,
        authorization: Option<&str>,
        request: &Signed<'_>,
        credentials: &[Credential],
        now: i64,
    ) -> Result<Principal, Refusal> {
        let Some(header) = authorization else {
            return Ok(Principal::Nobody);
        };
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            return Ok(self.bearer(rest.trim(), credentials, now));
        }
        if !scheme.eq_ignore_ascii_case("oauth") {
            return Ok(Principal::Nobody);
        }
        let place = {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            oauth::judge(header, request, credentials, &mut nonces, now)?
        };
        Ok(match credentials.get(place) {
            Some(Credential::Oauth { access: Access::ReadOnly(resources), .. }) => {
                Principal::ReadOnly(resources.clone())
            }
            _ => Principal::All,
        })
    }
}
