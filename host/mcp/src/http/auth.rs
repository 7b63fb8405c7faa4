//! Who a request is made for.

use std::net::SocketAddr;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use souk_model::{
    AccessGrant, AccessTokens, Callers, Principal, RefusalKind, TokenDigest, TokenRefusal,
};

/// Why a request has no principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// It brought no token.
    NoToken,
    /// Its token is none of ours.
    WrongToken,
    /// It is an access token, and refused.
    Refused(TokenRefusal),
}

impl TokenError {
    /// Whether it may be a guess.
    pub(crate) fn may_be_guess(&self) -> bool {
        match self {
            Self::NoToken => false,
            Self::WrongToken => true,
            Self::Refused(refusal) => refusal.kind == RefusalKind::Guess,
        }
    }

    /// Of somebody who was let in, and would not be any more.
    pub(crate) fn of_the_gone(principal: &Principal) -> Self {
        match principal.access().map(AccessGrant::seconds_left) {
            Some(0) => Self::Refused(TokenRefusal::expired()),
            _ => Self::WrongToken,
        }
    }
}

/// The principal that a request's bearer token tells: one of the operator's, or an access token that
/// another service signed. Where no token is asked for, the local user.
pub(crate) async fn principal(
    callers: &Callers,
    access: Option<&dyn AccessTokens>,
    headers: &HeaderMap,
) -> Result<Principal, TokenError> {
    if callers.is_open() {
        return Ok(Principal::local());
    }
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let given = match (given.next(), given.next()) {
        (Some(given), None) => given,
        (None, _) => return Err(TokenError::NoToken),
        (Some(_), Some(_)) => return Err(TokenError::WrongToken),
    };
    let token = bearer(given.as_bytes()).ok_or(TokenError::WrongToken)?;
    if let Some(principal) = callers.find(&TokenDigest::of(token)) {
        return Ok(principal);
    }
    let signed = std::str::from_utf8(token).ok().filter(|token| token.contains('.'));
    match (access, signed) {
        (Some(access), Some(token)) => access.verify(token).await.map_err(TokenError::Refused),
        _ => Err(TokenError::WrongToken),
    }
}

/// The token in `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

/// An address that others can reach, without anything to tell them by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{address}` can be reached from other machines and no tokens are configured, so anybody \
     there could run the store; configure tokens, or bind to 127.0.0.1"
)]
pub struct BindError {
    address: SocketAddr,
}

/// Whether a server may listen there: without tokens only on a loopback address.
///
/// ```
/// use souk_mcp::check_bind;
/// use souk_model::Callers;
/// assert!(check_bind("127.0.0.1:8808".parse().unwrap(), &Callers::open()).is_ok());
/// assert!(check_bind("0.0.0.0:8808".parse().unwrap(), &Callers::open()).is_err());
/// ```
///
/// # Errors
/// [`BindError`], with what to do.
pub fn check_bind(address: SocketAddr, callers: &Callers) -> Result<(), BindError> {
    if callers.is_open() && !address.ip().to_canonical().is_loopback() {
        return Err(BindError { address });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Callers {
        let token = |name: &str, token: &str| (name.to_owned(), TokenDigest::of(token.as_bytes()));
        Callers::of_tokens([
            token("ann", "ann-0123456789abcdef"),
            token("bob", "bob-0123456789abcdef-longer"),
        ])
        .unwrap()
    }

    async fn asked(header: &str) -> Result<Principal, TokenError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        principal(&two(), None, &headers).await
    }

    #[tokio::test]
    async fn a_token_names_its_principal_and_nothing_else_does() {
        assert_eq!(asked("Bearer ann-0123456789abcdef").await, Ok(Principal::named("ann")));
        assert_eq!(asked("bearer bob-0123456789abcdef-longer").await, Ok(Principal::named("bob")));
        for wrong in [
            "Bearer ",
            "Bearer bob-0123456789abcdef",
            "Bearer ann-0123456789abcdeF",
            "Basic ann-0123456789abcdef",
            "ann-0123456789abcdef",
            "Bearer ann-0123456789abcdef, Bearer bob-0123456789abcdef-longer",
        ] {
            assert_eq!(asked(wrong).await, Err(TokenError::WrongToken), "{wrong}");
        }
        assert_eq!(principal(&two(), None, &HeaderMap::new()).await, Err(TokenError::NoToken));
        assert_eq!(
            principal(&Callers::open(), None, &HeaderMap::new()).await,
            Ok(Principal::local())
        );
    }

    #[tokio::test]
    async fn two_headers_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, "Bearer ann-0123456789abcdef".parse().unwrap());
        headers.append(AUTHORIZATION, "Bearer ann-0123456789abcdef".parse().unwrap());
        assert_eq!(principal(&two(), None, &headers).await, Err(TokenError::WrongToken));
    }

    #[test]
    fn without_tokens_only_this_machine_is_served() {
        for (address, allowed) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("192.168.0.1:1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(check_bind(address, &Callers::open()).is_ok(), allowed, "{address}");
            assert!(check_bind(address, &two()).is_ok());
        }
    }
}
