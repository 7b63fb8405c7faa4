//! One store.

use serde::Deserialize;
use url::Url;

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
}

impl StoreConfig {
    /// A store without credentials or cache, and with the usual limits.
    pub fn new(name: impl Into<String>, base_url: Url) -> Self {
        Self {
            name: name.into(),
            environment: staging(),
            base_url,
            signing_base_url: None,
            credentials: None,
            limits: RequestLimits::default(),
            four_byte: false,
            cdn: CdnSettings::default(),
        }
    }
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
}
