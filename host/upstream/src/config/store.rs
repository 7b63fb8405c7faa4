//! One store.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use souk_model::{ExposeSecret, Secret};
use url::Url;

use super::base_url::{RestLayout, plain_base};
use super::cdn::CdnSettings;
use super::credentials::Credentials;
use super::limits::RequestLimits;
use super::url::{some_url, url};

/// One store, as the operator configures it.
///
/// ```
/// let config: souk_upstream::StoreConfig = serde_json::from_str(r#"{
///     "name": "shop", "environment": "production", "base_url": "https://shop.example/",
///     "credentials": {"admin": {"username": "agent", "password": "correct horse"}},
///     "limits": {"total_timeout": 20, "concurrency": 8}
/// }"#).unwrap();
/// assert_eq!(config.limits.concurrency, 8);
/// assert!(!format!("{config:?}").contains("correct horse"));
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The operator's name for the store.
    pub name: String,
    /// `production`, `staging`, …
    #[serde(default = "staging")]
    pub environment: String,
    /// Where the store is, up to and without `/rest`. Nothing but the operator ever sets it.
    #[serde(deserialize_with = "url")]
    pub base_url: Url,
    /// What Magento takes its own address for, where a proxy before it changes scheme, host or
    /// port. Only OAuth signatures use it.
    #[serde(default, deserialize_with = "some_url")]
    pub signing_base_url: Option<Url>,
    /// Whether it is Adobe Commerce as a Cloud Service, whose addresses have no `/rest` and whose
    /// store views are named by a header. Where it is not said, credentials of Adobe's identity
    /// service tell, or an address of Adobe's.
    #[serde(default)]
    pub cloud_service: Option<bool>,
    /// How the host proves itself, if the operator gave it the means.
    #[serde(default)]
    pub credentials: Option<Credentials>,
    /// What requests may cost.
    #[serde(default)]
    pub limits: RequestLimits,
    /// Whether the store's database keeps characters of four bytes in every table (`utf8mb4`), such as
    /// emoji. Else a change that has one is refused: most stores turn them into `????`.
    #[serde(default)]
    pub four_byte: bool,
    /// The cache before the store, if there is one that may be purged.
    #[serde(default)]
    pub cdn: CdnSettings,
    /// The proxy by which the store is reached, with its name and password if it wants any.
    #[serde(default)]
    pub proxy: Option<Secret>,
    /// Headers that every request to the store carries, for what stands before it: an access
    /// gateway. Nobody else is sent them.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Certificates of authorities, as PEM, that the store's may be signed by, beside the system's.
    #[serde(skip)]
    pub ca_certificates: Option<Vec<u8>>,
}

impl StoreConfig {
    /// A store without credentials or cache, and with the usual limits.
    pub fn new(name: impl Into<String>, base_url: Url) -> Self {
        Self {
            name: name.into(),
            environment: staging(),
            base_url,
            signing_base_url: None,
            cloud_service: None,
            credentials: None,
            limits: RequestLimits::default(),
            four_byte: false,
            cdn: CdnSettings::default(),
            proxy: None,
            headers: BTreeMap::new(),
            ca_certificates: None,
        }
    }

    /// Whether this is the store's address, also where one of the two goes on to its API.
    #[must_use]
    pub fn is_at(&self, url: &Url) -> bool {
        same_store(&self.base_url, url)
    }

    /// Everything of it that nobody else may know, and what of it may be quoted alone: the proxy's
    /// password, a header's value without its scheme.
    #[must_use]
    pub fn secrets(&self) -> Vec<Secret> {
        let of_credentials = self.credentials.iter().flat_map(Credentials::secrets);
        let whole = of_credentials.chain(&self.cdn.token).chain(&self.proxy);
        let mut secrets: Vec<Secret> = whole.chain(self.headers.values()).cloned().collect();
        let of_proxy = self.proxy.as_ref().and_then(|proxy| Url::parse(proxy.expose_secret()).ok());
        if let Some(password) = of_proxy.as_ref().and_then(Url::password) {
            secrets.push(percent_decode_str(password).decode_utf8_lossy().into_owned().into());
        }
        let values = self.headers.values().map(ExposeSecret::expose_secret);
        let parts = values.filter_map(|value| value.split_once(' ')).map(|(_, last)| last);
        secrets.extend(parts.map(|part| Secret::from(part.to_owned())));
        secrets
    }
}

/// Whether two addresses are of one store.
fn same_store(one: &Url, other: &Url) -> bool {
    let plain =
        |url: &Url| plain_base(url, RestLayout::Magento).unwrap_or_else(|_| url.to_string());
    plain(one) == plain(other)
}

fn staging() -> String {
    "staging".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_settings_are_refused() {
        for wrong in [
            r#"{"name": "a", "base_url": "https://a/", "base": 1}"#,
            r#"{"name": "a", "base_url": "https://a/", "limits": {"timeout": 1}}"#,
            r#"{"name": "a", "base_url": "not a url"}"#,
            r#"{"name": "a", "base_url": "https://a/", "limits": {"total_timeout": -1}}"#,
        ] {
            assert!(serde_json::from_str::<StoreConfig>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_secret_is_printed_and_all_of_it_is_known() {
        let config: StoreConfig = serde_json::from_str(
            r#"{"name": "a", "base_url": "https://a/", "proxy": "http://me:hunter1@proxy:3128",
                "headers": {"CF-Access-Client-Secret": "hunter2"}, "cdn": {"token": "hunter3"},
                "credentials": {"ims": {"client_id": "id", "client_secret": "hunter4", "org_id": "o"}}}"#,
        )
        .unwrap();
        assert!(!format!("{config:?}").contains("hunter"));
        // The proxy's password once more, alone.
        assert_eq!(config.secrets().len(), 5);
    }
}
