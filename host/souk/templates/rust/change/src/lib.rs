//! @title@: a new title for a CMS block, which is reviewed before it is written.

use souk_sdk::prelude::*;

const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
const WRITE: Route<1> = Route::new("/V1/cmsBlock/{id}");
/// How the host reads a block, and the write that changes it: of its body only the title.
const BLOCK_CHANGES: Changes<1> =
    Changes::of("cms-block", BLOCK).put(WRITE).only(&["/block/title"]);

#[args]
struct PrepareRetitleArgs {
    /// The block's id.
    block_id: EntityId,
    /// Its new title.
    #[schemars(length(max = 255))]
    title: String,
}

#[record]
struct Block {
    identifier: String,
}

/// Plan a new title for a CMS block
///
/// Plans to set the title of a CMS block.
#[action(prepare, tier = risk, changes(BLOCK_CHANGES))]
fn prepare_retitle(
    args: &PrepareRetitleArgs,
    context: &PrepareContext,
) -> Result<PreparedResult, Failure> {
    if args.title.trim().is_empty() {
        return Err(Failure::argument("title", "the title is empty"));
    }
    let id = args.block_id.get().to_string();
    let block: Block = context.get(&BLOCK.read([&id])).map_err(|failure| {
        failure.or_missing(|| {
            Failure::not_found(format!("no block has the id `{id}`")).at("block_id")
        })
    })?;
    let mut change = BLOCK_CHANGES.change(id.clone()).label(Some(&block.identifier));
    let put = change.step(WRITE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
    // The field in the review, its place in the body, and its place in what the lookup answers.
    change.set(put, "title", "/block/title", "/title", json!(args.title));
    let mut draft = context.draft(&BLOCK_CHANGES.intent("retitle a block", StoreView::Global));
    draft.add([change.done()?])?;
    draft.propose()
}

group! {
    /// @title@
    ///
    /// Gives CMS blocks new titles.
    @name@: [prepare_retitle]
}
