//! URL keys of many products: transformed, checked against the whole catalogue, redirected.

use souk_sdk::core::nothing_matches;
use souk_sdk::magento::{
    ATTRIBUTE, CATEGORIES, PRODUCT_CHANGES, PRODUCT_TYPES, ProductField, ProductUpdates,
    ProductWriter, ScopedProduct, UrlKeyOwners, check_url_key,
};
use souk_sdk::prelude::*;

/// How many changes are listed in the answer; the plan has all of them.
const LISTED: usize = 1_000;

#[args]
pub(crate) struct BulkUpdateUrlKeysArgs {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// How to make the new key of the old one: first `replace`, then `prefix` and `suffix`. At
    /// least one.
    url_key_transform: UrlKeyTransform,
    /// Where to write: a store view, or "global". At least one.
    scope: Scope,
}

#[args]
struct UrlKeyTransform {
    /// Goes before the key.
    #[schemars(length(min = 1))]
    prefix: Option<String>,
    /// Goes after the key.
    #[schemars(length(min = 1))]
    suffix: Option<String>,
    replace: Option<UrlKeyReplacement>,
}

/// Every occurrence of a text in the key becomes another.
#[args]
struct UrlKeyReplacement {
    #[schemars(length(min = 1))]
    search: String,
    replacement: String,
}

impl UrlKeyTransform {
    fn of(&self, key: &str) -> String {
        let key = match &self.replace {
            Some(UrlKeyReplacement { search, replacement }) => key.replace(search, replacement),
            None => key.to_owned(),
        };
        let [prefix, suffix] = [&self.prefix, &self.suffix].map(|o| o.as_deref().unwrap_or(""));
        [prefix, &key, suffix].concat()
    }

    fn check(&self) -> Result<(), Failure> {
        let replaces = self.replace.as_ref().is_some_and(|replace| !replace.search.is_empty());
        let adds = [&self.prefix, &self.suffix].into_iter().flatten().any(|text| !text.is_empty());
        if replaces || adds {
            return Ok(());
        }
        Err(Failure::argument("url_key_transform", "it transforms nothing")
            .remedy("give `prefix`, `suffix` or `replace`"))
    }
}

/// One product's key, before and after.
#[result]
#[derive(Debug)]
struct UrlKeyChange {
    sku: String,
    /// The key it has.
    from: String,
    /// The key it gets; the old URL redirects to the new one.
    to: String,
}

/// A product that is left out, since its key would not be its own.
#[result]
#[derive(Debug)]
struct UrlKeyCollision {
    sku: String,
    /// The key it would get.
    url_key: String,
    /// What stands in the way.
    reason: String,
}

/// What planning URL keys answers.
#[result]
#[derive(Debug)]
#[schemars(extend("required" = [
    "plan_id", "expires_at", "affected_count", "sample_diffs", "warnings", "message"
]))]
pub(crate) struct BulkUpdateUrlKeysResult {
    #[serde(flatten)]
    prepared: PreparedResult,
    /// sku, from, to
    #[schemars(with = "Vec<Value>")]
    changes: Vec<UrlKeyChange>,
    /// sku, url_key, reason
    #[schemars(with = "Vec<Value>")]
    collisions: Vec<UrlKeyCollision>,
}

/// A product and the key it would get.
struct UrlKeyCandidate {
    product: ScopedProduct,
    from: String,
    to: String,
}

/// Plan new URL keys for many products
///
/// Plans to transform the URL key of every product that fits the match: answers a plan_id, the
/// changes, and collisions: products that are left out because their new key belongs to something else
/// in the catalogue, or two would get the same. Old URLs redirect to the new ones.
///
/// # Commit
///
/// Commit planned URL keys
///
/// Carries out a plan of seo_prepare_bulk_update_url_keys: writes each key with a redirect from the
/// old URL, leaves out products that changed since, and verifies every one by reading back.
#[action(
    prepare,
    tier = risk,
    reads(ATTRIBUTE, CATEGORIES, PRODUCT_TYPES, SCOPES),
    changes(PRODUCT_CHANGES),
    keywords("SEO", "slug", "permalink", "address", "link", "rename URLs"),
)]
pub(crate) fn prepare_bulk_update_url_keys(
    args: &BulkUpdateUrlKeysArgs,
    context: &PrepareContext,
) -> Result<BulkUpdateUrlKeysResult, Failure> {
    args.url_key_transform.check()?;
    let target = args.scope.target(context)?;
    let writer = ProductWriter::new(context, &target, [ProductField::UrlKey])?;
    let (mut candidates, unchanged) = candidates(args, context, &writer)?;
    let mut collisions = Vec::new();
    let keys = candidates.iter().map(|candidate| &*candidate.to).collect();
    let mut owners = UrlKeyOwners::read(context, target.view(), &keys)?;
    for candidate in &candidates {
        owners.add_candidate(&candidate.to, candidate.product.here().sku());
    }
    candidates.retain(|candidate| {
        let sku = candidate.product.here().sku();
        let reason = owners.collision(&candidate.to, sku);
        if let Some(reason) = &reason {
            let (sku, url_key) = (sku.to_owned(), candidate.to.clone());
            collisions.push(UrlKeyCollision { sku, url_key, reason: reason.clone() });
        }
        reason.is_none()
    });
    if candidates.is_empty() {
        let reason = collisions.first().map_or("no key would change", |first| &first.reason);
        let message = format!("no key can be changed: {reason}");
        return Err(Failure::argument("url_key_transform", message));
    }
    let intent = writer.intent("set url_key of products")?;
    let mut draft = context.draft(&intent);
    for warning in writer.warnings() {
        draft.warn(warning);
    }
    for candidate in &candidates {
        let key = Value::String(candidate.to.clone());
        let updates = ProductUpdates::one(ProductField::UrlKey, key);
        draft.add(writer.change(&candidate.product, &updates)?)?;
    }
    if unchanged > 0 {
        draft.warn(format!(
            "{unchanged} of the products that fit are left out: they have no key, or the transform does \
             not change it"
        ));
    }
    if !collisions.is_empty() {
        draft.warn(format!("{} products are left out: see collisions", collisions.len()));
    }
    if candidates.len() > LISTED {
        draft.warn(format!(
            "the first {LISTED} of {} changes are listed; `plans_get` has all",
            candidates.len()
        ));
    }
    draft.warn("every old URL redirects to the new one: save_rewrites_history goes with each key");
    let listed = candidates.into_iter().take(LISTED).map(|candidate| UrlKeyChange {
        sku: candidate.product.here().sku().to_owned(),
        from: candidate.from,
        to: candidate.to,
    });
    Ok(BulkUpdateUrlKeysResult {
        prepared: draft.propose()?,
        changes: listed.collect(),
        collisions,
    })
}

/// Every product that fits and whose key would become another, and how many keep theirs.
fn candidates(
    args: &BulkUpdateUrlKeysArgs,
    context: &PrepareContext,
    writer: &ProductWriter,
) -> Result<(Vec<UrlKeyCandidate>, u64), Failure> {
    let mut pages = writer.products(context, &args.r#match)?;
    let mut candidates = Vec::new();
    let mut matched: u64 = 0;
    while let Some(products) = pages.next_page()? {
        matched += products.len() as u64;
        for mut product in products {
            let Some(from) = product.here().text("url_key").map(str::to_owned) else { continue };
            let to = args.url_key_transform.of(&from);
            if to == from {
                continue;
            }
            check_url_key(&to).map_err(|why| {
                Failure::argument(
                    "url_key_transform",
                    format!("of the key `{from}` of `{}` it makes {why}", product.here().sku()),
                )
            })?;
            product.keep_only(writer.attributes());
            candidates.push(UrlKeyCandidate { product, from, to });
        }
        context.progress(matched, None, "products read");
    }
    if matched == 0 {
        return Err(nothing_matches("product"));
    }
    let unchanged = matched - candidates.len() as u64;
    Ok((candidates, unchanged))
}
