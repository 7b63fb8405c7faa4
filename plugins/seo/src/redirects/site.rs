//! The addresses by which a store's views are reached, and whose an address is.

use souk_sdk::core::Read;
use souk_sdk::magento::{STORE_CONFIGS, STORE_VIEWS};
use souk_sdk::prelude::*;

/// A store view, and where shoppers reach it.
#[derive(Debug)]
pub(super) struct SiteView {
    pub(super) id: i64,
    pub(super) code: String,
    bases: Vec<BaseAddress>,
}

/// The views that are looked at, and the others that there are.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) views: Vec<SiteView>,
    others: Vec<SiteView>,
}

/// Where an address is, seen from a view.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AddressOwner<'a> {
    /// In the view, at this path.
    Here(&'a str),
    /// In another view, whose code this is.
    OtherView(&'a str),
    /// At another site.
    Outside,
}

/// A host, with a port that is not the scheme's own, and the path under which everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct BaseAddress {
    host: String,
    path: String,
}

#[record]
#[derive(Debug)]
struct ViewRow {
    id: i64,
    code: String,
    #[serde(default)]
    is_active: Value,
}

#[record]
#[derive(Debug)]
struct ConfigRow {
    id: i64,
    #[serde(default)]
    base_link_url: Option<String>,
    #[serde(default)]
    secure_base_link_url: Option<String>,
}

impl Site {
    /// The views to look at: those that shoppers can open, or the one named.
    pub(super) fn read(context: &Context, only: Option<&str>) -> Result<Self, Failure> {
        let reads: [Read; 2] =
            [STORE_VIEWS, STORE_CONFIGS].map(|route| route.read([]).in_view(StoreView::Global));
        let mut answers = context.get_together(&reads);
        let rows: Vec<ViewRow> = answers.next()?;
        // A role may be kept from it; the address that the host knows is one of them in any case.
        let configs: Vec<ConfigRow> = answers.next().unwrap_or_default();
        let known = context.session().map(|session| session.base_url);
        let rows = rows.into_iter().filter(|row| row.id != 0);
        let rows: Vec<(bool, SiteView)> = rows
            .map(|row| {
                let is_active = row.is_active != 0 && row.is_active != false;
                let bases = bases(row.id, &configs, known.as_deref());
                (is_active, SiteView { id: row.id, code: row.code, bases })
            })
            .collect();
        if let Some(code) = only
            && !rows.iter().any(|(_, view)| view.code == code)
        {
            let known: Vec<&str> = rows.iter().map(|(_, view)| &*view.code).collect();
            let message = format!("the store has no store view `{code}`");
            return Err(Failure::argument("store_view_code", message)
                .remedy(format!("one of: {}", known.join(", "))));
        }
        let is_asked = |(is_active, view): &(bool, SiteView)| match only {
            Some(code) => view.code == code,
            None => *is_active,
        };
        let (views, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_asked);
        let bare = |rows: Vec<(bool, SiteView)>| rows.into_iter().map(|(_, view)| view).collect();
        Ok(Self { views: bare(views), others: bare(others) })
    }

    /// Where an address is, seen from a view. A bare path is the view's own.
    pub(super) fn place<'a>(&'a self, view: &SiteView, address: &'a str) -> AddressOwner<'a> {
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let Some((host, path)) = host_and_path(address) else {
            return AddressOwner::Here(address.trim_start_matches('/'));
        };
        if let Some(path) = view.path_of(&host, path) {
            return AddressOwner::Here(path);
        }
        let mut all = self.views.iter().chain(&self.others);
        match all.find(|other| other.path_of(&host, path).is_some()) {
            Some(other) => AddressOwner::OtherView(&other.code),
            None => AddressOwner::Outside,
        }
    }

    /// The hosts by which the store is reached.
    pub(super) fn hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<&str> = Vec::new();
        for base in self.views.iter().chain(&self.others).flat_map(|view| &view.bases) {
            if !hosts.contains(&&*base.host) {
                hosts.push(&base.host);
            }
        }
        hosts
    }
}

impl SiteView {
    /// The view, to be asked.
    pub(super) fn store_view(&self) -> StoreView {
        StoreView::View(self.code.clone())
    }

    fn path_of<'a>(&self, host: &str, path: &'a str) -> Option<&'a str> {
        let of = |base: &BaseAddress| path.strip_prefix(&*base.path);
        self.bases.iter().filter(|base| base.host == host).find_map(of)
    }
}

fn bases(id: i64, configs: &[ConfigRow], known: Option<&str>) -> Vec<BaseAddress> {
    let config = configs.iter().find(|config| config.id == id);
    let told = config.into_iter().flat_map(|config| {
        [&config.base_link_url, &config.secure_base_link_url].into_iter().flatten()
    });
    let mut bases: Vec<BaseAddress> = told.filter_map(|url| BaseAddress::of(url)).collect();
    if bases.is_empty() {
        bases.extend(known.and_then(BaseAddress::of));
    }
    bases
}

impl BaseAddress {
    fn of(url: &str) -> Option<Self> {
        let (host, path) = host_and_path(url)?;
        let path = path.trim_end_matches('/');
        let path = if path.is_empty() { String::new() } else { [path, "/"].concat() };
        Some(Self { host, path })
    }
}

/// The host of a whole address, and its path without the first slash; `None` for a bare path.
fn host_and_path(address: &str) -> Option<(String, &str)> {
    let scheme = address.find("//").map(|at| (&address[..at], &address[at + 2..]));
    let (scheme, rest) = scheme.filter(|(scheme, _)| {
        scheme.is_empty()
            || scheme.eq_ignore_ascii_case("http:")
            || scheme.eq_ignore_ascii_case("https:")
    })?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    let port = if scheme.eq_ignore_ascii_case("http:") { ":80" } else { ":443" };
    Some((host.strip_suffix(port).map_or(host.clone(), str::to_owned), path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn view(code: &str, bases: &[&str]) -> SiteView {
        let bases = bases.iter().filter_map(|base| BaseAddress::of(base)).collect();
        SiteView { id: 1, code: code.to_owned(), bases }
    }

    #[test]
    fn an_address_is_the_views_or_another_views_or_of_another_site() {
        let site = Site {
            views: vec![view("en", &["https://shop.example/", "http://shop.example/"])],
            others: vec![view("de", &["https://shop.example/de/", "https://shop.de/"])],
        };
        let place = |address| site.place(&site.views[0], address);
        assert_eq!(place("/old.html?a=b#c"), AddressOwner::Here("old.html"));
        assert_eq!(place("HTTPS://SHOP.example:443/old.html"), AddressOwner::Here("old.html"));
        assert_eq!(place("http://shop.example/a//b"), AddressOwner::Here("a//b"));
        assert_eq!(place("https://shop.de/x"), AddressOwner::OtherView("de"));
        for foreign in [
            "https://evil.example/old.html",
            "//evil.example/old.html",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://shop.example:8443/",
        ] {
            assert_eq!(place(foreign), AddressOwner::Outside, "{foreign}");
        }
        let of_de = |address| site.place(&site.others[0], address);
        assert_eq!(of_de("https://shop.example/de/x"), AddressOwner::Here("x"));
        assert_eq!(of_de("https://shop.example/x"), AddressOwner::OtherView("en"));
    }
}
