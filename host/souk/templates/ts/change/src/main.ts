// @title@: a new title for a CMS block, which is reviewed before it is written.

import { GLOBAL, Route, fail, group, t } from "souk-sdk";
import { Changes, SUBJECT, prepare, step } from "souk-sdk/plans";

const BLOCK = new Route("/V1/cmsBlock/{blockId}");
const WRITE = new Route("/V1/cmsBlock/{id}");
// How the host reads a block, and the write that changes it: of its body only the title.
const BLOCK_CHANGES = new Changes("cms-block", BLOCK).put(WRITE).only("/block/title");

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
  if (!title.trim()) throw fail.argument("title", "the title is empty");
  const block = context.find(BLOCK.read(block_id));
  if (!block) throw fail.notFound(`no block has the id \`${block_id}\``, { argument: "block_id" });
  const change = BLOCK_CHANGES.change(block_id, block.identifier);
  const put = change.step(step("put", WRITE, [SUBJECT], GLOBAL));
  // The field in the review, its place in the body, and its place in what the lookup answers.
  change.set(put, "title", "/block/title", "/title", title);
  return context.draft(BLOCK_CHANGES.intent("retitle a block", GLOBAL)).add(change).propose();
});

export const actions = group({
  name: "@name@",
  version: "0.1.0",
  title: "@title@",
  description: "Gives CMS blocks new titles.",
  actions: [prepareRetitle],
});
