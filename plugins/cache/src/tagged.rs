//! `cache_purge_product` and `cache_purge_category`: all pages that carry a tag.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use souk_sdk::{ApplyContext, EntityId, Failure, PRODUCT, PurgeTarget, Read, Route, StoreView};

pub(crate) const CATEGORY: Route<1> = Route::new("/V1/categories/{categoryId}");

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedProduct {
    /// The product's sku, in full.
    #[schemars(length(min = 1))]
    sku: String,
    /// A store view, which must exist. Caches do not tell views apart by tags: all are purged.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedCategory {
    /// The category's id.
    category_id: EntityId,
    /// A store view, which must exist. Caches do not tell views apart by tags: all are purged.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// What was purged, and from which cache.
    message: String,
    /// Whether it was; not in a preview.
    success: bool,
    /// The cache's id of the purge, where it gives one.
    purge_id: Option<String>,
}

/// Of a product or a category, as far as it matters here.
#[derive(Deserialize)]
struct Found {
    id: u64,
    #[serde(default)]
    name: Option<String>,
}

pub(crate) fn purge_product(
    asked: &AskedProduct,
    context: &ApplyContext,
) -> Result<Answer, Failure> {
    let view = asked.store_view_code.as_deref();
    let sku = &asked.sku;
    let product = found(context, PRODUCT.read([sku]).query("fields", "id,name"), view, || {
        Failure::not_found(format!("the store has no product with the sku `{sku}`"))
            .at("sku")
            .remedy("find it with `catalog_search_products`")
    })?;
    let what = format!("all pages that show the product `{sku}` (id {})", product.id);
    purged(context, PurgeTarget::Product(product.id), &what, view)
}

pub(crate) fn purge_category(
    asked: &AskedCategory,
    context: &ApplyContext,
) -> Result<Answer, Failure> {
    let view = asked.store_view_code.as_deref();
    let id = asked.category_id.get();
    let category = found(context, CATEGORY.read([&id.to_string()]), view, || {
        Failure::not_found(format!("the store has no category {id}"))
            .at("category_id")
            .remedy("the ids are in the answers of `catalog_get_product`, as `category_links`")
    })?;
    let name = category.name.map(|name| format!(" `{name}`")).unwrap_or_default();
    let what = format!("all pages of the category {id}{name}");
    purged(context, PurgeTarget::Category(id), &what, view)
}

/// Reads it in the view, so that the host checks that there is such a view.
fn found(
    context: &ApplyContext,
    read: Read,
    view: Option<&str>,
    missing: impl FnOnce() -> Failure,
) -> Result<Found, Failure> {
    let at = view.map_or(StoreView::Global, |code| StoreView::View(code.to_owned()));
    context.get(&read.at(at)).map_err(|failure| failure.or_missing(missing))
}

fn purged(
    context: &ApplyContext,
    target: PurgeTarget,
    what: &str,
    view: Option<&str>,
) -> Result<Answer, Failure> {
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
    Ok(Answer { message, success: !purged.previewed, purge_id: purged.id })
}
