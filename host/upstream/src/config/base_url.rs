//! The operator's base URL, freed of what is often copied along with it.

use url::Url;

/// How a store's REST addresses are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RestLayout {
    /// Magento's own: `{base}/rest/{view}/V1/…`.
    Magento,
    /// Adobe Commerce as a Cloud Service: `{base}/V1/…`, and the view in the header `Store`.
    CloudService,
}

/// Why an address cannot be a base URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RefusedBase {
    /// The address, without user name and password.
    pub shown: String,
    /// What is wrong with it, and which one is meant.
    pub why: String,
}

/// An address without a slash at its end, and without what belongs to the API or to PHP: `/rest`,
/// `/rest/V1`, `/index.php`.
///
/// # Errors
/// It is no address of a store; where a part of it is, that is named.
pub(crate) fn plain_base(url: &Url, layout: RestLayout) -> Result<String, RefusedBase> {
    let refused = |why: String| {
        let mut shown = url.clone();
        // Both fail only where there is nothing to hide.
        let _ = shown.set_password(None);
        let _ = shown.set_username("");
        Err(RefusedBase { shown: shown.into(), why })
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refused("it must begin with `https://` or `http://`".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("credentials do not belong into it".to_owned());
    }
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    let (base, tail) = split(bare.as_str().trim_end_matches('/'), layout);
    if url.query().is_some() || url.fragment().is_some() {
        return refused(format!("it may have neither `?` nor `#`; `{base}/` may be meant"));
    }
    match tail {
        Tail::None => Ok(base.to_owned()),
        Tail::View(view) => refused(format!(
            "it names the store view `{view}`, and one address serves all of them: it is `{base}/`, \
             and `scope_set_default` chooses the view"
        )),
        Tail::Route(route) => {
            refused(format!("it goes on into the store, with `{route}`: it is `{base}/`"))
        }
    }
}

/// What follows a base.
enum Tail<'u> {
    None,
    View(&'u str),
    Route(&'u str),
}

fn split(text: &str, layout: RestLayout) -> (&str, Tail<'_>) {
    let (root, path) = match text
        .find("://")
        .and_then(|at| text[at + 3..].find('/').map(|slash| at + 3 + slash))
    {
        Some(slash) => text.split_at(slash),
        None => return (text, Tail::None),
    };
    let marks: &[&str] = match layout {
        RestLayout::Magento => &["/rest", "/graphql", "/soap", "/swagger", "/magento_version"],
        RestLayout::CloudService => &["/V1", "/rest", "/graphql"],
    };
    // The first of them that is a whole segment ends the base.
    let found = marks.iter().filter_map(|mark| segment(path, mark)).min();
    let (kept, rest) = path.split_at(found.unwrap_or(path.len()));
    let kept = kept.strip_suffix("/index.php").unwrap_or(kept).trim_end_matches('/');
    let base = &text[..root.len() + kept.len()];
    if let Some(page) = segment(kept, "/index.php") {
        return (&text[..root.len() + page], Tail::Route(&kept[page..]));
    }
    let rest = rest.trim_end_matches('/');
    let version = |rest: &str| matches!(rest, "" | "/V1" | "/V1/");
    match rest.strip_prefix("/rest") {
        _ if rest.is_empty() || layout == RestLayout::CloudService && version(rest) => {
            (base, Tail::None)
        }
        Some(after) if version(after) => (base, Tail::None),
        Some(after) => match after.trim_start_matches('/').split_once('/') {
            None => (base, Tail::View(after.trim_start_matches('/'))),
            Some((view, "V1")) => (base, Tail::View(view)),
            Some(_) => (base, Tail::Route(rest)),
        },
        None => (base, Tail::Route(rest)),
    }
}

/// Where a whole segment of a path stands.
fn segment(path: &str, mark: &str) -> Option<usize> {
    let ends = |at: usize| matches!(path.as_bytes().get(at + mark.len()), None | Some(b'/'));
    path.match_indices(mark).map(|(at, _)| at).find(|at| ends(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Result<String, String> {
        plain_base(&text.parse().unwrap(), RestLayout::Magento).map_err(|refused| refused.why)
    }

    #[test]
    fn what_belongs_to_the_api_is_left_out() {
        for (given, base) in [
            ("https://shop.example", "https://shop.example"),
            ("HTTPS://Shop.Example:443/", "https://shop.example"),
            ("https://shop.example/rest", "https://shop.example"),
            ("https://shop.example/rest/", "https://shop.example"),
            ("https://shop.example/rest/V1/", "https://shop.example"),
            ("https://shop.example/index.php", "https://shop.example"),
            ("https://shop.example/index.php/", "https://shop.example"),
            ("https://shop.example/index.php/rest/V1", "https://shop.example"),
            ("https://shop.example:8443/sub/rest/", "https://shop.example:8443/sub"),
            ("https://shop.example/sub/", "https://shop.example/sub"),
            ("https://shop.example/restaurant/", "https://shop.example/restaurant"),
        ] {
            assert_eq!(plain(given).as_deref(), Ok(base), "{given}");
        }
        let cloud = |text: &str| plain_base(&text.parse().unwrap(), RestLayout::CloudService);
        for given in
            ["https://na1.api.commerce.adobe.com/T/", "https://na1.api.commerce.adobe.com/T/V1/"]
        {
            assert_eq!(cloud(given).unwrap(), "https://na1.api.commerce.adobe.com/T");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused_with_the_address_that_is_meant() {
        for given in [
            "https://shop.example/?utm=1",
            "https://shop.example/rest/V1/?searchCriteria=",
            "https://shop.example/#top",
            "https://shop.example/rest/default/V1/",
            "https://shop.example/index.php/rest/default",
            "https://shop.example/rest/all/V1",
            "https://shop.example/rest/V1/products",
            "https://shop.example/rest/de/V1/products/A",
            "https://shop.example/index.php/admin/dashboard",
            "https://shop.example/graphql",
            "https://shop.example/swagger",
        ] {
            let why = plain(given).unwrap_err();
            assert!(why.contains("`https://shop.example/`"), "{given}: {why}");
        }
        for given in ["ftp://shop.example/", "https://me:hunter2@shop.example/"] {
            assert!(plain(given).is_err());
        }
    }
}
