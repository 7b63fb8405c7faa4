// What the SDK offers beside what the example uses: each call of the contract, once.

import {
  Criteria, Failure, GLOBAL, Route, anyOf, fail, group, log, query, startsWith, t, view,
} from "souk-sdk";
import { Document } from "souk-sdk/documents";
import {
  APPLIED, Changes, SUBJECT, applied, apply, element, prepare, step,
} from "souk-sdk/plans";
import * as z from "zod";

const PRODUCT = new Route("/V1/products/{sku}");
const PRODUCTS = new Route("/V1/products");
const ORDERS = new Route("/V1/orders");
const ORDER = new Route("/V1/orders/{id}");
const HOLD = new Route("/V1/orders/{id}/hold");
const UNHOLD = new Route("/V1/orders/{id}/unhold");
const EMAIL = new Route("/V1/orders/{id}/emails");

const reads = query({
  name: "reads",
  title: "Read",
  description: "Reads in every way.",
  args: { sku: t.string("A sku."), store_view: t.string("A store view.") },
  result: {
    one: t.string(), in_view: t.string(), many: t.array(t.string()), missing: t.boolean(),
    listed: t.integer(),
  },
  reads: [PRODUCT, PRODUCTS],
}, ({ sku, store_view }, context) => {
  const criteria = new Criteria()
    .any(anyOf("sku", [sku]), startsWith("sku", "no_such_"))
    .sort("entity_id", "DESC")
    .page(5, 1)
    .fields("sku", "name");
  return {
    one: context.get(PRODUCT.read(sku)).name,
    in_view: context.get(PRODUCT.read(sku).inView(view(store_view)).withQuery("fields", "name")).name,
    many: context.getAll([PRODUCT.read(sku), PRODUCT.read("a/b")]).map((answer) =>
      answer instanceof Failure ? `${answer.code.tag} ${answer.details.status}` : answer.name),
    missing: context.find(PRODUCT.read("no such")) === undefined,
    listed: context.get(PRODUCTS.read().search(criteria)).items.length,
  };
});

const host = query({
  name: "host",
  title: "Ask the host",
  description: "Asks the host for what is not of the store.",
  args: {},
  result: {
    store: t.string(), scope: t.boolean(), setting: t.boolean(), probing: t.boolean(),
    uri: t.string(), size: t.integer(),
  },
}, (_, context) => {
  context.progress(1, undefined, "begun");
  context.progress(2, 3, "nearly done");
  const kept = new Document("list.csv", "text/csv").write("sku\n").write("Größe\n").keep();
  const session = context.session();
  log("a line of the log", { more: 1 });
  return {
    store: session?.store ?? "",
    scope: session?.defaultScope != null,
    setting: context.setting("nothing") !== undefined,
    probing: typeof context.capabilities().probing === "boolean",
    uri: kept.uri.slice(0, 15),
    size: kept.size,
  };
});

const echo = query({
  name: "echo",
  title: "Echo",
  description: "Answers what it was given.",
  needsSession: false,
  keywords: ["repeat"],
  args: {
    text: t.string("A text.").optional(),
    count: t.number("A number.").default(1.5),
    flag: t.boolean("Yes or no.").optional(),
    kind: t.oneOf(["a", "b"], "One of two.").default("a"),
    list: t.array(t.string(), "Texts.", { maxItems: 2 }).optional(),
    object: t.object({ inner: t.integer("A number.") }, "An object.").optional(),
  },
  result: { given: t.anyObject("The arguments.") },
}, (given) => ({ given }));

const checked = query({
  name: "checked",
  title: "Check",
  description: "Has its arguments described by zod.",
  needsSession: false,
  args: z.strictObject({
    name: z.string().max(5).describe("A name."),
    count: z.int().min(1).max(9).default(3).describe("A number."),
  }),
  result: z.object({ name: z.string(), count: z.int() }),
}, ({ name, count }) => ({ name, count }));

const throws = query({
  name: "throws",
  title: "Throw",
  description: "Goes wrong.",
  needsSession: false,
  args: { how: t.oneOf(["error", "failure", "result"], "In which way.") },
  result: {},
}, ({ how }) => {
  if (how === "failure") throw fail.unavailable("not today", { remedy: "come tomorrow" });
  if (how === "error") throw new TypeError("oh no");
  return { itself: 1n } as object;
});

const passesOn = query({
  name: "passes_on",
  title: "Pass on",
  description: "Passes on what the store answers.",
  args: { route: t.oneOf(["missing", "forbidden"], "Which failure.") },
  result: {},
  reads: [PRODUCT],
}, ({ route }, context) => route === "missing"
  ? context.get(PRODUCT.read("no such"))
  : context.get(PRODUCTS.read()));

const PRODUCT_CHANGES = new Changes("product", PRODUCT).put(PRODUCT);

const describeProduct = prepare({
  name: "prepare_meta_title",
  title: "Plan a meta title",
  description: "Plans a meta title.",
  tier: "risk",
  args: { sku: t.string("A sku."), title: t.string("The title.") },
  changes: [PRODUCT_CHANGES],
  commit: { name: "commit_title", title: "Write a meta title" },
}, ({ sku, title }, context) => {
  const place = `/custom_attributes/${element("attribute_code", "meta_title")}/value`;
  const change = PRODUCT_CHANGES.change(sku).warn("have a look").warn("have a look");
  const put = change.step(step("put", PRODUCT, [SUBJECT], GLOBAL));
  change.set(put, "meta_title", `/product${place}`, place, title);
  const draft = context.draft(PRODUCT_CHANGES.intent("set a meta title", GLOBAL));
  return draft.add(change).warn("of all").propose();
});

const HOLDS = new Changes("order", ORDER).post(HOLD).post(UNHOLD);

const holdOne = apply({
  name: "hold_one",
  title: "Hold an order",
  description: "Puts the first order that can be held on hold.",
  args: {},
  result: { ...APPLIED, answered: t.boolean() },
  reads: [ORDERS],
  changes: [HOLDS],
}, (_, context) => {
  const search = new Criteria().filter("state", "eq", "processing").sort("entity_id").page(1, 1);
  const [order] = context.get(ORDERS.read().search(search)).items;
  const change = HOLDS.change(order.entity_id, order.increment_id).onlyIfAbsent();
  change.step(step("post", HOLD, [SUBJECT], GLOBAL).failsWhen("", false));
  change.expect("state", "/state", "holded");
  change.undoStep(step("post", UNHOLD, [SUBJECT], GLOBAL));
  const draft = context.draft(HOLDS.intent("hold an order", GLOBAL)).add(change);
  const { outcome, response } = draft.applyWithResponse();
  return { ...applied(outcome), answered: response !== undefined };
});

const EMAILS = new Changes("order", ORDER).post(EMAIL);

const prepareEmail = prepare({
  name: "prepare_email",
  title: "Plan an e-mail",
  description: "Plans an e-mail.",
  tier: "risk",
  args: {},
  reads: [ORDERS],
  changes: [EMAILS],
}, (_, context) => {
  const [order] = context.get(ORDERS.read().search(new Criteria().page(1, 1))).items;
  const change = EMAILS.change(order.entity_id);
  change.step(step("post", EMAIL, [SUBJECT], GLOBAL));
  change.unverifiable("email", "the confirmation goes out once more");
  change.cannotBeUndone("an e-mail cannot be called back");
  return context.draft(EMAILS.intent("send an e-mail", GLOBAL)).add(change).propose();
});

export const actions = group({
  name: "everything",
  version: "0.1.0",
  title: "Everything",
  description: "Calls everything.",
  actions: [
    reads, host, echo, checked, throws, passesOn, describeProduct, holdOne, prepareEmail,
  ],
});
