//! Where a request goes: parsed once from the operator's base URL, then only joined.

use souk_model::{Failure, StoreView};
use url::{Host, Url};

use super::signing::encoded_base;
use crate::config::base_url::{RestLayout, plain_base};
use crate::config::error::ConfigError;

/// The store's address and what its signatures are made over.
#[derive(Debug)]
pub(crate) struct StoreAddress {
    /// For people: without a slash at the end.
    pub base_url: String,
    pub layout: RestLayout,
    /// `https://shop.example/rest`
    rest_url: String,
    /// The same as Magento sees it, ready for a base string.
    pub signing_rest_url: String,
    /// The same without its port, where it has one.
    pub signing_rest_url_without_port: Option<String>,
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
        layout: RestLayout,
    ) -> Result<Self, ConfigError> {
        let plain = |setting, url: &Url| {
            plain_base(url, layout).map_err(|refused| ConfigError::Address {
                store: store.to_owned(),
                setting,
                url: refused.shown,
                why: refused.why,
            })
        };
        let base_url = plain("base_url", base)?;
        let signing_base = match signing_base {
            Some(url) => plain("signing_base_url", url)?,
            None => base_url.clone(),
        };
        let below = match layout {
            RestLayout::Magento => "/rest",
            RestLayout::CloudService => "",
        };
        let signed = |base: &str| encoded_base(&[base, below].concat());
        Ok(Self {
            layout,
            rest_url: [&base_url, below].concat(),
            signing_rest_url: signed(&signing_base),
            signing_rest_url_without_port: without_port(&signing_base).as_deref().map(signed),
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

    /// The store view, where the path names it.
    pub(crate) fn view_in_path<'v>(&self, view: &'v str) -> &'v str {
        match self.layout {
            RestLayout::Magento => view,
            RestLayout::CloudService => "",
        }
    }

    /// The store view, where a header names it; none for the store's own default.
    pub(crate) fn view_in_header<'v>(&self, target: &ApiTarget<'v>) -> Option<&'v str> {
        let by_header = target.api == StoreApi::GraphQl || self.layout == RestLayout::CloudService;
        Some(target.view).filter(|view| by_header && !view.is_empty())
    }

    /// The address of a read of the host's own, at no particular view.
    pub(crate) fn rest_page_url(&self, path: &'static str) -> Result<Url, Failure> {
        Url::parse(&[&self.rest_url, path].concat())
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
                let view = self.view_in_path(target.view);
                let slash = if view.is_empty() { "" } else { "/" };
                [&self.rest_url, slash, view, target.path, mark, target.query].concat()
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

/// The base without its port, where it names one.
fn without_port(base: &str) -> Option<String> {
    let mut url = Url::parse(base).ok()?;
    url.port()?;
    url.set_port(None).ok()?;
    Some(url.as_str().trim_end_matches('/').to_owned())
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

/// The view that the storefront is asked in: it has no global one, and where none is named it shows
/// its own default.
pub(crate) fn storefront_view<'a>(at: &'a StoreView, default_scope: Option<&'a str>) -> &'a str {
    match at {
        StoreView::Global => "",
        at => view_segment(at, default_scope),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use souk_model::Code;

    fn address_in(base: &str, layout: RestLayout) -> Result<StoreAddress, ConfigError> {
        StoreAddress::new("shop", &base.parse().unwrap(), None, layout)
    }

    fn address(base: &str) -> Result<StoreAddress, ConfigError> {
        address_in(base, RestLayout::Magento)
    }

    #[test]
    fn a_cloud_service_names_the_view_by_a_header() {
        let base = "https://na1.api.commerce.adobe.com/Tenant0123/";
        let cloud = address_in(base, RestLayout::CloudService).unwrap();
        let target =
            ApiTarget { view: "de", ..ApiTarget::constant("/V1/products/A%2FB", "fields=sku") };
        let url = cloud.target_url(&target, 8000).unwrap();
        assert_eq!(
            url.as_str(),
            "https://na1.api.commerce.adobe.com/Tenant0123/V1/products/A%2FB?fields=sku"
        );
        assert_eq!(cloud.view_in_header(&target), Some("de"));
        assert_eq!(address("https://shop.example").unwrap().view_in_header(&target), None);
        let default = ApiTarget::constant("/V1/modules", "");
        assert_eq!(cloud.view_in_header(&default), None);
    }

    #[test]
    fn a_base_with_a_port_can_be_signed_without_it() {
        let signed = |base| address(base).unwrap().signing_rest_url_without_port;
        assert_eq!(signed("http://shop:8080/sub/").unwrap(), "http%3A%2F%2Fshop%2Fsub%2Frest");
        assert_eq!(signed("http://shop:80/"), None);
        assert_eq!(signed("https://shop/"), None);
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
            "https://shop.example/rest/de/",
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
