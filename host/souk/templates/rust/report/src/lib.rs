//! @title@: a table of products, as a document.

use souk_sdk::prelude::*;
use souk_sdk::core::DocumentReference;

/// What the tool may ask. Any other request is refused before it is sent.
const PRODUCTS: Route<0> = Route::new("/V1/products");
/// Products of one request.
const PAGE: u32 = 100;

#[args]
struct ProductReportArgs {
    /// A part of the products' names.
    name: String,
}

#[result]
struct ProductReportResult {
    /// How many products the table has.
    rows: u64,
    /// The table.
    document: DocumentReference,
}

/// Report on products
///
/// Writes a table (CSV) of all products whose name holds a text: sku, name and price.
#[action(query, reads(PRODUCTS))]
fn product_report(
    args: &ProductReportArgs,
    context: &Context,
) -> Result<ProductReportResult, Failure> {
    let mut document = context.document("products.csv", "text/csv");
    document.write("sku,name,price\n")?;
    let mut rows = 0;
    for number in 1.. {
        let criteria = Criteria::new()
            .filter(Filter::contains("name", &args.name)?)
            .sort("entity_id", Direction::Asc)?
            .page(PAGE, number)
            .fields(Product::projection(&["sku", "name", "price"])?);
        let page: SearchPage<Product> = context.get(&PRODUCTS.read([]).search(&criteria))?;
        for product in &page.items {
            let name = product.text("name").unwrap_or_default();
            let price = product.decimal("price").map(|price| price.to_string());
            let cells = [product.sku(), name, &price.unwrap_or_default()].map(cell);
            document.write(&format!("{}\n", cells.join(",")))?;
            rows += 1;
        }
        context.progress(rows, Some(page.total_count), "products");
        // A page beyond the last is the last one again.
        if rows >= page.total_count || page.items.is_empty() {
            break;
        }
    }
    Ok(ProductReportResult { rows, document: document.keep()? })
}

/// A text as a cell of CSV.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

group! {
    /// @title@
    ///
    /// Writes tables of products.
    @name@: [product_report]
}
