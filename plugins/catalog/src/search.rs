//! `catalog_search_products`.

use souk_sdk::magento::{ATTRIBUTE, Filters, ItemFields, PRODUCT_TYPES, PRODUCTS, URL_BUDGET};
use souk_sdk::prelude::*;

/// What an item shows where nobody names fields: what one tells products apart and decides by.
const SHOWN: [&str; 9] = [
    "id",
    "sku",
    "name",
    "type_id",
    "status",
    "visibility",
    "price",
    "special_price",
    "updated_at",
];

#[args]
pub(crate) struct SearchProductsArgs {
    /// Field → value, list of values, or {value, condition} or {from, to}; all must hold. Fields
    /// are attributes, and category_id, website_id, entity_id. `like` takes % and _ as wildcards;
    /// options go by label or id (a number is an id first), a day is the whole of it; neq, nin and
    /// nlike take in products without a value.
    #[serde(default)]
    filters: Filters,
    /// These fields of each item, attributes among them; ["*"] for all.
    #[serde(default)]
    fields: ItemFields,
    /// Where to read values; the session's default store view if left out. A website_code also
    /// keeps to that website's products.
    scope: Option<Scope>,
    #[serde(flatten)]
    paging: Paging,
    /// An attribute to sort by.
    #[schemars(length(min = 1))]
    sort_field: Option<String>,
    /// Of sort_field.
    #[serde(default)]
    sort_direction: Direction,
}

/// An item as the store answered it, or with the custom attributes that nobody asked for left out.
#[result]
#[serde(untagged)]
pub(crate) enum ProductItem {
    Whole(RawObject<Product>),
    Chosen(Product),
}

/// What is found, as Magento answers it.
#[result]
#[serde(transparent)]
pub(crate) struct SearchProductsResult(
    #[schemars(with = "SearchPage<AnyObject>")] SearchPage<ProductItem>,
);

/// Search products
///
/// Finds products by the values of their attributes, in one store view or globally, a page at a time.
/// Answers items, total_count over all pages, and search_criteria as Magento understood them. Sorted by entity id unless another sort is named; sorting by price
/// drops products that are not in the price index (disabled, out of stock, in no website).
#[action(
    query,
    reads(ATTRIBUTE, PRODUCT_TYPES, PRODUCTS, SCOPES),
    keywords(
        "items",
        "articles",
        "filter",
        "catalogue",
        "assortment",
        "cheapest",
        "most expensive",
        "newest",
        "missing description",
        "without image",
        "brand",
        "out of stock",
    )
)]
pub(crate) fn search_products(
    args: &SearchProductsArgs,
    context: &Context,
) -> Result<SearchProductsResult, Failure> {
    let scope = args.scope.clone().unwrap_or_default().resolve(context)?;
    let mut criteria =
        args.filters.for_products(context, &scope.view, Criteria::new(), "filters")?;
    if let Some(id) = scope.website_id {
        criteria = criteria.filter(Filter::new("website_id", Condition::Eq, id.to_string())?);
    }
    criteria = args.paging.of(sorted(criteria, args)?);
    let fields = args.fields.names(&SHOWN);
    if let Some(fields) = &fields {
        let projection = Product::projection(fields).map_err(|f| f.at("fields"))?;
        criteria = criteria.fields(projection);
    }
    if criteria.url_length() > URL_BUDGET {
        return Err(Failure::argument(
            "filters",
            format!(
                "the search is {} bytes long in a URL, and the store's web server takes about \
                 {URL_BUDGET}",
                criteria.url_length()
            ),
        )
        .remedy("search in parts: shorter lists"));
    }
    let read = PRODUCTS.read([]).search(&criteria).in_view(scope.view);
    let page: SearchPage<RawObject<Product>> = context.get(&read)?;
    let has_custom = |fields: &&Vec<&str>| fields.iter().any(|f| !Product::is_top_level(f));
    let chosen = fields.as_ref().filter(has_custom);
    let page = page.try_map(|item| match chosen {
        None => Ok(ProductItem::Whole(item)),
        Some(fields) => {
            let mut product = item.decode()?;
            product.keep_only(fields);
            Ok(ProductItem::Chosen(product))
        }
    })?;
    Ok(SearchProductsResult(page))
}

/// As asked, then by entity id: pages of a sort that is not unique repeat some products and lose
/// others.
fn sorted(criteria: Criteria, args: &SearchProductsArgs) -> Result<Criteria, Failure> {
    let unique = match args.sort_field.as_deref() {
        Some("id" | "entity_id") | None => {
            return criteria.sort("entity_id", args.sort_direction);
        }
        Some(field) => criteria.sort(field, args.sort_direction).map_err(|f| f.at("sort_field"))?,
    };
    unique.sort("entity_id", Direction::Asc)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
