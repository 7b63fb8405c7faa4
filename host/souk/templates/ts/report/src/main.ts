// @title@: a table of products, as a document.

import { Criteria, Route, contains, group, query, t } from "souk-sdk";
import { Document } from "souk-sdk/documents";

// What the tool may ask. Any other request is refused before it is sent.
const PRODUCTS = new Route("/V1/products");
// Products of one request.
const PAGE = 100;

const productReport = query({
  name: "product_report",
  title: "Report on products",
  description: "Writes a table (CSV) of all products whose name holds a text: sku, name and price.",
  reads: [PRODUCTS],
  args: { name: t.string("A part of the products' names.") },
  result: {
    rows: t.integer("How many products the table has."),
    document: t.object({
      uri: t.string("Read the table as the resource of this URI."),
      size: t.integer("Its size in bytes."),
    }, "The table."),
  },
}, ({ name }, context) => {
  const document = new Document("products.csv", "text/csv").write("sku,name,price\n");
  let rows = 0;
  for (let number = 1; ; number += 1) {
    const criteria = new Criteria().any(contains("name", name)).sort("entity_id").page(PAGE, number)
      .fields("sku", "name", "price");
    const page = context.get(PRODUCTS.read().search(criteria));
    const items: any[] = page.items ?? [];
    for (const { sku, name, price } of items) {
      document.write(`${[sku, name, price ?? ""].map(cell).join(",")}\n`);
    }
    rows += items.length;
    context.progress(rows, page.total_count, "products");
    // A page beyond the last is the last one again.
    if (rows >= page.total_count || !items.length) break;
  }
  const { uri, size } = document.keep();
  return { rows, document: { uri, size } };
});

// A value as a cell of CSV.
const cell = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;

export const actions = group({
  name: "@name@",
  version: "0.1.0",
  title: "@title@",
  description: "Writes tables of products.",
  actions: [productReport],
});
