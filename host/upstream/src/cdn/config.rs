//! How a cache is configured.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use souk_model::{ExposeSecret, Secret};
use url::Url;

use super::fastly::Fastly;
use super::varnish::Varnish;
use crate::address::is_loopback;

/// Where Fastly's API is, unless the operator names another place.
const FASTLY_API: &str = "https://api.fastly.com";
/// Calls that may purge, a minute, unless the operator says otherwise.
const A_MINUTE: u32 = 10;

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

fn some_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(from)?;
    let parsed = Url::parse(&text);
    parsed
        .map(Some)
        .map_err(|error| serde::de::Error::custom(format!("`{text}` is no URL: {error}")))
}

/// A cache and the means to reach it.
#[derive(Debug)]
pub(super) enum Place {
    Fastly(Fastly),
    Varnish(Varnish),
}

impl Place {
    pub(super) const fn provider(&self) -> CdnProvider {
        match self {
            Self::Fastly(_) => CdnProvider::Fastly,
            Self::Varnish(_) => CdnProvider::Varnish,
        }
    }

    pub(super) const fn url(&self) -> &Url {
        match self {
            Self::Fastly(fastly) => &fastly.api,
            Self::Varnish(varnish) => &varnish.url,
        }
    }
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

    /// Where the cache is; none where nothing says that there is one.
    pub(super) fn place(&self) -> Result<Option<Place>, String> {
        match (self.provider, &self.service_id, &self.token) {
            (Some(CdnProvider::Varnish), ..) => self.varnish().map(Some),
            (Some(CdnProvider::Fastly), Some(service), Some(token))
            | (None, Some(service), Some(token)) => self.fastly(service, token).map(Some),
            (Some(CdnProvider::Fastly), ..) | (None, Some(_), _) | (None, _, Some(_)) => {
                Err("Fastly needs both its service (`service_id`, FASTLY_SERVICE_ID) and a token \
                 (`token`, FASTLY_API_TOKEN)"
                    .to_owned())
            }
            (None, None, None) if self.url.is_some() => {
                Err("there is an address (`url`, SOUK_CDN_URL), and nothing says which cache is \
                 there: set `provider` (SOUK_CDN) to fastly or varnish"
                    .to_owned())
            }
            (None, None, None) => Ok(None),
        }
    }

    fn varnish(&self) -> Result<Place, String> {
        let url = self.url.clone().ok_or(
            "Varnish needs an address (`url`, SOUK_CDN_URL), where it takes PURGE from this machine",
        )?;
        if checked(&url)?.path() != "/" {
            return Err(format!("`{url}` may have no path: pages have their own"));
        }
        Ok(Place::Varnish(Varnish { url }))
    }

    fn fastly(&self, service: &str, token: &Secret) -> Result<Place, String> {
        if service.is_empty() || !service.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err("Fastly's service is letters and digits".to_owned());
        }
        let api = match &self.url {
            Some(url) => checked(url)?.clone(),
            None => Url::parse(FASTLY_API).map_err(|error| error.to_string())?,
        };
        if api.scheme() != "https" && !is_loopback(&api) {
            return Err(format!("`{api}` gets Fastly's token, so it must begin with `https://`"));
        }
        let token = crate::transport::secret_header(token.expose_secret())
            .map_err(|failure| format!("Fastly's token: {failure}"))?;
        Ok(Place::Fastly(Fastly { api, service: service.to_owned(), token, soft: self.soft }))
    }

    /// Calls a minute.
    pub(super) fn rate(&self) -> Result<u32, String> {
        match self.purges_per_minute.unwrap_or(A_MINUTE) {
            0 => Err("`purges_per_minute` (MCP_CACHE_RATE_LIMIT) may not be zero; deny `cache_*` \
                      to allow no purge"
                .to_owned()),
            rate => Ok(rate),
        }
    }
}

/// Refuses what cannot be the address of a cache. A password in it is not repeated.
fn checked(url: &Url) -> Result<&Url, String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("credentials do not belong into its address".to_owned());
    }
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("`{url}` must begin with `https://` or `http://`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("`{url}` may have neither `?` nor `#`"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(json: &str) -> Result<Option<Place>, String> {
        serde_json::from_str::<CdnSettings>(json).map_err(|error| error.to_string())?.place()
    }

    #[test]
    fn fastly_is_meant_where_its_service_and_token_are_given() {
        let given = r#"{"service_id": "SU1Z", "token": "t"}"#;
        let Some(Place::Fastly(fastly)) = place(given).unwrap() else { panic!("not Fastly") };
        assert_eq!(fastly.api.as_str(), "https://api.fastly.com/");
        assert!(!format!("{fastly:?}").contains("\"t\""), "{fastly:?}");
        assert!(place("{}").unwrap().is_none());
    }

    #[test]
    fn fastlys_token_goes_out_encrypted_or_stays_on_this_machine() {
        let at = |url: &str| {
            place(&format!(r#"{{"service_id": "SU1Z", "token": "t", "url": "{url}"}}"#))
        };
        assert!(at("https://proxy.example/fastly").is_ok());
        assert!(at("http://127.0.0.1:6081").is_ok());
        assert!(at("http://[::1]:6081").is_ok());
        assert!(at("http://proxy.example").unwrap_err().contains("https://"));
        assert!(at("http://localhost.example").is_err());
    }

    #[test]
    fn what_makes_no_sense_stops_the_start_and_shows_no_password() {
        for (wrong, word) in [
            (r#"{"provider": "varnish"}"#, "SOUK_CDN_URL"),
            (r#"{"provider": "varnish", "url": "http://a/b"}"#, "no path"),
            (r#"{"provider": "varnish", "url": "http://u:hunter2@a/"}"#, "credentials"),
            (r#"{"provider": "varnish", "url": "ftp://a/"}"#, "https://"),
            (r#"{"provider": "akamai"}"#, "akamai"),
            (r#"{"provider": "fastly"}"#, "FASTLY_API_TOKEN"),
            (r#"{"token": "hunter2"}"#, "FASTLY_SERVICE_ID"),
            (r#"{"service_id": "a/../b", "token": "hunter2"}"#, "letters and digits"),
            (r#"{"service_id": "a", "token": "hunter2\n"}"#, "token"),
            (r#"{"url": "http://a/"}"#, "SOUK_CDN"),
            (r#"{"key": "hunter2"}"#, "unknown field"),
        ] {
            let error = place(wrong).unwrap_err();
            assert!(error.contains(word) && !error.contains("hunter2"), "{error}");
        }
    }
}
