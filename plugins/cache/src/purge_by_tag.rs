//! `cache_purge_product` and `cache_purge_category`: all pages that carry a tag.

use souk_sdk::core::{PURGE_CATEGORY, PURGE_PRODUCT, PurgeTarget, Read};
use souk_sdk::magento::PRODUCT;
use souk_sdk::prelude::*;

const CATEGORY: Route<1> = Route::new("/V1/categories/{categoryId}");

#[args]
pub(crate) struct PurgeProductArgs {
    /// The product's sku, in full.
    #[schemars(length(min = 1))]
    sku: String,
    /// A store view that has to exist; tags are those of all views, so all are purged.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

#[args]
pub(crate) struct PurgeCategoryArgs {
    /// The category's id.
    category_id: EntityId,
    /// A store view that has to exist; tags are those of all views, so all are purged.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

#[result]
pub(crate) struct PurgeByTagResult {
    /// What was purged, and from which cache.
    message: String,
    /// Whether it was; not in a preview.
    success: bool,
    /// The cache's id of the purge, where it gives one.
    purge_id: Option<String>,
}

/// Of a product or a category, as far as it matters here.
#[record]
struct TaggedEntity {
    id: u64,
    #[serde(default)]
    name: Option<String>,
}

/// Purge a product's pages
///
/// Purges every page that shows the product from Fastly or Varnish: its own and those of lists that
/// it is in, in all store views.
#[action(
    apply,
    tier = risk,
    reads(PRODUCT),
    purges(PURGE_PRODUCT),
    keywords(
        "clear cache", "flush", "refresh", "Varnish", "Fastly", "CDN", "old price",
        "outdated page",
    ),
)]
pub(crate) fn purge_product(
    args: &PurgeProductArgs,
    context: &ApplyContext,
) -> Result<PurgeByTagResult, Failure> {
    let view = args.store_view_code.as_deref();
    let sku = &args.sku;
    let product =
        read_entity(context, PRODUCT.read([sku]).query("fields", "id,name"), view, || {
            Failure::not_found(format!("the store has no product with the sku `{sku}`"))
                .at("sku")
                .remedy("find it with `catalog_search_products`")
        })?;
    let what = format!("all pages that show the product `{sku}` (id {})", product.id);
    purge_tag(context, PurgeTarget::Product(product.id), &what, view)
}

/// Purge a category's pages
///
/// Purges every page of the category from Fastly or Varnish, in all store views.
#[action(
    apply,
    tier = risk,
    reads(CATEGORY),
    purges(PURGE_CATEGORY),
    keywords("clear cache", "flush", "refresh", "Varnish", "Fastly", "CDN", "outdated page"),
)]
pub(crate) fn purge_category(
    args: &PurgeCategoryArgs,
    context: &ApplyContext,
) -> Result<PurgeByTagResult, Failure> {
    let view = args.store_view_code.as_deref();
    let id = args.category_id.get();
    let category = read_entity(context, CATEGORY.read([&id.to_string()]), view, || {
        Failure::not_found(format!("the store has no category {id}"))
            .at("category_id")
            .remedy("the ids are in the answers of `catalog_get_product`, as `category_links`")
    })?;
    let name = category.name.map(|name| format!(" `{name}`")).unwrap_or_default();
    let what = format!("all pages of the category {id}{name}");
    purge_tag(context, PurgeTarget::Category(id), &what, view)
}

/// Reads it in the view, so that the host checks that there is such a view.
fn read_entity(
    context: &ApplyContext,
    read: Read,
    view: Option<&str>,
    missing: impl FnOnce() -> Failure,
) -> Result<TaggedEntity, Failure> {
    let view = view.map_or(StoreView::Global, |code| StoreView::View(code.to_owned()));
    context.get(&read.in_view(view)).map_err(|failure| failure.or_missing(missing))
}

fn purge_tag(
    context: &ApplyContext,
    target: PurgeTarget,
    what: &str,
    view: Option<&str>,
) -> Result<PurgeByTagResult, Failure> {
    let answers = context.purge(&[target]);
    let answer = answers.into_iter().next();
    let purged = answer.ok_or_else(|| Failure::internal("the host answered no purge"))??;
    let provider = &purged.provider;
    let mut message = if purged.previewed {
        format!("preview: {what} would be purged from {provider}; nothing was sent")
    } else {
        format!("purged {what} from {provider}")
    };
    if let Some(view) = view {
        let they = if purged.previewed { "they would be those" } else { "they are those" };
        message.push_str(&format!(
            "; {they} of every store view and not of `{view}` alone, since a cache's tags do not \
             tell views apart"
        ));
    }
    Ok(PurgeByTagResult { message, success: !purged.previewed, purge_id: purged.id })
}
