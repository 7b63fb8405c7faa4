//! `catalog_prepare_bulk_update`: the same values for many products.

use souk_sdk::magento::{
    ATTRIBUTE, CATEGORIES, PRODUCT_CHANGES, PRODUCT_TYPES, ProductBulkUpdate, ProductFields,
    UpdateArgs,
};
use souk_sdk::prelude::*;

#[args]
pub(crate) struct BulkUpdateArgs {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// Field → value.
    updates: UpdateArgs<ProductFields>,
    /// Where to write: a store view, a website, or "global". At least one.
    scope: Scope,
}

/// Plan a change of many products
///
/// Plans to set the same values for every product that fits the match: answers a plan_id, how many
/// products change, samples of before and after, and warnings. Values are checked, categories are
/// replaced, sales keep their beginning, URL keys redirect. A field that Magento does not keep at the
/// named scope is refused, with the reason.
#[action(
    prepare,
    tier = risk,
    reads(ATTRIBUTE, CATEGORIES, PRODUCT_TYPES, SCOPES),
    changes(PRODUCT_CHANGES),
    keywords(
        "edit", "change", "rename", "disable", "enable", "hide", "publish", "take offline",
        "assign category", "move to category", "description", "text", "weight", "visibility",
        "articles", "items",
    ),
)]
pub(crate) fn prepare_bulk_update(
    args: &BulkUpdateArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    let updates = args.updates.checked("updates")?;
    ProductBulkUpdate { matching: &args.r#match, scope: &args.scope, updates: &updates }
        .prepare(context)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
