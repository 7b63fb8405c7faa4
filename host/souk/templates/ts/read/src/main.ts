// @title@: finds products by their names.

import { Criteria, Route, contains, group, log, query, t } from "souk-sdk";

// What the tool may ask. Any other request is refused before it is sent.
const PRODUCTS = new Route("/V1/products");

const findProducts = query({
  name: "find_products",
  title: "Find products",
  description: "Finds products by a part of their name, sorted by sku, with their prices.",
  reads: [PRODUCTS],
  args: {
    name: t.string("A part of the name."),
    page_size: t.integer("How many to answer at most.", { minimum: 1, maximum: 100 }).default(10),
  },
  result: {
    items: t.array(t.object({
      sku: t.string("The product's sku."),
      name: t.string("Its name."),
      price: t.number("Its price, where it has one of its own.").optional(),
    }), "The products."),
    total_count: t.integer("How many there are on all pages together."),
  },
}, ({ name, page_size }, context) => {
  const criteria = new Criteria().any(contains("name", name)).sort("sku").page(page_size, 1)
    .fields("sku", "name", "price");
  const { items, total_count } = context.get(PRODUCTS.read().search(criteria));
  // The log is for whoever runs the host: callers never see it.
  log(`${items?.length ?? 0} of ${total_count} products`);
  return { items: items ?? [], total_count };
});

export const actions = group({
  name: "@name@",
  version: "0.1.0",
  title: "@title@",
  description: "Finds products by their names.",
  actions: [findProducts],
});
