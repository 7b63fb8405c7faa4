//! The `diagnostics` action group: why a product does not show, what of it can be sold, and what the
//! store's indexes are doing.
//!
//! It reads and judges, and changes nothing: what would mend a problem it names as a call of the
//! tool that can. It owns the rules by which a shop shows a product. What the store does not tell is
//! listed as unknown, and never taken for good.

mod composition;
mod display;
mod indexers;
mod inventory;
mod salable_report;
mod store_views;
mod unknown;

use souk_sdk::prelude::group;

group! {
    /// Diagnostics
    ///
    /// Find out why a product does not show or cannot be bought.
    diagnostics: [
        display::product_display_check,
        salable_report::inventory_salable_report,
        indexers::indexer_status_report,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
