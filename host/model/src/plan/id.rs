//! How plans are named.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A plan's id, as people and models name it: `plan_` and 22 letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PlanId(String);

/// A text that is no plan's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan's id is `plan_` and 22 letters and digits")]
pub struct InvalidPlanId;

impl PlanId {
    /// Letters and digits after the prefix: 130 bits, so that ids cannot be guessed.
    const LENGTH: usize = 22;
    const PREFIX: &'static str = "plan_";

    /// An id of random bytes, of which each should be uniform.
    #[must_use]
    pub fn from_random(bytes: [u8; 22]) -> Self {
        const LETTERS: &[u8; 64] =
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";
        let text: String =
            bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect();
        Self(format!("{}{text}", Self::PREFIX))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlanId {
    type Err = InvalidPlanId;

    fn from_str(text: &str) -> Result<Self, InvalidPlanId> {
        let rest = text.strip_prefix(Self::PREFIX).ok_or(InvalidPlanId)?;
        if rest.len() == Self::LENGTH && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPlanId)
        }
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PlanId> for String {
    fn from(id: PlanId) -> Self {
        id.0
    }
}

impl TryFrom<String> for PlanId {
    type Error = InvalidPlanId;

    fn try_from(text: String) -> Result<Self, InvalidPlanId> {
        text.parse()
    }
}
