//! `catalog_get_product`.

use souk_sdk::magento::{ItemFields, PRODUCT};
use souk_sdk::prelude::*;

use crate::search::ProductItem;

#[args]
pub(crate) struct GetProductArgs {
    /// In full.
    #[schemars(length(min = 1))]
    sku: String,
    /// Where to read; else the session's view.
    scope: Option<Scope>,
    /// Only these; ["*"] for all.
    #[serde(default)]
    fields: ItemFields,
}

/// The product as Magento answers it, or the parts of it that are wanted.
#[result]
#[serde(transparent)]
pub(crate) struct GetProductResult(#[schemars(with = "RawObject<Product>")] ProductItem);

/// Get a product
///
/// Reads everything about the product with this sku, as the store view in `scope` shows it: prices,
/// status, stock, images, links, category ids, and custom attributes such as description, url_key,
/// special_price and meta_title; without what is empty or derived from the rest.
#[action(
    query,
    reads(PRODUCT, SCOPES),
    keywords("item", "article", "details", "weight", "images", "description", "one product")
)]
pub(crate) fn get_product(
    args: &GetProductArgs,
    context: &Context,
) -> Result<GetProductResult, Failure> {
    let scope = args.scope.clone().unwrap_or_default().resolve(context)?;
    let read = PRODUCT.read([&args.sku]).in_view(scope.view);
    let whole: RawObject<Product> = context.get(&read).map_err(|failure| {
        failure.or_missing(|| {
            Failure::not_found(format!("the store has no product with the sku `{}`", args.sku))
                .at("sku")
                .remedy("find it with `catalog_search_products`")
        })
    })?;
    let Some(fields) = args.fields.names(&[]) else {
        return Ok(GetProductResult(ProductItem::Whole(whole)));
    };
    let mut product = whole.decode()?;
    if fields.is_empty() {
        product.drop_waste();
    } else {
        product.choose(&fields);
    }
    Ok(GetProductResult(ProductItem::Chosen(product)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
