//! CMS blocks: a search, a get, and a new title that is reviewed before it is written.

use souk_sdk::prelude::*;

const SEARCH: Route<0> = Route::new("/V1/cmsBlock/search");
const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
const WRITE: Route<1> = Route::new("/V1/cmsBlock/{id}");
const BLOCK_CHANGES: Changes<1> =
    Changes::of("cms-block", BLOCK).put(WRITE).only(&["/block/title"]);

#[args]
struct SearchBlocksArgs {
    /// A part of the title.
    title: Option<String>,
    /// How many to answer at most.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    page_size: u32,
}

const fn twenty() -> u32 {
    20
}

#[result]
struct SearchBlocksResult {
    /// The blocks.
    items: Vec<Block>,
    /// How many there are on all pages together.
    total_count: u64,
}

#[record]
#[result]
struct Block {
    /// The block's id.
    id: u64,
    /// By which templates refer to it.
    identifier: String,
    /// Its title.
    title: String,
}

/// Search CMS blocks
///
/// Finds CMS blocks by a part of their title, sorted by id.
#[action(query, reads(SEARCH))]
fn search_blocks(
    args: &SearchBlocksArgs,
    context: &Context,
) -> Result<SearchBlocksResult, Failure> {
    let mut criteria = Criteria::new().sort("block_id", Direction::Asc)?.page(args.page_size, 1);
    if let Some(title) = &args.title {
        criteria = criteria.filter(Filter::contains("title", title)?);
    }
    let page: SearchPage<Block> = context.get(&SEARCH.read([]).search(&criteria))?;
    Ok(SearchBlocksResult { items: page.items, total_count: page.total_count })
}

#[args]
struct GetBlockArgs {
    /// The block's id.
    block_id: EntityId,
}

#[record]
#[result]
struct WholeBlock {
    /// The block's id.
    id: u64,
    /// By which templates refer to it.
    identifier: String,
    /// Its title.
    title: String,
    /// HTML, with Magento's directives.
    content: String,
}

/// Get a CMS block
///
/// Reads one CMS block by its id.
#[action(query, reads(BLOCK))]
fn get_block(args: &GetBlockArgs, context: &Context) -> Result<WholeBlock, Failure> {
    block(args.block_id, context)
}

#[args]
struct PrepareRetitleArgs {
    /// The block's id.
    block_id: EntityId,
    /// Its new title.
    #[schemars(length(max = 255))]
    title: String,
}

/// Plan a new title for a CMS block
///
/// Plans to set the title of a CMS block.
#[action(prepare, tier = risk, changes(BLOCK_CHANGES))]
fn prepare_retitle(
    args: &PrepareRetitleArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    let block = block(args.block_id, context)?;
    if args.title.trim().is_empty() {
        return Err(Failure::argument("title", "the title is empty"));
    }
    let mut change = BLOCK_CHANGES.change(block.id.to_string()).label(Some(&block.identifier));
    let put = change.step(WRITE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
    // The field in the review, its place in the body, and its place in what the lookup answers.
    change.set(put, "title", "/block/title", "/title", json!(args.title));
    let mut draft = context.draft(&BLOCK_CHANGES.intent("retitle a block", StoreView::Global));
    draft.add([change.done()?])?;
    draft.propose()
}

fn block(id: EntityId, context: &Context) -> Result<WholeBlock, Failure> {
    let id = id.get().to_string();
    context.get(&BLOCK.read([&id])).map_err(|failure| {
        failure.or_missing(|| {
            Failure::not_found(format!("no block has the id `{id}`"))
                .at("block_id")
                .remedy("search for it with `blocks_search_blocks`")
        })
    })
}

group! {
    /// Blocks
    ///
    /// Find, read and retitle CMS blocks.
    blocks: [search_blocks, get_block, prepare_retitle]
}
