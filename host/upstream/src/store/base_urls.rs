//! By which addresses a store is reached, and whether a page is at one of them.

use serde_json::{Map, Value};
use souk_model::{Code, Failure};
use url::{Position, Url};

use crate::cdn::page_url::PageUrl;
use crate::wire::address::ApiTarget;

/// Every view's settings, its base URLs among them.
pub(crate) const STORE_CONFIGS: ApiTarget<'static> =
    ApiTarget::constant("/V1/store/storeConfigs", "");

/// The base URLs by which a store is reached: the operator's, and those it says it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoreBaseUrls(Vec<Url>);

impl StoreBaseUrls {
    /// The operator's alone.
    pub(crate) fn configured(base_url: &str) -> Self {
        Self(Url::parse(base_url).into_iter().collect())
    }

    /// Adds every base URL that the answer of `/V1/store/storeConfigs` tells.
    pub(crate) fn add_store_configs(&mut self, body: &[u8]) -> Result<(), serde_json::Error> {
        let configs: Vec<Map<String, Value>> = serde_json::from_slice(body)?;
        let base_urls = configs.iter().flatten().filter(|(key, _)| is_base_url(key));
        self.0.extend(base_urls.filter_map(|(_, value)| Url::parse(value.as_str()?).ok()));
        Ok(())
    }

    /// Whether the page is at one of them: the same host, and the same port. Plain and encrypted
    /// are both a store's own, each at its own port.
    pub(crate) fn contains(&self, page: &PageUrl) -> bool {
        let page = page.as_url();
        self.0.iter().any(|base| {
            let has_default_port = |url: &Url| url.port().is_none();
            base.host() == page.host()
                && (base.port_or_known_default() == page.port_or_known_default()
                    || has_default_port(base) && has_default_port(page))
        })
    }

    /// The failure that a page at none of them is.
    pub(crate) fn refusal(&self, page: &PageUrl) -> Failure {
        let mut known: Vec<String> = Vec::new();
        for base in &self.0 {
            let origin = format!("`{}`", &base[..Position::AfterPort]);
            if !known.contains(&origin) {
                known.push(origin);
            }
        }
        let message = format!("`{}` is not of this store, so it is not purged", page.authority());
        Failure::new(Code::Forbidden, message)
            .rule("purge-own-url")
            .remedy(format!("give addresses at {}", known.join(", ")))
    }
}

/// `base_url`, `secure_base_link_url`, `base_media_url`, …
fn is_base_url(key: &str) -> bool {
    key.strip_prefix("secure_").unwrap_or(key).starts_with("base_") && key.ends_with("_url")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(text: &str) -> Result<PageUrl, Failure> {
        PageUrl::parse(text, 8000)
    }

    fn shop() -> StoreBaseUrls {
        let mut urls = StoreBaseUrls::configured("https://shop.example");
        urls.add_store_configs(
            br#"[{"code": "de", "base_url": "http://shop.example/de/", "timezone": "UTC",
                      "secure_base_media_url": "https://media.example:8443/m/"}]"#,
        )
        .unwrap();
        urls
    }

    #[test]
    fn a_page_is_the_stores_by_host_and_port() {
        let has = |text: &str| shop().contains(&page(text).unwrap());
        for own in [
            "https://shop.example/",
            "http://shop.example/anything?a=b",
            "https://SHOP.example:443/",
            "https://media.example:8443/m/a.jpg",
        ] {
            assert!(has(own), "{own}");
        }
        for foreign in [
            "https://evil.example/",
            "https://shop.example.evil.example/",
            "https://evil.example/?https://shop.example/",
            "https://shop.example:8443/",
            "http://shop.example:443@evil.example/",
            "https://media.example/",
            "http://media.example:8080/",
        ] {
            assert!(page(foreign).is_err() || !has(foreign), "{foreign}");
        }
        let refused = shop().refusal(&page("https://evil.example/a").unwrap());
        assert_eq!(refused.message, "`evil.example` is not of this store, so it is not purged");
    }

    proptest! {
        /// Whatever is taken as a page of the store is one to the URL parser of the next hop, too.
        #[test]
        fn no_text_leads_elsewhere(text in "(https?://)?[a-z@:/\\\\?#.%0-9]{0,12}(shop\\.example)?[a-z@:/\\\\?#.%0-9]{0,12}") {
            if let Ok(page) = page(&text) && shop().contains(&page) {
                prop_assert!(matches!(page.as_url().host_str(), Some("shop.example" | "media.example")));
                prop_assert!(page.path_and_query().starts_with('/'));
                let sent = format!("http://varnish.example{}", page.path_and_query());
                let read = Url::parse(&sent).unwrap();
                prop_assert_eq!(read.as_str(), sent);
            }
        }
    }
}
