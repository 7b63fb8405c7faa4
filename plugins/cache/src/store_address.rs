//! Which store views an address belongs to, and what it is called within them.

use souk_sdk::prelude::*;

/// A store view and the addresses that its pages begin with, as `/V1/store/storeConfigs` tells them.
#[record]
#[derive(Debug)]
pub(crate) struct ViewBaseUrls {
    code: String,
    #[serde(default)]
    base_url: String,
    #[serde(default)]
    secure_base_url: String,
    /// With the view's code in it where the store puts that into its addresses.
    #[serde(default)]
    base_link_url: String,
    #[serde(default)]
    secure_base_link_url: String,
}

/// Where a page is within the store.
#[derive(Debug, PartialEq)]
pub(crate) struct PageAddress<'url> {
    /// As the storefront's resolver takes it: `women/tops.html`, and `/` for the home page.
    pub(crate) path: &'url str,
    /// The views that have it at this address: several share one where the shopper's cookie, and not
    /// the address, tells them apart. `Global` is the store's default view.
    pub(crate) views: Vec<StoreView>,
}

/// Finds the views whose base URL the address begins with; of several base URLs the longest counts.
///
/// An address without a view's code, in a store that puts codes into its addresses, is the default
/// view's.
pub(crate) fn resolve<'url>(url: &'url str, bases: &[ViewBaseUrls]) -> Option<PageAddress<'url>> {
    let page = UrlParts::of(url)?;
    let rest = |bases: [&str; 2]| {
        let rests = bases.into_iter().filter_map(|base| page.beneath(&UrlParts::of(base)?));
        rests.min_by_key(|rest| rest.len())
    };
    let of_views: Vec<(&str, &ViewBaseUrls)> = bases
        .iter()
        .filter_map(|base| Some((rest([&base.base_link_url, &base.secure_base_link_url])?, base)))
        .collect();
    let Some(shortest) = of_views.iter().map(|(rest, _)| *rest).min_by_key(|rest| rest.len())
    else {
        let of_store =
            bases.iter().filter_map(|base| rest([&base.base_url, &base.secure_base_url]));
        let path = or_home(of_store.min_by_key(|rest| rest.len())?);
        return Some(PageAddress { path, views: vec![StoreView::Global] });
    };
    let there = of_views.iter().filter(|(rest, _)| rest.len() == shortest.len());
    let views = there.map(|(_, base)| StoreView::View(base.code.clone())).collect();
    Some(PageAddress { path: or_home(shortest), views })
}

fn or_home(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

/// An address without its scheme, its query and the port that is its scheme's own: plain and
/// encrypted are the same page.
struct UrlParts<'url> {
    host: &'url str,
    port: Option<&'url str>,
    /// Without the slash that it begins with.
    path: &'url str,
}

impl<'url> UrlParts<'url> {
    fn of(url: &'url str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let own_port = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let rest = &rest[..end];
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // What is in brackets is an IPv6 address, whose colons begin no port.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        Some(Self { host, port: port.filter(|port| *port != own_port), path })
    }

    /// What follows `base` in the path, if it is beneath it.
    fn beneath(&self, base: &UrlParts<'_>) -> Option<&'url str> {
        if !self.host.eq_ignore_ascii_case(base.host) || self.port != base.port {
            return None;
        }
        let above = base.path.trim_end_matches('/');
        let rest = self.path.strip_prefix(above)?;
        if above.is_empty() || rest.is_empty() {
            return Some(rest);
        }
        rest.strip_prefix('/')
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
