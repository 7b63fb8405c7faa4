//! What the storefront answers at an address: the head of a page, one redirect at a time.
//!
//! The host asks as any visitor does and follows nothing. Magento's GraphQL would follow a chain by
//! itself, and never come back from a circle.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;

use super::site::SiteView;

pub(super) const STOREFRONT: Route<0> = Route::new("/storefront");

/// The head of a page.
#[record]
#[derive(Debug)]
pub(super) struct PageHead {
    status: u16,
    #[serde(default)]
    location: Option<String>,
}

/// What is at an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PageAnswer {
    Shows,
    Redirects {
        to: String,
        code: u16,
    },
    Nothing,
    /// Why it is not known.
    Unclear(String),
}

/// Asks what a view has at a path.
pub(super) fn look(view: &SiteView, path: &str) -> Read {
    STOREFRONT.read([]).query("path", path).in_view(view.store_view())
}

impl From<PageHead> for PageAnswer {
    fn from(head: PageHead) -> Self {
        match (head.status, head.location) {
            (200..=299, _) => Self::Shows,
            (404 | 410, _) => Self::Nothing,
            // A long one comes cut off.
            (300..=399, Some(to)) if !to.ends_with('…') => {
                Self::Redirects { to, code: head.status }
            }
            (status, _) => Self::Unclear(format!("the storefront answered {status}")),
        }
    }
}
