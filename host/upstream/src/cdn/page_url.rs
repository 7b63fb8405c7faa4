//! Addresses of pages that are exact enough to be purged.

use souk_model::{Code, Failure};
use url::{Position, Url};

use crate::wire::text::sanitize;

/// The longest address that a message repeats, in characters.
const MAX_REPEATED_CHARS: usize = 120;

/// The address of one page, whole and exact. Whose it is, is another question: see
/// [`StoreBaseUrls`](crate::store::base_urls::StoreBaseUrls).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageUrl(Url);

impl PageUrl {
    /// Reads an address as it stands in a browser, without a fragment.
    pub(crate) fn parse(text: &str, max_bytes: usize) -> Result<Self, Failure> {
        let wrong = |why: &str, remedy: &str| {
            let shown = sanitize(text, MAX_REPEATED_CHARS);
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
    pub(crate) fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }

    /// Whether it is asked for over TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The whole address.
    pub(crate) const fn as_url(&self) -> &Url {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Result<PageUrl, Failure> {
        PageUrl::parse(text, 8000)
    }

    #[test]
    fn a_page_is_sent_as_a_browser_asks_for_it() {
        let page = page("https://SHOP.example:443/a/../b.html?x=1&y=%2F").unwrap();
        assert_eq!(page.authority(), "shop.example");
        assert_eq!(page.path_and_query(), "/b.html?x=1&y=%2F");
        let page = self::page("http://shop.example:8080").unwrap();
        assert_eq!((page.authority().as_str(), page.path_and_query()), ("shop.example:8080", "/"));
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
        assert!(PageUrl::parse("https://shop.example/long", 10).is_err());
    }
}
