//! Who a request is made for.

use std::net::SocketAddr;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use souk_model::{ExposeSecret, Principal, Secret};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The shortest token that is accepted, in bytes: what cannot be guessed over a network.
const SHORTEST: usize = 16;

/// Tells the principal of a request by its bearer token.
///
/// Without tokens every caller is [`Principal::local`], and [`check_bind`] keeps such a server on
/// this machine.
///
/// ```
/// use souk_mcp::Authenticator;
/// let secret = |text: &str| text.to_owned().into();
/// assert!(Authenticator::new([("ann".into(), secret("0123456789abcdef"))]).is_ok());
/// assert!(Authenticator::new([("ann".into(), secret("short"))]).is_err());
/// ```
#[derive(Clone, Default)]
pub struct Authenticator {
    /// Digests, so that all are compared in the same time whatever their tokens' lengths.
    tokens: Vec<(Principal, [u8; 32])>,
}

/// Why a list of tokens is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTokens {
    /// It could be guessed.
    #[error(
        "the token of `{principal}` is shorter than {SHORTEST} characters; \
         make one with `openssl rand -hex 32`"
    )]
    Short {
        /// Whose it is.
        principal: String,
    },
    /// It cannot be sent in a header.
    #[error("the token of `{principal}` has spaces or characters other than ASCII in it")]
    Unsendable {
        /// Whose it is.
        principal: String,
    },
    /// It would mean two principals.
    #[error("`{one}` and `{other}` have the same token; give each its own")]
    Shared {
        /// Whose it is.
        one: String,
        /// Whose it is too.
        other: String,
    },
    /// The name is empty, or means the local user, who has no token.
    #[error("`{name}` cannot be the name of a token; choose another")]
    Name {
        /// The name.
        name: String,
    },
}

/// Why a request has no principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// It brought no token.
    NoToken,
    /// Its token is none of ours.
    WrongToken,
}

impl Authenticator {
    /// Takes the operator's names for its principals and their tokens. A principal may have
    /// several, so that a token can be replaced while the old one is still in use.
    ///
    /// # Errors
    /// [`InvalidTokens`] for the first token that is too short, cannot be sent, or is not its
    /// principal's alone.
    pub fn new(tokens: impl IntoIterator<Item = (String, Secret)>) -> Result<Self, InvalidTokens> {
        let mut known: Vec<(Principal, [u8; 32])> = Vec::new();
        for (principal, token) in tokens {
            let token = token.expose_secret();
            if principal.is_empty() || principal == Principal::LOCAL {
                return Err(InvalidTokens::Name { name: principal });
            }
            if token.len() < SHORTEST {
                return Err(InvalidTokens::Short { principal });
            }
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(InvalidTokens::Unsendable { principal });
            }
            let digest = digest(token.as_bytes());
            if let Some((one, _)) = known.iter().find(|(_, other)| *other == digest) {
                return Err(InvalidTokens::Shared { one: one.to_string(), other: principal });
            }
            known.push((Principal::named(&principal), digest));
        }
        Ok(Self { tokens: known })
    }

    /// Everybody is the local user.
    #[must_use]
    pub fn open() -> Self {
        Self::default()
    }

    /// Whether everybody is the local user.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(crate) fn principal(&self, headers: &HeaderMap) -> Result<Principal, TokenError> {
        if self.is_open() {
            return Ok(Principal::local());
        }
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(given), None) = (given.next(), given.next()) else {
            return Err(if headers.contains_key(AUTHORIZATION) {
                TokenError::WrongToken
            } else {
                TokenError::NoToken
            });
        };
        let token = bearer(given.as_bytes()).ok_or(TokenError::WrongToken)?;
        let digest = digest(token);
        // All are compared, and which one it is decided without a branch, so that the time tells
        // nothing about a token or its place.
        let mut matched = Choice::from(0);
        let mut index = 0u64;
        for (at, (_, known)) in (0u64..).zip(&self.tokens) {
            let same = known.ct_eq(&digest);
            index.conditional_assign(&at, same);
            matched |= same;
        }
        let known = usize::try_from(index).ok().and_then(|index| self.tokens.get(index));
        match known {
            Some((principal, _)) if bool::from(matched) => Ok(principal.clone()),
            _ => Err(TokenError::WrongToken),
        }
    }
}

/// The token in `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
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
/// use souk_mcp::{Authenticator, check_bind};
/// assert!(check_bind("127.0.0.1:8808".parse().unwrap(), &Authenticator::open()).is_ok());
/// assert!(check_bind("0.0.0.0:8808".parse().unwrap(), &Authenticator::open()).is_err());
/// ```
///
/// # Errors
/// [`BindError`], with what to do.
pub fn check_bind(address: SocketAddr, auth: &Authenticator) -> Result<(), BindError> {
    if auth.is_open() && !address.ip().to_canonical().is_loopback() {
        return Err(BindError { address });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Authenticator {
        let token = |name: &str, token: &str| (name.to_owned(), token.to_owned().into());
        Authenticator::new([
            token("ann", "ann-0123456789abcdef"),
            token("bob", "bob-0123456789abcdef-longer"),
        ])
        .unwrap()
    }

    fn asked(header: &str) -> Result<Principal, TokenError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        two().principal(&headers)
    }

    #[test]
    fn a_token_names_its_principal_and_nothing_else_does() {
        assert_eq!(asked("Bearer ann-0123456789abcdef"), Ok(Principal::named("ann")));
        assert_eq!(asked("bearer bob-0123456789abcdef-longer"), Ok(Principal::named("bob")));
        for wrong in [
            "Bearer ",
            "Bearer bob-0123456789abcdef",
            "Bearer ann-0123456789abcdeF",
            "Basic ann-0123456789abcdef",
            "ann-0123456789abcdef",
            "Bearer ann-0123456789abcdef, Bearer bob-0123456789abcdef-longer",
        ] {
            assert_eq!(asked(wrong), Err(TokenError::WrongToken), "{wrong}");
        }
        assert_eq!(two().principal(&HeaderMap::new()), Err(TokenError::NoToken));
    }

    #[test]
    fn two_headers_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, "Bearer ann-0123456789abcdef".parse().unwrap());
        headers.append(AUTHORIZATION, "Bearer ann-0123456789abcdef".parse().unwrap());
        assert_eq!(two().principal(&headers), Err(TokenError::WrongToken));
    }

    #[test]
    fn tokens_that_protect_nothing_are_refused() {
        let refused = |tokens: &[(&str, &str)]| {
            let tokens = tokens
                .iter()
                .map(|(name, token)| ((*name).to_owned(), Secret::from((*token).to_owned())));
            Authenticator::new(tokens).err().unwrap()
        };
        let long = "0123456789abcdef";
        assert!(matches!(refused(&[("ann", "")]), InvalidTokens::Short { .. }));
        assert!(matches!(refused(&[("", long)]), InvalidTokens::Name { .. }));
        assert!(matches!(refused(&[("local", long)]), InvalidTokens::Name { .. }));
        assert!(matches!(
            refused(&[("ann", "0123456789 abcdef")]),
            InvalidTokens::Unsendable { .. }
        ));
        assert!(matches!(refused(&[("a", long), ("b", long)]), InvalidTokens::Shared { .. }));
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
            assert_eq!(check_bind(address, &Authenticator::open()).is_ok(), allowed, "{address}");
            assert!(check_bind(address, &two()).is_ok());
        }
    }
}
