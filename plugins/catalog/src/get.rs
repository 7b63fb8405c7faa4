//! `catalog_get_product`.

use souk_sdk::magento::PRODUCT;
use souk_sdk::prelude::*;

#[args]
pub(crate) struct GetProductArgs {
    /// The product's sku, in full.
    #[schemars(length(min = 1))]
    sku: String,
    /// Where to read; the session's default store view if left out.
    scope: Option<Scope>,
}

/// Get a product
///
/// Reads everything about the product with this sku, as the store view in `scope` shows it: prices,
/// status, stock, images, links, category ids, and custom attributes such as description, url_key,
/// special_price and meta_title.
#[action(
    query,
    reads(PRODUCT, SCOPES),
    keywords("item", "article", "details", "weight", "images", "description", "one product")
)]
pub(crate) fn get_product(
    args: &GetProductArgs,
    context: &Context,
) -> Result<PassThrough<Product>, Failure> {
    let scope = args.scope.clone().unwrap_or_default().resolve(context)?;
    context.pass_on(&PRODUCT.read([&args.sku]).in_view(scope.view)).map_err(|failure| {
        failure.or_missing(|| {
            Failure::not_found(format!("the store has no product with the sku `{}`", args.sku))
                .at("sku")
                .remedy("find it with `catalog_search_products`")
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
