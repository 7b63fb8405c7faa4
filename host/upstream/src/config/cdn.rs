//! The cache before a store.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use souk_model::Secret;
use url::Url;

use super::url::some_url;

/// A kind of cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CdnProvider {
    /// Fastly, through its API.
    Fastly,
    /// Varnish with Magento's VCL, or another cache that understands its PURGE.
    Varnish,
}

impl CdnProvider {
    /// Its name in settings, results and error codes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fastly => "fastly",
            Self::Varnish => "varnish",
        }
    }
}

impl fmt::Display for CdnProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no kind of cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither fastly nor varnish")]
pub struct UnknownCdnProvider(String);

impl FromStr for CdnProvider {
    type Err = UnknownCdnProvider;

    fn from_str(text: &str) -> Result<Self, UnknownCdnProvider> {
        match text {
            "fastly" => Ok(Self::Fastly),
            "varnish" => Ok(Self::Varnish),
            _ => Err(UnknownCdnProvider(text.to_owned())),
        }
    }
}

/// `[stores.cdn]`: the cache before a store, as the operator describes it. Every key is optional;
/// `Magento::new` checks that they make sense together.
///
/// ```
/// let settings: souk_upstream::CdnSettings = serde_json::from_str(
///     r#"{"service_id": "SU1Z0isxPaozGVKXdv0eY", "token": "correct-horse"}"#,
/// ).unwrap();
/// assert!(!format!("{settings:?}").contains("correct-horse"));
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CdnSettings {
    /// Which cache it is. Fastly where its service and token are given. `SOUK_CDN`
    pub provider: Option<CdnProvider>,
    /// Of Varnish: where it takes PURGE, which is seldom where shoppers come in. Of Fastly: its API,
    /// where that is not <https://api.fastly.com>; the token is sent there, so it must be https, or
    /// this machine. `SOUK_CDN_URL`
    #[serde(deserialize_with = "some_url")]
    pub url: Option<Url>,
    /// Fastly's service. `FASTLY_SERVICE_ID`
    pub service_id: Option<String>,
    /// A token of Fastly's that may purge: scope `purge_select`. `FASTLY_API_TOKEN`
    pub token: Option<Secret>,
    /// Fastly marks what is purged as stale and may go on serving it until it has a fresh copy, in
    /// place of dropping it at once.
    pub soft: bool,
    /// Calls that may purge, a minute; 10 unless set. `MCP_CACHE_RATE_LIMIT`
    pub purges_per_minute: Option<u32>,
}

impl CdnSettings {
    /// These settings, with those in the place of theirs that `over` sets.
    #[must_use]
    pub fn overridden_by(self, over: Self) -> Self {
        Self {
            provider: over.provider.or(self.provider),
            url: over.url.or(self.url),
            service_id: over.service_id.or(self.service_id),
            token: over.token.or(self.token),
            soft: over.soft || self.soft,
            purges_per_minute: over.purges_per_minute.or(self.purges_per_minute),
        }
    }

    /// Whether they say anything of a cache; how often it may be purged does not count.
    #[must_use]
    pub fn names_a_cache(&self) -> bool {
        self.provider.is_some()
            || self.url.is_some()
            || self.service_id.is_some()
            || self.token.is_some()
    }
}
