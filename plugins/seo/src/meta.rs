//! Meta data of many products: as a plan, and in one call.

use souk_sdk::magento::{
    ATTRIBUTE, MetaFields, PRODUCT_CHANGES, PRODUCT_TYPES, ProductBulkUpdate, ProductUpdates,
    UpdateArgs,
};
use souk_sdk::prelude::*;

#[args]
pub(crate) struct BulkUpdateMetaArgs {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// What to set.
    meta_updates: UpdateArgs<MetaFields>,
    /// Where to write: a store view, or "global". At least one.
    scope: Scope,
}

impl BulkUpdateMetaArgs {
    fn update<'a>(&'a self, updates: &'a ProductUpdates) -> ProductBulkUpdate<'a> {
        ProductBulkUpdate { matching: &self.r#match, scope: &self.scope, updates }
    }
}

/// Change meta data of many products
///
/// Sets meta_title, meta_description or meta_keyword of every product that fits the match, at once,
/// and reads each back. To see the changes before they are made use seo_prepare_bulk_update_meta.
#[action(
    apply(bulk),
    tier = risk,
    reads(ATTRIBUTE, PRODUCT_TYPES, SCOPES),
    changes(PRODUCT_CHANGES),
    keywords("SEO", "Google", "search engines", "snippet", "title", "description"),
)]
pub(crate) fn bulk_update_meta(
    args: &BulkUpdateMetaArgs,
    context: &ApplyContext,
) -> Result<AppliedResult, Failure> {
    args.update(&args.meta_updates.checked("meta_updates")?).apply(context)
}

/// Plan new meta data for many products
///
/// Plans to set meta_title, meta_description or meta_keyword of every product that fits the match:
/// answers a plan_id, how many products change, and samples of before and after.
#[action(
    prepare,
    tier = risk,
    reads(ATTRIBUTE, PRODUCT_TYPES, SCOPES),
    changes(PRODUCT_CHANGES),
    keywords("SEO", "Google", "search engines", "snippet", "title", "description"),
)]
pub(crate) fn prepare_bulk_update_meta(
    args: &BulkUpdateMetaArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    args.update(&args.meta_updates.checked("meta_updates")?).prepare(context)
}
