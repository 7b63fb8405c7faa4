//! URL keys of many products: transformed, checked against the whole catalogue, redirected.

use std::collections::{BTreeMap, BTreeSet};

use souk_sdk::core::{Read, nothing_matches};
use souk_sdk::magento::{
    CATEGORIES, LIST_BUDGET, PRODUCT_CHANGES, PRODUCTS, ProductField, ProductUpdates,
    ProductWriter, Stores, check_url_key, projection,
};
use souk_sdk::prelude::*;

/// How many changes are listed in the answer; the plan has all of them.
const LISTED: usize = 1_000;

/// How many searches are made together.
const TOGETHER: usize = 16;

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
    product: Product,
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
#[action(prepare, tier = risk, reads(CATEGORIES, SCOPES), changes(PRODUCT_CHANGES))]
pub(crate) fn prepare_bulk_update_url_keys(
    args: &BulkUpdateUrlKeysArgs,
    context: &PrepareContext,
) -> Result<BulkUpdateUrlKeysResult, Failure> {
    args.url_key_transform.check()?;
    let target = args.scope.target(context)?;
    let writer = ProductWriter::new(context, &target, [ProductField::UrlKey])?;
    let mut candidates = candidates(args, context, &writer)?;
    let mut collisions = Vec::new();
    let mut owners = in_catalogue(context, &candidates)?;
    for candidate in &candidates {
        let owner = UrlKeyOwner::Candidate(candidate.product.sku().to_owned());
        owners.entry(candidate.to.clone()).or_default().insert(owner);
    }
    candidates.retain(|candidate| {
        let reason = candidate.collision(&owners);
        if let Some(reason) = &reason {
            let (sku, url_key) = (candidate.product.sku().to_owned(), candidate.to.clone());
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
        draft.add(writer.change(&candidate.product, None, &updates)?)?;
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
        sku: candidate.product.sku().to_owned(),
        from: candidate.from,
        to: candidate.to,
    });
    Ok(BulkUpdateUrlKeysResult {
        prepared: draft.propose()?,
        changes: listed.collect(),
        collisions,
    })
}

/// Every product that fits and whose key would become another.
fn candidates(
    args: &BulkUpdateUrlKeysArgs,
    context: &PrepareContext,
    writer: &ProductWriter,
) -> Result<Vec<UrlKeyCandidate>, Failure> {
    let mut pages = args.r#match.products(context, writer.target().view(), writer.attributes())?;
    let mut candidates = Vec::new();
    let mut matched: u64 = 0;
    // Only these are needed later: custom attributes come all or none, descriptions among them.
    let kept: Vec<String> = writer.attributes().iter().map(|&code| code.to_owned()).collect();
    while let Some(products) = pages.next_page()? {
        matched += products.len() as u64;
        for mut product in products {
            product.keep_only(&kept);
            let Some(from) = product.text("url_key").map(str::to_owned) else { continue };
            let to = args.url_key_transform.of(&from);
            if to == from {
                continue;
            }
            check_url_key(&to).map_err(|why| {
                Failure::argument(
                    "url_key_transform",
                    format!("of the key `{from}` of `{}` it makes {why}", product.sku()),
                )
            })?;
            candidates.push(UrlKeyCandidate { product, from, to });
        }
        context.progress(matched, None, "products read");
    }
    if matched == 0 {
        return Err(nothing_matches("product"));
    }
    Ok(candidates)
}

/// Who has a key, or would get it. Those who have one come first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum UrlKeyOwner {
    /// A product that has it, by its sku.
    Product(String),
    /// A category that has it, by its name.
    Category(String),
    /// A product that would get it, by its sku.
    Candidate(String),
}

type UrlKeyOwners = BTreeMap<String, BTreeSet<UrlKeyOwner>>;

impl UrlKeyCandidate {
    /// Why the key would not be this product's own.
    fn collision(&self, owners: &UrlKeyOwners) -> Option<String> {
        let sku = self.product.sku();
        owners.get(&self.to)?.iter().find_map(|owner| match owner {
            UrlKeyOwner::Product(name) if name != sku => Some(format!("`{name}` has it")),
            UrlKeyOwner::Category(name) => Some(format!("the category `{name}` has it")),
            UrlKeyOwner::Candidate(name) if name != sku => {
                Some(format!("`{name}` would get it as well"))
            }
            UrlKeyOwner::Product(_) | UrlKeyOwner::Candidate(_) => None,
        })
    }
}

/// Who in the whole catalogue has the keys that are wanted: globally and in every store view, for a
/// view may have its own, and addresses collide view by view.
fn in_catalogue(
    context: &Context,
    candidates: &[UrlKeyCandidate],
) -> Result<UrlKeyOwners, Failure> {
    let keys: BTreeSet<&str> = candidates.iter().map(|candidate| &*candidate.to).collect();
    if keys.is_empty() {
        return Ok(UrlKeyOwners::new());
    }
    let stores = Stores::read(context)?;
    let mut views = vec![StoreView::Global];
    views.extend(stores.views().map(|(code, _)| StoreView::View(code.to_owned())));
    let products = Product::projection(&["sku", "url_key"].map(str::to_owned))?;
    let categories = projection(["id", "name", "custom_attributes"])?;
    let mut reads: Vec<Read> = Vec::new();
    for filter in Filter::split("url_key", &keys.iter().collect::<Vec<_>>(), LIST_BUDGET / 2)? {
        let products = Criteria::new().filter(filter.clone()).page(300, 1).fields(products.clone());
        // Only categories at the top have addresses that a product's could meet.
        let categories = Criteria::new()
            .filter(filter)
            .filter(Filter::new("level", Condition::Eq, "2")?)
            .page(300, 1)
            .fields(categories.clone());
        for view in &views {
            reads.push(PRODUCTS.read([]).search(&products).in_view(view.clone()));
            reads.push(CATEGORIES.read([]).search(&categories).in_view(view.clone()));
        }
    }
    let mut owners = UrlKeyOwners::new();
    for chunk in reads.chunks(TOGETHER) {
        // Categories decode as products do, and keep their key among custom attributes as well.
        for (read, answer) in chunk.iter().zip(context.get_all::<SearchPage<Product>>(chunk)) {
            let is_category = read.route != PRODUCTS.read([]).route;
            for found in answer?.items {
                let Some(key) = found.text("url_key").filter(|key| keys.contains(key)) else {
                    continue;
                };
                let owner = match is_category {
                    true => {
                        UrlKeyOwner::Category(found.text("name").unwrap_or_default().to_owned())
                    }
                    false => UrlKeyOwner::Product(found.sku().to_owned()),
                };
                owners.entry(key.to_owned()).or_default().insert(owner);
            }
        }
    }
    Ok(owners)
}
