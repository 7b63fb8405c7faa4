//! Who may call over a network, told apart by tokens that nobody here knows.

use subtle::{Choice, ConditionallySelectable};

use crate::{Principal, TokenDigest};

/// A list of tokens that cannot be told apart, or that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCallers {
    /// It would mean two principals.
    #[error("`{one}` and `{other}` have the same token; give each its own")]
    Shared {
        /// Whose it is.
        one: String,
        /// Whose it is too.
        other: String,
    },
    /// The name is empty, or means the local user, who has no token, or somebody whom another service
    /// vouches for.
    #[error("`{name}` cannot be the name of a caller with a token; choose another")]
    Name {
        /// The name.
        name: String,
    },
}

/// Whom the operator knows of those who call over a network.
///
/// ```
/// use souk_model::{Callers, TokenDigest};
/// let ann = TokenDigest::of(b"0123456789abcdef");
/// let callers = Callers::of_tokens([("ann".to_owned(), ann)]).unwrap();
/// let principal = callers.find(&ann).unwrap();
/// assert!(callers.admits(&principal));
/// // Once the token is another, whoever came by the old one is nobody.
/// let rotated = Callers::of_tokens([("ann".to_owned(), TokenDigest::of(b"another"))]).unwrap();
/// assert!(!rotated.admits(&principal));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callers {
    tokens: Vec<(Principal, TokenDigest)>,
    open: bool,
    /// Whether those count whom another service vouches for.
    vouched: bool,
}

impl Callers {
    /// Everybody is the local user, and no token is asked for.
    #[must_use]
    pub const fn open() -> Self {
        Self { tokens: Vec::new(), open: true, vouched: false }
    }

    /// Those with these tokens, and nobody else; of none it is nobody at all. A principal may have
    /// several.
    ///
    /// # Errors
    /// [`InvalidCallers`] for the first name that cannot be one, and for a token of two.
    pub fn of_tokens(
        tokens: impl IntoIterator<Item = (String, TokenDigest)>,
    ) -> Result<Self, InvalidCallers> {
        let mut known: Vec<(Principal, TokenDigest)> = Vec::new();
        for (name, token) in tokens {
            let is_others = name.starts_with(Principal::VOUCHED);
            if name.is_empty() || name == Principal::LOCAL || is_others {
                return Err(InvalidCallers::Name { name });
            }
            if let Some((one, _)) = known.iter().find(|(_, other)| other.is(&token)) {
                return Err(InvalidCallers::Shared { one: one.to_string(), other: name });
            }
            known.push((Principal::by_token(&name, token), token));
        }
        Ok(Self { tokens: known, open: false, vouched: false })
    }

    /// And those whom another service vouches for, as long as it does.
    #[must_use]
    pub const fn and_vouched_for(mut self) -> Self {
        self.vouched = true;
        self
    }

    /// Whether those count whom another service vouches for.
    #[must_use]
    pub const fn takes_vouched_for(&self) -> bool {
        self.vouched
    }

    /// Whether no token is asked for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Whose token this is. All are compared, and which one it is decided without a branch, so that
    /// the time tells nothing of a token or its place.
    #[must_use]
    pub fn find(&self, token: &TokenDigest) -> Option<Principal> {
        let mut matched = Choice::from(0);
        let mut index = 0_u64;
        for (at, (_, known)) in (0_u64..).zip(&self.tokens) {
            let same = known.ct_eq(token);
            index.conditional_assign(&at, same);
            matched |= same;
        }
        let known = usize::try_from(index).ok().and_then(|index| self.tokens.get(index));
        known.filter(|_| bool::from(matched)).map(|(principal, _)| principal.clone())
    }

    /// Whether the principal came by a token that is still its own.
    #[must_use]
    pub fn knows(&self, principal: &Principal, token: &TokenDigest) -> bool {
        self.find(token).is_some_and(|owner| owner == *principal)
    }

    /// Whether somebody who was let in over the network would be now.
    #[must_use]
    pub fn admits(&self, principal: &Principal) -> bool {
        match (principal.token(), principal.access()) {
            (Some(token), _) => self.knows(principal, token),
            (None, Some(access)) => self.vouched && access.seconds_left() > 0,
            (None, None) => self.open,
        }
    }

    /// Whether somebody who was let in is still somebody who may come, with whatever they bring then: an
    /// access token is short-lived, and its bearer comes again with another.
    #[must_use]
    pub fn may_return(&self, principal: &Principal) -> bool {
        match principal.access() {
            Some(_) => self.vouched,
            None => self.admits(principal),
        }
    }

    /// The names of those who have a token.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().map(|(principal, _)| principal.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Callers {
        let token = |name: &str, token: &str| (name.to_owned(), TokenDigest::of(token.as_bytes()));
        Callers::of_tokens([token("ann", "a"), token("bob", "b")]).unwrap()
    }

    #[test]
    fn a_token_names_its_principal_and_nothing_else_does() {
        let find = |token: &str| two().find(&TokenDigest::of(token.as_bytes()));
        assert_eq!(find("a"), Some(Principal::named("ann")));
        assert_eq!(find("b"), Some(Principal::named("bob")));
        assert_eq!(find("c"), None);
        assert_eq!(Callers::open().find(&TokenDigest::of(b"a")), None);
    }

    #[test]
    fn whoever_came_without_a_token_is_admitted_only_where_none_is_asked_for() {
        assert!(Callers::open().admits(&Principal::local()));
        assert!(!two().admits(&Principal::local()));
        assert!(!two().admits(&Principal::named("ann")));
        let ann = two().find(&TokenDigest::of(b"a")).unwrap();
        assert!(two().admits(&ann) && !Callers::open().admits(&ann));
        let nobody = Callers::of_tokens([]).unwrap();
        assert!(!nobody.admits(&ann) && !nobody.admits(&Principal::local()) && !nobody.is_open());
    }

    #[test]
    fn names_and_tokens_that_cannot_be_told_apart_are_refused() {
        let refused = |tokens: &[(&str, &str)]| {
            let tokens = tokens
                .iter()
                .map(|(name, token)| ((*name).to_owned(), TokenDigest::of(token.as_bytes())));
            Callers::of_tokens(tokens).err().unwrap()
        };
        assert!(matches!(refused(&[("", "x")]), InvalidCallers::Name { .. }));
        assert!(matches!(refused(&[("local", "x")]), InvalidCallers::Name { .. }));
        assert!(matches!(refused(&[("a", "x"), ("b", "x")]), InvalidCallers::Shared { .. }));
    }

    #[test]
    fn whoever_is_vouched_for_counts_while_that_lasts_and_is_none_of_the_operators_own() {
        let until = |seconds: u64| {
            let grant = crate::AccessGrant::new(["read"], seconds);
            Principal::by_access("ann", std::sync::Arc::new(grant))
        };
        let vouched = two().and_vouched_for();
        assert!(vouched.admits(&until(u64::MAX)) && !vouched.admits(&until(1)));
        assert!(!two().admits(&until(u64::MAX)) && !Callers::open().admits(&until(u64::MAX)));
        assert!(until(u64::MAX) != Principal::named("ann"));
        let taken = Callers::of_tokens([("oauth:ann".to_owned(), TokenDigest::of(b"x"))]);
        assert!(matches!(taken, Err(InvalidCallers::Name { .. })));
    }
}
