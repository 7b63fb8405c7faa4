//! @title@: finds products by their names.

use souk_sdk::prelude::*;

/// What the tool may ask. Any other request is refused before it is sent.
const PRODUCTS: Route<0> = Route::new("/V1/products");

#[args]
struct FindProductsArgs {
    /// A part of the name.
    name: String,
    /// How many to answer at most.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    page_size: u32,
}

const fn ten() -> u32 {
    10
}

#[result]
struct FindProductsResult {
    /// The products.
    items: Vec<FoundProduct>,
    /// How many there are on all pages together.
    total_count: u64,
}

#[record]
#[result]
struct FoundProduct {
    /// The product's sku.
    sku: String,
    /// Its name.
    name: String,
    /// Its price, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Decimal>,
}

/// Find products
///
/// Finds products by a part of their name, sorted by sku, with their prices.
#[action(query, reads(PRODUCTS))]
fn find_products(
    args: &FindProductsArgs,
    context: &Context,
) -> Result<FindProductsResult, Failure> {
    let criteria = Criteria::new()
        .filter(Filter::contains("name", &args.name)?)
        .sort("sku", Direction::Asc)?
        .page(args.page_size, 1)
        .fields(Product::projection(&["sku", "name", "price"])?);
    let page: SearchPage<FoundProduct> = context.get(&PRODUCTS.read([]).search(&criteria))?;
    // The log is for whoever runs the host: callers never see it.
    eprintln!("{} of {} products", page.items.len(), page.total_count);
    Ok(FindProductsResult { items: page.items, total_count: page.total_count })
}

group! {
    /// @title@
    ///
    /// Finds products by their names.
    @name@: [find_products]
}
