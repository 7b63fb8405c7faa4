//! What the store can do, as `auth_whoami` shows it: in a few words, or whole.

use std::collections::BTreeMap;

use souk_sdk::prelude::*;

/// No more store views are named in a summary.
const MOST_VIEWS: usize = 30;
/// A clock that is further off than this, in seconds, is worth a word.
const MOST_SKEW: i64 = 60;

/// Of all that the host tells, what a summary is made of.
#[record]
struct StoreCapabilities {
    probing: bool,
    probed_at: Option<String>,
    version: Option<Value>,
    edition: Option<Value>,
    inventory: Option<Value>,
    store_views: Option<CapabilityStoreViews>,
    access: Option<ReadAccess>,
    clock_ahead_s: Option<Value>,
}

#[record]
#[serde(untagged)]
enum CapabilityStoreViews {
    Known(Vec<CapabilityStoreView>),
    Unknown(Value),
}

#[record]
struct CapabilityStoreView {
    code: String,
}

/// What the credentials may not read.
#[record]
#[result]
struct ReadAccess {
    /// Areas of the store, and the resource that the role lacks for each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    denied: BTreeMap<String, String>,
    /// Areas that the store does not have: their module is missing or disabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    /// Areas of which neither could be found out, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unknown: BTreeMap<String, String>,
}

/// What could be found out; what could not is `{"unknown": "why"}`.
#[result]
pub(crate) struct CapabilitySummary {
    /// When the store was asked.
    probed_at: String,
    /// As far as the store tells: `2.4`.
    version: Value,
    /// `open_source`, `commerce` or `commerce_b2b`.
    edition: Value,
    /// `multi_source` or `single`.
    inventory: Value,
    /// Their codes.
    store_views: Value,
    access: ReadAccess,
    /// By how many seconds the host's clock is ahead of the store's, where that is more than a
    /// minute either way.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead_s: Option<i64>,
}

/// What `auth_whoami` tells of what the store can do.
#[result]
#[serde(untagged)]
pub(crate) enum WhoamiCapabilities {
    Known(Box<CapabilitySummary>),
    /// Everything, with `details`.
    Details(Map<String, Value>),
    Probing {
        /// Whether it is being found out; if not, `refresh` begins it.
        probing: bool,
    },
}

impl WhoamiCapabilities {
    /// In a few words, without waiting unless it is to be found out anew.
    pub(crate) fn summary(context: &Context, refresh: bool) -> Result<Self, Failure> {
        let known: StoreCapabilities = context.capabilities(refresh)?;
        let (Some(probed_at), Some(access)) = (known.probed_at, known.access) else {
            return Ok(Self::Probing { probing: known.probing });
        };
        let store_views = match known.store_views {
            Some(CapabilityStoreViews::Known(views)) => {
                views.into_iter().take(MOST_VIEWS).map(|view| Value::from(view.code)).collect()
            }
            Some(CapabilityStoreViews::Unknown(why)) => why,
            None => Value::Null,
        };
        let ahead = known.clock_ahead_s.as_ref().and_then(Value::as_i64);
        Ok(Self::Known(Box::new(CapabilitySummary {
            probed_at,
            version: known.version.unwrap_or_default(),
            edition: known.edition.unwrap_or_default(),
            inventory: known.inventory.unwrap_or_default(),
            store_views,
            access,
            clock_ahead_s: ahead.filter(|ahead| ahead.abs() > MOST_SKEW),
        })))
    }

    /// Everything. What is not known yet is waited for.
    pub(crate) fn details(context: &Context, refresh: bool) -> Result<Self, Failure> {
        let mut known: Map<String, Value> = context.capabilities(refresh)?;
        if !refresh && !known.contains_key("probed_at") {
            known = context.capabilities(true)?;
        }
        Ok(Self::Details(known))
    }
}
