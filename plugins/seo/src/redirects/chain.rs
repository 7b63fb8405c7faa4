//! Rows of redirects, and what else following addresses finds.

use souk_sdk::prelude::*;

/// Where a row of redirects ends.
#[result]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChainEnd {
    /// At something that the store shows.
    Page,
    /// At nothing: shoppers get a 404.
    DeadEnd,
    /// At an address that it came through before.
    Loop,
    /// It goes on beyond `max_depth`.
    Unfinished,
    /// At another site.
    Outside,
    /// At an address that this store view does not have, and another one does.
    OtherView,
    /// At an address that no rewrite has and the storefront answers all the same, or not clearly.
    Unlisted,
    /// The store did not answer where it goes on: see `not_resolved`.
    Unknown,
}

/// A row of redirects.
#[result]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedirectChain {
    /// A view's code, or its id where the list has only that.
    pub(super) store_view: String,
    /// The addresses, from the one args to the last.
    pub(super) path: Vec<String>,
    /// The redirects between them: 301 for good, 302 for now.
    pub(super) codes: Vec<u16>,
    /// How many redirects.
    pub(super) hops: u32,
    pub(super) ends: ChainEnd,
    /// PRODUCT, CATEGORY or CMS_PAGE, where the store tells.
    pub(super) target_type: Option<String>,
}

impl RedirectChain {
    pub(super) fn new(store_view: &str, start: &str) -> Self {
        Self {
            store_view: store_view.to_owned(),
            path: vec![start.to_owned()],
            codes: Vec::new(),
            hops: 0,
            ends: ChainEnd::Unknown,
            target_type: None,
        }
    }

    /// The address where it is now.
    pub(super) fn last(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// One redirect further. False where it has been there before.
    pub(super) fn go(&mut self, to: &str, code: u16) -> bool {
        let is_new = !self.path.iter().any(|known| known == to);
        self.path.push(to.to_owned());
        self.codes.push(code);
        self.hops += 1;
        is_new
    }
}

/// An address of which it is not known where it leads.
#[result]
#[derive(Debug)]
pub(super) struct UnresolvedUrl {
    pub(super) store_view: String,
    pub(super) url: String,
    pub(super) reason: String,
}

/// An address at which a view has nothing, and another view something.
#[result]
#[derive(Debug)]
pub(super) struct OtherViewUrl {
    pub(super) store_view: String,
    pub(super) url: String,
    /// A view that has it.
    pub(super) shown_in: String,
}

/// An address that leads nowhere.
#[result]
#[derive(Debug)]
pub(super) struct DeadEndUrl {
    pub(super) store_view: String,
    pub(super) url: String,
}

/// What following found, in whichever way.
#[derive(Debug, Default)]
pub(super) struct RedirectFindings {
    /// Everything that redirects, once or more.
    pub(super) redirecting: Vec<RedirectChain>,
    /// How many redirects more there are in the middle of those.
    pub(super) within: usize,
    pub(super) dead_ends: Vec<DeadEndUrl>,
    pub(super) other_views: Vec<OtherViewUrl>,
    pub(super) not_resolved: Vec<UnresolvedUrl>,
    pub(super) limits: Vec<&'static str>,
}
