//! The `seo` action group: URL keys and meta data of many products.
//!
//! It owns how keys are transformed and what they may collide with; how products are written is the
//! SDK's knowledge.

mod meta;
mod url_keys;

use souk_sdk::Group;

fn seo() -> Group {
    Group {
        name: "seo",
        version: env!("CARGO_PKG_VERSION"),
        title: "Search engines",
        description: "Change URL keys and meta data of many products at once.",
        actions: url_keys::actions().into_iter().chain(meta::actions()).collect(),
    }
}

souk_sdk::export!(seo);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
