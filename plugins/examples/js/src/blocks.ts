// CMS blocks: a search, a get, and a new title that is reviewed before it is written.

import { Criteria, GLOBAL, Route, contains, fail, group, query, t } from "souk-sdk";
import { Changes, SUBJECT, prepare, step } from "souk-sdk/plans";

const SEARCH = new Route("/V1/cmsBlock/search");
const BLOCK = new Route("/V1/cmsBlock/{blockId}");
const WRITE = new Route("/V1/cmsBlock/{id}");
const BLOCK_CHANGES = new Changes("cms-block", BLOCK).put(WRITE).only("/block/title");

const BLOCK_FIELDS = {
  id: t.integer("The block's id."),
  identifier: t.string("By which templates refer to it."),
  title: t.string("Its title."),
};

const searchBlocks = query({
  name: "search_blocks",
  title: "Search CMS blocks",
  description: "Finds CMS blocks by a part of their title, sorted by id.",
  args: {
    title: t.string("A part of the title.").optional(),
    page_size: t.integer("How many to answer at most.", { minimum: 1, maximum: 100 }).default(20),
  },
  result: {
    items: t.array(t.object(BLOCK_FIELDS), "The blocks."),
    total_count: t.integer("How many there are on all pages together."),
  },
  reads: [SEARCH],
}, ({ title, page_size }, context) => {
  const criteria = new Criteria().sort("block_id").page(page_size, 1);
  if (title !== undefined) criteria.any(contains("title", title));
  const { items, total_count } = context.get(SEARCH.read().search(criteria));
  return { items: (items ?? []).map(short), total_count };
});

const getBlock = query({
  name: "get_block",
  title: "Get a CMS block",
  description: "Reads one CMS block by its id.",
  args: { block_id: t.integer("The block's id.", { minimum: 1 }) },
  result: { ...BLOCK_FIELDS, content: t.string("HTML, with Magento's directives.") },
  reads: [BLOCK],
}, ({ block_id }, context) => {
  const block = context.find(BLOCK.read(block_id)) ?? missing(block_id);
  return { ...short(block), content: block.content };
});

const prepareRetitle = prepare({
  name: "prepare_retitle",
  title: "Plan a new title for a CMS block",
  description: "Plans to set the title of a CMS block.",
  tier: "risk",
  args: {
    block_id: t.integer("The block's id.", { minimum: 1 }),
    title: t.string("Its new title.", { maxLength: 255 }),
  },
  changes: [BLOCK_CHANGES],
}, ({ block_id, title }, context) => {
  const block = context.find(BLOCK.read(block_id)) ?? missing(block_id);
  if (!title.trim()) throw fail.argument("title", "the title is empty");
  const change = BLOCK_CHANGES.change(block_id, block.identifier);
  const put = change.step(step("put", WRITE, [SUBJECT], GLOBAL));
  // The field in the review, its place in the body, and its place in what the lookup answers.
  change.set(put, "title", "/block/title", "/title", title);
  return context.draft(BLOCK_CHANGES.intent("retitle a block", GLOBAL)).add(change).propose();
});

const short = ({ id, identifier, title }: any) => ({ id, identifier, title });

function missing(id: number): never {
  throw fail.notFound(`no block has the id \`${id}\``, {
    argument: "block_id",
    remedy: "search for it with `blocks_search_blocks`",
  });
}

export const actions = group({
  name: "blocks",
  version: "0.1.0",
  title: "Blocks",
  description: "Find, read and retitle CMS blocks.",
  actions: [searchBlocks, getBlock, prepareRetitle],
});
