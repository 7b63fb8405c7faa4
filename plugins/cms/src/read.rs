//! The reads: search and get, of pages and of blocks.

use schemars::JsonSchema;
use serde::Deserialize;
use souk_sdk::{
    AnyObject, Context, Criteria, Direction, EntityId, Failure, Filter, PassThrough, RawObject,
    SearchPage, StoreView,
};

use crate::kind::{BLOCK_KIND, Kind, PAGE_KIND};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Text that the title or the identifier holds; everything if left out.
    #[schemars(length(min = 1))]
    query: Option<String>,
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
    /// Counted from 1; past the last page items is empty.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    current_page: u32,
}

const fn twenty() -> u32 {
    20
}

const fn one() -> u32 {
    1
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetPage {
    /// The page's id, as cms_search_pages answers it.
    page_id: EntityId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetBlock {
    /// The block's id, as cms_search_blocks answers it.
    block_id: EntityId,
}

pub(crate) fn search_pages(
    asked: &Search,
    context: &Context,
) -> Result<SearchPage<RawObject<AnyObject>>, Failure> {
    search(&PAGE_KIND, asked, context)
}

pub(crate) fn search_blocks(
    asked: &Search,
    context: &Context,
) -> Result<SearchPage<RawObject<AnyObject>>, Failure> {
    search(&BLOCK_KIND, asked, context)
}

fn search(
    kind: &Kind,
    asked: &Search,
    context: &Context,
) -> Result<SearchPage<RawObject<AnyObject>>, Failure> {
    let mut criteria = Criteria::new();
    if let Some(text) = &asked.query {
        criteria =
            criteria.any([Filter::contains("title", text)?, Filter::contains("identifier", text)?]);
    }
    let criteria =
        criteria.sort(kind.id_filter, Direction::Asc)?.page(asked.page_size, asked.current_page);
    // Content is the same in every view; `all` cannot have been removed.
    context.get(&kind.search.read([]).search(&criteria).at(StoreView::Global))
}

pub(crate) fn get_page(
    asked: &GetPage,
    context: &Context,
) -> Result<PassThrough<AnyObject>, Failure> {
    get(&PAGE_KIND, asked.page_id, context)
}

pub(crate) fn get_block(
    asked: &GetBlock,
    context: &Context,
) -> Result<PassThrough<AnyObject>, Failure> {
    get(&BLOCK_KIND, asked.block_id, context)
}

fn get(kind: &Kind, id: EntityId, context: &Context) -> Result<PassThrough<AnyObject>, Failure> {
    let id = id.get().to_string();
    context.pass_on(&kind.one.read([&id]).at(StoreView::Global)).map_err(|failure| {
        failure.or_missing(|| {
            Failure::not_found(format!("the store has no {} with the id {id}", kind.noun))
                .at(&format!("{}_id", kind.noun))
                .remedy(format!("find it with `cms_search_{}s`", kind.noun))
        })
    })
}
