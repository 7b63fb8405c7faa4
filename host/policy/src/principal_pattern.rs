//! Which principals a rule is about.

use std::fmt;
use std::str::FromStr;

use souk_model::Principal;

use crate::text::printable;

/// Principals by their names: `*` for all, `support-*` for all that begin so, or one name.
///
/// ```
/// use souk_policy::PrincipalPattern;
/// for right in ["*", "support-*", "local", "ann@example.com"] {
///     assert_eq!(right.parse::<PrincipalPattern>().unwrap().to_string(), right);
/// }
/// for wrong in ["", "*-support", "a*b", "**", " ann"] {
///     assert!(wrong.parse::<PrincipalPattern>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrincipalPattern {
    prefix: String,
    /// Whether the name may go on.
    is_prefix: bool,
}

/// Why a text names no principals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no principals: write a name, `*` for all, or the beginning of names and `*`")]
pub struct InvalidPrincipalPattern(String);

impl PrincipalPattern {
    /// Whether it is about those alone whom another service vouches for.
    pub(crate) fn means_vouched(&self) -> bool {
        Principal::is_vouched_name(&self.prefix)
    }

    /// Whether the principal is meant.
    pub(crate) fn matches(&self, principal: &Principal) -> bool {
        match principal.as_str().strip_prefix(self.prefix.as_str()) {
            Some(rest) => self.is_prefix || rest.is_empty(),
            None => false,
        }
    }
}

impl FromStr for PrincipalPattern {
    type Err = InvalidPrincipalPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPrincipalPattern> {
        let (prefix, is_prefix) = match text.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        if text.is_empty() || prefix.contains('*') || text.trim() != text {
            return Err(InvalidPrincipalPattern(printable(text)));
        }
        Ok(Self { prefix: prefix.to_owned(), is_prefix })
    }
}

impl fmt::Display for PrincipalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)?;
        if self.is_prefix { f.write_str("*") } else { Ok(()) }
    }
}
