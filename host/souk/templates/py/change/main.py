"""@title@: a new title for a CMS block, which is reviewed before it is written."""

from typing import Annotated

from souk_sdk import GLOBAL, Route, fail, group, limits
from souk_sdk.plans import SUBJECT, Changes, PrepareContext, PreparedResult, prepare, step

BLOCK = Route("/V1/cmsBlock/{blockId}")
WRITE = Route("/V1/cmsBlock/{id}")
# How the host reads a block, and the write that changes it: of its body only the title.
BLOCK_CHANGES = Changes("cms-block", BLOCK).put(WRITE, only=["/block/title"])


@prepare(tier="risk", changes=[BLOCK_CHANGES])
def prepare_retitle(
    context: PrepareContext,
    block_id: Annotated[int, "The block's id.", limits(minimum=1)],
    title: Annotated[str, "Its new title.", limits(max_length=255)],
) -> PreparedResult:
    """Plan a new title for a CMS block

    Plans to set the title of a CMS block.
    """
    if not title.strip():
        raise fail.argument("title", "the title is empty")
    block = context.find(BLOCK.read(block_id))
    if block is None:
        raise fail.not_found(f"no block has the id `{block_id}`", argument="block_id")
    change = BLOCK_CHANGES.change(block_id, block["identifier"])
    put = change.step(step("put", WRITE, SUBJECT, view=GLOBAL))
    # The field in the review, its place in the body, and its place in what the lookup answers.
    change.set(put, "title", "/block/title", "/title", title)
    return context.draft(BLOCK_CHANGES.intent("retitle a block", GLOBAL)).add(change).propose()


Actions = group(
    name="@name@",
    version="0.1.0",
    title="@title@",
    description="Gives CMS blocks new titles.",
    actions=[prepare_retitle],
)
