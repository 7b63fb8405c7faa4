"""@title@: finds products by their names."""

from typing import Annotated, NotRequired, TypedDict

from souk_sdk import Context, Criteria, Route, contains, group, limits, query

# What the tool may ask. Any other request is refused before it is sent.
PRODUCTS = Route("/V1/products")


class FoundProduct(TypedDict):
    sku: Annotated[str, "The product's sku."]
    name: Annotated[str, "Its name."]
    price: NotRequired[Annotated[float, "Its price, where it has one of its own."]]


class FoundProducts(TypedDict):
    items: Annotated[list[FoundProduct], "The products."]
    total_count: Annotated[int, "How many there are on all pages together."]


@query(reads=[PRODUCTS])
def find_products(
    context: Context,
    name: Annotated[str, "A part of the name."],
    page_size: Annotated[int, "How many to answer at most.", limits(minimum=1, maximum=100)] = 10,
) -> FoundProducts:
    """Find products

    Finds products by a part of their name, sorted by sku, with their prices.
    """
    criteria = Criteria().any(contains("name", name)).sort("sku").page(page_size)
    page = context.get(PRODUCTS.read().search(criteria.fields("sku", "name", "price")))
    items, total_count = page["items"] or [], page["total_count"]
    # The log is for whoever runs the host: callers never see it.
    print(f"{len(items)} of {total_count} products")
    return {"items": items, "total_count": total_count}


Actions = group(
    name="@name@",
    version="0.1.0",
    title="@title@",
    description="Finds products by their names.",
    actions=[find_products],
)
