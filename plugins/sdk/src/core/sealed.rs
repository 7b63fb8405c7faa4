//! Arguments whose values plugins never see.

use schemars::json_schema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// A secret argument that was given. Its schema says `writeOnly: true`, so the host keeps the value
/// and hands over a placeholder; the plugin can only name it to
/// [`SessionContext::login`](crate::core::SessionContext::login).
///
/// Used as `Option<Sealed>`, which tells whether it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed;

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Whatever stands here, it is dropped: a plugin that runs under some other host does not
        // come to hold a secret either.
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self)
    }
}

crate::inline_schema!(
    Sealed,
    |_| json_schema!({ "type": "string", "minLength": 1, "writeOnly": true })
);
