//! The `diagnostics` action group: why a product does not show, what of it can be sold, and what the
//! store's indexes are doing.
//!
//! It reads and judges, and changes nothing: what would mend a problem it names as a call of the
//! tool that can. It owns the rules by which a shop shows a product. What the store does not tell is
//! listed as unknown, and never taken for good.

mod address;
mod clock;
mod display;
mod indexers;
mod number;
mod parts;
mod salable;
mod shop;
mod stock;
mod unknown;

use souk_sdk::Group;

fn diagnostics() -> Group {
    Group {
        name: "diagnostics",
        version: env!("CARGO_PKG_VERSION"),
        title: "Diagnostics",
        description: "Find out why a product does not show or cannot be bought.",
        actions: vec![display::action(), salable::action(), indexers::action()],
    }
}

souk_sdk::export!(diagnostics);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
