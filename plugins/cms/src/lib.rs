//! The `cms` action group: find, read and change pages and blocks.
//!
//! It owns what Magento makes of writes to them: that a page's address follows its title unless the
//! identifier goes along, that content belongs to no view, and what the flag is called where.

mod bulk;
mod kind;
mod read;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_sdk::{
    Action, ActionInfo, CommitTool, EntityId, Failure, Group, PrepareContext, PreparedResult,
    Scope, Tier,
};

use crate::bulk::Bulk;
use crate::kind::{BLOCK_KIND, Field, Kind, PAGE_KIND};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdatePages {
    /// Which pages; all that is given has to hold.
    r#match: MatchPages,
    /// Field → value.
    updates: PageUpdates,
    /// Magento keeps one content for all views: "global" takes any page, a view or a website only
    /// pages that are shown there.
    scope: Scope,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MatchPages {
    /// These pages. One that the store does not have is an error.
    #[schemars(length(min = 1))]
    page_ids: Option<Vec<EntityId>>,
    /// The page's identifier, in full; several pages may share one.
    #[schemars(length(min = 1))]
    identifier: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateBlocks {
    /// Which blocks; all that is given has to hold.
    r#match: MatchBlocks,
    /// Field → value.
    updates: BlockUpdates,
    /// Magento keeps one content for all views: "global" takes any block, a view or a website only
    /// blocks that are shown there.
    scope: Scope,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MatchBlocks {
    /// These blocks. One that the store does not have is an error.
    #[schemars(length(min = 1))]
    block_ids: Option<Vec<EntityId>>,
    /// The block's identifier, in full; several blocks may share one.
    #[schemars(length(min = 1))]
    identifier: Option<String>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct PageUpdates(Map<String, Value>);

#[derive(Deserialize)]
#[serde(transparent)]
struct BlockUpdates(Map<String, Value>);

fn updates(kind: &Kind) -> Schema {
    let property = |field: &Field| {
        let schema = match field {
            Field::IsActive => serde_json::json!({ "type": ["boolean", "integer"] }),
            _ => serde_json::json!({ "type": "string" }),
        };
        (field.name().to_owned(), schema)
    };
    let properties: Map<String, Value> = kind.fields.iter().map(property).collect();
    json_schema!({ "type": "object", "minProperties": 1, "properties": properties })
}

impl JsonSchema for PageUpdates {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PageUpdates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        updates(&PAGE_KIND)
    }
}

impl JsonSchema for BlockUpdates {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "BlockUpdates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        updates(&BLOCK_KIND)
    }
}

fn update_pages(asked: &UpdatePages, context: &PrepareContext) -> Result<PreparedResult, Failure> {
    Bulk {
        kind: &PAGE_KIND,
        ids: asked.r#match.page_ids.as_deref(),
        identifier: asked.r#match.identifier.as_deref(),
        updates: &asked.updates.0,
        scope: &asked.scope,
    }
    .prepare(context)
}

fn update_blocks(
    asked: &UpdateBlocks,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    Bulk {
        kind: &BLOCK_KIND,
        ids: asked.r#match.block_ids.as_deref(),
        identifier: asked.r#match.identifier.as_deref(),
        updates: &asked.updates.0,
        scope: &asked.scope,
    }
    .prepare(context)
}

fn cms() -> Group {
    Group {
        name: "cms",
        version: env!("CARGO_PKG_VERSION"),
        title: "Pages and blocks",
        description: "Find, read and change CMS pages and blocks.",
        actions: [reads(), changes()].into_iter().flatten().collect(),
    }
}

fn reads() -> Vec<Action> {
    let about = |name, title, description| ActionInfo { name, title, description };
    vec![
        Action::query(
            read::search_pages,
            about(
                "search_pages",
                "Search CMS pages",
                "Finds CMS pages whose title or identifier holds a text, sorted by id, a page at a \
                 time. Answers items with their content, and total_count over all pages.",
            ),
        )
        .reads(PAGE_KIND.search),
        Action::query(
            read::get_page,
            about(
                "get_page",
                "Get a CMS page",
                "Reads everything about a CMS page: identifier, title, content, meta data, layout, \
                 and whether it is active.",
            ),
        )
        .reads(PAGE_KIND.one),
        Action::query(
            read::search_blocks,
            about(
                "search_blocks",
                "Search CMS blocks",
                "Finds CMS blocks whose title or identifier holds a text, sorted by id, a page at \
                 a time. Answers items with their content, and total_count over all pages.",
            ),
        )
        .reads(BLOCK_KIND.search),
        Action::query(
            read::get_block,
            about(
                "get_block",
                "Get a CMS block",
                "Reads everything about a CMS block: identifier, title, content, and whether it is \
                 active.",
            ),
        )
        .reads(BLOCK_KIND.one),
    ]
}

fn changes() -> Vec<Action> {
    let pages = Action::prepare(
        update_pages,
        ActionInfo {
            name: "prepare_bulk_update_pages",
            title: "Plan a change of CMS pages",
            description: "Plans to set the same values for every page that fits the match, and \
                changes nothing yet: answers a plan_id, how many pages change, and samples of \
                before and after. Commit it with cms_commit_bulk_update_pages. ProductPages keep their \
                address.",
        },
        CommitTool::new("commit_bulk_update_pages").described(
            "Commit a planned change of CMS pages",
            "Carries out a plan of cms_prepare_bulk_update_pages: writes each page as \
                the plan shows it, leaves out those that changed since, and reads every one back.",
        ),
    );
    let blocks = Action::prepare(
        update_blocks,
        ActionInfo {
            name: "prepare_bulk_update_blocks",
            title: "Plan a change of CMS blocks",
            description: "Plans to set the same values for every block that fits the match, and \
                changes nothing yet: answers a plan_id, how many blocks change, and samples of \
                before and after. Commit it with cms_commit_bulk_update_blocks.",
        },
        CommitTool::new("commit_bulk_update_blocks").described(
            "Commit a planned change of CMS blocks",
            "Carries out a plan of cms_prepare_bulk_update_blocks: writes each block \
                as the plan shows it, leaves out those that changed since, and reads every one \
                back.",
        ),
    );
    vec![PAGE_KIND.granted(pages.tier(Tier::Risk)), BLOCK_KIND.granted(blocks.tier(Tier::Risk))]
}

souk_sdk::export!(cms);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
