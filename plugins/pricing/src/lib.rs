//! The `pricing` action group: prices and sales of many products at once.
//!
//! It owns the words of its tools; how prices are written is the SDK's knowledge, and how far a
//! price may move is the operator's.

use souk_sdk::magento::{
    ATTRIBUTE, PRODUCT_CHANGES, PRODUCT_TYPES, PriceFields, ProductBulkUpdate, UpdateArgs,
};
use souk_sdk::prelude::*;

#[args]
struct BulkPriceUpdateArgs {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// Which prices and dates to set.
    price_updates: UpdateArgs<PriceFields>,
    /// Where to write: a website or a store view where the store keeps prices per website, else
    /// "global". At least one.
    scope: Scope,
}

/// Plan new prices for many products
///
/// Plans to set price, special_price and the dates of the sale for every product that fits the
/// match: answers a plan_id, how many products change, samples of before and after, and warnings,
/// among them prices that move further than the operator's threshold. Configurable and grouped
/// products and bundles without a fixed price have no price of their own and are left out, and so
/// are all bundles for a special price, which is a percentage of theirs.
#[action(
    prepare,
    tier = risk,
    reads(ATTRIBUTE, PRODUCT_TYPES, SCOPES),
    changes(PRODUCT_CHANGES),
    keywords(
        "discount", "sale", "cheaper", "more expensive", "reduce", "raise", "increase",
        "percent off", "markdown", "clearance", "special offer", "end a sale", "currency",
    ),
)]
fn prepare_bulk_price_update(
    args: &BulkPriceUpdateArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    let updates = args.price_updates.checked("price_updates")?;
    ProductBulkUpdate { matching: &args.r#match, scope: &args.scope, updates: &updates }
        .prepare(context)
}

group! {
    /// Prices
    ///
    /// Change prices and sales of many products at once.
    pricing: [prepare_bulk_price_update]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
