//! Where a request goes: parsed once from the operator's base URL, then only joined.

use souk_model::{Failure, StoreView};
use url::{Host, Url};

use super::signing::encoded_base;
use crate::config::error::ConfigError;

/// The store's address and what its signatures are made over.
#[derive(Debug)]
pub(crate) struct StoreAddress {
    /// For people: without a slash at the end.
    pub base_url: String,
    /// `https://shop.example/rest`
    rest_url: String,
    /// The same as Magento sees it, ready for a base string.
    pub signing_rest_url: String,
    /// Whether TLS protects it.
    pub encrypted: bool,
    /// Whether it is this machine.
    pub loopback: bool,
}

impl StoreAddress {
    /// Parsed from what the operator set.
    ///
    /// # Errors
    /// What is wrong with one of the two, its password left out.
    pub(crate) fn new(
        store: &str,
        base: &Url,
        signing_base: Option<&Url>,
    ) -> Result<Self, ConfigError> {
        let base_url = validated(store, "base_url", base)?;
        let signing_base = match signing_base {
            Some(url) => validated(store, "signing_base_url", url)?,
            None => base_url.clone(),
        };
        Ok(Self {
            rest_url: format!("{base_url}/rest"),
            signing_rest_url: encoded_base(&format!("{signing_base}/rest")),
            encrypted: base.scheme() == "https",
            loopback: is_loopback(base),
            base_url,
        })
    }

    /// The address of a page beside the REST API.
    pub(crate) fn page_url(&self, path: &'static str) -> Result<Url, Failure> {
        Url::parse(&[&self.base_url, path].concat())
            .map_err(|error| Failure::internal(format!("`{path}` cannot be joined: {error}")))
    }

    /// The whole address of a target.
    ///
    /// What is joined here is already encoded. Should the URL parser see it otherwise than we do,
    /// nothing is sent.
    pub(crate) fn target_url(
        &self,
        target: &ApiTarget<'_>,
        max_bytes: usize,
    ) -> Result<Url, Failure> {
        let mark = if target.query.is_empty() { "" } else { "?" };
        let text = match target.api {
            StoreApi::Rest => {
                let slash = if target.view.is_empty() { "" } else { "/" };
                [&self.rest_url, slash, target.view, target.path, mark, target.query].concat()
            }
            StoreApi::GraphQl => [&self.base_url, target.path, mark, target.query].concat(),
        };
        if text.len() > max_bytes {
            let message = format!(
                "the request's address has {} bytes, more than the {max_bytes} that stores accept",
                text.len()
            );
            return Err(Failure::new(souk_model::Code::ValidationError, message)
                .remedy("split long lists over several requests"));
        }
        match Url::parse(&text) {
            Ok(url)
                if url.as_str() == text
                    && url.query().unwrap_or_default() == target.query
                    && url.fragment().is_none() =>
            {
                Ok(url)
            }
            _ => {
                Err(Failure::internal("a request's address would change on its way; nothing sent"))
            }
        }
    }
}

/// Whether an address is this machine's, by its name or its number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn validated(store: &str, setting: &'static str, url: &Url) -> Result<String, ConfigError> {
    let wrong = |why| {
        let mut shown = url.clone();
        // Both fail only where there is nothing to hide.
        let _ = shown.set_password(None);
        let _ = shown.set_username("");
        Err(ConfigError::Address { store: store.to_owned(), setting, url: shown.into(), why })
    };
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("it must begin with `https://` or `http://`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("credentials do not belong into it");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("it may have neither `?` nor `#`");
    }
    let text = url.as_str().trim_end_matches('/');
    if text.ends_with("/rest") {
        return wrong("it must end before `/rest`");
    }
    Ok(text.to_owned())
}

/// The query of a list by which its items are only counted.
pub(crate) const COUNT_ONLY: &str = "searchCriteria%5BpageSize%5D=1&fields=total_count";

/// Which of a store's interfaces is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreApi {
    /// Under `/rest`; a store code is a segment of the address.
    Rest,
    /// `/graphql`; a store code is a header.
    GraphQl,
}

/// What follows `/rest`, or the base address, in an address: encoded and checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApiTarget<'a> {
    /// Which interface.
    pub api: StoreApi,
    /// The code of a store view, `all`, or nothing for the store's default view.
    pub view: &'a str,
    /// From `/V1` on; `/graphql`.
    pub path: &'a str,
    /// Without `?`.
    pub query: &'a str,
}

impl<'a> ApiTarget<'a> {
    /// A constant target of the host's own, at no particular view.
    pub(crate) const fn constant(path: &'a str, query: &'a str) -> Self {
        Self { api: StoreApi::Rest, view: "", path, query }
    }
}

/// The segment of an address that chooses the view.
pub(crate) fn view_segment<'a>(at: &'a StoreView, default_scope: Option<&'a str>) -> &'a str {
    match at {
        StoreView::SessionDefault => default_scope.unwrap_or_default(),
        StoreView::Global => "all",
        StoreView::View(code) => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use souk_model::Code;

    fn address(base: &str) -> Result<StoreAddress, ConfigError> {
        StoreAddress::new("shop", &base.parse().unwrap(), None)
    }

    #[test]
    fn parts_are_only_joined() {
        let address = address("HTTPS://Shop.Example:443/sub/").unwrap();
        assert_eq!(address.base_url, "https://shop.example/sub");
        let target =
            ApiTarget { view: "de", ..ApiTarget::constant("/V1/products/A%2FB", "fields=sku") };
        let url = address.target_url(&target, 8000).unwrap();
        assert_eq!(url.as_str(), "https://shop.example/sub/rest/de/V1/products/A%2FB?fields=sku");
        let own = address.target_url(&ApiTarget::constant("/V1/modules", ""), 8000).unwrap();
        assert_eq!(own.as_str(), "https://shop.example/sub/rest/V1/modules");
        let graphql =
            ApiTarget { api: StoreApi::GraphQl, ..ApiTarget::constant("/graphql", "query=x") };
        let url = address.target_url(&ApiTarget { view: "de", ..graphql }, 8000).unwrap();
        assert_eq!(url.as_str(), "https://shop.example/sub/graphql?query=x");
        assert_eq!(address.signing_rest_url, "https%3A%2F%2Fshop.example%2Fsub%2Frest");
    }

    #[test]
    fn an_address_that_would_change_is_not_sent() {
        let address = address("https://shop.example").unwrap();
        for path in ["/V1/../x", "/V1/%2e%2e/x", "/V1/a b", "/V1/a#b", "/V1/\\x", "/V1/a\nb"] {
            let refused = address.target_url(&ApiTarget::constant(path, ""), 8000).unwrap_err();
            assert_eq!(refused.code, Code::InternalError, "{path}");
        }
        let long = "x".repeat(8000);
        let refused = address.target_url(&ApiTarget::constant("/V1", &long), 8000).unwrap_err();
        assert_eq!(refused.code, Code::ValidationError);
    }

    #[test]
    fn a_bad_base_is_refused_without_showing_a_password() {
        for bad in [
            "ftp://shop.example/",
            "https://user:hunter2@shop.example/",
            "https://shop.example/?a=b",
            "https://shop.example/#a",
            "https://shop.example/rest/",
        ] {
            let error = address(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn views_choose_a_segment() {
        assert_eq!(view_segment(&StoreView::SessionDefault, None), "");
        assert_eq!(view_segment(&StoreView::SessionDefault, Some("de")), "de");
        assert_eq!(view_segment(&StoreView::Global, Some("de")), "all");
        assert_eq!(view_segment(&StoreView::View("b2b".into()), Some("de")), "b2b");
    }
}
