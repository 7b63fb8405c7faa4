//! The `cms` action group: find, read and change pages and blocks.
//!
//! It owns what Magento makes of writes to them: that a page's address follows its title unless the
//! identifier goes along, that content belongs to no view, and what the flag is called where.

mod bulk_update;
mod entities;

use souk_sdk::magento::{EntityType, UpdateArgs};
use souk_sdk::prelude::*;

use crate::bulk_update::ContentUpdate;
use crate::entities::{CmsBlock, CmsPage};

#[args]
struct BulkUpdatePagesArgs {
    /// Which pages; all that is given has to hold.
    r#match: PageMatch,
    /// Field → value.
    updates: UpdateArgs<CmsPage>,
    /// Magento keeps one content for all views: "global" takes any page, a view or a website only
    /// pages that are shown there.
    scope: Scope,
}

#[args]
struct PageMatch {
    /// These pages. One that the store does not have is an error.
    #[schemars(length(min = 1))]
    page_ids: Option<Vec<EntityId>>,
    /// The page's identifier, in full; several pages may share one.
    #[schemars(length(min = 1))]
    identifier: Option<String>,
}

/// Plan a change of CMS pages
///
/// Plans to set the same values for every page that fits the match: answers a plan_id, how many pages
/// change, and samples of before and after. Pages keep their address.
#[action(
    prepare,
    tier = risk,
    reads(SCOPES),
    changes(CmsPage::ENTITY.changes()),
    keywords(
        "edit", "home page", "homepage", "landing page", "about us", "contact", "privacy policy",
        "imprint", "terms", "content", "text", "typo", "heading", "publish",
    ),
)]
fn prepare_bulk_update_pages(
    args: &BulkUpdatePagesArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    ContentUpdate {
        entity: CmsPage::ENTITY,
        ids: args.r#match.page_ids.as_deref(),
        ids_argument: "page_ids",
        identifier: args.r#match.identifier.as_deref(),
        updates: args.updates.checked("updates")?,
        scope: &args.scope,
    }
    .prepare(context)
}

#[args]
struct BulkUpdateBlocksArgs {
    /// Which blocks; all that is given has to hold.
    r#match: BlockMatch,
    /// Field → value.
    updates: UpdateArgs<CmsBlock>,
    /// Magento keeps one content for all views: "global" takes any block, a view or a website only
    /// blocks that are shown there.
    scope: Scope,
}

#[args]
struct BlockMatch {
    /// These blocks. One that the store does not have is an error.
    #[schemars(length(min = 1))]
    block_ids: Option<Vec<EntityId>>,
    /// The block's identifier, in full; several blocks may share one.
    #[schemars(length(min = 1))]
    identifier: Option<String>,
}

/// Plan a change of CMS blocks
///
/// Plans to set the same values for every block that fits the match: answers a plan_id, how many
/// blocks change, and samples of before and after.
#[action(
    prepare,
    tier = risk,
    reads(SCOPES),
    changes(CmsBlock::ENTITY.changes()),
    keywords(
        "edit", "banner", "footer", "header", "static block", "snippet", "teaser", "content",
        "text", "typo",
    ),
)]
fn prepare_bulk_update_blocks(
    args: &BulkUpdateBlocksArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    ContentUpdate {
        entity: CmsBlock::ENTITY,
        ids: args.r#match.block_ids.as_deref(),
        ids_argument: "block_ids",
        identifier: args.r#match.identifier.as_deref(),
        updates: args.updates.checked("updates")?,
        scope: &args.scope,
    }
    .prepare(context)
}

group! {
    /// Pages and blocks
    ///
    /// Find, read and change CMS pages and blocks.
    cms: [
        ..CmsPage::ENTITY.reads(),
        ..CmsBlock::ENTITY.reads(),
        prepare_bulk_update_pages,
        prepare_bulk_update_blocks,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
