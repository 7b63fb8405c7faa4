//! Pages: addresses that are exact, and of the store.

use serde_json::{Map, Value};
use souk_model::{Code, Failure};
use url::{Position, Url};

use crate::complaint::tame;

/// The longest address that a message repeats, in characters.
const SHOWN: usize = 120;

/// The address of one page, whole and exact. Whose it is, is another question: see
/// [`Addresses`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page(Url);

impl Page {
    /// Reads an address as it stands in a browser, without a fragment.
    pub(crate) fn parse(text: &str, max_bytes: usize) -> Result<Self, Failure> {
        let wrong = |why: &str, remedy: &str| {
            let shown = tame(text, SHOWN);
            let message = format!("`{shown}` cannot be purged: {why}");
            Err(Failure::new(Code::ValidationError, message).rule("purge-url").remedy(remedy))
        };
        if text.len() > max_bytes {
            return wrong("it is too long", "give the address of one page");
        }
        if text.contains('*') {
            return wrong(
                "wildcards are not expanded",
                "give each address exactly; `cache_purge_product` and `cache_purge_category` \
                 purge all pages that show a product or a category",
            );
        }
        // The parser would leave some of them out, and what is purged then differs from what is read.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return wrong(
                "it holds blanks, backslashes or control characters",
                "encode them as %XX, as a browser does",
            );
        }
        let Ok(url) = Url::parse(text) else {
            return wrong("it is no address", "give it whole: `https://shop.example/page.html`");
        };
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return wrong("it must begin with `https://` or `http://`", "give the whole address");
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Whatever stands there is not repeated.
            return Err(Failure::new(
                Code::ValidationError,
                "an address with a user name or a password cannot be purged",
            )
            .rule("purge-url")
            .remedy("leave out what stands before `@`"));
        }
        if url.fragment().is_some() {
            return wrong("a cache never sees what follows `#`", "leave `#` and what follows out");
        }
        Ok(Self(url))
    }

    /// Host, and port where it is not the scheme's own: what a browser sends as `Host`.
    pub(crate) fn authority(&self) -> String {
        self.0[Position::BeforeHost..Position::AfterPort].to_owned()
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// The addresses by which a store is reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses(Vec<Url>);

impl Addresses {
    /// Of one base URL.
    pub(crate) fn of(base_url: &str) -> Self {
        Self(Url::parse(base_url).into_iter().collect())
    }

    /// Adds every base URL that the answer of `/V1/store/storeConfigs` tells.
    pub(crate) fn learn(&mut self, body: &[u8]) -> Result<(), serde_json::Error> {
        let configs: Vec<Map<String, Value>> = serde_json::from_slice(body)?;
        let told = configs.iter().flatten().filter(|(key, _)| is_base_url(key));
        self.0.extend(told.filter_map(|(_, value)| Url::parse(value.as_str()?).ok()));
        Ok(())
    }

    /// Whether the page is at one of them: the same host, and the same port. Plain and encrypted
    /// are both a store's own, each at its own port.
    pub(crate) fn have(&self, page: &Page) -> bool {
        self.0.iter().any(|base| {
            let at_home = |url: &Url| url.port().is_none();
            base.host() == page.0.host()
                && (base.port_or_known_default() == page.0.port_or_known_default()
                    || at_home(base) && at_home(&page.0))
        })
    }

    /// Refuses a page that is not the store's.
    pub(crate) fn refuse(&self, page: &Page) -> Failure {
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

    fn page(text: &str) -> Result<Page, Failure> {
        Page::parse(text, 8000)
    }

    fn shop() -> Addresses {
        let mut addresses = Addresses::of("https://shop.example");
        addresses
            .learn(
                br#"[{"code": "de", "base_url": "http://shop.example/de/", "timezone": "UTC",
                      "secure_base_media_url": "https://media.example:8443/m/"}]"#,
            )
            .unwrap();
        addresses
    }

    #[test]
    fn a_page_is_sent_as_a_browser_asks_for_it() {
        let page = page("https://SHOP.example:443/a/../b.html?x=1&y=%2F").unwrap();
        assert_eq!(page.authority(), "shop.example");
        assert_eq!(page.target(), "/b.html?x=1&y=%2F");
        let page = self::page("http://shop.example:8080").unwrap();
        assert_eq!((page.authority().as_str(), page.target()), ("shop.example:8080", "/"));
    }

    #[test]
    fn what_is_not_exact_is_refused_with_the_reason() {
        for (wrong, word) in [
            ("https://shop.example/*", "wildcards"),
            ("https://*.shop.example/", "wildcards"),
            ("/page.html", "no address"),
            ("ftp://shop.example/", "https://"),
            ("mailto:a@shop.example", "https://"),
            ("https://shop.example/#top", "`#`"),
            ("https://shop.example/a b", "blanks"),
            ("https://shop.example/a\n", "blanks"),
            ("https://shop.example\\@evil.example/", "backslashes"),
            ("https://agent:hunter2@shop.example/", "password"),
            ("https://agent@shop.example/", "user name"),
        ] {
            let failure = page(wrong).unwrap_err();
            assert_eq!(failure.code, Code::ValidationError);
            assert!(failure.message.contains(word), "{failure}");
            assert!(!failure.message.contains("hunter2"), "{failure}");
        }
        assert!(Page::parse("https://shop.example/long", 10).is_err());
    }

    #[test]
    fn a_page_is_the_stores_by_host_and_port() {
        let has = |text: &str| shop().have(&page(text).unwrap());
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
        let refused = shop().refuse(&page("https://evil.example/a").unwrap());
        assert_eq!(refused.message, "`evil.example` is not of this store, so it is not purged");
    }

    proptest! {
        /// Whatever is taken as a page of the store is one to the URL parser of the next hop, too.
        #[test]
        fn no_text_leads_elsewhere(text in "(https?://)?[a-z@:/\\\\?#.%0-9]{0,12}(shop\\.example)?[a-z@:/\\\\?#.%0-9]{0,12}") {
            if let Ok(page) = page(&text) && shop().have(&page) {
                prop_assert!(matches!(page.0.host_str(), Some("shop.example" | "media.example")));
                prop_assert!(page.target().starts_with('/'));
                let sent = format!("http://varnish.example{}", page.target());
                let read = Url::parse(&sent).unwrap();
                prop_assert_eq!(read.as_str(), sent);
            }
        }
    }
}
