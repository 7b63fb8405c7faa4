//! From the operator's settings to the cache that is purged.

use souk_model::{ExposeSecret, Secret};
use url::Url;

use super::fastly::Fastly;
use super::varnish::Varnish;
use crate::config::cdn::{CdnProvider, CdnSettings};
use crate::wire::address::is_loopback;
use crate::wire::secret_header::secret_header;

/// Where Fastly's API is, unless the operator names another place.
const FASTLY_API: &str = "https://api.fastly.com";

/// The kind of cache, and where it takes purges.
#[derive(Debug)]
pub(super) enum CacheBackend {
    Fastly(Fastly),
    Varnish(Varnish),
}

impl CacheBackend {
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

    /// The cache that these settings describe; none where nothing says that there is one.
    ///
    /// # Errors
    /// What is wrong with them, for people.
    pub(super) fn from_settings(settings: &CdnSettings) -> Result<Option<Self>, String> {
        match (settings.provider, &settings.service_id, &settings.token) {
            (Some(CdnProvider::Varnish), ..) => Self::varnish(settings).map(Some),
            (Some(CdnProvider::Fastly), Some(service), Some(token))
            | (None, Some(service), Some(token)) => {
                Self::fastly(settings, service, token).map(Some)
            }
            (Some(CdnProvider::Fastly), ..) | (None, Some(_), _) | (None, _, Some(_)) => {
                Err("Fastly needs both its service (`service_id`, FASTLY_SERVICE_ID) and a token \
                 (`token`, FASTLY_API_TOKEN)"
                    .to_owned())
            }
            (None, None, None) if settings.url.is_some() => {
                Err("there is an address (`url`, SOUK_CDN_URL), and nothing says which cache is \
                 there: set `provider` (SOUK_CDN) to fastly or varnish"
                    .to_owned())
            }
            (None, None, None) => Ok(None),
        }
    }

    fn varnish(settings: &CdnSettings) -> Result<Self, String> {
        let url = settings.url.clone().ok_or(
            "Varnish needs an address (`url`, SOUK_CDN_URL), where it takes PURGE from this machine",
        )?;
        if check_url(&url)?.path() != "/" {
            return Err(format!("`{url}` may have no path: pages have their own"));
        }
        Ok(Self::Varnish(Varnish { url }))
    }

    fn fastly(settings: &CdnSettings, service: &str, token: &Secret) -> Result<Self, String> {
        if service.is_empty() || !service.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err("Fastly's service is letters and digits".to_owned());
        }
        let api = match &settings.url {
            Some(url) => check_url(url)?.clone(),
            None => Url::parse(FASTLY_API).map_err(|error| error.to_string())?,
        };
        if api.scheme() != "https" && !is_loopback(&api) {
            return Err(format!("`{api}` gets Fastly's token, so it must begin with `https://`"));
        }
        let token = secret_header(token.expose_secret())
            .map_err(|failure| format!("Fastly's token: {failure}"))?;
        Ok(Self::Fastly(Fastly { api, service: service.to_owned(), token, soft: settings.soft }))
    }
}

/// Refuses what cannot be the address of a cache. A password in it is not repeated.
fn check_url(url: &Url) -> Result<&Url, String> {
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

    fn backend(json: &str) -> Result<Option<CacheBackend>, String> {
        let settings = serde_json::from_str(json).map_err(|error| error.to_string())?;
        CacheBackend::from_settings(&settings)
    }

    #[test]
    fn fastly_is_meant_where_its_service_and_token_are_given() {
        let given = r#"{"service_id": "SU1Z", "token": "t"}"#;
        let Some(CacheBackend::Fastly(fastly)) = backend(given).unwrap() else {
            panic!("not Fastly")
        };
        assert_eq!(fastly.api.as_str(), "https://api.fastly.com/");
        assert!(!format!("{fastly:?}").contains("\"t\""), "{fastly:?}");
        assert!(backend("{}").unwrap().is_none());
    }

    #[test]
    fn fastlys_token_goes_out_encrypted_or_stays_on_this_machine() {
        let at = |url: &str| {
            backend(&format!(r#"{{"service_id": "SU1Z", "token": "t", "url": "{url}"}}"#))
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
            let error = backend(wrong).unwrap_err();
            assert!(error.contains(word) && !error.contains("hunter2"), "{error}");
        }
    }
}
