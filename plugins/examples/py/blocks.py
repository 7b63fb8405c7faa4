"""CMS blocks: a search, a get, and a new title that is reviewed before it is written."""

from typing import Annotated, NoReturn, TypedDict

from souk_sdk import GLOBAL, Context, Criteria, Route, contains, fail, group, limits, query
from souk_sdk.plans import SUBJECT, Changes, PrepareContext, PreparedResult, prepare, step

SEARCH = Route("/V1/cmsBlock/search")
BLOCK = Route("/V1/cmsBlock/{blockId}")
WRITE = Route("/V1/cmsBlock/{id}")
BLOCK_CHANGES = Changes("cms-block", BLOCK).put(WRITE, only=["/block/title"])

BlockId = Annotated[int, "The block's id.", limits(minimum=1)]


class Block(TypedDict):
    id: Annotated[int, "The block's id."]
    identifier: Annotated[str, "By which templates refer to it."]
    title: Annotated[str, "Its title."]


class WholeBlock(Block):
    content: Annotated[str, "HTML, with Magento's directives."]


class BlockPage(TypedDict):
    items: Annotated[list[Block], "The blocks."]
    total_count: Annotated[int, "How many there are on all pages together."]


@query(reads=[SEARCH])
def search_blocks(
    context: Context,
    title: Annotated[str | None, "A part of the title."] = None,
    page_size: Annotated[int, "How many to answer at most.", limits(minimum=1, maximum=100)] = 20,
) -> BlockPage:
    """Search CMS blocks

    Finds CMS blocks by a part of their title, sorted by id.
    """
    criteria = Criteria().sort("block_id").page(page_size)
    if title is not None:
        criteria.any(contains("title", title))
    page = context.get(SEARCH.read().search(criteria))
    return {
        "items": [short(block) for block in page["items"] or []],
        "total_count": page["total_count"],
    }


@query(reads=[BLOCK])
def get_block(context: Context, block_id: BlockId) -> WholeBlock:
    """Get a CMS block

    Reads one CMS block by its id.
    """
    block = context.find(BLOCK.read(block_id)) or missing(block_id)
    return {**short(block), "content": block["content"]}


@prepare(tier="risk", changes=[BLOCK_CHANGES])
def prepare_retitle(
    context: PrepareContext,
    block_id: BlockId,
    title: Annotated[str, "Its new title.", limits(max_length=255)],
) -> PreparedResult:
    """Plan a new title for a CMS block

    Plans to set the title of a CMS block.
    """
    block = context.find(BLOCK.read(block_id)) or missing(block_id)
    if not title.strip():
        raise fail.argument("title", "the title is empty")
    change = BLOCK_CHANGES.change(block_id, block["identifier"])
    put = change.step(step("put", WRITE, SUBJECT, view=GLOBAL))
    # The field in the review, its place in the body, and its place in what the lookup answers.
    change.set(put, "title", "/block/title", "/title", title)
    return context.draft(BLOCK_CHANGES.intent("retitle a block", GLOBAL)).add(change).propose()


def short(block: dict) -> Block:
    return {name: block[name] for name in ("id", "identifier", "title")}


def missing(block_id: int) -> NoReturn:
    raise fail.not_found(
        f"no block has the id `{block_id}`",
        argument="block_id",
        remedy="search for it with `blocks_search_blocks`",
    )


Actions = group(
    name="blocks",
    version="0.1.0",
    title="Blocks",
    description="Find, read and retitle CMS blocks.",
    actions=[search_blocks, get_block, prepare_retitle],
)
