"""@title@: a table of products, as a document."""

from itertools import count
from typing import Annotated, TypedDict

from souk_sdk import Context, Criteria, Route, contains, group, query
from souk_sdk.documents import Document

# What the tool may ask. Any other request is refused before it is sent.
PRODUCTS = Route("/V1/products")
# Products of one request.
PAGE = 100


class Table(TypedDict):
    uri: Annotated[str, "Read the table as the resource of this URI."]
    size: Annotated[int, "Its size in bytes."]


class ProductReport(TypedDict):
    rows: Annotated[int, "How many products the table has."]
    document: Annotated[Table, "The table."]


@query(reads=[PRODUCTS])
def product_report(
    context: Context, name: Annotated[str, "A part of the products' names."]
) -> ProductReport:
    """Report on products

    Writes a table (CSV) of all products whose name holds a text: sku, name and price.
    """
    document = Document("products.csv", "text/csv").write("sku,name,price\n")
    rows = 0
    for number in count(1):
        criteria = Criteria().any(contains("name", name)).sort("entity_id").page(PAGE, number)
        page = context.get(PRODUCTS.read().search(criteria.fields("sku", "name", "price")))
        items = page["items"] or []
        for product in items:
            cells = (product["sku"], product["name"], product.get("price", ""))
            document.write(",".join(map(cell, cells)) + "\n")
        rows += len(items)
        context.progress(rows, page["total_count"], "products")
        # A page beyond the last is the last one again.
        if rows >= page["total_count"] or not items:
            break
    kept = document.keep()
    return {"rows": rows, "document": {"uri": kept.uri, "size": kept.size}}


def cell(value: object) -> str:
    """A value as a cell of CSV."""
    return '"' + str(value).replace('"', '""') + '"'


Actions = group(
    name="@name@",
    version="0.1.0",
    title="@title@",
    description="Writes tables of products.",
    actions=[product_report],
)
