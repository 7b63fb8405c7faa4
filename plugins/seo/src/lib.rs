//! The `seo` action group: URL keys and meta data of many products, and where old addresses lead.
//!
//! It owns how keys are transformed and what they may collide with; how products are written is the
//! SDK's knowledge.

mod meta;
mod redirects;
mod url_keys;

use souk_sdk::Group;

fn seo() -> Group {
    Group {
        name: "seo",
        version: env!("CARGO_PKG_VERSION"),
        title: "Search engines",
        description: "Change URL keys and meta data of many products at once, and find redirects.",
        actions: url_keys::actions()
            .into_iter()
            .chain(meta::actions())
            .chain([redirects::action()])
            .collect(),
    }
}

souk_sdk::export!(seo);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
