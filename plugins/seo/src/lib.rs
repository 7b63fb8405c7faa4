//! The `seo` action group: URL keys and meta data of many products, and where old addresses lead.
//!
//! It owns how keys are transformed and what they may collide with; how products are written is the
//! SDK's knowledge.

mod meta;
mod redirects;
mod url_keys;

souk_sdk::core::group! {
    /// Search engines
    ///
    /// Change URL keys and meta data of many products at once, and find redirects.
    seo: [
        url_keys::prepare_bulk_update_url_keys,
        meta::bulk_update_meta,
        meta::prepare_bulk_update_meta,
        redirects::report_redirect_chains,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
