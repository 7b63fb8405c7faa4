//! `diagnostics_product_display_check`: why a product does not show, view by view.

mod checks;
mod facts;
mod issue;
mod price_and_stock;
mod storefront;

use souk_sdk::magento::{CATEGORIES, CalendarDay, GRAPHQL, PRODUCT, PRODUCTS, STORE_CONFIGS};
use souk_sdk::prelude::*;

use self::checks::{DisplayCheck, is_reachable};
use self::facts::{ProductFacts, ViewFacts};
use self::issue::{DisplayIssue, DisplayIssues, SuggestedAction};
use self::price_and_stock::SaleState;
use crate::composition::ProductPart;
use crate::inventory::INVENTORY;
use crate::unknown::{Unknown, each_once};

#[args]
pub(crate) struct ProductDisplayCheckArgs {
    /// The product's sku, in full.
    #[schemars(length(min = 1))]
    sku: String,
    /// Only this store view; all of them if left out.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

/// Whether a product shows, and why not.
#[result]
#[derive(Debug, Default)]
pub(crate) struct ProductDisplayCheckResult {
    /// As the store spells it, where it has the product.
    sku: String,
    /// Whether the store has the product.
    found: bool,
    /// Its global name.
    product_name: Option<String>,
    /// simple, virtual, downloadable, configurable, grouped, bundle.
    product_type: Option<String>,
    /// Its global status: 1 enabled, 2 disabled.
    status: Option<i64>,
    /// Its global visibility: 1 not alone, 2 catalogue, 3 search, 4 both.
    visibility: Option<i64>,
    /// Its global price; of a product without its own, the lowest among its enabled parts.
    price: Option<Decimal>,
    /// What is wrong, the worst first.
    issues: Vec<DisplayIssue>,
    /// The actions of the issues that keep it from showing or selling as it should, each once, calls
    /// of tools first.
    recommended_actions: Vec<SuggestedAction>,
    /// What each store view shows.
    views: Vec<ViewResult>,
    /// What could not be found out, and so is not judged.
    unknown: Vec<Unknown>,
}

/// A product in a view.
#[result]
#[derive(Debug)]
struct ViewResult {
    store_view: String,
    store_view_name: String,
    website: String,
    /// Whether nothing was found that keeps it from showing and being bought; null where that hangs
    /// on something unknown.
    shown: Option<bool>,
    /// Whether it is assigned to the website.
    in_website: bool,
    status: Option<i64>,
    visibility: Option<i64>,
    name: Option<String>,
    url_key: Option<String>,
    /// Its page's address, as the storefront has it; null where it has none or does not say.
    url: Option<String>,
    price: Option<Decimal>,
    special_price: Option<Decimal>,
    /// none, running, scheduled, ended; unclear where it depends on the time zone.
    sale: &'static str,
    /// Whether it can be bought on the website; of a composite product its parts decide.
    is_salable: Option<bool>,
    categories: Vec<CategoryResult>,
}

/// One of its categories in a view.
#[result]
#[derive(Debug)]
struct CategoryResult {
    id: i64,
    name: String,
    active: bool,
    /// Whether it and all above it are active and under the view's root.
    reachable: bool,
}

/// Why does a product not show?
///
/// Checks everything that decides whether a product shows and can be bought, store view by store view:
/// status, visibility, website, categories and those above them, price and sale, stock, images, URL,
/// name; configurable, grouped and bundle products by their parts. Returns the issues, each with the
/// call of a tool that would mend it where one can, and what could not be found out.
#[action(
    query,
    reads(SCOPES, STORE_CONFIGS, PRODUCT, PRODUCTS, CATEGORIES, GRAPHQL, INVENTORY),
    keywords(
        "missing",
        "invisible",
        "hidden",
        "not visible",
        "not in the shop",
        "cannot buy",
        "does not appear",
        "storefront",
    )
)]
pub(crate) fn product_display_check(
    args: &ProductDisplayCheckArgs,
    context: &Context,
) -> Result<ProductDisplayCheckResult, Failure> {
    let mut unknown = Vec::new();
    let only = args.store_view_code.as_deref();
    let Some(facts) = ProductFacts::read(context, &args.sku, only, &mut unknown)? else {
        return Ok(ProductDisplayCheckResult {
            sku: args.sku.clone(),
            issues: vec![DisplayIssue::no_product(&args.sku)],
            recommended_actions: vec![SuggestedAction::search(&args.sku)],
            ..ProductDisplayCheckResult::default()
        });
    };
    let mut issues = DisplayIssues::default();
    let today = CalendarDay::today();
    let mut views = Vec::new();
    for seen in &facts.views {
        let mut is_unsure = seen.parts.is_none() || seen.categories.is_none();
        if let Some(product) = &seen.product {
            let mut check = DisplayCheck { facts: &facts, seen, product, issues: &mut issues };
            check.presence();
            check.required();
            check.address();
            check.categories();
            check.price(today, &mut unknown);
            check.images();
            let before = unknown.len();
            check.stock(&mut unknown);
            is_unsure |= unknown.len() > before;
        }
        is_unsure |= seen.product.is_none();
        views.push(ViewResult::of(&facts, seen, today, is_unsure, &issues));
    }
    unknown.extend(never_known());
    let unknown = each_once(unknown);
    let (issues, recommended_actions) = issues.sorted();
    let global = &facts.global;
    Ok(ProductDisplayCheckResult {
        sku: global.sku().to_owned(),
        found: true,
        product_name: global.text("name").map(str::to_owned),
        product_type: global.text("type_id").map(str::to_owned),
        status: global.integer("status"),
        visibility: global.integer("visibility"),
        price: price(&facts, global, None),
        issues,
        recommended_actions,
        views,
        unknown,
    })
}

/// What no store answers over its web API, and what may hide a product all the same.
fn never_known() -> [Unknown; 2] {
    [
        Unknown::new(
            "whether the store's indexes and caches are up to date",
            "Magento's web API does not show it: where everything else is right and the product still \
             does not show, see `diagnostics_indexer_status_report` and flush the cache",
        ),
        Unknown::new(
            "what extensions, catalogue permissions and the theme do",
            "Magento's web API does not show it; nor whether the store lists products that are out of \
             stock (Stores > Configuration > Catalog > Inventory)",
        ),
    ]
}

/// The product's own price, or the lowest of its enabled parts'.
fn price(facts: &ProductFacts, product: &Product, seen: Option<&ViewFacts>) -> Option<Decimal> {
    if facts.global.has_price() {
        return product.decimal("price");
    }
    let lowest = |parts: &mut dyn Iterator<Item = &ProductPart>| {
        parts.filter(|part| part.is_enabled).filter_map(|part| part.price).min()
    };
    match seen {
        Some(seen) => lowest(&mut seen.parts.iter().flatten()),
        None => lowest(&mut facts.all_parts()),
    }
}

impl ViewResult {
    fn of(
        facts: &ProductFacts,
        seen: &ViewFacts,
        today: CalendarDay,
        is_unsure: bool,
        issues: &DisplayIssues,
    ) -> Self {
        let view = &seen.view;
        let product = seen.product.as_ref();
        let shown = match (issues.hide_in(view), is_unsure) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        };
        let is_salable = if facts.makeup.is_own() {
            facts.is_sold_on(&view.website)
        } else {
            let usable = |part: &ProductPart| facts.is_usable(part, &view.website);
            seen.parts.as_ref().and_then(|parts| facts.makeup.sells(parts, usable))
        };
        Self {
            store_view: view.code.clone(),
            store_view_name: view.name.clone(),
            website: view.website.code.clone(),
            shown,
            in_website: facts.is_on(&view.website),
            status: product.and_then(|product| product.integer("status")),
            visibility: product.and_then(|product| product.integer("visibility")),
            name: product.and_then(|product| product.text("name")).map(str::to_owned),
            url_key: product.and_then(|product| product.text("url_key")).map(str::to_owned),
            url: seen.address.clone().flatten(),
            price: product.and_then(|product| price(facts, product, Some(seen))),
            special_price: product.and_then(|product| product.decimal("special_price")),
            sale: product
                .map_or(SaleState::None, |product| SaleState::of(product, view, today))
                .as_str(),
            is_salable,
            categories: CategoryResult::all(facts, seen),
        }
    }
}

impl CategoryResult {
    fn all(facts: &ProductFacts, seen: &ViewFacts) -> Vec<Self> {
        let Some(categories) = &seen.categories else { return Vec::new() };
        let of = |path: &Vec<i64>| {
            let category = categories.iter().find(|category| path.last() == Some(&category.id))?;
            Some(Self {
                id: category.id,
                name: category.name.clone(),
                active: category.is_active,
                reachable: is_reachable(path, seen.view.root_category, categories),
            })
        };
        facts.paths.iter().filter_map(of).collect()
    }
}
